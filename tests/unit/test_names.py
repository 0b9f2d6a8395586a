"""Names of modules: who is around whom, and names that carry their root."""

from __future__ import annotations

import pytest

from import_cycles.base.names import ModuleName, ancestors, child, is_ancestor, parent


@pytest.mark.parametrize(
    ("package", "name", "expected"),
    [
        ("a", "a.b", True),
        ("a", "a.b.c", True),
        ("a.b", "a.b.c", True),
        ("a", "a", False),
        ("a.b", "a", False),
        ("a", "ab", False),
        ("a", "ab.c", False),
        ("a.b", "a.bc", False),
        ("b", "a.b", False),
        ("a@tests", "a.b@tests", True),
        ("a@tests", "a.b", False),
        ("a", "a.b@tests", False),
        ("a@tests", "a.b@tools", False),
    ],
)
def test_is_ancestor(package: str, name: str, expected: bool) -> None:
    assert is_ancestor(ModuleName(package), ModuleName(name)) is expected


@pytest.mark.parametrize("name", ["a", "a.b", "a.b.c", "a@r", "a.b@r/s", "a.b.c@r"])
def test_ancestors_are_the_parents_of_parents(name: str) -> None:
    around = []
    package = parent(ModuleName(name))
    while package is not None:
        around.insert(0, package)
        package = parent(package)
    assert list(ancestors(ModuleName(name))) == around
    assert all(is_ancestor(package, ModuleName(name)) for package in around)
    assert parent(child(ModuleName(name), "x")) == name

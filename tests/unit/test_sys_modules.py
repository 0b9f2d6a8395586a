"""What texts take out of `sys.modules`."""

from __future__ import annotations

import pytest

from import_cycles.syntax.sys_modules import may_make_modules, taken_from_modules


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("x = sys.modules['p.a'].x", ("p.a",)),
        ('sys.modules["p"].__dict__["x"]\nsys.modules["p"]', ("p",)),
        ("sys.modules[__name__].x", ("__name__",)),
        ("sys.modules[ __package__ ].x", ("__package__",)),
        ("sys.modules.get('p', None)", ("p",)),
        ("sys.modules.pop(name)", ("?",)),
        ("sys.modules[name].x", ("?",)),
        ("sys.modules[names[0]].x", ("?",)),
        ("sys.modules[cls.__module__] == x", ("?",)),
        ("sys.modules['p.a'] = x", ()),
        ("sys.modules[names[0]] = x", ()),
        ("del sys.modules['p']", ()),
        ("if 'p' in sys.modules: pass", ()),
        ("self.modules['p']", ()),
    ],
)
def test_what_is_taken(text: str, taken: tuple[str, ...]) -> None:
    assert taken_from_modules(text) == taken


@pytest.mark.parametrize(
    "text",
    ["sys.modules['p.a'] = x", "modules[name] = x", "__path__ = extend_path(__path__, __name__)"],
)
def test_what_makes_modules(text: str) -> None:
    assert may_make_modules(text)


@pytest.mark.parametrize("text", ["import p.a", "modules = {}", "modules: list"])
def test_what_does_not(text: str) -> None:
    assert not may_make_modules(text)

"""What names files get, held against CPython's own finders."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.resolve.layout import Layout, ModuleKind, Overlap, build_layout

BASE = "/p"


def layout_of(files: str, roots: str = ".", base: str | None = None) -> Layout:
    """A layout of space-separated files and roots, both relative to `/p`."""
    return build_layout(
        [_path(root) for root in roots.split()],
        [_path(file) for file in files.split()],
        base=None if base is None else _path(base),
    )


def _path(relative: str) -> SourcePath:
    return SourcePath(BASE if relative == "." else f"{BASE}/{relative}")


def names(layout: Layout) -> dict[str, str]:
    """Module names with their files relative to `/p`; a package and a namespace end in a slash."""
    return {
        module.name + ("/" if module.is_package else ""): module.path.removeprefix(BASE + "/")
        for module in layout.modules().values()
    }


@pytest.mark.parametrize(
    ("files", "roots", "expected"),
    [
        pytest.param(
            "a.py pkg/__init__.py pkg/b.py",
            ".",
            {"a": "a.py", "pkg/": "pkg/__init__.py", "pkg.b": "pkg/b.py"},
            id="plain",
        ),
        pytest.param(
            "src/ns/deep/m.py",
            "src",
            {"ns/": "src/ns", "ns.deep/": "src/ns/deep", "ns.deep.m": "src/ns/deep/m.py"},
            id="namespaces at any depth",
        ),
        pytest.param(
            "m.py m/__init__.py m/x.py m.so",
            ".",
            {"m/": "m/__init__.py", "m.x": "m/x.py"},
            id="a package beats a module and an extension",
        ),
        pytest.param(
            "m.py m/x.py", ".", {"m": "m.py"}, id="a module beats a folder without __init__"
        ),
        pytest.param(
            "a.cpython-311-x86_64-linux-gnu.so b.abi3.so c.pyd d.so libx.so.1 p/__init__.abi3.so",
            ".",
            {
                "a": "a.cpython-311-x86_64-linux-gnu.so",
                "b": "b.abi3.so",
                "c": "c.pyd",
                "d": "d.so",
                "p/": "p/__init__.abi3.so",
            },
            id="extensions with any tag",
        ),
        pytest.param(
            "fast.py fast.abi3.so", ".", {"fast": "fast.py"}, id="a compiled source is its source"
        ),
        pytest.param(
            "a.py a.pyi b.pyi c.so c.pyi n/x.py n.pyi s/__init__.pyi",
            ".",
            {
                "a": "a.py",
                "b": "b.pyi",
                "c": "c.so",
                "n/": "n",
                "n.x": "n/x.py",
                "s/": "s/__init__.pyi",
            },
            id="stubs add nothing beside anything",
        ),
        pytest.param(
            "my-script.py app/migrations/0001_initial.py a.b.py v1.2/x.py c@d.py .hidden.py x.txt",
            ".",
            {
                "my-script": "my-script.py",
                "app/": "app",
                "app.migrations/": "app/migrations",
                "app.migrations.0001_initial": "app/migrations/0001_initial.py",
            },
            id="names that no statement can spell",
        ),
        pytest.param(
            "one/ns/a.py two/ns/b.py two/ns/a.py",
            "one two",
            {
                "ns/": "one/ns",
                "ns.a": "one/ns/a.py",
                "ns.b": "two/ns/b.py",
                "ns.a@two": "two/ns/a.py",
            },
            id="namespace portions merge",
        ),
        pytest.param(
            "one/t/a.py two/t/__init__.py two/t/b.py",
            "one two",
            {"t.a@one": "one/t/a.py", "t/": "two/t/__init__.py", "t.b": "two/t/b.py"},
            id="a regular package in any root beats portions in all",
        ),
        pytest.param(
            "t/__init__.py t/x.py api/conftest.py api/t/__init__.py api/t/x.py web/conftest.py",
            ". api web",
            {
                "t/": "t/__init__.py",
                "t.x": "t/x.py",
                "conftest": "api/conftest.py",
                "t@api/": "api/t/__init__.py",
                "t.x@api": "api/t/x.py",
                "conftest@web": "web/conftest.py",
                "api/": "api",
                "web/": "web",
            },
            id="homonyms",
        ),
        pytest.param(
            "m.py lib/m.py", "lib .", {"m": "lib/m.py", "m@.": "m.py", "lib/": "lib"}, id="order"
        ),
        pytest.param(
            "stubs/m.pyi src/m.py",
            "stubs src",
            {"m": "src/m.py", "m@stubs": "stubs/m.pyi"},
            id="a stub in an earlier root hides nothing",
        ),
        pytest.param(
            "pkg/__init__.py pkg/a.py",
            ". pkg",
            {"pkg/": "pkg/__init__.py", "a": "pkg/a.py"},
            id="a root that is a package of another",
        ),
        pytest.param("__init__.py a.py", ".", {"__init__": "__init__.py", "a": "a.py"}, id="stray"),
    ],
)
def test_names(files: str, roots: str, expected: dict[str, str]) -> None:
    layout = layout_of(files, roots, base=".")
    assert names(layout) == expected
    assert all(layout.module(module.name) is module for module in layout.modules().values())
    assert all(layout.at_path(module.path) is module for module in layout.modules().values())


@pytest.mark.parametrize(
    ("dotted", "importer", "expected"),
    [
        ("conftest", None, "api/conftest.py"),
        ("conftest", "web/test_a.py", "web/conftest.py"),
        ("conftest", "main.py", "api/conftest.py"),
        ("t.only_api", "api/conftest.py", "api/t/only_api.py"),
        ("t.only_main", "api/conftest.py", None),
        ("t.only_api", "main.py", None),
        ("ns.a", "web/test_a.py", "web/ns/a.py"),
        ("ns.a", None, "api/ns/a.py"),
        ("ns.b", "web/test_a.py", "api/ns/b.py"),
        ("ns", "web/test_a.py", "api/ns"),
        ("web.test_a", "main.py", "web/test_a.py"),
        ("web.ns.a", "main.py", "web/ns/a.py"),
        ("web", "main.py", "web"),
        ("main.x", None, None),
        ("os.path", "main.py", None),
        ("", "main.py", None),
        ("..", "main.py", None),
    ],
)
def test_find(dotted: str, importer: str | None, expected: str | None) -> None:
    layout = layout_of(
        "main.py t/__init__.py t/only_main.py api/conftest.py api/t/__init__.py api/t/only_api.py"
        " api/ns/a.py api/ns/b.py web/conftest.py web/test_a.py web/ns/a.py",
        ". api web",
    )
    at = None if importer is None else layout.at_path(_path(importer))
    assert importer is None or at is not None
    found = layout.find(dotted, at)
    assert (found.path if found else None) == (_path(expected) if expected else None)


def test_find_from_a_shadowed_portion_stays_in_it() -> None:
    layout = layout_of("one/t/a.py one/t/b.py two/t/__init__.py two/t/b.py", "one two")
    importer = layout.at_path(_path("one/t/a.py"))
    found = layout.find("t.b", importer)
    assert found is not None and found.path == _path("one/t/b.py")


@pytest.mark.parametrize(
    ("dotted", "importer", "expected"),
    [
        ("helper", "scripts/run.py", "scripts/helper.py"),
        ("helper", "tests/unit/test_a.py", "tests/helper.py"),
        ("conftest", "tests/unit/test_a.py", "tests/unit/conftest.py"),
        ("app", "scripts/run.py", "app/__init__.py"),
        ("blog.urls", "examples/site/blog/views.py", "examples/site/blog/urls.py"),
        ("json", "scripts/run.py", None),
        ("redis", "scripts/redis.py", None),
        ("redis", "scripts/run.py", "scripts/redis.py"),
        ("helper", "app/core.py", None),
        ("helper", "main.py", None),
        ("scripts.helper", "scripts/run.py", "scripts/helper.py"),
        ("unit.test_a", "tests/helper.py", "tests/unit/test_a.py"),
        ("core", "app/__init__.py", None),
        ("helper", "src/lib/a.py", None),
        ("lib.a", "main.py", "src/lib/a.py"),
    ],
)
def test_find_in_a_loose_root(dotted: str, importer: str, expected: str | None) -> None:
    files = (
        "main.py app/__init__.py app/core.py scripts/run.py scripts/helper.py scripts/json.py"
        " scripts/redis.py tests/helper.py tests/unit/test_a.py tests/unit/conftest.py"
        " examples/site/blog/__init__.py examples/site/blog/views.py examples/site/blog/urls.py"
        " src/lib/a.py src/lib/helper.py"
    )
    roots = [_path("src"), _path(".")]
    layout = build_layout(roots, map(_path, files.split()), loose=[_path(".")])
    found = layout.find(dotted, layout.at_path(_path(importer)))
    assert (found.path if found else None) == (_path(expected) if expected else None)


def test_a_package_that_spreads_itself_is_looked_for_in_all_roots() -> None:
    files = [
        _path(f"{root}/{file}")
        for root, own in (("core", "cli"), ("plugin", "extra"))
        for file in ("air/__init__.py", f"air/{own}/__init__.py", f"air/{own}/m.py", "air/both.py")
    ]
    roots = [_path("core"), _path("plugin")]
    strict = build_layout(roots, files)
    spread = build_layout(roots, files, spread=[_path("core/air/__init__.py")])
    assert strict.find("air.extra.m", None) is None
    found = spread.find("air.extra.m", spread.at_path(_path("core/air/cli/m.py")))
    assert found is not None and found.name == "air.extra.m"
    assert spread.find("air", found) == spread.at_path(_path("core/air/__init__.py"))
    assert spread.find("air.both", found) == spread.at_path(_path("plugin/air/both.py"))
    assert spread.find("air.both", None) == spread.at_path(_path("core/air/both.py"))
    # Once the spreading `__init__` is gone, the other root's package is alone and regular.
    assert spread.with_files(removed=files[:1]).find("air.cli.m", None) is None


def test_other_roots_make_all_the_difference() -> None:
    assert layout_of("a.py").difference(layout_of("a.py", ". x")).is_total


def test_marks_are_relative_to_the_base() -> None:
    for base, expected in ((None, "m@web"), (".", "m@services/web"), ("else", "m@/p/services/web")):
        layout = layout_of("services/api/m.py services/web/m.py", "services/api services/web", base)
        assert layout.module(ModuleName(expected)) is not None, (base, names(layout))


def test_reports() -> None:
    layout = layout_of(
        "pkg/__init__.py pkg/a.py m.py m/__init__.py x.py x/y.py x/z.pyi api/m.py f.py f.so f.pyi",
        ". pkg api",
    )
    assert layout.overlaps == (Overlap(_path("."), _path("pkg"), "pkg"),)
    assert layout.shadowed == (
        (_path("m.py"), _path("m/__init__.py")),
        (_path("x/y.py"), _path("x.py")),
    )
    assert [[module.name for module in group] for group in layout.homonyms] == [["m", "m@api"]]


def test_nothing_to_do_gives_the_same_object() -> None:
    layout = layout_of("a.py")
    assert layout.with_files([_path("a.py"), _path("b.txt")], [_path("c.py")]) is layout
    assert layout.with_files([_path("a.py")], [_path("a.py")]) == layout


def test_a_folder_that_another_root_hides_becomes_a_package() -> None:
    """A file below it saw the files beside its folder, and sees them no longer."""

    def build(*more: str) -> Layout:
        files = ("src/p/__init__.py", "p/b.py", "p/q/a.py", "b.py", *more)
        roots = [_path("src"), _path(".")]
        return build_layout(
            roots, [_path(file) for file in files], base=_path("."), loose=[_path(".")]
        )

    before, after = build(), build("p/__init__.py")
    importer = after.at_path(_path("p/q/a.py"))
    assert importer is not None
    assert importer == before.at_path(_path("p/q/a.py"))
    assert before.find("b", importer) == before.at_path(_path("p/b.py"))
    assert after.find("b", importer) == after.at_path(_path("b.py"))
    assert importer.name in after.difference(before).importers


# --- any tree -----------------------------------------------------------------------------------

PARTS = ("a", "b")
FOLDERS = [
    "/".join(parts)
    for depth in range(4)
    for parts in itertools.product((*PARTS, "r1"), repeat=depth)
    if parts.count("r1") <= 1 and "r1" not in parts[1:]
]
FILES = [
    f"{folder}/{name}".lstrip("/")
    for folder in FOLDERS
    for name in ("__init__.py", "a.py", "b.py", "a.pyi", f"b{EXTENSION_SUFFIXES[0]}")
]
LOADERS = (
    (ExtensionFileLoader, EXTENSION_SUFFIXES),
    (SourceFileLoader, SOURCE_SUFFIXES),
)
TREES = st.sets(st.sampled_from(FILES), max_size=12)
ROOTS = st.permutations([".", "r1", "r1/a"]).flatmap(
    lambda roots: st.integers(1, 3).map(lambda length: roots[:length])
)


def _build(files: Iterable[str], roots: Sequence[str]) -> Layout:
    return build_layout(
        [_path(root) for root in roots],
        [_path(file) for file in sorted(files)],
        base=_path("."),
        loose=[_path(root) for root in roots[:1]],
        spread=[_path("r1/a/__init__.py")],
    )


@settings(max_examples=300, deadline=None)
@given(before=TREES, after=TREES, roots=ROOTS)
def test_changed_layout_equals_a_fresh_one(
    before: set[str], after: set[str], roots: list[str]
) -> None:
    fresh = _build(after, roots)
    changed = _build(before, roots).with_files(
        [_path(file) for file in sorted(after - before)],
        [_path(file) for file in sorted(before - after)],
    )
    assert changed == fresh
    assert changed.homonyms == fresh.homonyms
    assert changed.shadowed == fresh.shadowed
    old = _build(before, roots)
    difference = fresh.difference(old)
    assert not difference.is_total
    for dotted in ("a", "b", "a.a", "a.b", "r1.a", "r1.a.b"):
        for module in (None, *fresh.modules().values()):
            found = fresh.find(dotted, module)
            assert changed.find(dotted, module) == found
            # Who asks for a name asks for the packages around it too.
            asked = {dotted, *(dotted[:end] for end in range(len(dotted)) if dotted[end] == ".")}
            if module is None or module.name not in difference.importers:
                same = found == old.find(dotted, module)
                assert same or asked & difference.asked, (dotted, module)
    for module in fresh.modules().values():
        assert fresh.at_path(module.path) is module


@settings(max_examples=150, deadline=None)
@given(one=TREES, two=TREES)
def test_find_answers_as_cpython_does(
    one: set[str], two: set[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    top = tmp_path_factory.mktemp("tree")
    files = [
        top / root / file for root, tree in (("one", one), ("two", two)) for file in sorted(tree)
    ]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    roots = [top / "one", top / "two"]
    layout = build_layout(
        [SourcePath(root.as_posix()) for root in roots],
        [SourcePath(file.as_posix()) for file in files],
    )
    for depth in range(1, 4):
        for parts in itertools.product((*PARTS, "r1"), repeat=depth):
            found = layout.find(".".join(parts), None)
            expected = _cpython_answer(parts, [str(root) for root in roots])
            if found is None or found.kind is ModuleKind.STUB:
                assert expected is None, (parts, files)
            elif found.kind is ModuleKind.NAMESPACE and not _loads_any(found.name, roots):
                assert expected in (None, "namespace"), (parts, files)
            else:
                is_namespace = found.kind is ModuleKind.NAMESPACE
                assert expected == ("namespace" if is_namespace else found.path), (parts, files)


def _loads_any(dotted: str, roots: Iterable[Path]) -> bool:
    """Whether a namespace has anything but stubs, which CPython ignores."""
    folders = (root / dotted.replace(".", "/") for root in roots)
    return any(
        file.suffix != ".pyi" for folder in folders for file in folder.rglob("*") if file.is_file()
    )


def _cpython_answer(parts: Sequence[str], path: list[str]) -> str | None:
    """The file that CPython's finders give, searched the way `PathFinder._get_spec` does it."""
    answer: str | None = None
    search: list[str] | None = path
    for part in parts:
        if search is None:
            return None
        portions: list[str] = []
        for folder in search:
            spec = FileFinder(folder, *LOADERS).find_spec(part)
            if spec is not None and spec.loader is not None:
                answer, search = spec.origin, spec.submodule_search_locations
                break
            portions += (spec and spec.submodule_search_locations) or []
        else:
            if not portions:
                return None
            answer, search = "namespace", portions
    return answer and _source_of(answer)


def _source_of(origin: str) -> str:
    """The layout names the source that an extension was compiled from."""
    path = Path(origin)
    source = path.with_name(path.name.partition(".")[0] + ".py")
    return (source if source.exists() else path).as_posix()

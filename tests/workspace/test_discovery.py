"""Which files are found, under which names: layouts of projects as people have them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from import_cycles.base.names import SourcePath
from import_cycles.resolve.layout import Layout, ModuleKind
from import_cycles.workspace.config import Config
from import_cycles.workspace.discovery import Discovery, described, discover
from import_cycles.workspace.paths import as_source_path, parent

from .conftest import Tree


def names(layout: Layout) -> set[str]:
    return {
        name for name, module in layout.modules().items() if module.kind is not ModuleKind.NAMESPACE
    }


def _discover(top: Path, *only: str, config: Config | None = None) -> Discovery:
    return discover(top, config or Config(), [top / part for part in only])


def _roots(found: Discovery) -> list[str]:
    base = found.top
    return [root.removeprefix(base).lstrip("/") or "." for root in found.layout.roots]


PYPROJECT = "pyproject.toml"

LAYOUTS = [
    pytest.param("app/__init__.py app/m.py main.py", {}, ". ", "app app.m main", id="flat"),
    pytest.param(
        "src/app/__init__.py src/app/m.py tests/test_a.py setup.py",
        {},
        "src .",
        "app app.m tests.test_a setup",
        id="src",
    ),
    pytest.param(
        "one/__init__.py two/__init__.py two/m.py", {}, ".", "one two two.m", id="two packages"
    ),
    pytest.param(
        "src/__init__.py src/m.py run.py", {}, ".", "src src.m run", id="src that is a package"
    ),
    pytest.param(
        "lib/alchemy/__init__.py lib/alchemy/orm.py test/conftest.py",
        {},
        "lib .",
        "alchemy alchemy.orm test.conftest",
        id="lib with a package, as sqlalchemy has it",
    ),
    pytest.param("lib/helper.py run.py", {}, ".", "lib.helper run", id="lib of loose helpers"),
    pytest.param(
        "src/google/cloud/storage/__init__.py src/google/cloud/storage/m.py src/google/cloud/v.py",
        {},
        "src .",
        "google.cloud.storage google.cloud.storage.m google.cloud.v",
        id="namespace in src",
    ),
    pytest.param(
        "a/src/ns/a/__init__.py b/src/ns/b/__init__.py",
        {"a/pyproject.toml": "", "b/pyproject.toml": ""},
        ". a/src a b/src b",
        "ns.a ns.b",
        id="namespace over two projects of a monorepo",
    ),
    pytest.param(
        "services/api/src/app/__init__.py services/web/src/app/__init__.py",
        {},
        "services/api/src services/web/src .",
        "app app@services/web/src",
        id="src without manifests, homonyms",
    ),
    pytest.param(
        "api/app/__init__.py api/tests/conftest.py web/app/__init__.py web/setup.cfg",
        {"api/pyproject.toml": ""},
        ". api web",
        "app tests.conftest app@web",
        id="flat projects of a monorepo",
    ),
    pytest.param(
        "server/app/__init__.py more/pkg/__init__.py tests/t.py",
        {PYPROJECT: '[tool.hatch.build.targets.wheel]\npackages = ["server/app", "more/pkg"]'},
        "more server .",
        "app pkg tests.t",
        id="hatch packages",
    ),
    pytest.param(
        "code/app/__init__.py",
        {PYPROJECT: '[tool.setuptools]\npackage-dir = {"" = "code"}'},
        "code .",
        "app",
        id="setuptools package-dir",
    ),
    pytest.param(
        "code/app/__init__.py",
        {PYPROJECT: '[tool.setuptools.packages.find]\nwhere = ["./code/"]'},
        "code .",
        "app",
        id="setuptools find",
    ),
    pytest.param(
        "code/app/__init__.py",
        {PYPROJECT: '[tool.poetry]\npackages = [{include = "app", from = "code"}]'},
        "code .",
        "app",
        id="poetry from",
    ),
    pytest.param(
        "code/app/__init__.py",
        {"setup.cfg": "[options]\npackage_dir =\n    = code\n"},
        "code .",
        "app",
        id="setup.cfg package_dir",
    ),
    pytest.param(
        "code/app/__init__.py",
        {"setup.py": 'setup(package_dir={"": "code"})'},
        "code .",
        "app setup",
        id="setup.py package_dir",
    ),
    pytest.param(
        "helpers/h.py app/__init__.py",
        {PYPROJECT: '[tool.pytest.ini_options]\npythonpath = ["helpers", ".", "absent", "app"]'},
        "helpers .",
        "h app",
        id="pytest pythonpath, a package in it is none",
    ),
    pytest.param(
        "v1.2/a.py v1.2/pkg/__init__.py x.py",
        {},
        ". v1.2",
        "a pkg x",
        id="a folder that no import can name",
    ),
    pytest.param(
        "app/__init__.py app/data/src/m.py app/data/setup.py app/ns/deep/m.py",
        {},
        ".",
        "app app.data.src.m app.data.setup app.ns.deep.m",
        id="nothing in a package is a root",
    ),
    pytest.param(
        "core/src/air/__init__.py core/src/air/cli.py core/src/air/providers/__init__.py"
        " p/src/air/providers/amazon/__init__.py",
        {
            "core/pyproject.toml": "",
            "core/src/air/__init__.py": "__path__ = __import__('pkgutil').extend_path(__path__, 'a')",
            "core/src/air/providers/__init__.py": "__import__('pkg_resources').declare_namespace(n)",
            "p/pyproject.toml": "",
            "p/src/air/__init__.py": "",
            "p/src/air/providers/__init__.py": "",
        },
        ". core/src core p/src p",
        "air air.cli air.providers air@p/src air.providers@p/src air.providers.amazon",
        id="packages that spread themselves, as airflow's do",
    ),
    pytest.param(
        "pyproject.toml src/svc/__init__.py tests/unit/test_b.py tests/e2e/conftest.py",
        {"tests/conftest.py": "import helpers", "tests/helpers.py": "from conftest import CORE"},
        "src . tests",
        "svc conftest helpers unit.test_b e2e.conftest",
        id="tests that import each other by bare names",
    ),
    pytest.param(
        "pyproject.toml tests/helpers.py",
        {"tests/conftest.py": "import helpers", "conftest.py": "from tests import helpers"},
        ".",
        "conftest tests.conftest tests.helpers",
        id="tests that go by both names",
    ),
    pytest.param(
        "pyproject.toml tests/helpers.py tests/unit/factories.py",
        {"tests/test_a.py": "from .helpers import x", "tests/unit/test_b.py": "import factories"},
        ". tests/unit",
        "tests.helpers tests.test_a factories test_b",
        id="tests that are a package, and others that are not",
    ),
    pytest.param(
        "pyproject.toml tests/unit/test_b.py tests/helpers.py",
        {"tests/unit/test_b.py": "def test():\n    from helpers import x"},
        ". tests",
        "helpers unit.test_b",
        id="a test that imports from the folder around",
    ),
    pytest.param(
        "pyproject.toml app/__init__.py app/m.py tests/app/m.py tests/app/test_m.py",
        {"tests/app/test_m.py": "from app import m"},
        ".",
        "app app.m tests.app.m tests.app.test_m",
        id="tests in folders that are called like what they test",
    ),
    pytest.param(
        "tools/gen/common/__init__.py tools/gen/common/io.py tools/random.py",
        {"tools/gen/run.py": "from common import io", "tools/shuffle.py": "import random"},
        ". tools/gen",
        "tools.random tools.shuffle run common common.io",
        id="scripts with a package beside them, and what only looks like that",
    ),
    pytest.param(
        "examples/one/shop/__init__.py examples/two/shop/__init__.py",
        {"examples/one/run.py": "import shop", "examples/two/run.py": "import shop"},
        ". examples/one examples/two",
        "run shop run@examples/two shop@examples/two",
        id="homonyms beside scripts",
    ),
]


@pytest.mark.parametrize(("files", "texts", "roots", "modules"), LAYOUTS)
def test_layouts(
    tree: Tree, files: str, texts: Mapping[str, str], roots: str, modules: str
) -> None:
    found = _discover(tree(files, texts))
    assert " ".join(_roots(found)) == roots.strip()
    assert names(found.layout) == set(modules.split())


@pytest.mark.parametrize(("files", "texts", "roots", "modules"), LAYOUTS)
def test_new_files_are_accepted_just_where_a_walk_finds_them(
    tree: Tree, files: str, texts: Mapping[str, str], roots: str, modules: str
) -> None:
    found = _discover(tree(files, texts))
    assert all(found.accepts(path) for path in found.files)


@pytest.mark.parametrize(
    ("dotted", "importer", "expected"),
    [
        ("conftest", "tests/test_a.py", "tests/conftest.py"),
        ("helpers.db", "tests/unit/test_b.py", "tests/helpers/db.py"),
        ("app", "tests/unit/test_b.py", "src/app/__init__.py"),
        ("common", "scripts/run.py", "scripts/common.py"),
        ("shop.models", "examples/site/shop/views.py", "examples/site/shop/models.py"),
        ("src.app", "scripts/run.py", "src/app/__init__.py"),
        ("common", "src/app/__init__.py", None),
    ],
)
def test_scripts_tests_and_examples_see_their_neighbours(
    tree: Tree, dotted: str, importer: str, expected: str | None
) -> None:
    top = tree(
        "src/app/__init__.py tests/conftest.py tests/test_a.py tests/helpers/__init__.py"
        " tests/helpers/db.py tests/unit/test_b.py scripts/run.py scripts/common.py"
        " examples/site/shop/__init__.py examples/site/shop/views.py"
        " examples/site/shop/models.py pyproject.toml"
    )
    layout = _discover(top).layout
    module = layout.find(dotted, layout.at_path(as_source_path(top / importer)))
    assert (module.path if module else None) == (
        as_source_path(top / expected) if expected else None
    )


@pytest.mark.parametrize(
    ("dotted", "importer", "expected"),
    [
        ("helpers", "tests/unit/test_b.py", "tests/helpers.py"),
        ("conftest", "tests/unit/test_b.py", "tests/conftest.py"),
        ("conftest", "app/__init__.py", "conftest.py"),
        ("helpers", "app/__init__.py", None),
        ("tests.helpers", "app/__init__.py", "tests/helpers.py"),
        ("helpers", "scripts/run.py", None),
        ("common", "scripts/run.py", "scripts/common.py"),
        ("app", "scripts/run.py", "app/__init__.py"),
    ],
)
def test_only_files_in_it_see_the_names_of_a_private_root(
    tree: Tree, dotted: str, importer: str, expected: str | None
) -> None:
    texts = {"tests/conftest.py": "import helpers", "scripts/run.py": "import common"}
    top = tree(
        "app/__init__.py conftest.py tests/helpers.py tests/unit/test_b.py scripts/common.py", texts
    )
    layout = _discover(top).layout
    module = layout.find(dotted, layout.at_path(as_source_path(top / importer)))
    assert (module.path if module else None) == (
        as_source_path(top / expected) if expected else None
    )


@pytest.mark.parametrize(
    ("dotted", "importer", "expected"),
    [
        ("poetry.core", "poetry/poetry.py", "poetry/core.py"),
        ("core", "poetry/poetry.py", None),
        ("poetry", "poetry/core.py", "poetry"),
        ("helper", "tools/run.py", "tools/helper.py"),
    ],
)
def test_a_namespace_package_beside_a_module_of_its_name(
    tree: Tree, dotted: str, importer: str, expected: str | None
) -> None:
    texts = {"poetry/poetry.py": "from poetry.core import x", "tools/run.py": "import tools.helper"}
    top = tree("poetry/core.py tools/helper.py", {**texts, "tools/more.py": "import helper"})
    layout = _discover(top).layout
    module = layout.find(dotted, layout.at_path(as_source_path(top / importer)))
    assert (module.path if module else None) == (
        as_source_path(top / expected) if expected else None
    )


@pytest.mark.parametrize(
    ("files", "texts", "folder", "modules"),
    [
        pytest.param(
            "",
            {"of/api.py": "from of.client import x", "of/client.py": ""},
            "of",
            "of.api of.client",
            id="a namespace package",
        ),
        pytest.param(
            "of/client.py", {"of/api.py": "from .client import x"}, "of", "of.api of.client",
            id="one that only its relative imports tell",
        ),
        pytest.param(
            "of/client.py", {"of/api.py": "import client, of.client"}, "of", "api client",
            id="a source root with a name that is one of them",
        ),
        pytest.param(
            "cc/echo/const.py",
            {"cc/echo/__init__.py": "from cc.echo.const import x"},
            "cc/echo",
            "cc.echo cc.echo.const",
            id="a package in a namespace",
        ),
        pytest.param(
            "cc/echo/const.py",
            {"cc/echo/__init__.py": "from a.cc.echo.const import x"},
            "cc",
            "echo echo.const",
            id="a name that the folders do not bear out",
        ),
        pytest.param(
            "",
            {"n/s/p/a.py": "from n.s.p.b import x", "n/s/p/b.py": "import json"},
            "n/s/p",
            "n.s.p.a n.s.p.b",
            id="three folders deep",
        ),
        pytest.param(
            "of/pyproject.toml of/client.py", {"of/api.py": "import of.client"}, "of", "api client",
            id="a project",
        ),
        pytest.param(
            "of/json.py", {"of/api.py": "import json, of.json"}, "of", "of.api of.json",
            id="a module called like one of the standard library",
        ),
    ],
)  # fmt: skip
def test_a_folder_by_itself_is_what_its_own_files_call_it(
    tree: Tree, files: str, texts: Mapping[str, str], folder: str, modules: str
) -> None:
    found = _discover(tree(files, texts) / folder)
    assert names(found.layout) == set(modules.split())
    assert all(path.startswith(found.top) for path in found.files)


def test_what_is_left_out(tree: Tree) -> None:
    top = tree(
        "a.py .git/hooks/x.py .tox/x.py .nox/x.py env/pyvenv.cfg env/lib/x.py __pycache__/x.py"
        " conda/conda-meta/x conda/x.py node_modules/x.py lib/site-packages/x.py .hidden/x.py"
        " build/lib/pkg/x.py build/bdist.linux/x.py build/tool.py pkg.egg-info/x.py"
        " usr/dist-packages/x.py ignored/x.py deep/er/gen_x.py deep/er/keep_gen_x.py"
        " deep/only_here.py only_here.py by_exclude.py excluded_by_git.py tracked/x.so",
        {
            ".gitignore": "# c\nignored/\ngen_*.py\n!ignored/x.py\n",
            "deep/.gitignore": "/only_here.py\n!er/keep_gen_x.py\n",
            "deep/er/.gitignore": "keep_*\n!keep_gen_x.py\n",
            ".git/info/exclude": "excluded_by_git.py\n",
        },
    )
    config = Config(exclude=("/by_*.py",))
    assert names(_discover(top, config=config).layout) == {
        "a", "build.tool", "deep.er.keep_gen_x", "only_here", "tracked.x",
    }  # fmt: skip
    config = Config(respect_gitignore=False)
    more = names(_discover(top, config=config).layout)
    assert more >= {"ignored.x", "deep.er.gen_x", "deep.only_here", "excluded_by_git", "by_exclude"}


def test_an_outer_gitignore_counts_unless_it_ignores_the_folder_itself(tree: Tree) -> None:
    top = tree(
        ".git/HEAD kept/a.py kept/gen.py gone/a.py gone/gen.py kept/sub/b.py",
        {".gitignore": "gen.py\n/gone\n", "kept/.gitignore": "sub\n"},
    )
    assert names(_discover(top / "kept").layout) == {"a"}
    assert names(_discover(top / "gone").layout) == {"a", "gen"}
    assert names(_discover(top).layout) == {"kept.a"}


def test_links(tree: Tree, tmp_path: Path) -> None:
    top = tree("pkg/__init__.py pkg/a.py")
    outside = tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "x.py").touch()
    (outside / "deep/y.py").touch()
    (top / "pkg/loop").symlink_to(top)
    (top / "self").symlink_to("self")
    (top / "one").symlink_to(outside)
    (top / "two").symlink_to(outside)
    (top / "two_deep").symlink_to(outside / "deep")
    (outside / "back").symlink_to(top)
    found = _discover(top)
    assert names(found.layout) == {"pkg", "pkg.a", "one.x", "one.deep.y"}
    assert found.problems == ()


def test_a_folder_that_cannot_be_read_is_said_once(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = tree("a.py locked/b.py")
    scandir = os.scandir

    @contextmanager
    def refuse(path: str) -> Iterator[Iterator[os.DirEntry[str]]]:
        # Root may read everything, so the refusal is played.
        if str(path).endswith("/locked"):
            raise PermissionError(13, "Permission denied")
        with scandir(path) as entries:
            yield entries

    monkeypatch.setattr(os, "scandir", refuse)
    found = _discover(top)
    assert names(found.layout) == {"a"}
    (problem,) = found.problems
    assert problem.path == as_source_path(top / "locked")
    assert "Permission denied" in problem.message


def test_a_folder_with_a_file_name_is_a_folder(tree: Tree) -> None:
    assert names(_discover(tree("x.py/y.py a.py")).layout) == {"a", "y"}


def test_explicit_roots(tree: Tree) -> None:
    top = tree("app/m.py services/a/src/x.py services/b/src/y.py tests/t.py services/c/z.py")
    config = Config(roots=("app", "services/*/src", "absent"))
    found = _discover(top, config=config)
    assert _roots(found) == ["app", "services/a/src", "services/b/src"]
    assert names(found.layout) == {"m", "x", "y"}
    (problem,) = found.problems
    assert '"absent"' in problem.message
    assert not found.accepts(as_source_path(top / "tests/new.py"))
    assert found.accepts(as_source_path(top / "app/new.py"))


def test_a_root_in_a_package_is_said(tree: Tree) -> None:
    top = tree("pkg/__init__.py pkg/a.py m.py m/__init__.py")
    found = _discover(top, config=Config(roots=(".", "pkg")))
    overlap, shadow = described(found.layout, found.top)
    assert "two names" in overlap.message and "Take pkg or . out" in overlap.message
    assert shadow.path == as_source_path(top / "m.py")
    assert "m/__init__.py comes first" in shadow.message


@pytest.mark.parametrize(
    ("init", "modules"),
    [("", {"__init__", "a", "sub", "sub.b"}), ("x = 1", {"top", "top.a", "top.sub", "top.sub.b"})],
    ids=["empty: a slip", "with code: a package"],
)
def test_a_project_folder_with_an_init(tree: Tree, init: str, modules: set[str]) -> None:
    top = tree("a.py sub/__init__.py sub/b.py pyproject.toml", {"__init__.py": init})
    (top.parent / "beside.py").touch()
    assert names(_discover(top).layout) == modules


def test_only_a_package_of_a_project(tree: Tree) -> None:
    top = tree(
        "pyproject.toml src/app/__init__.py src/app/db/__init__.py src/app/db/m.py src/app/web.py"
        " src/other/__init__.py tests/t.py"
    )
    found = _discover(top, "src/app/db")
    assert names(found.layout) == {"app", "app.db", "app.db.m"}
    assert found.accepts(as_source_path(top / "src/app/db/new.py"))
    for path in ("src/app/new.py", "new.py", "tests/t.py"):
        assert not found.accepts(as_source_path(top / path))


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("new.py", True),
        ("new/folder/x.py", True),
        ("ignored/x.py", False),
        ("new/gen_x.py", False),
        ("node_modules/x.py", False),
        ("new/.hidden/x.py", False),
        ("env/x.py", False),
        ("../outside.py", False),
        ("link/x.py", False),
    ],
)
def test_accepts(tree: Tree, path: str, answer: bool) -> None:
    top = tree("a.py env/pyvenv.cfg", {".gitignore": "ignored/\ngen_*.py"})
    (top / "link").symlink_to(top)
    assert _discover(top).accepts(as_source_path(top / path)) is answer


def test_two_walks_are_equal(tree: Tree) -> None:
    top = tree("b.py a/z.py a/b/__init__.py src/x.py c/pyproject.toml c/y.py")
    one, two = _discover(top), _discover(top)
    assert one.layout == two.layout
    assert list(one.layout.modules()) == list(two.layout.modules())
    assert sorted(one.files) == sorted({SourcePath(path) for path in two.files})


@pytest.mark.skipif(os.name == "nt", reason="a file name cannot have a colon there")
@pytest.mark.parametrize("around", ["x:", "C:", "two words:"])
def test_only_windows_has_drives(around: str, tmp_path: Path) -> None:
    for path in ("pyproject.toml", "pkg/__init__.py", "pkg/a.py", "d:/inner.py", "d:/e/deep.py"):
        file = tmp_path / around / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    found = _discover(tmp_path / around)
    assert {"pkg", "pkg.a"} <= names(found.layout)
    assert as_source_path(tmp_path / around / "d:/e/deep.py") in found.files
    assert names(_discover(tmp_path / around / "pkg").layout) == {"pkg", "pkg.a"}


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("c:/Users", "c:/"),
        ("c:/", "c:/"),
        ("c:/x/y", "c:/x"),
        ("/c:/x", "/c:"),
        ("/me/x:/y", "/me/x:"),
        ("/me", "/"),
        ("/", "/"),
    ],
)
def test_parent(path: str, folder: str) -> None:
    assert parent(SourcePath(path)) == folder

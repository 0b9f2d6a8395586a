"""The pytest plugin: with `pytest --import-cycles`, each module is a test that it can be imported first.

Each test imports its module in a fresh interpreter, the one that runs pytest, as `import-cycles verify`
does; so nothing that other tests have imported hides a crash. Without pytest-xdist as many run at a time
as there are processors, ahead of the tests that wait for them; with it, each worker runs its own.

A test fails when a cycle of the project is the reason. What fails for another reason (a dependency that is not
installed, settings that a framework wants) is skipped, and the reason told. Modules of tests, `conftest`,
`setup` and `__main__` are left out: importing them is not what they are for.

This executes the modules' code. Loading the plugin without the option imports nothing but pytest.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

import pytest

_NOT_FOR_IMPORT: Final = ("conftest.py", "setup.py", "__main__.py")
_TESTS: Final = pytest.StashKey[Any]()
"""The `FirstImportTests` of a run, whose class is imported only when there are some."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option `--import-cycles`, and the settings beside it."""
    group = parser.getgroup("import-cycles")
    group.addoption(
        "--import-cycles",
        action="store_true",
        help="add a test for each module: it can be imported first, in a fresh interpreter",
    )
    parser.addini(
        "import_cycles_paths",
        "what --import-cycles tests: project, source root or package folders, or files",
        type="args",
        default=[],
    )
    parser.addini(
        "import_cycles_timeout",
        "seconds that each import of --import-cycles may take",
        default="60",
    )


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the tests behind the others, in the order of module names."""
    if not config.getoption("--import-cycles"):
        return
    # Imported only now: most runs of pytest do not ask for this.
    from import_cycles.pytest_support.first_import_tests import FirstImportTests

    paths = [config.rootpath / path for path in config.getini("import_cycles_paths")]
    tests = FirstImportTests(
        paths or [config.rootpath],
        float(config.getini("import_cycles_timeout")),
        jobs=1 if "PYTEST_XDIST_WORKER" in os.environ else os.cpu_count() or 1,
    )
    config.stash[_TESTS] = tests
    patterns = config.getini("python_files")
    for name, path in tests.modules:
        file = Path(path)
        if file.name not in _NOT_FOR_IMPORT and not any(
            fnmatch(file.name, pattern) for pattern in patterns
        ):
            item = FirstImportItem.from_parent(session, name=f"import {name}", path=file)
            item.module_name = name
            item.add_marker("import_cycles")
            items.append(item)


def pytest_configure(config: pytest.Config) -> None:
    """The marker that selects or leaves out the tests: `-m import_cycles`."""
    config.addinivalue_line("markers", "import_cycles: a module is importable first")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End interpreters whose answers are no longer needed."""
    tests = session.config.stash.get(_TESTS, None)
    if tests is not None:
        tests.stop()


class FirstImportItem(pytest.Item):
    """The test that one module can be the first import."""

    module_name: str = ""
    funcargs: Final[Mapping[str, object]] = {}
    """The fixtures that it has: none. Plugins ask every item, as doctests have them too."""

    def runtest(self) -> None:
        """Wait for the import. Raises FirstImportError if a cycle makes it fail."""
        tests = self.config.stash[_TESTS]
        # Only now it is known which tests are left after all selections.
        items = (each for each in self.session.items if isinstance(each, FirstImportItem))
        tests.start([each.module_name for each in items])
        outcome = tests.outcome(self.module_name)
        if outcome.is_circular:
            raise FirstImportError(outcome.told)
        if outcome.told:
            pytest.skip(outcome.told)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What the interpreter said and what is behind it, without frames of this plugin."""
        if isinstance(excinfo.value, FirstImportError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Where the failure is reported: at the module."""
        return self.path, 0, self.name


class FirstImportError(Exception):
    """A module cannot be imported first because of an import cycle."""

"""Options and markers of the test suite, its quick lane, and how many processes it runs in.

The *quick lane* (`pytest -m quick`) is chosen by rule, so a new test is in it or not without being
listed anywhere: all tests of the folders in `QUICK_FOLDERS`, every case on the runners in
`QUICK_RUNNERS`, and one in `SAMPLE` of what else runs without an editor. A checksum of the test's
name decides which, so the sample is spread over the suite and stays the same from run to run.
"""

from __future__ import annotations

import os
import shlex
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
QUICK_FOLDERS = frozenset({"harness", "source", "unit"})
QUICK_RUNNERS = frozenset({"test_parses", "test_cold", "test_fixes"})
SAMPLED = frozenset({"cli", "test_cases.py", "traps", "workspace"})
SAMPLE = 16


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-cases",
        action="store_true",
        help="rewrite what cases expect to what is found now, for review in the diff",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Use all processors, where the command line leaves it open and pytest-xdist is there.

    One process is left alone: for a debugger, for output that is not captured, and where single
    tests are named, which run before other processes have started.
    """
    option = config.option
    if hasattr(config, "workerinput") or not hasattr(option, "numprocesses"):
        return
    if option.numprocesses is None and option.dist == "no" and not _wants_one_process(config):
        option.numprocesses = "auto"


def _wants_one_process(config: pytest.Config) -> bool:
    option = config.option
    return bool(
        option.tx
        or option.collectonly
        or option.capture == "no"
        or option.usepdb
        or option.trace
        or all("::" in argument for argument in config.args)
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the quick lane; with `--update-cases` nothing but the updating runs, else all but that."""
    for item in items:
        if is_quick(item):
            item.add_marker("quick")
    updating = bool(config.getoption("--update-cases"))
    chosen = [item for item in items if _is_update(item) == updating]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


@pytest.fixture(scope="session", autouse=True)
def cache_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Gives tests, and the processes that they start, a cache of their own, not the user's."""
    folder = tmp_path_factory.mktemp("cache")
    before = os.environ.get("IMPORT_CYCLES_CACHE_DIR")
    os.environ["IMPORT_CYCLES_CACHE_DIR"] = str(folder)
    yield folder
    if before is None:
        del os.environ["IMPORT_CYCLES_CACHE_DIR"]
    else:
        os.environ["IMPORT_CYCLES_CACHE_DIR"] = before


def is_quick(item: pytest.Item) -> bool:
    """Whether a test belongs to the quick lane."""
    part = item.path.relative_to(TESTS).parts[0]
    if part in QUICK_FOLDERS:
        return True
    if part == "test_cases.py" and getattr(item, "originalname", "") in QUICK_RUNNERS:
        return True
    name = item.nodeid.partition("tests/")[2]
    return part in SAMPLED and zlib.crc32(name.encode()) % SAMPLE == 0


def _is_update(item: pytest.Item) -> bool:
    return getattr(item, "originalname", "") == "test_update"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say below each failure how to repeat it."""
    report = yield
    if report.failed and report.when == "call":
        report.sections.append(("rerun", f"pytest {shlex.quote(item.nodeid)}"))
    return report

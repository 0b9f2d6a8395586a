"""Options and markers of the test suite."""

from __future__ import annotations

import os
import shlex
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-cases",
        action="store_true",
        help="rewrite what cases expect to what is found now, for review in the diff",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "cpython: runs real interpreters on the project of a case")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--update-cases` nothing but the updating runs; without it, all but that."""
    updating = bool(config.getoption("--update-cases"))
    chosen = [item for item in items if _is_update(item) == updating]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


@pytest.fixture(scope="session", autouse=True)
def cache_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test reads or writes the cache of whoever runs it; processes that tests start as well."""
    folder = tmp_path_factory.mktemp("cache")
    before = os.environ.get("IMPORT_CYCLES_CACHE_DIR")
    os.environ["IMPORT_CYCLES_CACHE_DIR"] = str(folder)
    yield folder
    if before is None:
        del os.environ["IMPORT_CYCLES_CACHE_DIR"]
    else:
        os.environ["IMPORT_CYCLES_CACHE_DIR"] = before


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

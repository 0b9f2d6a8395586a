"""A module that imports itself gets the same findings as after a fresh start, whatever it was before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest

from import_cycles.analysis.change import Change
from import_cycles.analysis.project import Project
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.names import SourcePath
from import_cycles.resolve.layout import build_layout

_TOP = SourcePath("/project")
_FILES = [SourcePath("/project/x.py"), SourcePath("/project/x/__init__.py")]
_IMPORTS = [
    "import x", "import x  # import-cycles: ignore", "from x import y", "import x; x.y",
    "import importlib; importlib.import_module('x')",
]  # fmt: skip
_STATES = [
    "",
    *_IMPORTS,
    *(
        f"{before}def f():\n    {each}\n{after}"
        for each, before, after in product(
            _IMPORTS, ("", "y = 1\n"), ("", "f()\n", "f()\ny = 1\n", "def g():\n    f()\n")
        )
    ),
]


def _shown(file: SourcePath, *texts: str) -> object:
    project = Project()
    layout = build_layout([_TOP], [file])
    for text in texts:
        project.apply(Change({file: text}, layout=layout))
        project.settle()
    snapshot: Snapshot = project.snapshot
    return snapshot.findings, snapshot.components, project.graph.edges()


@pytest.fixture(scope="module", params=_FILES)
def fresh(request: pytest.FixtureRequest) -> tuple[SourcePath, Sequence[object]]:
    return request.param, [_shown(request.param, state) for state in _STATES]


@pytest.mark.parametrize("before", _STATES)
def test_what_was_before_makes_no_difference(
    before: str, fresh: tuple[SourcePath, Sequence[object]]
) -> None:
    file, all_expected = fresh
    for after, expected in zip(_STATES, all_expected, strict=True):
        assert _shown(file, before, after) == expected, after

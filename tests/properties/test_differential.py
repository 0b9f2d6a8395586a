"""The predictions of the machine equal CPython's behaviour: outcome, exception, file, line, name,
chain. All reports to users equal the predictions.

Random projects (`programs`), of three flavours (`writer`), are imported by real interpreters, each
module first in a process of its own (`import_server`): the same ones in every run, on the lowest
and the highest interpreter found. `IMPORT_CYCLES_FUZZ=20000` takes that many new ones of each
flavour and makes what fails small;
`IMPORT_CYCLES_ALL_PYTHONS=1` and `IMPORT_CYCLES_PYTHONS` choose interpreters as for the cases.
A counter-example becomes a case in tests/cases/simulate.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from random import Random

import pytest
from first_imports import (
    ImportServer,
    Told,
    agrees,
    carried_on,
    is_beyond,
    predicted,
    world_of,
)
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from programs import random_project
from writer import Flavour

from harness.interpreters import Interpreter, chosen_interpreters
from harness.project import apply_settled, build, layout_of, setup_of, texts_of
from harness.runners import equality_report
from harness.truth import truth_report
from import_cycles.analysis.change import Change
from import_cycles.analysis.project import Project
from import_cycles.base.names import ModuleName
from import_cycles.simulate.machine import simulate

_LONG_RUN = int(os.environ.get("IMPORT_CYCLES_FUZZ", "0"))

_N_KNOWN = {Flavour.CORE: 100, Flavour.VALUES: 60, Flavour.OPEN: 60}
"""Programs that every run tries."""
_N_TOLD = {Flavour.CORE: 100, Flavour.VALUES: 30, Flavour.OPEN: 30}
"""So many programs whose reports are checked in every run."""

differential = settings(
    max_examples=_LONG_RUN or 1,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
every_flavour = pytest.mark.parametrize(
    "flavour", list(Flavour), ids=lambda each: each.name.lower()
)


def _lowest_and_highest() -> tuple[Interpreter, ...]:
    found = chosen_interpreters()
    is_asked_for = (
        "IMPORT_CYCLES_PYTHONS" in os.environ or "IMPORT_CYCLES_ALL_PYTHONS" in os.environ
    )
    return found if is_asked_for else tuple(sorted({found[0], found[-1]}))


@pytest.fixture(scope="module", params=_lowest_and_highest(), ids=str)
def server(request: pytest.FixtureRequest) -> Iterator[ImportServer]:
    """A running interpreter."""
    interpreter: Interpreter = request.param
    with ImportServer(interpreter) as running:
        yield running


@pytest.mark.cpython
@every_flavour
def test_known_programs_end_as_predicted(server: ImportServer, flavour: Flavour) -> None:
    for seed in range(_N_KNOWN[flavour]):
        compare(server, project(Random(seed), server.interpreter.version, flavour), flavour)


@pytest.mark.skipif(not _LONG_RUN, reason="IMPORT_CYCLES_FUZZ=20000 tries 20000 new programs")
@pytest.mark.cpython
@every_flavour
@differential
@given(random=st.randoms(use_true_random=False))
def test_new_programs_end_as_predicted(
    server: ImportServer, flavour: Flavour, random: Random
) -> None:
    files = project(random, server.interpreter.version, flavour)
    assume(all(map(_is_valid, files.values())))
    compare(server, files, flavour)
    report = truth_report(files, setup_of(files))
    assert not report, "\n".join([shown(files), *report])


@pytest.mark.parametrize(
    ("flavour", "seed"),
    [(flavour, seed) for flavour in Flavour for seed in range(_N_TOLD[flavour])],
    ids=lambda each: each.name.lower() if isinstance(each, Flavour) else str(each),
)
def test_known_programs_are_told_as_predicted(flavour: Flavour, seed: int) -> None:
    """Findings, explanations and plans agree with the first imports, however they came about."""
    files = project(Random(seed), (3, 12), flavour)
    setup = setup_of(files)
    report = truth_report(files, setup)
    assert not report, "\n".join([shown(files), *report])
    eager, _ = build(files, setup)
    texts = dict(texts_of(files))
    on_demand = Project(texts.get)
    unread = Change({}, layout_of(files, setup.roots), setup.settings, frozenset(texts))
    apply_settled(on_demand, unread)
    on_demand.complete()
    report = equality_report(on_demand, eager)
    grown = Project()
    for number in range(1, len(files) + 1):
        some = dict(list(files.items())[:number])
        apply_settled(grown, Change(texts_of(some), layout_of(some, setup.roots), setup.settings))
    report += equality_report(grown, eager)
    assert not report, "\n".join([shown(files), *report])


def compare(server: ImportServer, files: Mapping[str, str], flavour: Flavour) -> None:
    """Every first import of a project, predicted and carried out."""
    __tracebackhide__ = True
    world = world_of(files, server.interpreter.version)
    report = [
        f"{entry} first:\n  CPython    {seen.told} ({seen.message})\n  predicted  {told}"
        for entry, seen in server.observe(files).items()
        if not is_beyond(seen)
        and not agrees(
            world,
            told := simulate(world, ModuleName(entry)),
            seen,
            may_be_unsure=flavour is not Flavour.CORE,
            is_open=flavour is Flavour.OPEN,
        )
    ]
    assert not report, "\n".join([shown(files), *report])


_MAY_BE_UNSURE = {Flavour.CORE: 0.0, Flavour.VALUES: 0.02, Flavour.OPEN: 0.2}
"""The largest part of the first imports that may be undecided."""


@every_flavour
def test_programs_are_worth_running(flavour: Flavour) -> None:
    """Projects load, fail, and fail in many ways, and most outcomes are decided.

    Else the comparison above would prove little.
    """
    ends: dict[str, int] = {}
    for seed in range(60):
        world = world_of(project(Random(seed), (3, 12), flavour), (3, 12))
        for entry in world.summaries:
            told = predicted(world, entry)
            # A name that no text binds leaves the outcome open, and whatever fails in a value.
            is_lack = not isinstance(told, Told) and bool(told.refused)
            error = told.error if isinstance(told, Told) else ("lack" if is_lack else "unsure")
            ends[error] = ends.get(error, 0) + 1
    assert ends.get("unsure", 0) <= _MAY_BE_UNSURE[flavour] * sum(ends.values()), ends
    assert ends[""] > 10
    assert {"ImportError", "AttributeError", "NameError"} <= ends.keys()


def project(
    random: Random, version: tuple[int, int], flavour: Flavour = Flavour.CORE
) -> dict[str, str]:
    """A random project, most of which runs."""
    files = random_project(random, flavour)
    if not all(map(_is_valid, files.values())):
        return files
    return carried_on(files, version, random)


def shown(files: Mapping[str, str]) -> str:
    """A project in the form of a case."""
    return "".join(f"--- {path}\n{text}" for path, text in sorted(files.items()))


def _is_valid(text: str) -> bool:
    try:
        compile(text, "<program>", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True

"""Predicted first imports against what an interpreter did.

Only what can be blamed on the prediction is a difference. A project that was run without its
dependencies, or that needs a database to load, fails for reasons outside the prediction. Such a
module is *incomparable*, with the reason.
"""

from __future__ import annotations

from enum import Enum

from import_cycles.analysis.first_imports import FirstImport
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import record
from import_cycles.resolve.layout import Layout
from import_cycles.simulate.outcome import Crashes, Loads, Unsure
from import_cycles.tracebacks.diagnosis import Verdict
from import_cycles.tracebacks.diagnostician import Diagnostician
from import_cycles.tracebacks.wordings import MODULE_LEVEL, Failure


class Agreement(Enum):
    """How prediction and interpreter go together."""

    AGREES = "agrees"
    DIFFERS = "differs"
    UNSURE = "unsure"
    """Nothing was predicted."""
    INCOMPARABLE = "incomparable"


@record
class Observed:
    """What an interpreter did: it loaded the module (`failure` is None), or failed.

    `missing` is the module that was not found, `trouble` why there is no answer (time-out, …).
    """

    failure: Failure | None = None
    missing: str = ""
    trouble: str = ""


@record
class Comparison:
    """Both sides of one entry. `path` and `line` (from 0) are where the project really failed.

    `is_circular`: it really failed because of a cycle. `reason` is a sentence, empty when both
    agree.
    """

    predicted: FirstImport
    observed: Observed
    agreement: Agreement
    reason: str = ""
    is_circular: bool = False
    path: SourcePath | None = None
    line: int | None = None
    chain: tuple[ModuleName, ...] = ()


def compare(
    predicted: FirstImport, observed: Observed, layout: Layout, diagnostician: Diagnostician
) -> Comparison:
    """Judge one entry."""
    failure = observed.failure
    if observed.trouble:
        return Comparison(predicted, observed, Agreement.INCOMPARABLE, observed.trouble)
    if failure is None:
        return Comparison(predicted, observed, *_loaded(predicted))
    path, line = _place(failure, layout)
    is_same = _is_same(predicted, failure, path, line)
    is_circular = (is_same and predicted.is_circular) or is_caused_by_cycle(
        failure, layout, diagnostician
    )
    if is_same:
        agreement, reason = Agreement.AGREES, ""
    else:
        agreement, reason = _failed(predicted, observed, failure, layout, is_circular=is_circular)
    return Comparison(
        predicted, observed, agreement, reason, is_circular, path, line, _chain(failure, layout)
    )


def is_caused_by_cycle(failure: Failure, layout: Layout, diagnostician: Diagnostician) -> bool:
    """Whether a cycle of the project is behind a failure, as far as its frames show."""
    is_circular = diagnostician.diagnose(failure).verdict is Verdict.CIRCULAR
    return is_circular and _owner_is_ours(failure, layout)


def _loaded(predicted: FirstImport) -> tuple[Agreement, str]:
    match predicted.outcome:
        case Loads():
            return Agreement.AGREES, ""
        case Unsure():
            return Agreement.UNSURE, "it loads; nothing was predicted"
        case Crashes():
            return Agreement.DIFFERS, "it loads, though a crash was predicted"


def _failed(
    predicted: FirstImport,
    observed: Observed,
    failure: Failure,
    layout: Layout,
    *,
    is_circular: bool,
) -> tuple[Agreement, str]:
    if observed.missing:
        return Agreement.INCOMPARABLE, _needs(observed.missing, predicted, layout)
    if not is_circular:
        return (
            Agreement.INCOMPARABLE,
            f"fails for another reason than a cycle: {failure.error}: {failure.message}",
        )
    match predicted.outcome:
        case Loads():
            return Agreement.DIFFERS, "it crashes, though it was predicted to load"
        case Unsure():
            return Agreement.UNSURE, "it crashes; nothing was predicted"
        case Crashes():
            return Agreement.DIFFERS, "it crashes in another way than predicted"


def _needs(missing: str, predicted: FirstImport, layout: Layout) -> str:
    top = missing.partition(".")[0]
    here = layout.find(missing, layout.module(predicted.entry))
    if here is not None:
        return (
            f"needs {missing}, which is {here.name} here: its folder must be on sys.path, as it is"
            " when a script beside it is run"
        )
    return f"needs {top if layout.find(top, None) is None else missing}"


def _is_same(
    predicted: FirstImport, failure: Failure, path: SourcePath | None, line: int | None
) -> bool:
    crash = predicted.outcome
    return (
        isinstance(crash, Crashes)
        and crash.error == failure.error
        and (predicted.path, predicted.line) == (path, line)
    )


def _owner_is_ours(failure: Failure, layout: Layout) -> bool:
    """Whether the cycle is the project's: a dependency can have one, too."""
    return not failure.module or layout.find(failure.module, None) is not None


def _place(failure: Failure, layout: Layout) -> tuple[SourcePath | None, int | None]:
    for frame in reversed(failure.frames):
        file = layout.at_path(SourcePath(frame.path))
        if file is not None:
            return file.path, frame.line - 1
    return None, None


def _chain(failure: Failure, layout: Layout) -> tuple[ModuleName, ...]:
    files = (
        layout.at_path(SourcePath(frame.path))
        for frame in failure.frames
        if frame.function == MODULE_LEVEL
    )
    return tuple(file.name for file in files if file is not None)

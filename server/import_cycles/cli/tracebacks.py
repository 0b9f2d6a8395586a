"""`import-cycles explain` for a traceback: reads it, finds the project, tells the cycle behind it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from import_cycles.analysis.first_imports import FirstImport, first_imports, stack_places
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.names import ModuleName
from import_cycles.cli.command import ExitStatus, UsageError
from import_cycles.cli.console import Console
from import_cycles.cli.projects import Analysis, analyse
from import_cycles.cli.render import traceback_text
from import_cycles.findings.cycle_path import drawn
from import_cycles.resolve.filenames import read_file_name
from import_cycles.simulate.outcome import Crashes, Loads, Unsure
from import_cycles.tracebacks.advice import advice, remarks
from import_cycles.tracebacks.diagnosis import Diagnosis, Diagnostician, Verdict
from import_cycles.tracebacks.reading import (
    MODULE_LEVEL,
    Failure,
    TracebackFrame,
    failure,
    read_failures,
)
from import_cycles.workspace.discovery import project_folder
from import_cycles.workspace.files import read_source

if TYPE_CHECKING:
    from import_cycles.workspace.cache import Cache

_MOST = 5
"""Failures of one text that are told; a test run can hold the same one a hundred times."""
_MOST_BYTES = 100_000_000
"""Of a text with tracebacks, which may come from a pipe without an end."""
_CANDIDATES = 60
"""Modules of a component that are tried as first import for a message without a traceback."""
_ENTRIES = 6
"""Modules of a cycle that are tried as first import."""


def is_traceback_file(argument: str) -> bool:
    """Whether an argument is `-`, or a file that is no module and holds a traceback."""
    if argument == "-":
        return True
    path = Path(argument)
    if not path.is_file() or read_file_name(path.name) is not None:
        return False
    return bool(read_failures(_text(argument)))


def run(source: str, paths: Sequence[str], console: Console, cache: Cache | None) -> int:
    """Explain what is in the file `source`, or on standard input if it is `-`."""
    failures = _distinct(read_failures(_text(source)))
    if not failures:
        where = "standard input" if source == "-" else source
        raise UsageError(f"{where} holds no traceback and no message of a failed import")
    analysis = analyse(paths or _paths_of(failures), console, cache)
    snapshots = [project.snapshot for project in analysis.projects]
    diagnostician = Diagnostician([each.layout for each in snapshots], read_source)
    diagnoses = [diagnostician.diagnose(each) for each in failures]
    if not any(diagnosis.chain for diagnosis in diagnoses):
        # Nothing of it is in the project at hand: what the text says must do.
        diagnostician = Diagnostician((), read_source)
        diagnoses = [diagnostician.diagnose(each) for each in failures]
    diagnoses = [_filled_in(each, diagnostician, snapshots) for each in diagnoses]
    circular = [each for each in diagnoses if each.verdict is not Verdict.UNRELATED]
    told = (circular or diagnoses[-1:])[:_MOST]
    blocks = [_block(each, diagnostician, snapshots, analysis, console) for each in told]
    console.write("\n".join(blocks))
    if len(circular) > _MOST:
        console.write(f"\n{len(circular) - _MOST} more are in it\n")
    return ExitStatus.BROKEN if analysis.is_misconfigured else ExitStatus.CLEAN


def _text(source: str) -> str:
    try:
        if source == "-":
            data = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            # Any kind of file: shells hand over pipes.
            with Path(source).open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        where = "standard input" if source == "-" else source
        raise UsageError(f"{where} holds more than {_MOST_BYTES // 1_000_000} MB")
    # PowerShell redirects as UTF-16.
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return data.decode(encoding, "replace")


def _distinct(failures: Sequence[Failure]) -> list[Failure]:
    return list(dict.fromkeys(failures))


def _paths_of(failures: Sequence[Failure]) -> list[str]:
    """Where the project is when nobody says: around the innermost file that is on this machine.

    Without any, the working directory must be it.
    """
    found: list[Path] = []
    for failed in failures:
        inner_first = [failed.path, *(frame.path for frame in reversed(failed.frames))]
        found += [Path(path) for path in inner_first if path.endswith(".py")]
    existing = [path for path in found if path.is_absolute() and path.is_file()]
    if not existing or project_folder(existing[0]) == project_folder(Path()):
        return ["."]
    return [str(existing[0])]


def _filled_in(
    diagnosis: Diagnosis, diagnostician: Diagnostician, snapshots: Sequence[Snapshot]
) -> Diagnosis:
    """For a message without a traceback: the traceback of a first import that ends in it."""
    failed = diagnosis.failure
    if diagnosis.verdict is not Verdict.CIRCULAR or failed.frames:
        return diagnosis
    for snapshot in snapshots:
        for predicted in first_imports(snapshot, _around(ModuleName(diagnosis.owner), snapshot)):
            crash = predicted.outcome
            if isinstance(crash, Crashes) and (crash.name, crash.of) == (
                diagnosis.name,
                diagnosis.owner,
            ):
                frames = (
                    TracebackFrame(path, line + 1, MODULE_LEVEL)
                    for path, line in stack_places(snapshot, crash)
                )
                shown = failure(failed.error, failed.message, frames)
                return diagnostician.diagnose(shown)
    return diagnosis


def _around(module: ModuleName, snapshot: Snapshot) -> tuple[ModuleName, ...]:
    """Modules that may be the first import when this one is met half-loaded, itself first."""
    components = (each.members for each in snapshot.components if module in each.members)
    others = [name for members in components for name in members if name != module]
    return (module, *others[:_CANDIDATES]) if module in snapshot.layout.modules() else ()


def _block(
    diagnosis: Diagnosis,
    diagnostician: Diagnostician,
    snapshots: Sequence[Snapshot],
    analysis: Analysis,
    console: Console,
) -> str:
    asking = diagnosis.asking.module if diagnosis.asking else None
    told = [*remarks(diagnosis)]
    if diagnosis.verdict is Verdict.CIRCULAR:
        told += _predicted(diagnosis, snapshots)
    return traceback_text.explained(
        diagnosis,
        told,
        advice(diagnosis, diagnostician.names_of(asking)),
        analysis.places,
        console.paint,
    )


def _predicted(diagnosis: Diagnosis, snapshots: Sequence[Snapshot]) -> Iterator[str]:
    """What the analysis says of the project as it is now."""
    for snapshot in snapshots:
        known = snapshot.layout.modules()
        files = [stop.module.file for stop in diagnosis.chain]
        names = [file.name for file in files if file is not None and file.name in known]
        if not names:
            continue
        first, *others = dict.fromkeys([names[0], *names[diagnosis.start or 0 :]])
        outcome, *rest = first_imports(snapshot, [first, *others[:_ENTRIES]])
        yield from _of_entry(outcome, diagnosis)
        loading = [each.entry for each in rest if isinstance(each.outcome, Loads)]
        if isinstance(outcome.outcome, Crashes) and loading:
            yield (f"It depends on what comes first: importing {' or '.join(loading)} first works.")
        return


def _of_entry(predicted: FirstImport, diagnosis: Diagnosis) -> Iterator[str]:
    crash = predicted.outcome
    match crash:
        case Loads():
            yield (
                f"In the code as it is here, importing {predicted.entry} first works: the traceback"
                " is of another state of the code, or the program imported something before."
            )
        case Crashes() if predicted.is_circular and not _is_same(crash, predicted, diagnosis):
            yield (
                f"In the code as it is here, importing {predicted.entry} first fails as well, but"
                f" elsewhere: {crash.message} ({drawn(predicted.chain)})."
            )
        case Crashes() | Unsure():
            return


def _is_same(crash: Crashes, predicted: FirstImport, diagnosis: Diagnosis) -> bool:
    chain = tuple(ModuleName(stop.module.file.name) for stop in diagnosis.chain if stop.module.file)
    return crash.name == diagnosis.name and predicted.chain == chain

"""`import-cycles explain` for a traceback: reads it, finds the project, explains the cycle behind it."""

from __future__ import annotations

import sys
from codecs import IncrementalDecoder, getincrementaldecoder
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from import_cycles.analysis.project import Project
from import_cycles.cli.command import ExitStatus, UsageError
from import_cycles.cli.console import Console
from import_cycles.cli.projects import Analysis, analyse
from import_cycles.cli.render import fix_report, traceback_text
from import_cycles.repair.fixing import Fixer
from import_cycles.resolve.filenames import read_file_name
from import_cycles.tracebacks.diagnosis import Diagnosis, Files, Verdict
from import_cycles.tracebacks.diagnostician import Diagnostician
from import_cycles.tracebacks.modules import is_installed
from import_cycles.tracebacks.project_answers import (
    remarks_of_project,
    with_prediction,
    with_traceback,
)
from import_cycles.tracebacks.reading import holds_failure, read_failures
from import_cycles.tracebacks.remedies import advice, moves
from import_cycles.tracebacks.verified_advice import Remedy, remedy
from import_cycles.tracebacks.what_happened import remarks
from import_cycles.tracebacks.wordings import Failure
from import_cycles.workspace.discovery import project_folder
from import_cycles.workspace.files import list_folder, read_source
from import_cycles.workspace.fixing import fixer_of

if TYPE_CHECKING:
    from import_cycles.workspace.cache import Cache

_MOST = 5
"""Failures of one text that are explained; a test run can hold the same one a hundred times."""
_TRIED = 20
"""Failures for which first imports are simulated."""
_BLOCK = 1_000_000
"""Bytes that are read at a time."""
_MOST_BYTES = 100_000_000
"""Of a text with tracebacks, which may come from a pipe without an end."""


def is_traceback_file(argument: str) -> bool:
    """Whether an argument is `-`, or a file that is no module and holds a traceback."""
    if argument == "-":
        return True
    path = Path(argument)
    if not path.is_file() or read_file_name(path.name) is not None:
        return False
    return holds_failure(_chunks(argument))


def run(
    source: str,
    paths: Sequence[str],
    console: Console,
    cache: Cache | None,
    *,
    shows_diff: bool = False,
) -> int:
    """Explain what is in the file `source`, or on standard input if it is `-`."""
    failures = read_failures(_chunks(source))
    if not failures:
        where = "standard input" if source == "-" else source
        raise UsageError(f"{where} holds no traceback and no message of a failed import")
    analysis = analyse(paths or _paths_of(failures), console, cache, reads_all=True)
    diagnoses, diagnostician = _diagnosed(failures, analysis)
    chosen = [each for each in diagnoses if _is_known(each)] or diagnoses[-_TRIED:]
    answered = _with_answers(chosen[:_TRIED], diagnostician, analysis)
    telling = [each for each in answered if _is_known(each)]
    telling = telling or [each for each in answered if each.story is not None] or answered[-1:]
    told = telling[:_MOST]
    fixers = [(each.workspace.project, fixer_of(each.workspace)) for each in analysis.projects]
    blocks = [
        _block(each, diagnostician, fixers, analysis, console, shows_diff=shows_diff)
        for each in told
    ]
    console.write("\n".join(blocks))
    n_more = max(len(telling), len(chosen) if telling == answered else 0) - _MOST
    if n_more > 0:
        console.write(f"\n{n_more} more are in it\n")
    return ExitStatus.BROKEN if analysis.is_misconfigured else ExitStatus.CLEAN


def _diagnosed(
    failures: Sequence[Failure], analysis: Analysis
) -> tuple[list[Diagnosis], Diagnostician]:
    files = Files(read_source, list_folder)
    diagnostician = Diagnostician([each.snapshot.layout for each in analysis.projects], files)
    diagnoses = [diagnostician.diagnose(each) for each in failures]
    if not any(map(_is_of_project, diagnoses)):
        # None of its modules is in the project at hand, so only the text is used.
        diagnostician = Diagnostician((), files)
        diagnoses = [diagnostician.diagnose(each) for each in failures]
    return diagnoses, diagnostician


def _with_answers(
    diagnoses: Sequence[Diagnosis], diagnostician: Diagnostician, analysis: Analysis
) -> list[Diagnosis]:
    """Diagnoses, with the answers of first imports of the projects. Cost: simulations, for each."""
    projects = [each.workspace.project for each in analysis.projects]
    snapshots = [each.snapshot for each in projects]
    return [
        with_prediction(with_traceback(each, diagnostician, snapshots), projects)
        for each in diagnoses
    ]


def _is_known(diagnosis: Diagnosis) -> bool:
    return diagnosis.verdict not in (Verdict.UNRELATED, Verdict.OPEN)


def _is_of_project(diagnosis: Diagnosis) -> bool:
    """Whether a frame is the project's, or the message names a module of it."""
    modules = [diagnosis.owner_module, *(stop.module for stop in diagnosis.frames)]
    return any(module is not None and module.file is not None for module in modules)


def _chunks(source: str) -> Iterator[str]:
    """The text of a file of any kind, for shells hand over pipes, or of standard input for `-`."""
    try:
        with _opened(source) as file:
            yield from _decoded(file, "standard input" if source == "-" else source)
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}") from error


def _opened(source: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if source == "-" else Path(source).open("rb")


def _decoded(file: BinaryIO, where: str) -> Iterator[str]:
    decoder: IncrementalDecoder | None = None
    n_read = 0
    while data := file.read(_BLOCK):
        n_read += len(data)
        if n_read > _MOST_BYTES:
            raise UsageError(f"{where} holds more than {_MOST_BYTES // 1_000_000} MB")
        if decoder is None:
            # PowerShell redirects as UTF-16.
            encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
            decoder = getincrementaldecoder(encoding)("replace")
        yield decoder.decode(data)


def _paths_of(failures: Sequence[Failure]) -> list[str]:
    """The default folder of the project: around the innermost file that is on this machine.

    A library counts as the project only if there is nothing else. Without any file, it is the
    working directory.
    must be it.
    """
    found: list[Path] = []
    for failed in failures:
        inner_first = [failed.path, *(frame.path for frame in reversed(failed.frames))]
        found += [Path(path) for path in inner_first if path.endswith(".py")]
    existing = [path for path in found if path.is_absolute() and path.is_file()]
    own = [path for path in existing if not is_installed(path.as_posix())]
    here = project_folder(Path())
    if not own or any(project_folder(path) == here for path in own):
        return ["."]
    return [str(own[0])]


def _block(
    diagnosis: Diagnosis,
    diagnostician: Diagnostician,
    fixers: Sequence[tuple[Project, Fixer]],
    analysis: Analysis,
    console: Console,
    *,
    shows_diff: bool,
) -> str:
    told = [*remarks(diagnosis)]
    if diagnosis.verdict is Verdict.CIRCULAR:
        told += remarks_of_project(diagnosis, [project.snapshot for project, _ in fixers])
    found = _remedy(diagnosis, fixers)
    if found is None:
        to_do = advice(diagnosis, diagnostician.names_of)
    elif found.safe:
        to_do = ()
    else:
        to_do = moves(diagnosis, diagnostician.names_of)
    block = traceback_text.explained(diagnosis, told, to_do, analysis.places, console.paint, found)
    if shows_diff and found is not None and found.safe:
        first = found.safe[0]
        block += f"\n{fix_report.unified(first.before, first.after, analysis.places)}"
    return block


def _remedy(diagnosis: Diagnosis, fixers: Sequence[tuple[Project, Fixer]]) -> Remedy | None:
    if diagnosis.verdict is not Verdict.CIRCULAR:
        return None
    found = (remedy(diagnosis, project, fixer) for project, fixer in fixers)
    return next((each for each in found if each is not None), None)

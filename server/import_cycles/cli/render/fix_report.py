"""What `fix` did, and what is left and why; or the changes as a unified diff."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import unified_diff

from import_cycles.analysis.change import ShownFinding
from import_cycles.base.names import SourcePath
from import_cycles.base.words import counted, printable
from import_cycles.cli.console import Paint
from import_cycles.cli.places import Places
from import_cycles.cli.render.text import headline
from import_cycles.repair.applying import Repaired
from import_cycles.repair.crash_watch import StillCrashing
from import_cycles.repair.fixing import Refused

_LINE_ENDS = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")


def text(repaired: Repaired, places: Places, paint: Paint) -> str:
    """Each step, then each finding that is left with the reasons, and how many of both."""
    lines = [*_steps(repaired, places, paint), *_left(repaired, places, paint)]
    return "".join(f"{line}\n" for line in [*lines, _summary(repaired)])


def diff(repaired: Repaired, places: Places) -> str:
    """A unified diff that `git apply` and `patch` accept; empty without a change."""
    return unified(repaired.before, repaired.texts, places)


def unified(
    before: Mapping[SourcePath, str], after: Mapping[SourcePath, str], places: Places
) -> str:
    """The same from the texts of the files in `after`; new files are marked as new."""
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for path, text in sorted(after.items())
        for line in unified_diff(
            _split(before.get(path, "")),
            _split(text),
            printable(f"a/{places.path(path).lstrip('/')}") if path in before else "/dev/null",
            printable(f"b/{places.path(path).lstrip('/')}"),
        )
    )


def why_nothing(repaired: Repaired, places: Places) -> Iterator[str]:
    """Why there is no change, for each finding to be ended; without ends of lines."""
    if not repaired.left:
        yield "nothing to do: there is no import cycle"
    plain = Paint()
    for finding, refused in repaired.left:
        where = places.location(finding.place)
        yield f"nothing can be done at {where}: {finding.message}"
        yield from _reasons(finding, refused, plain)


def _split(text: str) -> list[str]:
    return [line for line in _LINE_ENDS.split(text) if line]


def _steps(repaired: Repaired, places: Places, paint: Paint) -> Iterator[str]:
    for step in repaired.steps:
        files = ", ".join(printable(places.path(path)) for path in sorted(step.fix.after))
        title = printable(step.fix.title_in_file)
        yield f"{paint.strong(files)}: {title} [{step.fix.kind.code}]"


def _left(repaired: Repaired, places: Places, paint: Paint) -> Iterator[str]:
    if repaired.steps and repaired.n_left:
        yield ""
    for finding, refused in repaired.left:
        yield headline(finding, places, paint)
        yield from _reasons(finding, refused, paint)
    yield from still_crashing(repaired.still_crashing, places)


def still_crashing(left: Iterable[StillCrashing], places: Places) -> Iterator[str]:
    """A line for each first import that crashes without a finding; without ends of lines."""
    for each in left:
        yield f"{printable(places.path(each.path))}:{each.line + 1}: {printable(each.told)}"


def _reasons(finding: ShownFinding, refused: tuple[Refused, ...], paint: Paint) -> Iterator[str]:
    # The whole import and one name of it can be refused for the same reason.
    told = dict.fromkeys((each.kind.code, each.hop.importer, each.reason) for each in refused)
    for code, importer, reason in told:
        hop = "" if importer == finding.module else f" in {printable(importer)}"
        yield f"  {paint.faint(f'not {code}{hop}:')} {printable(reason)}"


def _summary(repaired: Repaired) -> str:
    ended = {cycle for step in repaired.steps for cycle in step.fix.ended.cycles}
    done = f"{counted(len(repaired.steps), 'fix', 'fixes')} applied"
    files = counted(len(repaired.texts), "file")
    cycles = counted(len(ended), "cycle")
    left = f"{counted(len(repaired.left), 'finding')} left"
    if repaired.still_crashing:
        n_crashing = len(repaired.still_crashing)
        left += f", {counted(n_crashing, 'first import')} still crashing"
    return f"{done} in {files}, {cycles} ended, {left}"

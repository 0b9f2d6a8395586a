"""Quick fixes for editors, worked out in the worker's thread.

A *remedy* is a fix in the form in which an editor gets it: ranges and new texts. Those that can
be verified in the time that a menu has to open are complete; the rest carry a *token*, by which
they are worked out when somebody chooses them. A token says what was offered, not how: everything
is computed from scratch then, and refused when the text has moved on.

While a question is answered, edits wait. So it is given up, between any two steps, when newer text
comes; and menus and hovers have a limit (`Limit`), after which what was found must do: a line can
have hundreds of findings, and a step reads a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from difflib import SequenceMatcher
from itertools import accumulate
from time import monotonic
from typing import Final

from import_cycles.analysis.change import ShownFinding
from import_cycles.base.edits import TextEdit
from import_cycles.base.names import SourcePath
from import_cycles.base.record import record, replace
from import_cycles.base.text import LineIndex, Span, TextRange
from import_cycles.lsp.projects import Projects
from import_cycles.lsp.schedule import Cancelled, StaleQuestion
from import_cycles.proposals.fix import Safety
from import_cycles.repair.applying import Repair, Wish, repairing
from import_cycles.repair.fix_registry import fixes
from import_cycles.repair.fixing import Candidate, Fixer, OutOfTime, Refused
from import_cycles.repair.outlook import outlook
from import_cycles.workspace.fix_settings import load_fix_settings
from import_cycles.workspace.fixing import fixer_of
from import_cycles.workspace.workspace import Workspace

MENU_TIME: Final = 0.06
"""Seconds of verifying before a menu opens; what is left then is verified when it is chosen."""

HOVER_TIME: Final = 0.01
"""The same for a hover, which opens by itself and should not keep anybody waiting."""

MENU_LIMIT: Final = 2.0
"""Seconds after which a menu opens with what was found by then, verified or not."""

HOVER_LIMIT: Final = 0.5
"""The same for a hover."""

TYPE_ONLY_FIX: Final = "type-checking-guard"
"""The fix that changes nothing but what type checkers read."""


@record
class Replacement:
    """A stretch of a file and what takes its place."""

    range: TextRange
    new_text: str


@record
class FileEdits:
    """The edits of one file; `serial` is that of the open text that they speak of."""

    path: SourcePath
    serial: int | None
    replacements: tuple[Replacement, ...]
    is_new: bool = False
    """The file does not exist yet; it is to be made with these texts."""


@record
class Token:
    """Which remedy was offered."""

    path: SourcePath
    finding: str
    """`ShownFinding.key`."""
    fix: str
    importer: str
    imported: str
    title: str


@record
class Remedy:
    """One entry of the menu. Without `edits` it is not verified yet, or not possible."""

    title: str
    finding: ShownFinding | None
    fix: str
    token: Token | None = None
    edits: tuple[FileEdits, ...] = ()
    is_safe: bool = True
    is_preferred: bool = False
    caution: str = ""
    disabled: str = ""
    """Why it is not offered; for clients that show such entries."""
    moves_code: bool = False
    """A refactoring, not a quick fix."""
    makes_files: bool = False
    """New files are among its edits, or will be."""


Clock = Callable[[], float]
"""Seconds since some time or other."""


class Limit:
    """Says when to stop working on a question."""

    def __init__(self, cancelled: Cancelled, clock: Clock) -> None:
        self._cancelled = cancelled
        self._clock = clock
        self._end: float | None = None

    def set(self, seconds: float) -> None:
        """From here on, so much time is left."""
        self._end = self._clock() + seconds

    def check(self) -> bool:
        """Raises StaleQuestion or OutOfTime when it is time to stop, and is False otherwise."""
        if self._cancelled():
            raise StaleQuestion
        if self._end is not None and self._clock() >= self._end:
            raise OutOfTime
        return False


class Remedies:
    """Answers one question; made and used in the worker's thread.

    Everything here raises StaleQuestion when the answer is not wanted any more.
    """

    def __init__(self, desk: Projects, cancelled: Cancelled, clock: Clock = monotonic) -> None:
        self._desk = desk
        self._clock = clock
        self._limit = Limit(cancelled, clock)
        self._fixers: dict[Workspace, Fixer] = {}

    def offered(
        self,
        path: SourcePath,
        keys: Iterable[str],
        *,
        verifies_all: bool,
        explains_refusals: bool,
    ) -> tuple[Remedy, ...]:
        """What can be done about findings of a file, by their keys; the preferred one marked."""
        deadline = None if verifies_all else self._clock() + MENU_TIME
        self._limit.set(MENU_LIMIT)
        found: list[Remedy] = []
        with suppress(OutOfTime):
            for shown in self._shown(path, keys):
                for remedy in self._about(shown, deadline):
                    found += [remedy] if explains_refusals or not remedy.disabled else []
        return tuple(_with_preferred(found))

    def outlook(self, path: SourcePath, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """What a hover says of fixes, by the keys of findings of a file."""
        deadline = self._clock() + HOVER_TIME
        self._limit.set(HOVER_LIMIT)
        remarks: dict[str, tuple[str, ...]] = {}
        for shown in self._shown(path, keys):
            workspace, fixer = self._fixer(path)
            remarks[shown.key] = outlook(
                workspace.project, fixer, shown, lambda: self._clock() < deadline
            )
        return remarks

    def resolved(self, token: Token) -> Remedy:
        """The remedy that a token stands for: complete, or disabled with the reason."""
        for shown in self._shown(token.path, [token.finding]):
            for candidate in self._candidates(shown):
                if isinstance(candidate, Candidate) and _token(shown, candidate) == token:
                    return self._verified(shown, candidate)
        return Remedy(
            token.title, None, token.fix, disabled="the cycle is not there any more, or another one"
        )

    def fix_all(self, path: SourcePath) -> tuple[FileEdits, ...]:
        """The edits of all safe fixes that change this file and no other."""
        workspace = self._desk.workspace_of(path)
        if workspace is None:
            return ()
        return self._repaired(
            workspace,
            Wish(
                repairing(fixes()),
                lambda finding: finding.place.path == path,
                lambda changed: changed == path,
            ),
        )

    def fix_type_only(self) -> tuple[FileEdits, ...]:
        """The edits that end every cycle of all folders that only type checkers need."""
        kinds = tuple(kind for kind in fixes() if kind.code == TYPE_ONLY_FIX)
        wish = Wish(kinds, lambda finding: True, lambda changed: True)
        edits: list[FileEdits] = []
        for workspace in self._desk.workspaces:
            edits += self._repaired(workspace, wish)
        return tuple(edits)

    # --- one finding -------------------------------------------------------------------------

    def _shown(self, path: SourcePath, keys: Iterable[str]) -> list[ShownFinding]:
        workspace = self._desk.workspace_of(path)
        if workspace is None:
            return []
        wanted = set(keys)
        shown = workspace.snapshot.findings.get(path, ())
        return [finding for finding in shown if finding.key in wanted]

    def _fixer(self, path: SourcePath) -> tuple[Workspace, Fixer]:
        workspace = self._desk.workspace_of(path)
        assert workspace is not None, f"{path} belongs to no folder"
        if workspace not in self._fixers:
            self._fixers[workspace] = fixer_of(workspace, self._limit.check)
        return workspace, self._fixers[workspace]

    def _candidates(self, shown: ShownFinding) -> Iterator[Candidate | Refused]:
        workspace, fixer = self._fixer(shown.place.path)
        for finding in workspace.project.findings_behind(shown.module, shown.key):
            yield from fixer.candidates(finding)

    def _about(self, shown: ShownFinding, deadline: float | None) -> Iterator[Remedy]:
        for candidate in self._candidates(shown):
            if isinstance(candidate, Refused):
                if candidate.applies:
                    yield _refused(shown, candidate)
            elif deadline is None or monotonic() < deadline:
                yield self._verified(shown, candidate)
            else:
                yield _untried(shown, candidate)

    def _verified(self, shown: ShownFinding, candidate: Candidate) -> Remedy:
        _, fixer = self._fixer(shown.place.path)
        answer = fixer.verified(candidate)
        if isinstance(answer, Refused):
            return _refused(shown, answer, candidate.proposal.full_title)
        texts = {path: (answer.before[path], answer.proposal.edits[path]) for path in answer.before}
        return Remedy(
            answer.title,
            shown,
            answer.kind.code,
            edits=(
                *(_new_file(path, text) for path, text in answer.proposal.created.items()),
                *(self._file_edits(path, before, edits) for path, (before, edits) in texts.items()),
            ),
            moves_code=answer.kind.moves_code,
            makes_files=bool(answer.proposal.created),
            is_safe=answer.proposal.safety is Safety.SAFE,
            caution=answer.proposal.caution,
        )

    def _file_edits(self, path: SourcePath, before: str, edits: Iterable[TextEdit]) -> FileEdits:
        index = LineIndex(before)
        replacements = tuple(
            Replacement(
                TextRange(index.position(edit.span.start), index.position(edit.span.end)),
                edit.new_text,
            )
            for edit in edits
        )
        return FileEdits(path, self._desk.serial_of(path), replacements)

    # --- many findings -----------------------------------------------------------------------

    def _repaired(self, workspace: Workspace, wish: Wish) -> tuple[FileEdits, ...]:
        """The edits of a whole run of repairs, which the project does not keep."""
        repair = Repair(
            workspace.project,
            workspace,
            load_fix_settings(workspace.folder),
            self._limit.check,
        )
        try:
            repaired = repair.run(wish)
        finally:
            repair.undo()
        return tuple(
            self._file_edits(path, repaired.before[path], _line_edits(repaired.before[path], text))
            if path in repaired.before
            else _new_file(path, text)
            for path, text in sorted(repaired.texts.items())
        )


def _new_file(path: SourcePath, text: str) -> FileEdits:
    start = LineIndex("").position(0)
    return FileEdits(path, None, (Replacement(TextRange(start, start), text),), is_new=True)


def _token(shown: ShownFinding, candidate: Candidate) -> Token:
    hop = candidate.hop
    return Token(
        shown.place.path,
        shown.key,
        candidate.kind.code,
        hop.importer,
        hop.imported,
        candidate.proposal.full_title,
    )


def _untried(shown: ShownFinding, candidate: Candidate) -> Remedy:
    return Remedy(
        candidate.proposal.full_title,
        shown,
        candidate.kind.code,
        _token(shown, candidate),
        is_safe=candidate.proposal.safety is Safety.SAFE,
        caution=candidate.proposal.caution,
        moves_code=candidate.kind.moves_code,
        makes_files=bool(candidate.proposal.created),
    )


def _refused(shown: ShownFinding, refused: Refused, title: str = "") -> Remedy:
    place = "" if refused.hop.importer == shown.module else f" in {refused.hop.importer}"
    name = title or refused.kind.code.replace("-", " ").capitalize()
    return Remedy(
        f"{name}{place}",
        shown,
        refused.kind.code,
        disabled=refused.reason,
        moves_code=refused.kind.moves_code,
    )


def _with_preferred(found: Iterable[Remedy]) -> Iterator[Remedy]:
    """Of each finding, the first safe and verified one is what an auto-fix key applies."""
    served: set[str] = set()
    for remedy in found:
        key = "" if remedy.finding is None else remedy.finding.key
        if remedy.is_safe and remedy.edits and key not in served:
            served.add(key)
            yield replace(remedy, is_preferred=True)
        else:
            yield remedy


_LINES: Final = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")


def _line_edits(before: str, after: str) -> Iterator[TextEdit]:
    """The whole lines in which two texts differ."""
    old, new = (_LINES.split(text) for text in (before, after))
    starts = [0, *accumulate(map(len, old))]
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield TextEdit(Span(starts[i], starts[j]), "".join(new[k:m]))

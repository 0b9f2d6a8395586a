"""Quick fixes for editors, worked out in the worker's thread.

A *remedy* is a fix in the form in which an editor gets it: ranges and new texts. A remedy is
complete if it can be verified in the time that a menu has to open. Every other one carries a
*token*, by which the server works it out when the user chooses it. A token says what was offered,
not how: the server computes everything from scratch then, and refuses when the text has moved on.

While the server answers a question, edits wait. So it gives up, between any two steps, when newer
text comes. Menus and hovers also have a limit (`Limit`), after which the server answers with what
it has found: a line can have hundreds of findings, and a step reads a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from time import monotonic
from typing import Final

from import_cycles.analysis.change import ShownFinding
from import_cycles.analysis.cuts import Cuts
from import_cycles.base.edits import TextEdit, line_edits
from import_cycles.base.names import SourcePath
from import_cycles.base.record import record, replace
from import_cycles.base.text import LineIndex, TextRange
from import_cycles.lsp.projects import Projects
from import_cycles.lsp.schedule import Cancelled, StaleQuestion
from import_cycles.proposals.fix import Refactoring
from import_cycles.repair.applying import Repair, Wish, repairing
from import_cycles.repair.fix_registry import fixes
from import_cycles.repair.fixing import Fixer, OutOfTime, Refused
from import_cycles.repair.menu import MOST_ENTRIES, Entry, menu
from import_cycles.repair.outlook import what_to_do
from import_cycles.repair.together import Candidate
from import_cycles.repair.verify import VerifiedFix
from import_cycles.workspace.fix_settings import load_fix_settings
from import_cycles.workspace.fixing import fixer_of
from import_cycles.workspace.workspace import Workspace

MENU_TIME: Final = 0.06
"""Seconds of verifying before a menu opens; the rest is verified when the user chooses it."""

PREFERRED_TIME: Final = 1.0
"""Seconds of verifying after which a menu opens even if no entry is known to be safe yet."""

HOVER_TIME: Final = 0.01
"""The same for a hover, which opens by itself and should not be late."""

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
    """One entry of the menu. Without `edits` it is not verified yet, or not possible.

    `token` is there if it can still be worked out: without `edits`, or with another name for the new module.
    """

    title: str
    findings: tuple[ShownFinding, ...]
    """What it is for."""
    fix: str
    token: Token | None = None
    edits: tuple[FileEdits, ...] = ()
    is_safe: bool = True
    is_preferred: bool = False
    effect: str = ""
    """What it brings, and which code it may affect: for previews."""
    disabled: str = ""
    """Why it is not offered; for clients that show such entries."""
    refactoring: Refactoring | None = None
    """What it is, if it is more than a quick fix."""
    new_module: str = ""
    """The name of the module whose file it makes, without its package; empty: it makes none."""

    @property
    def makes_files(self) -> bool:
        """Whether new files are among its edits, or will be."""
        return bool(self.new_module)


@record
class Offer:
    """A menu: what the user sees at once, and what they get on asking for more."""

    remedies: tuple[Remedy, ...] = ()
    more: tuple[Remedy, ...] = ()


Clock = Callable[[], float]
"""Seconds since an arbitrary moment."""


class Limit:
    """Says when to stop working on a question."""

    def __init__(self, cancelled: Cancelled, clock: Clock) -> None:
        self._cancelled = cancelled
        self._clock = clock
        self._end: float | None = None

    def set(self, seconds: float) -> None:
        """Allows so much time from now on."""
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

    Everything here raises StaleQuestion when the client does not want the answer any more.
    """

    def __init__(self, projects: Projects, cancelled: Cancelled, clock: Clock = monotonic) -> None:
        self._processor = projects
        self._clock = clock
        self._limit = Limit(cancelled, clock)
        self._fixers: dict[Workspace, Fixer] = {}
        self._cuts = Cuts()

    def offered(
        self,
        path: SourcePath,
        keys: Iterable[str],
        *,
        verifies_all: bool,
        explains_refusals: bool,
        has_more: bool = True,
    ) -> Offer:
        """What can be done about findings of a file, by their keys; the preferred one marked.

        Without `has_more`, everything is to be seen at once.
        """
        shown = self._shown(path, keys)
        if not shown:
            return Offer()
        deadline = self._clock() + MENU_TIME
        patience = self._clock() + PREFERRED_TIME
        self._limit.set(MENU_LIMIT)
        workspace, fixer = self._fixer(path)
        found = menu(
            workspace.project,
            fixer,
            self._cuts,
            shown,
            None if verifies_all else lambda: self._clock() < deadline,
            lambda: self._clock() < patience,
        )
        remedies = [self._remedy(path, entry) for entry in found.entries]
        room = MOST_ENTRIES if len(remedies) <= MOST_ENTRIES else MOST_ENTRIES - 1
        if not has_more:
            room = len(remedies)
        unavailable = found.unavailable if explains_refusals else ()
        disabled = [
            Remedy(each.title, (each.finding,), each.refused.kind.code, disabled=each.reason)
            for each in unavailable[: max(MOST_ENTRIES - len(remedies), 0)]
        ]
        return Offer((*remedies[:room], *disabled), tuple(remedies[room:]))

    def what_to_do(self, path: SourcePath, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """What a hover says of fixes, by the keys of findings of a file."""
        deadline = self._clock() + HOVER_TIME
        self._limit.set(HOVER_LIMIT)
        remarks: dict[str, tuple[str, ...]] = {}
        for shown in self._shown(path, keys):
            workspace, fixer = self._fixer(path)
            remarks[shown.key] = what_to_do(
                workspace.project, fixer, self._cuts, shown, lambda: self._clock() < deadline
            )
        return remarks

    def resolved(self, token: Token, new_name: str = "") -> Remedy:
        """The remedy that a token stands for: complete, or disabled with the reason.

        `new_name` is what the module is to be called that it makes.
        """
        for shown in self._shown(token.path, [token.finding]):
            for number, candidate in enumerate(self._candidates(shown)):
                if isinstance(candidate, Candidate) and _token(shown, candidate) == token:
                    if new_name:
                        return self._named(shown, token, number, new_name)
                    return self._verified(shown, candidate)
        gone = "the cycle is not there any more, or another one"
        return Remedy(token.title, (), token.fix, disabled=gone)

    def fix_all(self, path: SourcePath) -> tuple[FileEdits, ...]:
        """The edits of all safe fixes that change this file and no other."""
        workspace = self._processor.workspace_of(path)
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
        for workspace in self._processor.workspaces:
            edits += self._repaired(workspace, wish)
        return tuple(edits)

    # --- one finding -------------------------------------------------------------------------

    def _shown(self, path: SourcePath, keys: Iterable[str]) -> list[ShownFinding]:
        workspace = self._processor.workspace_of(path)
        if workspace is None:
            return []
        wanted = set(keys)
        shown = workspace.snapshot.findings.get(path, ())
        return [finding for finding in shown if finding.key in wanted]

    def _fixer(self, path: SourcePath) -> tuple[Workspace, Fixer]:
        workspace = self._processor.workspace_of(path)
        assert workspace is not None, f"{path} belongs to no folder"
        if workspace not in self._fixers:
            self._fixers[workspace] = fixer_of(workspace, self._limit.check)
        return workspace, self._fixers[workspace]

    def _candidates(self, shown: ShownFinding) -> Iterator[Candidate | Refused]:
        workspace, fixer = self._fixer(shown.place.path)
        for finding in workspace.project.findings_behind(shown.module, shown.key):
            yield from fixer.candidates(finding)

    def _named(self, shown: ShownFinding, token: Token, number: int, new_name: str) -> Remedy:
        """The candidate of that number, with the user's name for the module that it makes."""
        workspace, fixer = self._fixer(shown.place.path)
        self._fixers[workspace] = fixer.naming(new_name)
        candidate = next(islice(self._candidates(shown), number, None))
        if isinstance(candidate, Refused):
            return Remedy(token.title, (shown,), token.fix, disabled=candidate.reason)
        return self._verified(shown, candidate)

    def _verified(self, shown: ShownFinding, candidate: Candidate) -> Remedy:
        _, fixer = self._fixer(shown.place.path)
        answer = fixer.verified(candidate)
        title = candidate.proposal.full_title
        if isinstance(answer, Refused):
            return Remedy(title, (shown,), candidate.kind.code, disabled=answer.reason)
        remedy = self._remedy(shown.place.path, Entry(candidate, [shown], answer))
        # The title spoke of one file: the user looks at the others first.
        return replace(remedy, is_safe=False) if answer.others else remedy

    def _remedy(self, path: SourcePath, entry: Entry) -> Remedy:
        candidate, fix = entry.candidate, entry.fix
        created = next((_stem(each) for each in candidate.proposal.created), "")
        return Remedy(
            entry.title,
            tuple(entry.findings),
            candidate.kind.code,
            _token(entry.findings[0], candidate) if fix is None or created else None,
            () if fix is None else tuple(self._edits(fix)),
            entry.is_safe,
            entry.is_preferred,
            entry.effect,
            refactoring=candidate.kind.refactoring,
            new_module=created,
        )

    def _edits(self, fix: VerifiedFix) -> Iterator[FileEdits]:
        """Orders edits with new files first, since changed files import them."""
        for path, text in fix.proposal.created.items():
            yield _new_file(path, text)
        for path, before in fix.before.items():
            yield self._file_edits(path, before, fix.proposal.edits[path])

    def _file_edits(self, path: SourcePath, before: str, edits: Iterable[TextEdit]) -> FileEdits:
        index = LineIndex(before)
        replacements = tuple(
            Replacement(
                TextRange(index.position(edit.span.start), index.position(edit.span.end)),
                edit.new_text,
            )
            for edit in edits
        )
        return FileEdits(path, self._processor.serial_of(path), replacements)

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
            self._file_edits(path, repaired.before[path], line_edits(repaired.before[path], text))
            if path in repaired.before
            else _new_file(path, text)
            for path, text in sorted(repaired.texts.items())
        )


def _stem(path: SourcePath) -> str:
    return path.rpartition("/")[2].removesuffix(".py")


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

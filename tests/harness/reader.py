"""Reads a case file.

Reading has two steps: the text is cut into *blocks*, one per `---` or `===` header, and the
blocks are folded into *states*. Every mistake is a `CaseError` that names file and line: a case
that silently checks less than its author thinks is worse than none.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.case import (
    Block,
    Case,
    Command,
    Cursor,
    FactLine,
    FixRequest,
    Kind,
    Recorded,
    SourceFile,
    State,
    Trace,
    WorkLine,
)
from harness.markers import (
    Expected,
    MarkerError,
    markers_of,
    parse_expect_line,
    version_test,
)
from harness.script import ScriptError, ScriptLine, parse_script_line

CURSOR = "<|>"


class CaseError(ValueError):
    """A mistake in a case file."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")


_SECTIONS = frozenset(
    {"expect", "entry", "edges", "outcomes", "simulate", "work", "session", "cli", "runtime"}
)
_FILE = re.compile(r"(?P<path>\S+)(?:\s+\[(?P<how>crlf)\])?")
_WORK = re.compile(r"summaries (\d+), components (\d+), simulations (\d+)")
_FLAGS = "conditional|guarded|dynamic|implied|called|back|star|lazy|suppressed"
_EDGE = re.compile(
    r"(?:(?P<when>py\S+):\s+)?(?P<edge>\S+ -> \S+ (?:runtime|deferred|typing)"
    rf"(?: \[(?:{_FLAGS})(?: (?:{_FLAGS}))*\])?(?: by \S+)?)"
)
_OUTCOME = re.compile(
    r"(?:(?P<when>py\S+):\s+)?(?P<outcome>\S+: (?:loads|undecided|\w+(?:\([\w.]+\))? at \S+(?: in .+?)?|\w+ outside)(?: despite \w+ at \S+)?)"
)
_FIX = re.compile(r'fix (?P<code>[a-z-]+) at (?P<path>\S+) "(?P<title>.*)" (?P<safety>safe|unsafe)')
_NO_FIX = re.compile(r'no fix (?P<code>[a-z-]+) at (?P<path>[^\s:]+)(?:: "(?P<reason>.*)")?')


def load_case(path: Path, name: str) -> Case:
    """Read one case file; raises CaseError, also for text that is not UTF-8."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as problem:
        raise CaseError(path, 1, f"not UTF-8: {problem}") from None
    return parse_case(text, path, name)


def parse_case(text: str, path: Path, name: str) -> Case:
    """Read the text of a case; `path` is for the messages."""
    return _Reader(path, name).read(text)


def blocks_of(text: str) -> tuple[str, tuple[Block, ...]]:
    """The prose on top, and the blocks; a body line starting with a backslash is escaped."""
    prose: list[str] = []
    blocks: list[Block] = []
    body: list[str] = prose
    opened: tuple[str, str, int] | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith(("--- ", "=== ")):
            if opened is not None:
                blocks.append(_block(opened, body))
            opened, body = (line[:3], line[4:].strip(), number), []
            continue
        body.append(line[1:] if line.startswith(("\\--- ", "\\=== ")) else line)
    if opened is not None:
        blocks.append(_block(opened, body))
    return "\n".join(prose).strip(), tuple(blocks)


def _block(opened: tuple[str, str, int], body: Sequence[str]) -> Block:
    end = len(body)
    while end and not body[end - 1].strip(" \t\r"):
        end -= 1
    return Block(*opened, tuple(body[:end]))


@dataclass(slots=True)
class _Reader:
    """Folds blocks into states; holds only what every error message needs."""

    path: Path
    name: str

    def read(self, text: str) -> Case:
        prose, blocks = blocks_of(text)
        if not blocks:
            raise CaseError(self.path, 1, "no `--- path` in it")
        if blocks[0].sign == "===":
            raise self.wrong(blocks[0].line, "a step before the first file")
        if not prose:
            raise CaseError(self.path, 1, "no prose on top: say why it must be so")
        states: list[State] = []
        base: State | None = None
        for group in _groups(blocks):
            state = self.state(base, group)
            states.append(state)
            if state.fix is None:
                base = state
        return Case(self.path, self.name, prose, tuple(states))

    def state(self, base: State | None, blocks: Sequence[Block]) -> State:
        files = dict(base.files) if base else {}
        listed = dict(base.listed) if base else {}
        opener = blocks[0] if blocks[0].sign == "===" else None
        state = State(
            kind=Kind.START,
            title="",
            line=blocks[0].line,
            files={},
            change={},
            entries=base.entries if base else (),
            runtime_skip=base.runtime_skip if base else None,
            blocks=tuple(blocks),
        )
        if opener is not None:
            state = self.opened(state, opener, files, listed)
        state = self.filled(state, blocks[1 if opener else 0 :], files, listed)
        before = {path: file.text for path, file in base.files.items()} if base else {}
        now = {path: file.text for path, file in files.items()}
        change: dict[str, str | None] = {path: None for path in before if path not in now}
        change |= {path: text for path, text in now.items() if before.get(path) != text}
        if state.kind is Kind.EDIT and not change:
            raise self.wrong(state.line, "this step changes nothing")
        return replace(state, files=files, listed=listed, change=dict(sorted(change.items())))

    def filled(
        self,
        state: State,
        blocks: Sequence[Block],
        files: dict[str, SourceFile],
        listed: dict[str, tuple[Expected, ...]],
    ) -> State:
        """Take the files and sections in. A restated file brings its own expectations along."""
        named: set[str] = set()
        for block in blocks:
            word, _, argument = block.header.partition(" ")
            if word in _SECTIONS:
                state = self.section(state, block, word, argument.strip())
                continue
            file = self.file(block)
            if file.path in named:
                raise self.wrong(block.line, f"{file.path} is here twice")
            named.add(file.path)
            files[file.path] = file
            listed.pop(file.path, None)
        for block in blocks:
            if block.header == "expect":
                self.expect(block, listed)
        nowhere = sorted(listed.keys() - files.keys())
        if nowhere:
            raise self.wrong(state.line, f"`--- expect` speaks of {nowhere[0]}: no such file")
        return state

    def opened(
        self,
        state: State,
        block: Block,
        files: dict[str, SourceFile],
        listed: dict[str, tuple[Expected, ...]],
    ) -> State:
        if block.body:
            raise self.wrong(block.line + 1, "a step has no body of its own; start with `---`")
        words = block.header.split()
        match words:
            case ["edit", *_]:
                return replace(state, kind=Kind.EDIT, title=self.quoted(block))
            case ["delete", path]:
                self.pop(block, files, path)
                listed.pop(path, None)
                return replace(state, kind=Kind.DELETE, title=block.header)
            case ["rename", old, new]:
                self.rename(block, files, old, new)
                if old in listed:
                    moved = (replace(expected, path=new) for expected in listed.pop(old))
                    listed[new] = tuple(moved)
                return replace(state, kind=Kind.RENAME, title=block.header)
            case ["fix", *_]:
                return replace(state, kind=Kind.FIX, title=block.header, fix=self.fix(block))
            case ["no", "fix", *_]:
                return replace(state, kind=Kind.NO_FIX, title=block.header, fix=self.fix(block))
            case _:
                raise self.wrong(
                    block.line, 'a step is `edit "…"`, `delete path`, `rename a b` or a fix'
                )

    def fix(self, block: Block) -> FixRequest:
        match = _FIX.fullmatch(block.header)
        if match is not None:
            return FixRequest(match["code"], match["path"], match["title"], match["safety"])
        match = _NO_FIX.fullmatch(block.header)
        if match is not None:
            return FixRequest(match["code"], match["path"], reason=match["reason"] or "")
        raise self.wrong(
            block.line,
            '`=== fix CODE at PATH "title" safe|unsafe` or `=== no fix CODE at PATH: "reason"`',
        )

    def section(self, state: State, block: Block, word: str, argument: str) -> State:
        if argument and word in {"expect", "edges", "work", "session"}:
            raise self.wrong(block.line, f"`--- {word}` takes nothing after it")
        match word:
            case "expect":
                return state  # read at the end, when the files are known
            case "entry":
                if not argument:
                    raise self.wrong(block.line, "`--- entry` names modules")
                return replace(state, entries=tuple(argument.split()))
            case "edges":
                self.once(block, state.edges)
                return replace(state, edges=self.edges(block))
            case "outcomes" if argument:
                return replace(state, recorded=(*state.recorded, self.recorded(block, argument)))
            case "outcomes":
                self.once(block, state.outcomes)
                return replace(state, outcomes=self.outcomes(block))
            case "simulate":
                trace = Trace(argument, _text(block.body), block)
                return replace(state, traces=(*state.traces, trace))
            case "work":
                self.once(block, state.work)
                return replace(state, work=self.work(block))
            case "session":
                self.once(block, state.session)
                return replace(state, session=self.session(block))
            case "cli":
                return replace(state, commands=(*state.commands, self.command(block, argument)))
            case _:
                skip, colon, reason = argument.partition(":")
                if skip != "skip" or not colon or not reason.strip():
                    raise self.wrong(block.line, "`--- runtime skip: reason`")
                return replace(state, runtime_skip=reason.strip())

    def file(self, block: Block) -> SourceFile:
        match = _FILE.fullmatch(block.header)
        if match is None or not re.search(r"[./]", match["path"]):
            known = ", ".join(sorted(_SECTIONS))
            raise self.wrong(
                block.line, f"neither a path nor a section: {block.header} (sections: {known})"
            )
        lines, cursor = self.cursor(block)
        expected: list[Expected] = []
        for number, marker in markers_of(match["path"], lines):
            if isinstance(marker, MarkerError):
                raise self.wrong(block.line + 1 + number, str(marker))
            expected.append(marker)
        ending = "\r\n" if match["how"] == "crlf" else "\n"
        return SourceFile(
            path=match["path"],
            text=_text(lines, ending),
            expected=tuple(expected),
            cursor=cursor,
            origin=block.line + 1,
        )

    def cursor(self, block: Block) -> tuple[list[str], Cursor | None]:
        found: Cursor | None = None
        lines: list[str] = []
        for number, line in enumerate(block.body):
            if CURSOR in line:
                if found is not None or line.count(CURSOR) > 1:
                    raise self.wrong(block.line + 1 + number, f"a second {CURSOR} in one file")
                found = Cursor(number + 1, line.index(CURSOR))
            lines.append(line.replace(CURSOR, ""))
        return lines, found

    def expect(self, block: Block, listed: dict[str, tuple[Expected, ...]]) -> None:
        expected: list[Expected] = []
        paths: set[str] = set()
        for number, line in _spoken(block):
            try:
                parsed = parse_expect_line(line)
            except MarkerError as problem:
                raise self.wrong(number, str(problem)) from None
            if isinstance(parsed, str):
                paths.add(parsed)
            else:
                paths.add(parsed.path)
                expected.append(parsed)
        for path in paths:
            listed[path] = tuple(e for e in expected if e.path == path)

    def edges(self, block: Block) -> tuple[FactLine, ...]:
        edges = self.facts(block, _EDGE, "edge", "`a -> b kind [flags]`")
        if [edge.text for edge in edges] != sorted(edge.text for edge in edges):
            raise self.wrong(block.line, "the edges are not sorted")
        return edges

    def recorded(self, block: Block, argument: str) -> Recorded:
        match = re.fullmatch(r"3\.(\d+)", argument)
        if match is None:
            raise self.wrong(block.line, "`--- outcomes` takes nothing or a version after it")
        lines = tuple(fact.text for fact in self.outcomes(block))
        return Recorded((3, int(match[1])), lines, block)

    def outcomes(self, block: Block) -> tuple[FactLine, ...]:
        what = "`a: loads`, `a: undecided` or `a: Error(name) at path:line in a > b`"
        return self.facts(block, _OUTCOME, "outcome", what)

    def facts(
        self, block: Block, pattern: re.Pattern[str], group: str, what: str
    ) -> tuple[FactLine, ...]:
        facts: list[FactLine] = []
        for number, line in _spoken(block):
            match = pattern.fullmatch(line)
            if match is None:
                raise self.wrong(number, f"expected {what}, got: {line}")
            try:
                when = version_test(match["when"]) if match["when"] else None
            except MarkerError as problem:
                raise self.wrong(number, str(problem)) from None
            facts.append(FactLine(match[group], when))
        return tuple(facts)

    def work(self, block: Block) -> WorkLine:
        lines = list(_spoken(block))
        match = _WORK.fullmatch(lines[0][1]) if len(lines) == 1 else None
        if match is None:
            raise self.wrong(block.line, "expected `summaries 1, components 0, simulations 0`")
        return WorkLine(int(match[1]), int(match[2]), int(match[3]))

    def session(self, block: Block) -> tuple[ScriptLine, ...]:
        return tuple(self.script_line(number, line) for number, line in _spoken(block))

    def script_line(self, number: int, line: str) -> ScriptLine:
        try:
            return parse_script_line(line, number)
        except ScriptError as problem:
            raise self.wrong(number, str(problem)) from None

    def command(self, block: Block, argument: str) -> Command:
        status = re.fullmatch(r"exit (\d+)", block.body[-1]) if block.body else None
        if status is None:
            raise self.wrong(block.line, "the last line of a `--- cli` section is `exit N`")
        return Command(tuple(shlex.split(argument)), _text(block.body[:-1]), int(status[1]), block)

    def pop(self, block: Block, files: dict[str, SourceFile], path: str) -> SourceFile:
        if path not in files:
            raise self.wrong(block.line, f"no such file at this point: {path}")
        return files.pop(path)

    def rename(self, block: Block, files: dict[str, SourceFile], old: str, new: str) -> None:
        if new in files:
            raise self.wrong(block.line, f"{new} is there already")
        file = self.pop(block, files, old)
        moved = tuple(replace(expected, path=new) for expected in file.expected)
        files[new] = replace(file, path=new, expected=moved)

    def quoted(self, block: Block) -> str:
        match = re.fullmatch(r'edit "(.+)"', block.header)
        if match is None:
            raise self.wrong(block.line, '`=== edit "what is shown by it"`')
        return match[1]

    def once(self, block: Block, earlier: object) -> None:
        if earlier is not None:
            raise self.wrong(block.line, f"a second `--- {block.header}` in one state")

    def wrong(self, line: int, message: str) -> CaseError:
        return CaseError(self.path, line, message)


def _groups(blocks: Sequence[Block]) -> Iterator[Sequence[Block]]:
    """The blocks of each state; a step's own `===` block comes first in its group."""
    group: list[Block] = []
    for block in blocks:
        if block.sign == "===" and group:
            yield group
            group = []
        group.append(block)
    yield group


def _spoken(block: Block) -> Iterator[tuple[int, str]]:
    """The lines that are neither blank nor a `#` remark, with their numbers in the case file."""
    for number, line in enumerate(block.body, start=block.line + 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.strip()


def _text(lines: Sequence[str], ending: str = "\n") -> str:
    return "".join(line + ending for line in lines)

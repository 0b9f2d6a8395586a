"""What a case is once it has been read: frozen data, nothing to run.

The first *state* is the project as written, and each `=== edit`, `=== delete` or `=== rename`
makes the next one. `=== fix` and `=== no fix` make a state that branches off: the one after it
continues from the state before the fix. docs/cases.md describes the format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from harness.markers import Expected, VersionTest
from harness.script import ScriptLine


class Kind(Enum):
    """How a state comes out of the one before."""

    START = "start"
    EDIT = "edit"
    DELETE = "delete"
    RENAME = "rename"
    FIX = "fix"
    NO_FIX = "no fix"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where `<|>` stood; line from 1, column from 0 in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of the project, as it is written to disk: markers included, cursor removed.

    `origin` is the line of the case file (from 1) that holds its first line.
    """

    path: str
    text: str
    expected: tuple[Expected, ...]
    cursor: Cursor | None
    origin: int


@dataclass(frozen=True, slots=True)
class FactLine:
    """One line of an `--- edges` or `--- outcomes` section."""

    text: str
    when: VersionTest | None


@dataclass(frozen=True, slots=True)
class WorkLine:
    """What `--- work` says one `apply` may recompute."""

    summaries: int
    components: int
    simulations: int

    def __str__(self) -> str:
        return (
            f"summaries {self.summaries}, components {self.components}, "
            f"simulations {self.simulations}"
        )


@dataclass(frozen=True, slots=True)
class Command:
    """One `--- cli` section: arguments, exact standard output, exit status."""

    arguments: tuple[str, ...]
    stdout: str
    status: int
    block: Block


@dataclass(frozen=True, slots=True)
class Trace:
    """One `--- simulate ENTRY` section."""

    entry: str
    text: str
    block: Block


@dataclass(frozen=True, slots=True)
class FixRequest:
    """What `=== fix` or `=== no fix` asks; `reason` is only for the latter."""

    code: str
    path: str
    title: str = ""
    safety: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A header and the lines under it. `line` is the header's, from 1; `sign` is `---` or `===`.

    Blank lines at the end are not part of the body: they are for the reader.
    """

    sign: str
    header: str
    line: int
    body: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an interpreter of a version did: `--- outcomes 3.15`, written where one is found."""

    version: tuple[int, int]
    lines: tuple[str, ...]
    block: Block


@dataclass(frozen=True, slots=True)
class State:
    """The whole project at one moment, and everything that must hold then.

    `change` is how it differs from the state before: new text, or None for a file that goes.
    """

    kind: Kind
    title: str
    line: int
    files: Mapping[str, SourceFile]
    change: Mapping[str, str | None]
    listed: Mapping[str, tuple[Expected, ...]] = field(default_factory=dict)
    edges: tuple[FactLine, ...] | None = None
    outcomes: tuple[FactLine, ...] | None = None
    recorded: tuple[Recorded, ...] = ()
    work: WorkLine | None = None
    traces: tuple[Trace, ...] = ()
    commands: tuple[Command, ...] = ()
    session: tuple[ScriptLine, ...] | None = None
    entries: tuple[str, ...] = ()
    runtime_skip: str | None = None
    fix: FixRequest | None = None
    blocks: tuple[Block, ...] = ()

    def expected(self, version: tuple[int, int]) -> tuple[Expected, ...]:
        """Every diagnostic that must be shown for the target version `version`."""
        found: list[Expected] = []
        for path, file in sorted(self.files.items()):
            own = self.listed.get(path)
            found.extend(file.expected if own is None else own)
        return tuple(expected for expected in found if expected.applies(version))

    @property
    def texts(self) -> dict[str, str]:
        """Every file's text by its path."""
        return {path: file.text for path, file in sorted(self.files.items())}

    @property
    def speaks_of_versions(self) -> bool:
        """Whether anything in it holds for some versions only."""
        tests = [expected.when for file in self.files.values() for expected in file.expected]
        tests += [expected.when for listed in self.listed.values() for expected in listed]
        tests += [fact.when for fact in (*(self.edges or ()), *(self.outcomes or ()))]
        return any(test is not None for test in tests)


@dataclass(frozen=True, slots=True)
class Case:
    """One case file. `name` is its path below `tests/cases`, without the suffix."""

    path: Path
    name: str
    prose: str
    states: tuple[State, ...]

    @property
    def track(self) -> tuple[State, ...]:
        """The states that follow one another: all but the fixes, which branch off."""
        return tuple(state for state in self.states if state.fix is None)

"""What a diagnostic rule is: it looks at one component or one module, and yields findings.

A finding names places by (module, site number): it holds no line and no column, so it stays
equal while lines move. `import_cycles.analysis` looks the ranges up when findings are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final

from import_cycles.base.names import ModuleName
from import_cycles.base.record import record
from import_cycles.findings.absent_modules import AbsentImport
from import_cycles.findings.exchanges import Exchange
from import_cycles.findings.hidden_modules import HidingImport
from import_cycles.findings.identity import Identity
from import_cycles.findings.reproduction import Reproduction, RootOf
from import_cycles.findings.thread_cycles import ThreadPair
from import_cycles.findings.verdict import CrashSite, Verdict
from import_cycles.graph.edges import Component, ImportEdge
from import_cycles.syntax.imports import ImportRecord
from import_cycles.syntax.steps import Suppression

IMPORT_SITE: Final = -1


class Severity(Enum):
    """The severity of a finding; the values are those used in configuration and in output."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"
    HINT = "hint"
    OFF = "off"


class Subject(Enum):
    """What the findings of a rule are about. Quick fixes and comments name subjects, not rules."""

    CRASH = "crash"
    """A line of a cycle that raises from some first import."""
    FALLBACK = "fallback"
    """A guarded import of a cycle that never works."""
    STAR = "star"
    """A star-import of a cycle that brings too few names."""
    CALL = "call"
    """A deferred import of a cycle that runs while modules load."""
    CYCLE = "cycle"
    """An import of a cycle, whether it works or not."""
    THREADS = "threads"
    """An import of a cycle that fails when two threads import at the same time."""
    HIDDEN = "hidden"
    """A cycle that only a lazy import keeps from being walked."""
    ORDER = "order"
    """Two imports that must keep their order."""
    SHADOW = "shadow"
    """An import that gets a file of the project in place of a standard module."""
    ABSENT = "absent"
    """An import of a module that a package of the project does not have."""
    SELF_IMPORT = "self-import"
    """An import of the module that it stands in."""
    COMMENT = "comment"
    """A suppression comment."""


CYCLE_SUBJECTS: Final = frozenset(
    {Subject.CRASH, Subject.FALLBACK, Subject.STAR, Subject.CALL, Subject.CYCLE, Subject.THREADS}
)
"""A comment with the code of such a rule takes its import out of all cycles."""


@record(order=True)
class Place:
    """A spot in a module's text: `site` indexes `Summarized.sites`, or the marks of a code."""

    module: ModuleName
    site: int
    code: int = IMPORT_SITE
    """The code whose marks `site` counts; IMPORT_SITE for the sites of imports."""


@record
class Related:
    """A further place that belongs to a finding, with what happens there."""

    place: Place
    message: str
    hop: tuple[ModuleName, ModuleName] | None = None
    """Importer and imported module, if the place is an import along the cycle."""


@record
class WayRound:
    """The shortest way from an import back to where it starts, in the forms that findings have of it.

    `cycle` and `enters` are those of `Finding`, `hops` its related places; `drawn` is the path for
    messages, `key` the path in `Finding.key`.
    """

    n_hops: int
    cycle: tuple[ModuleName, ...]
    enters: int
    drawn: str
    key: str
    hops: tuple[Related, ...]
    may_not_run: bool
    """Whether a call makes the first import run, and one on the way runs only under a condition."""


@record
class Finding:
    """A message about one place.

    `key` identifies the finding across edits that only move lines, `identity` across all edits.
    `rank` orders findings of one rule on one line: the lowest is shown, the others are counted.
    `cycle` is the path in the message, first module repeated at the end; empty when there is none.
    Several findings share the path of a long cycle; `enters` is where this finding starts on it.
    """

    code: str
    subject: Subject
    place: Place
    message: str
    key: str
    identity: Identity
    related: tuple[Related, ...] = ()
    cycle: tuple[ModuleName, ...] = ()
    component_size: int = 0
    notes: tuple[str, ...] = ()
    """Further sentences for hovers and `explain`."""
    rank: tuple[int | str, ...] = ()
    enters: int = 0
    """Where in `cycle` the finding starts; `path` is the cycle from there."""
    severity: Severity | None = None
    """The finding's own severity, if it is not the rule's; the configuration of the rule overrides it."""
    reproduction: Reproduction | None = None
    """How to reproduce it."""

    @property
    def path(self) -> tuple[ModuleName, ...]:
        """The cycle from where the finding starts, first module repeated at the end."""
        return rotated(self.cycle, self.enters)


def rotated(cycle: tuple[ModuleName, ...], start: int) -> tuple[ModuleName, ...]:
    """The closed path, started at another of its modules."""
    return (*cycle[start:-1], *cycle[: start + 1]) if start else cycle


WORKS: Final = "It works whichever of its modules is imported first."
"""The note of a cycle for which that is certain."""

NOT_DECIDED: Final = "Not decided for "
"""The note of a finding about a cycle of which it is not certain that it loads begins so."""

KNOWN: Final = "It is known: import-cycles-baseline.json has it."
"""The note of a finding that was accepted when the project adopted the program."""

DOCS_URL = "https://import-cycles.readthedocs.io/en/stable/rules/#"
"""Where the section of a rule starts, its code appended."""


def _nowhere(module: ModuleName) -> None:
    """The default of `root_of`: no source root is known."""
    del module


@record
class ComponentContext:
    """What a rule may ask about one component."""

    component: Component
    way_round: Callable[[ImportEdge], WayRound]
    """The shortest way from an edge of the component back to its start."""
    import_record: Callable[[ModuleName, int], ImportRecord]
    """The record of an import id of a module."""
    function_of: Callable[[ImportEdge], str]
    """The name of the function that holds an edge's statement, as in its `def`."""
    verdict: Verdict | None = None
    """How first imports end; None as long as the simulation is running."""
    crash_sites: tuple[CrashSite, ...] = ()
    """Where they crash, as far as the crash belongs to this component."""
    root_of: RootOf = _nowhere
    thread_pairs: tuple[ThreadPair, ...] = ()
    """Packages and submodules that can fail when two threads import them at the same time."""
    may_grow: bool = False
    """Whether other modules of the component may not be known yet."""


@record
class ModuleContext:
    """What a rule may ask about one module."""

    module: ModuleName
    edges: tuple[ImportEdge, ...]
    """The edges that its text holds, in `edge_order`, suppressed ones included."""
    suppressions: tuple[Suppression, ...]
    known_codes: frozenset[str]
    closes_cycle: Callable[[ImportEdge], bool]
    """Whether a runtime path leads back from the edge, comments that accept cycles ignored."""
    hidden_cycle: Callable[[ImportEdge], tuple[ImportEdge, ...]]
    """The fewest edges that run while modules load, or lazily, from a lazy one back to where it
    starts, it first; empty if none lead there."""
    exchanges: tuple[Exchange, ...]
    """Imports that must keep their order, as far as the search has found them."""
    knows_exchanges: Callable[[], bool]
    """Whether the search for these is complete."""
    hidden_codes: frozenset[str]
    """The codes with which a comment accepts a cycle that a lazy import hides."""
    order_codes: frozenset[str]
    """The codes with which a comment accepts that an order matters; a comment without codes does, too."""
    hiding: tuple[HidingImport, ...] = ()
    """Its imports that get a file of the project in place of a standard module."""
    absent: tuple[AbsentImport, ...] = ()
    """Its imports of modules that do not exist."""
    asks_for_nothing: Callable[[ImportEdge], bool] = lambda _: False
    """Whether an import of the module by itself asks only for names that nothing can bind. Then a
    submodule is missing, and there is no cycle to break."""

    def is_accepted(self, site: int, code: str) -> bool:
        """Whether a comment accepts a code, or everything, at an import site."""
        return any(
            site in comment.covers and (not comment.codes or code in comment.codes)
            for comment in self.suppressions
        )


@record
class Rule:
    """One diagnostic kind, with everything that the rest of the program needs to know of it.

    `severity` is the default, `docs` the docstring of its file: the section of docs/rules.md.
    `told` is the rule's statement about a cycle or an import in a few words, for lists.
    """

    code: str
    severity: Severity
    docs: str
    subject: Subject
    told: str
    precedence: int | None = None
    """Of several rules with a precedence, a line or statement shows only the one with the lowest:
    the most severe. The others are shown beside it."""
    check_component: Callable[[ComponentContext], Iterable[Finding]] | None = None
    check_module: Callable[[ModuleContext], Iterable[Finding]] | None = None

    @property
    def title(self) -> str:
        """One sentence: what is wrong."""
        return " ".join(self.docs.strip().partition("\n\n")[0].split())

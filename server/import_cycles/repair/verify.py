"""Carries a proposal out as a trial and checks the result: a VerifiedFix, or why there is none.

A proposal is offered only if, with its edits,

- every changed file parses, and had the text that the project knows;
- the finding is gone, and its subject has become better: for a crash, first imports load that did
  not; for a cycle, that cycle is not walked any more;
- no first import that loaded fails or is undecided now, and none that was undecided fails;
- no import closes a cycle that was not there;
- no module of the project, and no doctest in one, reads a name that a changed module no longer binds.

A safe proposal becomes unsafe when some first import no longer loads a module that does more than
define names while it loads (import_cycles.proposals.effects). The same holds for a module that
another one reads as an attribute of its package without importing it.

Cost: an edit and its undoing, and the first imports that executed a changed file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from functools import partial
from itertools import islice, pairwise
from typing import Final

from import_cycles.analysis.project import Project
from import_cycles.base.edits import apply_edits
from import_cycles.base.names import ModuleName, SourcePath, dotted_name, parent
from import_cycles.base.record import record, replace
from import_cycles.findings.rule import Finding, Subject
from import_cycles.findings.verdict import Verdict, is_circular
from import_cycles.graph.components import is_binding
from import_cycles.graph.edges import Component
from import_cycles.proposals.effects import Resolve, SummaryOf, effect_of_loading, registering
from import_cycles.proposals.fix import FixKind, Hop, Proposal, Refusal, Safety
from import_cycles.simulate.entries import Run, Runs, simulate_into
from import_cycles.simulate.outcome import Crashes, Loads, Unsure
from import_cycles.syntax.imports import ImportFlag, When
from import_cycles.syntax.summarize import Summarized, summarize

TextOf = Callable[[SourcePath], "str | None"]
Readers = Callable[[ModuleName, str], "tuple[ModuleName, ...]"]
Mentions = Callable[[str], "tuple[SourcePath, ...]"]
"""The files with a dotted name as a string; with `>>>` in front, those whose doctests import it."""
Cancelled = Callable[[], bool]

_Pair = tuple[ModuleName, ModuleName]
_Cycle = tuple[ModuleName, ...]
_RefusedAs = tuple[str, str, "ModuleName | None"]
"""Class and message of an exception, and the module that would raise it."""


MAX_IMPORTERS: Final = 10
"""Of changed modules, from outside of knots, that are tried as first imports, too."""

_CYCLE_ITSELF: Final = frozenset({Subject.CYCLE, Subject.CALL})
"""What findings are about that speak of a cycle as such."""

STAYS = Refusal("the cycle would still be there: another import leads the same way")


@record
class Ended:
    """What a fix ends: import cycles as they are shown, and first imports that crashed."""

    cycles: tuple[_Cycle, ...] = ()
    """Each without its first module repeated, the alphabetically first module in front."""
    crashes: tuple[ModuleName, ...] = ()
    """The modules that can be imported first now."""
    still: tuple[ModuleName, ...] = ()
    """The modules that crashed where the finding is, and still cannot be imported first."""
    instead: tuple[_Pair, ...] = ()
    """The imports at which those fail now, as importer and imported."""

    @property
    def told(self) -> str:
        """For titles: `ends 3 cycles`."""
        parts = []
        if self.crashes and self.still:
            n_all = len(self.crashes) + len(self.still)
            parts.append(f"the crash of {len(self.crashes)} of {n_all} first imports")
        elif self.crashes:
            parts.append("the crash")
        if self.cycles:
            parts.append(f"{len(self.cycles)} cycle{'s' if len(self.cycles) > 1 else ''}")
        return f"ends {' and '.join(parts)}" if parts else ""


@record
class VerifiedFix:
    """A proposal that passed, with the texts before and after. Only `verify` makes one."""

    kind: FixKind
    hop: Hop
    proposal: Proposal
    ended: Ended
    before: Mapping[SourcePath, str]
    after: Mapping[SourcePath, str]
    """Files that are only here are new."""
    others: tuple[Hop, ...] = ()
    """Further imports of the same module that the fix is about: see `repair.together`."""

    @property
    def cut(self) -> frozenset[tuple[ModuleName, ModuleName]]:
        """The imports that it is about, as importer and imported."""
        return frozenset((each.importer, each.imported) for each in (self.hop, *self.others))

    @property
    def title(self) -> str:
        """What it does, in which module if that is not the finding's, and what it brings."""
        return self._with_ended(self.proposal.full_title)

    @property
    def title_in_file(self) -> str:
        """The same for readers who see which file it is."""
        return self._with_ended(self.proposal.title)

    @property
    def title_with_caution(self) -> str:
        """The title, and which code may be affected."""
        caution, cost = self.proposal.caution, self.proposal.cost
        unsafe = f"unsafe: {caution}" if caution else ""
        return self._with_ended(self.proposal.full_title, unsafe, cost)

    def _with_ended(self, title: str, *further: str) -> str:
        told = "; ".join(filter(None, (self.ended.told, *further)))
        return f"{title} ({told})" if told else title


def verify(
    project: Project,
    kind: FixKind,
    finding: Finding,
    hop: Hop,
    proposal: Proposal,
    text_of: TextOf,
    readers: Readers,
    mentions: Mentions,
    resolve: Resolve,
    cancelled: Cancelled | None = None,
) -> VerifiedFix | Refusal:
    """Try a proposal of `kind` at `hop` that should end `finding`.

    Raises `simulate.entries.Cancelled` when `cancelled` returns true; the project is then as
    before.
    """
    before: dict[SourcePath, str] = {}
    after: dict[SourcePath, str] = {}
    for path, edits in proposal.edits.items():
        text = text_of(path)
        if text is None or not _is_known(project, path, text):
            return Refusal(f"{path} has changed in the meantime")
        before[path], after[path] = text, apply_edits(text, edits)
    for path, text in proposal.created.items():
        if text_of(path) is not None:
            return Refusal(f"{path} exists")
        after[path] = text
    changed = _modules(project, before)
    new = {path: summarize(text, project.target) for path, text in after.items()}
    refusal = _unreadable(new) or _unbound(project, new, proposal, readers, mentions)
    if refusal is not None:
        return refusal
    if not kind.ends_cycles and _does_the_same(project, new):
        return VerifiedFix(kind, hop, proposal, Ended(), before, after)
    was = _State.of(project, finding, changed, None, cancelled)
    with project.trial(before, after):
        if kind.ends_cycles and finding.subject in _CYCLE_ITSELF and _is_walked(project, finding):
            return STAYS
        created = _modules(project, proposal.created)
        unused = _not_imported(project, created, changed)
        now = _State.of(project, finding, changed | created, was, cancelled)
    judged = unused or _closed_now(project, was, now) or _judge(kind, finding, was, now)
    if not isinstance(judged, Refusal):
        judged = _fails_itself(created, now) or judged
    if not isinstance(judged, Refusal) and kind.keeps_registrations:
        judged = _unregistered(project, proposal, was, now, resolve, readers) or judged
    if isinstance(judged, Refusal):
        return judged
    if proposal.safety is Safety.SAFE or kind.tells_unloaded:
        proposal = _with_caution(project, proposal, was, now, resolve, readers)
    return VerifiedFix(kind, hop, proposal, judged, before, after)


def _with_caution(
    project: Project,
    proposal: Proposal,
    was: _State,
    now: _State,
    resolve: Resolve,
    readers: Readers,
) -> Proposal:
    """Unsafe, if some first import no longer loads a module that other code may miss.

    That is a module which does more than define names, or which another module reads as an
    attribute of its package without importing it.
    """
    missed = _missed(
        project, proposal, was, now, partial(effect_of_loading, resolve=resolve), readers
    )
    if not missed:
        return proposal
    told = "; ".join(filter(None, (proposal.caution, missed)))
    return replace(proposal, safety=Safety.UNSAFE, caution=told)


def _unregistered(
    project: Project,
    proposal: Proposal,
    was: _State,
    now: _State,
    resolve: Resolve,
    readers: Readers,
) -> Refusal | None:
    """Whether a first import no longer loads a module that may register something, or is counted on."""
    missed = _missed(project, proposal, was, now, partial(registering, resolve=resolve), readers)
    return Refusal(missed) if missed else None


def _missed(
    project: Project,
    proposal: Proposal,
    was: _State,
    now: _State,
    effect_of: Callable[[ModuleName, SummaryOf], str],
    readers: Readers,
) -> str:
    """A module that a first import no longer loads, and why that may be felt; empty without one."""
    missed: dict[ModuleName, str] = {}
    for entry, run in sorted(was.runs.items()):
        for lost in sorted(_loaded(run) - _loaded(now.runs[entry])):
            if lost not in missed:
                effect = effect_of(lost, project.world.summary)
                relying = "" if effect else _relying_on(project, proposal, lost, readers)
                missed[lost] = _told(effect) if effect else relying
            if missed[lost]:
                first, name = dotted_name(entry), dotted_name(lost)
                return f"importing {first} would no longer load {name}, {missed[lost]}"
    return ""


def _not_imported(
    project: Project, created: frozenset[ModuleName], changed: frozenset[ModuleName]
) -> Refusal | None:
    """Whether a changed module would not find a new one. To be asked during the trial."""
    for new in sorted(created):
        importers = {edge.importer for edge in project.graph.edges_to(new)}
        for module in sorted(changed - importers):
            return Refusal(f"{dotted_name(module)} would not find {dotted_name(new)}")
    return None


def _fails_itself(created: frozenset[ModuleName], now: _State) -> Refusal | None:
    """Whether a new module cannot be imported first."""
    for module in sorted(created):
        if not isinstance(now.runs[module].outcome, Loads):
            return Refusal(f"it is not certain that {dotted_name(module)} itself loads")
    return None


def _told(effect: str) -> str:
    """What loading does, as the end of a sentence about the module."""
    does = effect.removeprefix("it ")
    return f"and {effect}" if does == effect else f"which {does} while it loads"


def _relying_on(project: Project, proposal: Proposal, lost: ModuleName, readers: Readers) -> str:
    """A module that reads another one as an attribute of its package, and does not load it itself.

    Empty without one, and where the package loads it when it is asked for it.
    """
    package = parent(lost)
    if package is None or (
        _tail(lost) in proposal.served and package in _modules(project, proposal.edits)
    ):
        return ""
    reading = readers(package, _tail(lost))
    project.know(reading)
    own = {edge.holder for edge in project.graph.edges_to(lost)}
    relying = [name for name in reading if name not in own]
    return f"and {dotted_name(relying[0])} relies on that" if relying else ""


def _tail(module: ModuleName) -> str:
    return dotted_name(module).rpartition(".")[2]


def _loaded(run: Run) -> frozenset[ModuleName]:
    return frozenset(module for module, code in run.codes if code == 0)


def _is_known(project: Project, path: SourcePath, text: str) -> bool:
    known = project.summarized_at(path)
    return known is not None and known.exact and known == summarize(text, project.target)


def _modules(project: Project, paths: Iterable[SourcePath]) -> frozenset[ModuleName]:
    layout = project.world.layout
    return frozenset(module.name for path in paths if (module := layout.at_path(path)) is not None)


def _unreadable(new: Mapping[SourcePath, Summarized]) -> Refusal | None:
    for path, summarized in new.items():
        if not summarized.exact:
            return Refusal(f"{path} would not parse: {summarized.problems[0].message}")
    return None


def _does_the_same(project: Project, new: Mapping[SourcePath, Summarized]) -> bool:
    """Whether only comments differ, so that every first import ends as before."""
    return all(
        (old := project.summarized_at(path)) is not None
        and old.summary.codes == summarized.summary.codes
        and old.summary.imports == summarized.summary.imports
        for path, summarized in new.items()
    )


# --- names -----------------------------------------------------------------------------------


def _unbound(
    project: Project,
    new: Mapping[SourcePath, Summarized],
    proposal: Proposal,
    readers: Readers,
    mentions: Mentions,
) -> Refusal | None:
    """Whether a module, or a doctest, reads a name that a changed module no longer binds."""
    for path, summarized in new.items():
        module = project.world.layout.at_path(path)
        old = project.summarized_at(path)
        if module is None or old is None:
            continue
        lost = imported_names(old) - imported_names(summarized)
        for name in sorted(lost - proposal.served):
            listed = old.summary.all_names or ()
            if name in listed:
                return Refusal(f"`{name}` is listed in `__all__` of {dotted_name(module.name)}")
            reading = readers(module.name, name)
            if reading:
                return Refusal(f"{dotted_name(reading[0])} reads `{name}` from this module")
            for holder in mentions(f">>>{dotted_name(module.name)}.{name}"):
                file = project.world.layout.at_path(holder)
                told = "a file" if file is None else dotted_name(file.name)
                return Refusal(f"a doctest of {told} imports `{name}` from this module")
    return None


def imported_names(summarized: Summarized) -> frozenset[str]:
    """The names that import statements of the module's own scope bind when they run."""
    names: set[str] = set()
    for each in summarized.summary.imports:
        if each.code != 0 or (each.when is not When.RUNTIME and ImportFlag.LAZY not in each.flags):
            continue
        if each.names is None:
            names.add(each.bound_as or each.module.partition(".")[0])
        else:
            names.update(name.bound_as for name in each.names)
    return frozenset(names)


# --- before and after ------------------------------------------------------------------------


@record
class _State:
    """The facts about the modules around a finding that `verify` compares, before or in the trial."""

    runs: Mapping[ModuleName, Run]
    scripts: Mapping[ModuleName, Run]
    pairs: frozenset[_Pair]
    """Importer and imported of the binding edges of changed modules, and of those in knots: theirs,
    and those of the modules that import them."""
    closed: frozenset[_Pair]
    """Those of `pairs` that lie on a cycle."""
    cycles: frozenset[_Cycle]
    findings: tuple[Finding, ...]
    """Of the subject of the finding that is to be ended."""

    @classmethod
    def of(
        cls,
        project: Project,
        finding: Finding,
        changed: frozenset[ModuleName],
        was: _State | None,
        cancelled: Cancelled | None,
    ) -> _State:
        graph, world = project.graph, project.world
        around = changed | set(finding.cycle) | {finding.place.module}
        if was is not None:
            around |= was.runs.keys()
        components = {each for name in around if (each := graph.component_of(name)) is not None}
        verdicts = [project.verdict_of(each) for each in components] if was is None else []
        members = {name for each in components for name in each.members} | changed
        # A crash can be one that no component has.
        members |= {name for name in finding.cycle if world.summary(name) is not None}
        crashing = project.crashing if was is None else Runs()
        known = _affected(crashing.entries, changed)
        scripts = _affected(crashing.scripts, changed)
        for verdict in verdicts:
            if verdict is not None:
                known |= {**verdict.outsiders, **verdict.members}
                scripts |= verdict.scripts
        wanted = members | known.keys()
        if was is not None:
            wanted |= was.runs.keys()
            known = _unaffected(was.runs, changed)
        else:
            wanted |= _importers(project, changed)
        fresh = Runs()
        mains = () if was is None else was.scripts.keys()
        simulate_into(fresh, world, wanted - known.keys(), mains, cancelled)
        runs = {**known, **fresh.entries}
        scripts |= fresh.scripts
        beside = {each for name in runs if (each := graph.component_of(name)) is not None}
        near = {name for each in beside for name in each.members}
        pairs = frozenset(
            (edge.importer, edge.imported)
            for name in changed | members | near
            for edge in graph.edges_from(name)
            if is_binding(edge)
        )
        closed = frozenset(
            (edge.importer, edge.imported) for each in components for edge in each.edges
        )
        found: list[Finding] = []
        cycles: set[_Cycle] = set()
        for each in components:
            if was is None:
                cycles |= {_normal(shown.cycle) for shown in project.findings_about(each)}
                found += project.findings_about(each)
            elif finding.subject is not Subject.CYCLE:
                verdict = _verdict_on(each, runs, scripts)
                found += project.component_findings(each, verdict, finding.subject)
        return cls(runs, scripts, pairs, closed, frozenset(cycles), tuple(found))


def _importers(project: Project, changed: frozenset[ModuleName]) -> set[ModuleName]:
    """Some modules that import a changed one: the way that programs come to it."""
    importers = {
        importer
        for module in changed
        for importer in islice(project.importers_of(module), MAX_IMPORTERS)
    }
    return set(sorted(importers)[:MAX_IMPORTERS])


def _unaffected(
    runs: Mapping[ModuleName, Run], changed: frozenset[ModuleName]
) -> dict[ModuleName, Run]:
    """The first imports that execute no code of the changed modules: they end as before."""
    return {
        name: run
        for name, run in runs.items()
        if not any(module in changed for module, _ in run.codes)
    }


def _affected(
    runs: Mapping[ModuleName, Run], changed: frozenset[ModuleName]
) -> dict[ModuleName, Run]:
    """The first imports that execute code of the changed modules."""
    return {
        name: run for name, run in runs.items() if any(module in changed for module, _ in run.codes)
    }


def _verdict_on(
    component: Component, runs: Mapping[ModuleName, Run], scripts: Mapping[ModuleName, Run]
) -> Verdict:
    members = {name: runs[name] for name in component.members}
    outsiders = {name: run for name, run in runs.items() if name not in members}
    mains = {name: run for name, run in scripts.items() if name in members}
    return Verdict(members, outsiders, mains)


def _normal(cycle: tuple[ModuleName, ...]) -> _Cycle:
    """A cycle in one form, whichever module it is entered from; the input repeats its first at the end."""
    ring = cycle[:-1]
    if not ring:
        return ()
    start = ring.index(min(ring))
    return (*ring[start:], *ring[:start])


# --- judging ---------------------------------------------------------------------------------


def _closed_now(project: Project, was: _State, now: _State) -> Refusal | None:
    """Whether a new import would lie on a cycle. The project is as before the trial."""
    for importer, imported in sorted(now.closed - was.pairs):
        # The trial also looks at components of outsiders, which existed before.
        edges = project.graph.edges_from(importer)
        if not any(edge.imported == imported and is_binding(edge) for edge in edges):
            return Refusal(f"importing {imported} in {importer} would close another cycle")
    return None


def _is_walked(project: Project, finding: Finding) -> bool:
    """Whether every import along the finding's cycle is there."""
    return all(
        any(edge.imported == imported and is_binding(edge) for edge in edges)
        for importer, imported in pairwise(finding.cycle)
        for edges in (project.graph.edges_from(importer),)
    )


def _judge(kind: FixKind, finding: Finding, was: _State, now: _State) -> Ended | Refusal:
    worse = _worse(was.runs, now.runs) or _worse(was.scripts, now.scripts)
    if worse is not None:
        return worse
    if not kind.ends_cycles:
        return Ended()
    gone = was.pairs - now.pairs
    cycles = tuple(sorted(cycle for cycle in was.cycles if _walks(cycle, gone)))
    known = _refused(was.runs.values()) | _refused(was.scripts.values())
    crashes = tuple(
        sorted(
            name
            for name, run in was.runs.items()
            if is_circular(run) and _works(now.runs[name], known)
        )
    )
    if finding.subject is Subject.CRASH:
        is_gone = not any(_subject(each) == _subject(finding) for each in now.findings)
        is_better = bool(crashes) or _any_script_works(was, now, known)
    elif finding.subject in _CYCLE_ITSELF:
        is_gone = is_better = _normal(finding.cycle) in cycles
    else:
        is_gone = is_better = finding.key not in {each.key for each in now.findings}
    if not (is_gone and is_better):
        return replace(STAYS, instead=_failing_instead(finding, was, now))
    still = tuple(_still_crashing(finding, was, now))
    return Ended(cycles, crashes, still, _failing_instead(finding, was, now))


def _still_crashing(finding: Finding, was: _State, now: _State) -> Iterator[ModuleName]:
    """The first imports that the finding is about, and that crash elsewhere now."""
    for name, run in sorted(was.runs.items()):
        old = run.outcome
        if isinstance(old, Crashes) and old.spot is not None and is_circular(run):
            is_here = _subject(finding).startswith(f"{old.spot.module}:{old.name}:")
            if is_here and is_circular(now.runs[name]):
                yield name


def _failing_instead(finding: Finding, was: _State, now: _State) -> tuple[_Pair, ...]:
    """The imports at which the first imports that the finding is about fail now, sorted."""
    found: set[_Pair] = set()
    for name in _still_crashing(finding, was, now):
        outcome = now.runs[name].outcome
        failure = outcome.cause or outcome if isinstance(outcome, Crashes) else None
        if failure is not None and failure.spot is not None and failure.of is not None:
            found.add((failure.spot.module, failure.of))
    return tuple(sorted(found))


def _subject(finding: Finding) -> str:
    """What a crash is about, whichever of the two rules tells it."""
    return finding.key.partition(":")[2]


def _walks(cycle: _Cycle, gone: frozenset[_Pair]) -> bool:
    return bool(cycle) and any(pair in gone for pair in pairwise((*cycle, cycle[0])))


def _any_script_works(was: _State, now: _State, known: Set[_RefusedAs]) -> bool:
    return any(
        is_circular(run) and _works(now.scripts[name], known) for name, run in was.scripts.items()
    )


def _refused(runs: Iterable[Run]) -> set[_RefusedAs]:
    """The operations that failed in the machine and count as its own mistake, without their places."""
    return {
        (each.error, each.message, None if each.spot is None else each.spot.module)
        for run in runs
        for each in run.outcome.refused
    }


def _works(run: Run, known: Set[_RefusedAs]) -> bool:
    """Whether a first import loads, and nothing new on the way looks like an exception.

    In code that has run before, a failing operation counts as a mistake of the machine. Code that
    comes after a crash has not run before.
    """
    return isinstance(run.outcome, Loads) and _refused((run,)) <= known


def _worse(was: Mapping[ModuleName, Run], now: Mapping[ModuleName, Run]) -> Refusal | None:
    for name, before in was.items():
        old, new = before.outcome, now[name].outcome
        if isinstance(new, Loads) or new == old:
            continue
        first = dotted_name(name)
        match old, new:
            case Loads(), Crashes(error=error):
                return Refusal(f"importing {first} first would fail with {error}")
            case Loads(), Unsure(reason=reason):
                return Refusal(f"it is not certain that importing {first} first works: {reason}")
            case Unsure(), Crashes(error=error):
                return Refusal(f"importing {first} first would fail with {error}")
            case Crashes(), Unsure(reason=reason):
                return Refusal(f"it is not certain that importing {first} first works: {reason}")
            case Crashes(), Crashes(error=error) if is_circular(before) > is_circular(now[name]):
                return Refusal(f"importing {first} first would fail with {error}")
            case _:
                pass
    return None

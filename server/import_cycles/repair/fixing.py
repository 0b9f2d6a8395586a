"""The quick fixes for a finding: every kind at every hop of its cycle, verified.

The import at the finding's own place comes first, then the others along the cycle: often the import
that is easy to cut stands in another file. Nothing is computed before it is requested.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Protocol

from import_cycles.analysis.project import Project
from import_cycles.base.edits import apply_edits, line_edits
from import_cycles.base.names import (
    ModuleName,
    SourcePath,
    ancestors,
    dotted_name,
    resolve_relative,
)
from import_cycles.base.record import record, replace
from import_cycles.base.text import Site
from import_cycles.findings.rule import IMPORT_SITE, Finding, Subject
from import_cycles.graph.cut import Pair
from import_cycles.graph.edges import Component, ImportEdge
from import_cycles.proposals.annotation_words import AnnotationReader
from import_cycles.proposals.fix import (
    Binding,
    FixContext,
    FixKind,
    FixSettings,
    Hop,
    Refusal,
    bindings_at,
)
from import_cycles.repair.fix_registry import fixes
from import_cycles.repair.together import MOST_TOGETHER, Candidate, alike, joined, way_left
from import_cycles.repair.verify import Cancelled, VerifiedFix, verify
from import_cycles.repair.written_stars import has_star, proposed_for_star
from import_cycles.resolve.targets import package_of
from import_cycles.simulate.entries import Cancelled as Stopped
from import_cycles.source.file import read_source
from import_cycles.source.import_blocks import sorted_again
from import_cycles.source.module_reads import (
    Chain,
    Handling,
    handling,
    is_mentioned,
    lists_names,
    may_read,
)
from import_cycles.source.top_level import TopLevel
from import_cycles.source.uses import FileUses
from import_cycles.syntax.imports import ImportFlag, When


class Texts(Protocol):
    """The texts of the project's files, as the project knows them."""

    def text(self, path: SourcePath) -> str | None:
        """The text of a file now; None when it is not available."""
        ...

    def mentions(self, dotted: str) -> tuple[SourcePath, ...]:
        """The files in which a dotted name stands as a string, sorted."""
        ...

    def annotation_readers(self) -> tuple[AnnotationReader, ...]:
        """Signs that annotations are read while the program runs."""
        ...

    def prepare(self, cancelled: Cancelled) -> None:
        """Read what `mentions` and `annotation_readers` need, until `cancelled` returns true."""
        ...

    def definition(
        self, path: SourcePath, text: str, line: int, column: int
    ) -> tuple[SourcePath, str] | None:
        """The file that defines the name at a place, and what the name is there.

        Line and column count from 0, in code points. None when there is not exactly one answer.
        """
        ...


@record
class _Way:
    """How one module reaches another."""

    taken: frozenset[str]
    """The names that `from` imports take from it; `*` among them for a star-import."""
    chains: frozenset[Chain]
    """What it calls the other one."""


@record
class Refused:
    """One fix for one hop that is not offered, and why."""

    kind: FixKind
    hop: Hop
    reason: str
    was_tried: bool = False
    """It was carried out as a trial, and may help once other imports are gone."""
    applies: bool = True
    """False: the fix does not fit the import at all, and users need not read of it."""
    instead: tuple[Pair, ...] = ()
    """The imports at which first imports failed instead, when it was tried."""


def _failing_instead(answer: VerifiedFix | Refused) -> tuple[Pair, ...]:
    """The imports at which the crash is after a fix."""
    return answer.instead if isinstance(answer, Refused) else answer.ended.instead


class OutOfTime(Exception):  # noqa: N818 - an event, not an error
    """Time is up; the answer is what has been found by now."""


class Fixer:
    """Finds fixes in one state of a project; for its owner only, and for as long as that lasts.

    The fixer calls `cancelled` between steps, of proposing as of trying; each step reads one text
    at most. When it returns true, the fixer raises `simulate.entries.Cancelled`. Exceptions that
    `cancelled` itself raises pass through as well. The project is then as before, and the fixer
    keeps what it has read.
    """

    def __init__(
        self,
        project: Project,
        texts: Texts,
        settings: FixSettings,
        cancelled: Cancelled | None = None,
    ) -> None:
        self._project = project
        self._texts = texts
        self._settings = settings
        self._cancelled = cancelled
        self._parsed: dict[ModuleName, str | None] = {}
        self._uses: dict[ModuleName, FileUses | None] = {}
        self._levels: dict[ModuleName, TopLevel | None] = {}
        self._handled: dict[ModuleName, Handling | None] = {}
        self._ways: dict[tuple[ModuleName, ModuleName], _Way] = {}
        self._listing: dict[ModuleName, bool] = {}
        """Whether a module lists names of objects, or works them out."""
        self._readers: dict[tuple[ModuleName, str], tuple[ModuleName, ...]] = {}
        self._all_readers: tuple[AnnotationReader, ...] | None = None
        self._new_name = ""

    def naming(self, new_name: str) -> Fixer:
        """A fixer for the same state whose fixes call the module so that they make."""
        new = self.after(())
        new._new_name = new_name
        return new

    def after(self, paths: Iterable[SourcePath]) -> Fixer:
        """A fixer for the state after these files have changed; it keeps what it read of others."""
        new = Fixer(self._project, self._texts, self._settings, self._cancelled)
        layout = self._project.world.layout
        changed = {file.name for path in paths if (file := layout.at_path(path)) is not None}
        new._parsed = {name: text for name, text in self._parsed.items() if name not in changed}
        new._uses = {name: uses for name, uses in self._uses.items() if name not in changed}
        new._levels = {name: level for name, level in self._levels.items() if name not in changed}
        new._handled = {name: each for name, each in self._handled.items() if name not in changed}
        return new

    def offers(
        self,
        finding: Finding,
        kinds: Iterable[FixKind] | None = None,
        *,
        only: Sequence[Pair] | None = None,
    ) -> Iterator[VerifiedFix | Refused]:
        """All fixes for a finding, those at its own place first; each is tried when it is reached.

        With `only`, these imports of the cycle are looked at, in this order, and no others.
        """
        for candidate in self.candidates(finding, kinds, only=only):
            if isinstance(candidate, Refused):
                yield candidate
            else:
                yield self.verified(candidate)

    def candidates(
        self,
        finding: Finding,
        kinds: Iterable[FixKind] | None = None,
        *,
        only: Sequence[Pair] | None = None,
    ) -> Iterator[Candidate | Refused]:
        """What the fixes propose, not tried yet."""
        wanted = [kind for kind in kinds or fixes() if finding.subject in kind.subjects]
        for hop in self._hops(finding, only):
            for kind in wanted:
                self._pause()
                yield from self._proposed(kind, finding, hop)

    def verified(self, candidate: Candidate) -> VerifiedFix | Refused:
        """Try a candidate on the project, its imports sorted if those of the files are.

        Where a crash only moves to other imports of the same module, those are fixed with it, if
        that ends it: the proposal of the answer is then another one, for several files.
        """
        alone = answer = self._verified(candidate)
        for _ in range(MOST_TOGETHER):
            joint = self._joined(candidate, _failing_instead(answer))
            if joint is None:
                break
            candidate, answer = joint, self._verified(joint)
        is_better = isinstance(answer, VerifiedFix) and not answer.ended.still
        return answer if is_better else alone

    def everywhere(self, candidate: Candidate) -> Candidate | None:
        """A candidate with the further imports of the module that keep a cycle alive.

        First those by which the importer still leads to the module. None where one of them cannot be
        fixed in such a way. Then those of the same names in other files, as far as they can be
        fixed. None where there are none.
        """
        hop = candidate.hop
        component = self._project.graph.component_of(hop.importer)
        joint: Candidate | None = candidate
        while joint is not None and component is not None:
            left = way_left(component, joint.cut, hop.importer, hop.imported)
            if left is None:
                joint = self._with_same_imports(joint, component)
                return None if joint is candidate else joint
            joint = self._joined(joint, [left])
        return None

    def _with_same_imports(self, candidate: Candidate, component: Component) -> Candidate:
        hop = candidate.hop
        importers = {each.importer for each in component.edges if each.imported == hop.imported}
        for importer in sorted(importers - {each for each, _ in candidate.cut}):
            other = self._hop(importer, hop.imported)
            if other is not None and other.names == hop.names:
                candidate = self._joined(candidate, [(importer, hop.imported)]) or candidate
        return candidate

    def _joined(self, candidate: Candidate, pairs: Sequence[Pair]) -> Candidate | None:
        """A candidate with fixes for further imports of the same module; None if one has none."""
        parts = [candidate]
        for pair in pairs:
            is_alike = pair[1] == candidate.hop.imported and pair not in candidate.cut
            part = self._alike(candidate, pair) if is_alike and candidate.can_be_joined else None
            if part is None:
                return None
            parts.append(part)
        return joined(parts) if len(parts) > 1 else None

    def _alike(self, candidate: Candidate, pair: Pair) -> Candidate | None:
        hop = self._hop(*pair)
        if hop is not None:
            for kind in alike(candidate.kind, fixes()):
                for answer in self._proposed(kind, candidate.finding, hop):
                    if isinstance(answer, Candidate) and answer.can_be_joined:
                        return answer
        return None

    def _verified(self, candidate: Candidate) -> VerifiedFix | Refused:
        sorted_one = self._with_sorted_imports(candidate)
        if sorted_one is not candidate:
            answer = self._tried(sorted_one)
            if not isinstance(answer, Refused):
                return answer
        return self._tried(candidate)

    def _with_sorted_imports(self, candidate: Candidate) -> Candidate:
        edits = dict(candidate.proposal.edits)
        created = [f"/{path.rpartition('/')[2]}" for path in candidate.proposal.created]

        def is_of_project(top: str) -> bool:
            found = self._project.world.layout.find(top, None)
            return found is not None or f"/{top}.py" in created

        for path, changes in candidate.proposal.edits.items():
            before = self._texts.text(path)
            if before is None:
                continue
            after = apply_edits(before, changes)
            tidy = sorted_again(before, after, is_of_project, self._settings.sorting)
            if tidy != after:
                edits[path] = tuple(line_edits(before, tidy))
        if edits == dict(candidate.proposal.edits):
            return candidate
        return replace(candidate, proposal=replace(candidate.proposal, edits=edits))

    def _tried(self, candidate: Candidate) -> VerifiedFix | Refused:
        answer = verify(
            self._project,
            candidate.kind,
            candidate.finding,
            candidate.hop,
            candidate.proposal,
            self._texts.text,
            self._reading,
            self._mentions,
            self._resolve,
            self._cancelled,
        )
        if isinstance(answer, Refusal):
            return Refused(
                candidate.kind,
                candidate.hop,
                answer.reason,
                was_tried=True,
                instead=answer.instead,
            )
        return replace(answer, others=candidate.others)

    def _pause(self) -> None:
        """Between two steps."""
        if self._cancelled is not None and self._cancelled():
            raise Stopped

    # --- hops --------------------------------------------------------------------------------

    def _hops(self, finding: Finding, only: Sequence[Pair] | None) -> list[Hop]:
        own = finding.place.module
        pairs = list(pairwise(finding.path)) or self._pairs_at(finding)
        pairs.sort(key=lambda pair: pair[0] != own)
        if only is not None:
            pairs = [pair for pair in only if pair in pairs]
        hops: list[Hop] = []
        for importer, imported in dict.fromkeys(pairs):
            hop = self._hop(importer, imported)
            if hop is None:
                continue
            missing = self._missing_name(finding, hop)
            if missing is not None and hop.bindings != missing.bindings:
                # The whole edge first; the name alone ends the crash, if not the cycle.
                hops += [hop, missing]
            else:
                hops.append(hop)
        return hops

    def _pairs_at(self, finding: Finding) -> list[tuple[ModuleName, ModuleName]]:
        """For findings about a single import, without a path."""
        place = finding.place
        component = self._project.graph.component_of(place.module)
        summary = self._project.world.summary(place.module)
        if component is None or summary is None or place.code != IMPORT_SITE:
            return []
        # The edge of a package around the importer belongs to the name that is asked of it.
        sites = {place.site} | {
            name.site
            for each in summary.imports
            if each.site == place.site
            for name in each.names or ()
        }
        return [
            (edge.importer, edge.imported)
            for edge in component.edges
            if edge.holder == edge.importer == place.module and edge.site in sites
        ]

    def _hop(self, importer: ModuleName, imported: ModuleName) -> Hop | None:
        edges = [
            edge
            for edge in self._project.graph.edges_from(importer)
            if edge.imported == imported
            and edge.when is When.RUNTIME
            and ImportFlag.SUPPRESSED not in edge.flags
        ]
        if not edges or any(edge.holder != importer for edge in edges):
            # The statement stands in a function of a third module that the importer calls.
            return None
        return Hop(importer, imported, self._bindings(importer, edges))

    def _bindings(self, importer: ModuleName, edges: Iterable[ImportEdge]) -> tuple[Binding, ...]:
        summary = self._project.world.summary(importer)
        assert summary is not None, f"{importer} has edges and no summary"
        return bindings_at(summary, {edge.site for edge in edges})

    def _missing_name(self, finding: Finding, hop: Hop) -> Hop | None:
        """The hop with only the name that a crash is about, when that is a name of a list."""
        if finding.subject is not Subject.CRASH or finding.place.module != hop.importer:
            return None
        names = [
            Binding(each.import_id, each.record, name)
            for each in hop.bindings
            for name in each.names
            if finding.place.code == IMPORT_SITE and name.site == finding.place.site
        ]
        return Hop(hop.importer, hop.imported, tuple(names)) if names else None

    # --- proposals ---------------------------------------------------------------------------

    def _proposed(self, kind: FixKind, finding: Finding, hop: Hop) -> Iterator[Candidate | Refused]:
        project = self._project
        context = FixContext(
            finding=finding,
            hop=hop,
            knot=self._knot(hop),
            layout=project.world.layout,
            target=project.target,
            settings=self._settings,
            text=self._text_of,
            text_at=self._texts.text,
            uses=self._uses_in,
            level=self._level_of,
            site=self._site,
            summary=project.world.summary,
            runs_while_loading=partial(self._runs_while_loading, hop),
            readers=self._reading,
            patched=self._mentions,
            annotation_readers=self._annotation_readers,
            definition=self._definition,
            resolve=self._resolve,
            new_name=self._new_name,
        )
        is_star = kind.writes_stars_out and has_star(hop)
        place = finding.place.module
        only_here = {context.path_of(place)} if project.world.layout.module(place) else set()
        for answer in proposed_for_star(kind, context) if is_star else kind.propose(context):
            if isinstance(answer, Refusal):
                yield Refused(kind, hop, answer.reason, applies=answer.applies)
            elif hop.importer == place or answer.edits.keys() == only_here:
                yield Candidate(kind, finding, hop, answer)
            else:
                elsewhere = dotted_name(hop.importer)
                yield Candidate(kind, finding, hop, replace(answer, elsewhere=elsewhere))

    def _text_of(self, module: ModuleName) -> str | None:
        if module not in self._parsed:
            self._pause()
            file = self._project.world.layout.module(module)
            known = None if file is None else self._project.summarized_at(file.path)
            is_readable = file is not None and known is not None and known.exact
            self._parsed[module] = (
                self._texts.text(file.path) if file is not None and is_readable else None
            )
        return self._parsed[module]

    def _mentions(self, dotted: str) -> tuple[SourcePath, ...]:
        self._read_ahead()
        return self._texts.mentions(dotted)

    def _read_ahead(self) -> None:
        if self._cancelled is not None:
            self._texts.prepare(self._cancelled)
            self._pause()

    def _annotation_readers(self) -> tuple[AnnotationReader, ...]:
        if self._all_readers is None:
            self._read_ahead()
            self._all_readers = self._texts.annotation_readers()
        return self._all_readers

    def _uses_in(self, module: ModuleName) -> FileUses | None:
        if module not in self._uses:
            self._pause()
            text = self._text_of(module)
            file = None if text is None else read_source(text)
            self._uses[module] = None if file is None else FileUses(file)
        return self._uses[module]

    def _level_of(self, module: ModuleName) -> TopLevel | None:
        if module not in self._levels:
            uses = self._uses_in(module)
            self._levels[module] = None if uses is None else TopLevel(uses)
        return self._levels[module]

    def _runs_while_loading(self, hop: Hop, module: ModuleName, code: int) -> bool:
        self._pause()
        return not self._project.loaders(module, code).isdisjoint(self._knot(hop))

    def _knot(self, hop: Hop) -> frozenset[ModuleName]:
        component = self._project.graph.component_of(hop.importer)
        return frozenset() if component is None else frozenset(component.members)

    def _site(self, module: ModuleName, number: int) -> Site:
        return self._project.world.summaries[module].sites[number]

    def _resolve(self, importer: ModuleName, dotted: str, level: int) -> ModuleName | None:
        world = self._project.world
        file = world.layout.module(importer)
        if file is None:
            return None
        absolute = resolve_relative(package_of(file), level, dotted) if level else dotted
        found = world.find(absolute, file) if absolute else None
        return None if found is None else found.name

    def _definition(self, module: ModuleName, offset: int) -> tuple[ModuleName, str] | None:
        self._pause()
        uses = self._uses_in(module)
        file = self._project.world.layout.module(module)
        if uses is None or file is None:
            return None
        place = uses.file.index.position(offset)
        found = self._texts.definition(file.path, uses.file.text, place.line, place.utf32)
        if found is None:
            return None
        defining = self._project.world.layout.at_path(found[0])
        return None if defining is None else (defining.name, found[1])

    # --- who reads a name --------------------------------------------------------------------

    def _reading(self, module: ModuleName, name: str) -> tuple[ModuleName, ...]:
        known = self._readers.get((module, name))
        if known is None:
            # `import shop` is enough to read `shop.orders.Order`, if any module loads shop.orders.
            holders = {
                importer
                for reachable in (module, *ancestors(module))
                for importer in self._project.possible_importers(reachable)
            }
            holders.discard(module)
            known = tuple(sorted(each for each in holders if self._may_read(each, module, name)))
            self._readers[module, name] = known
        return known

    def _may_read(self, reader: ModuleName, module: ModuleName, asked: str) -> bool:
        """Whether `reader` reads a name of `module`; True in doubt."""
        self._pause()
        text = self._text_of(reader)
        way = self._way(reader, module)
        if way is None or text is None or asked in way.taken:
            return True
        if "*" in way.taken and self._is_public(module, asked):
            return True
        chains = way.chains
        if not chains or not (is_mentioned(text, asked) or self._lists_names(reader, text)):
            return False
        if reader not in self._handled:
            file = read_source(text)
            self._handled[reader] = None if file is None else handling(text, file.tree)
        handled = self._handled[reader]
        return handled is None or may_read(handled, chains, asked, text)

    def _lists_names(self, reader: ModuleName, text: str) -> bool:
        if reader not in self._listing:
            self._listing[reader] = lists_names(text)
        return self._listing[reader]

    def _way(self, reader: ModuleName, module: ModuleName) -> _Way | None:
        """How a module reaches another one; None when it cannot be told."""
        known = self._ways.get((reader, module))
        if known is not None:
            return known
        summary = self._project.world.summary(reader)
        if summary is None:
            return None
        taken: set[str] = set()
        chains: set[Chain] = set()
        for each in summary.imports:
            if each.names is None:
                chains |= self._chains(each.module, each.bound_as, module)
                continue
            of = self._resolve(reader, each.module, each.level)
            if of == module:
                taken |= {name.name for name in each.names}
            if of is not None:
                for name in each.names:
                    chains |= self._chains(f"{dotted_name(of)}.{name.name}", name.bound_as, module)
        way = self._ways[reader, module] = _Way(frozenset(taken), frozenset(chains))
        return way

    def _chains(self, origin: str, bound_as: str | None, module: ModuleName) -> set[Chain]:
        """How the name that an import of `origin` binds leads to `module`, if it does."""
        wanted = dotted_name(module)
        if bound_as is None:
            # `import a.b` binds `a`, from which everything is reached that is loaded by then.
            origin = bound_as = origin.partition(".")[0]
        if wanted == origin:
            return {(bound_as,)}
        if wanted.startswith(f"{origin}."):
            return {(bound_as, *wanted[len(origin) + 1 :].split("."))}
        return set()

    def _is_public(self, module: ModuleName, name: str) -> bool:
        summary = self._project.world.summary(module)
        listed = None if summary is None else summary.all_names
        return not name.startswith("_") if listed is None else name in listed

"""Why modules came to import one another: the pattern behind a knot, and the fix that suits it.

Each import to cut is examined by itself: what it is needed for, and what lies around it. The
pattern that ends most cycles is that of the knot. A pattern is an observation about structure and a
hint, never a verdict; where none fits, none is named. Each has a section in docs/root-causes.md.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection
from enum import Enum
from typing import Final

from import_cycles.analysis.cuts import ImportToCut, KnotCut
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.names import ModuleName, dotted_name, is_ancestor
from import_cycles.base.record import record
from import_cycles.graph.cut import Pair
from import_cycles.graph.edges import Component, ImportEdge
from import_cycles.proposals.effort import Effort, asked_names
from import_cycles.proposals.fix import bindings_at
from import_cycles.syntax.reads import reads_of
from import_cycles.syntax.steps import DefineClass

ROOT_CAUSES_URL: Final = "https://import-cycles.readthedocs.io/en/stable/root-causes/#"

_ORMS: Final = (
    "django.db",
    "sqlalchemy",
    "sqlmodel",
    "flask_sqlalchemy",
    "peewee",
    "tortoise",
    "mongoengine",
    "pony.orm",
    "odmantic",
    "beanie",
)
"""Libraries whose classes name one another: models, fields, relationships."""

_UTILITY: Final = frozenset(
    {
        "common", "helper", "helpers", "lib", "misc", "shared", "support", "tool", "tools", "util",
        "utilities", "utility", "utils",
    }
)  # fmt: skip
"""Usual names of modules that any module may import, and that should import none of the project."""

_FEWEST_SPOKES: Final = 3
_FEWEST_USERS: Final = 2


class Pattern(Enum):
    """The patterns; the values are the anchors of their sections."""

    TYPE_HINTS = "type-hints-only"
    MODELS = "orm-models"
    REGISTRY = "plugin-registry"
    FAT_INIT = "fat-init"
    UTILITY = "utility-creep"
    TWO_FILES = "one-module-in-two-files"

    @property
    def title(self) -> str:
        """The pattern in a few words."""
        return _TITLES[self]

    @property
    def remedy(self) -> str:
        """The fix that suits it: a sentence without its end."""
        return _REMEDIES[self]


_TITLES: Final = {
    Pattern.TYPE_HINTS: "type hints only",
    Pattern.MODELS: "ORM models that name one another",
    Pattern.REGISTRY: "plugin registry",
    Pattern.FAT_INIT: "fat `__init__`",
    Pattern.UTILITY: "utility creep",
    Pattern.TWO_FILES: "one module in two files",
}

_REMEDIES: Final = {
    Pattern.TYPE_HINTS: "import under `if TYPE_CHECKING:` (fix type-checking-guard)",
    Pattern.MODELS: (
        "name the other model in quotes, and import it under `if TYPE_CHECKING:` (fix string-reference)"
    ),
    Pattern.REGISTRY: (
        "put what plugins register with into a module that imports no plugin, and load the plugins in"
        " a function"
    ),
    Pattern.FAT_INIT: (
        "inside the package, import from the module that defines the name (fix"
        " import-from-definition), or have `__init__` pass names on lazily (fix lazy-reexport)"
    ),
    Pattern.UTILITY: (
        "move what needs the other module there, or import it in the function that does (fix"
        " defer-into-function)"
    ),
    Pattern.TWO_FILES: (
        "join the two (fix merge-modules), or move what both need while loading into a third (fix extract-module)"
    ),
}


@record
class RootCause:
    """The pattern behind a knot, and an import that shows it."""

    pattern: Pattern
    importer: ModuleName
    imported: ModuleName

    @property
    def told(self) -> str:
        """For users: what it is, where it shows, what suits it; without an end."""
        shows = f"{dotted_name(self.importer)} imports {dotted_name(self.imported)}"
        return f"{self.pattern.title} ({shows}): {self.pattern.remedy}"


def root_cause(snapshot: Snapshot, component: Component, cut: KnotCut) -> RootCause | None:
    """The pattern that ends most of the knot's cycles. Cost: a look at its edges, and some summaries."""
    knot = _Knot(snapshot, component)
    found = [(each, pattern) for each in cut.imports if (pattern := knot.pattern_of(each))]
    if not found:
        return None
    ended: Counter[Pattern] = Counter()
    for each, pattern in found:
        ended[pattern] += each.n_ended
    order = list(Pattern)
    best = max(ended, key=lambda pattern: (ended[pattern], -order.index(pattern)))
    if 2 * ended[best] < sum(each.n_ended for each in cut.imports):
        # What explains the smaller part is not the root of it.
        return None
    shows = next(each for each, pattern in found if pattern is best)
    return RootCause(best, shows.importer, shows.imported)


class _Knot:
    """One component, as patterns look at it."""

    def __init__(self, snapshot: Snapshot, component: Component) -> None:
        self._snapshot = snapshot
        self._members = component.members
        # An ORM's own modules are no models.
        self._orms = [each for each in _ORMS if snapshot.layout.find(each, None) is None]
        self._edges: dict[Pair, list[ImportEdge]] = {}
        self._imported: defaultdict[ModuleName, list[ModuleName]] = defaultdict(list)
        self._importers: defaultdict[ModuleName, set[ModuleName]] = defaultdict(set)
        for edge in component.edges:
            pair = edge.importer, edge.imported
            if pair not in self._edges:
                self._imported[edge.importer].append(edge.imported)
                self._importers[edge.imported].add(edge.importer)
            self._edges.setdefault(pair, []).append(edge)

    def pattern_of(self, cut: ImportToCut) -> Pattern | None:
        """The first pattern that an import to cut fits."""
        ends = cut.importer, cut.imported
        effort = cut.cost.effort
        if all(map(self._has_models, ends)):
            return Pattern.MODELS
        if effort is Effort.NOTHING:
            return Pattern.TYPE_HINTS if self._is_for_hints(*ends) else None
        if any(map(self._is_registry, ends)):
            return Pattern.REGISTRY
        if is_ancestor(cut.imported, cut.importer) or is_ancestor(cut.importer, cut.imported):
            return Pattern.FAT_INIT
        if self._is_utility(cut.importer, cut.imported):
            return Pattern.UTILITY
        if len(self._members) == 2 and effort in (Effort.LOADING, Effort.UNCLEAR):
            return Pattern.TWO_FILES
        return None

    def _is_for_hints(self, importer: ModuleName, imported: ModuleName) -> bool:
        """Whether some annotation of a module names what it imports; an import may also be unused."""
        summarized = self._snapshot.summaries.get(importer)
        if summarized is None:
            return False
        summary = summarized.summary
        names = asked_names(self._edges[importer, imported], summary)
        if not names.isdisjoint(reads_of(summary, names).annotated):
            return True
        word = re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, sorted(names)))})\b")
        return any(word.search(text) for each in summary.hints for _, text, _ in each.annotations)

    def _has_models(self, module: ModuleName) -> bool:
        """Whether a module derives classes at its top level, and imports an ORM."""
        summarized = self._snapshot.summaries.get(module)
        if summarized is None:
            return False
        imports = [each for each in summarized.summary.imports if not each.level]
        asked = [
            (each.module, *(f"{each.module}.{name.name}" for name in each.names or ()))
            for each in imports
        ]
        return any(
            name == orm or name.startswith(f"{orm}.")
            for names in asked
            for name in names
            for orm in self._orms
        ) and any(
            isinstance(step, DefineClass) and step.bases
            for step in summarized.summary.codes[0].body
        )

    def _is_registry(self, hub: ModuleName) -> bool:
        """Whether a module imports several others for their side effects, and they import it back."""
        spokes = [each for each in self._imported[hub] if (each, hub) in self._edges]
        plugins = [each for each in spokes if not self._takes_names(hub, each)]
        return len(plugins) >= _FEWEST_SPOKES and 2 * len(plugins) > len(spokes)

    def _takes_names(self, importer: ModuleName, imported: ModuleName) -> bool:
        """Whether it imports a name from a module, and not the module itself."""
        summarized = self._snapshot.summaries.get(importer)
        if summarized is None:
            return True
        own = {edge.site for edge in self._edges[importer, imported] if edge.holder == importer}
        last = dotted_name(imported).rpartition(".")[2]
        return any(
            name.name != last
            for binding in bindings_at(summarized.summary, own)
            for name in binding.names
        )

    def _is_utility(self, module: ModuleName, imported: ModuleName) -> bool:
        """Whether a module whose name says that it is for helpers imports a module that uses it."""
        if not _named_for_use(dotted_name(module).split("."), _UTILITY):
            return False
        if _named_for_use(dotted_name(imported).split("."), _UTILITY):
            return False
        users = self._importers[module]
        return len(users) >= _FEWEST_USERS or imported in users


def _named_for_use(parts: Collection[str], words: Collection[str]) -> bool:
    """Whether a part of a dotted name says that the module is for all others."""
    return any(part.strip("_") in words for part in parts)

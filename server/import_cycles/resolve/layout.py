"""Which module lives where: source roots, packages, namespace packages, extension modules.

A *source root* is a folder that stands on `sys.path` when the program runs. A file belongs to
the deepest root around it; the folders between the two spell its dotted name. What a dotted
name means is CPython's question (importlib._bootstrap_external, `FileFinder.find_spec` and
`PathFinder._get_spec`), with the roots as `sys.path`:

- In one root a package folder beats an extension module, which beats a `.py`. A `.py` beside an
  extension of the same stem is taken for the source that it was compiled from (mypyc, Cython's
  pure mode): it runs the same imports, so it is the file of the module. Python loads the extension
  (`FileFinder` asks the loaders in the order of `_get_supported_file_loaders`), which binds names in
  its own ways, so first imports do not look into the source (`ModuleFile.is_compiled`).
- Roots are tried in order. A folder without `__init__` is a *namespace portion*: it counts only
  when no root has a regular package or a module of that name; then portions of all roots merge
  (PEP 420), and the question is asked again for each name inside.
- A `.pyi` is never loaded. A name that has nothing else is a module of kind STUB.

- A package whose `__init__` spreads it over `sys.path` (`pkgutil.extend_path`, or
  `pkg_resources.declare_namespace`) is loaded from the first root that has it, but names inside
  are looked for in all.

A *loose* root is a project folder that holds more than packages: scripts, tests, documentation.
Python puts the folder of a script in front of `sys.path`, and pytest that of a test module
("prepend" mode). So a file in a loose root also sees the names of the folders around it that
lie outside every regular package, nearest first: `helper` in `scripts/run.py` is
`scripts.helper`. Such files keep the long name, so that each name says where its file is and
relative imports between them can be followed too. Names of the standard library are not looked
for there.

A *private* root is a folder of scripts or tests whose files import each other by bare names
(`workspace/usage.py`): Python puts it on `sys.path` for them, and for nothing else. So only files
in it see its names. A folder that its files take for a package, and for nothing else, is not on
`sys.path`: the names in it are not seen without its own.

A name is *contested* when roots disagree about it. Then the earlier root keeps the plain name
and files of the others get `name@root` identities (see import_cycles.base.names). An importer
sees the homonym of its own root first: that is the world in which it works, for two services of
one repository are seldom on one `sys.path`.

Invariant: a layout reached by `with_files` equals the one that `build_layout` makes from the
same files (tests/workspace/test_layout.py).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from import_cycles.base.names import MAX_PARTS, ModuleName, SourcePath, dotted_name, with_root
from import_cycles.base.record import record
from import_cycles.resolve.claims import (
    Claim,
    Claims,
    Spread,
    prefixes,
    revise,
    searched_roots,
    strong_roots,
)
from import_cycles.resolve.folders import Folders
from import_cycles.resolve.module_file import ModuleFile, ModuleKind
from import_cycles.resolve.naming import Naming
from import_cycles.resolve.roots import RootTable, table_of

__all__ = ["Difference", "Layout", "ModuleFile", "ModuleKind", "Overlap", "build_layout"]


@record
class Overlap:
    """A root inside a package of another root: each file in it can be loaded under two names.

    Python then makes two modules of one file. `find` knows both names and gives the one module,
    which is named from `inner`.
    """

    outer: SourcePath
    inner: SourcePath
    prefix: str
    """The dotted name of `inner` as seen from `outer`."""


@record
class Difference:
    """What two layouts can answer differently.

    An importer that is in both and not among `importers` gets another answer only if it asked
    for one of `asked`, or for a name below one of them.
    """

    asked: frozenset[str] = frozenset()
    """Dotted names, as import statements spell them."""
    importers: frozenset[ModuleName] = frozenset()
    """Modules that are new or other than they were, or that see other names around them."""
    is_total: bool = False
    """Roots changed: any import of any module can mean something else."""


class Layout:
    """Every module of the project. Frozen; `with_files` makes a changed one.

    Made by `build_layout`. Equal layouts give equal answers.
    """

    __slots__ = ("_by_path", "_claims", "_contested", "_folders", "_modules", "_spread", "_table")

    def __init__(
        self,
        table: RootTable,
        spread: Spread,
        claims: Claims,
        modules: dict[ModuleName, ModuleFile],
        by_path: dict[SourcePath, ModuleFile],
        contested: dict[str, tuple[int, ...]],
    ) -> None:
        self._table = table
        self._spread = spread
        self._claims = claims
        self._modules = modules
        self._by_path = by_path
        self._contested = contested
        self._folders: Folders | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Layout):
            return NotImplemented
        return self is other or (
            self._table == other._table
            and self._spread == other._spread
            and self._modules == other._modules
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def roots(self) -> tuple[SourcePath, ...]:
        """The source roots in search order."""
        return self._table.paths

    def modules(self) -> Mapping[ModuleName, ModuleFile]:
        """Every module by its identity, namespace packages included, in no particular order.

        Files whose name no import statement can spell (`0001_initial.py`, `my-script.py`) are
        here under their stem: they are run, or imported dynamically. Not here: files that a
        package or module of the same root hides (`shadowed`), and files or folders whose name
        holds a dot or `@`, since such a name cannot be imported in any way.
        """
        return MappingProxyType(self._modules)

    def module(self, name: ModuleName) -> ModuleFile | None:
        """The module with exactly this identity (`conftest@tests/api` included)."""
        return self._modules.get(name)

    def at_path(self, path: SourcePath) -> ModuleFile | None:
        """The module whose code is in this file; for a folder its namespace package.

        None for a file that adds nothing: a `.pyi` beside a `.py`, an extension beside the
        source that it was compiled from, a shadowed file.
        """
        return self._by_path.get(path)

    @property
    def folders(self) -> Folders:
        """What stands in the folders. Cost: a look at each module, the first time."""
        if self._folders is None:
            self._folders = Folders(self._modules.values())
        return self._folders

    def find(self, dotted: str, importer: ModuleFile | None) -> ModuleFile | None:
        """What the absolute `dotted` name means to `importer`, or to an outsider when None.

        Folders around a file of a loose root come first, then the importer's own root, then the
        roots in order. None when nothing in the project answers, which includes names below a
        module that is no package. It does not ask whether the parents would load. Cost: a few
        look-ups per part of the name, of the importer's too in a loose root.
        """
        if dotted.count(".") >= MAX_PARTS:
            return None
        if importer is None:
            return self._answer(dotted, None, None) or self._translated(dotted, None)
        own = self._table.index.get(importer.root.rstrip("/"))
        head = dotted.partition(".")[0]
        around: Sequence[str] = ()
        if own in self._table.loose and head not in sys.stdlib_module_names:
            around = tuple(self._folders_around(importer, own))
            for folder in around:
                first = self._in_root(f"{folder}.{head}", own)
                if first is not None and first.kind in _LOADED and first.path != importer.path:
                    return self._in_root(f"{folder}.{dotted}", own)
        found = self._answer(dotted, importer, own) or self._translated(dotted, own)
        if found is None and own is not None:
            inside = (self._in_root(f"{folder}.{dotted}", own) for folder in around)
            found = next((module for module in inside if module not in (None, importer)), None)
        return found

    def has_name(self, dotted: str) -> bool:
        """Whether any root has something of this dotted name."""
        return dotted in self._claims

    def standpoint(self, importer: ModuleFile) -> object:
        """Importers of equal standpoint get the same answer for every name."""
        own = self._table.index.get(importer.root.rstrip("/"))
        if own in self._table.loose and any(self._folders_around(importer, own)):
            return importer.name
        package = dotted_name(importer.name).rpartition(".")[0] if self._contested else ""
        return own, package

    def _folders_around(self, importer: ModuleFile, own: int) -> Iterator[str]:
        """Namespaces in its root that a file is in, nearest first, packages around it left out."""
        loose = []
        for prefix in prefixes(dotted_name(importer.name)):
            claim = self._claims.get(prefix, {}).get(own)
            if claim is None or claim.loaded is not None:
                break
            if self._table.folder_of(own, prefix) not in self._table.packages:
                loose.append(prefix)
        return reversed(loose)

    def _translated(self, dotted: str, own: int | None) -> ModuleFile | None:
        """The answer for a name that starts with the folders between two roots."""
        for root, rest in self._table.translations(dotted, own):
            found = self._in_root(rest, root)
            if found is not None:
                return found
        return None

    def _answer(
        self, dotted: str, importer: ModuleFile | None, own: int | None
    ) -> ModuleFile | None:
        table = self._table
        if self._contested:
            for prefix in (*prefixes(dotted), dotted):
                rivals = self._contested.get(prefix)
                if rivals is not None:
                    at_home = own in rivals or (
                        importer is not None and _is_below(importer, prefix)
                    )
                    if own is not None and at_home:
                        return self._in_root(dotted, own)
                    if table.private:
                        rivals = self._seen_from(rivals, own)
                    return self._in_root(dotted, rivals[0]) if rivals else None
        found = self._modules.get(ModuleName(dotted))
        if table.private and found is not None and own is not None:
            home = table.index[found.root.rstrip("/")]
            return found if table.sees(own, home) else None
        return found

    def _seen_from(self, rivals: Iterable[int], own: int | None) -> tuple[int, ...]:
        """Those of the roots that files of a root see: private ones around it come first."""
        seen = tuple([root for root in rivals if self._table.sees(own, root)])
        if own is None:
            return seen
        lengths = {r: len(self._table.paths[r]) for r in seen if r in self._table.private}
        return tuple(sorted(seen, key=lambda root: -lengths.get(root, 0)))

    def _in_root(self, dotted: str, root: int) -> ModuleFile | None:
        plain = self._modules.get(ModuleName(dotted))
        if plain is not None and plain.root == self._table.paths[root]:
            return plain
        return self._modules.get(with_root(dotted, self._table.marks[root]))

    def difference(self, old: Layout) -> Difference:
        """What of the resolutions made with `old` has to be made again with this layout."""
        if self._table != old._table or self._spread != old._spread:
            return Difference(is_total=True)
        asked: set[str] = set()
        importers: set[ModuleName] = set()
        reshaped: list[str] = []
        for name in self._modules.keys() | old._modules.keys():
            before, after = old._modules.get(name), self._modules.get(name)
            if before == after:
                continue
            if after is not None:
                importers.add(name)
            for module in (before, after):
                if module is not None:
                    asked.update(self._asked_as(module))
            kinds = {module and module.kind for module in (before, after)}
            # A folder that another root's package of the name has hidden is no module before.
            is_package = any(each is not None and each.is_package for each in (before, after))
            if len(kinds) > 1 and (ModuleKind.NAMESPACE in kinds or is_package):
                reshaped.append(f"{dotted_name(name)}.")
        if reshaped:
            # Those who see the names of the folders around them see others now.
            below = tuple(reshaped)
            importers |= {name for name in self._modules if name.startswith(below)}
        return Difference(frozenset(asked), frozenset(importers))

    def _asked_as(self, module: ModuleFile) -> Iterator[str]:
        """Every dotted name for which `find` could give some importer this module."""
        dotted = dotted_name(module.name)
        yield dotted
        root = self._table.index[module.root.rstrip("/")]
        around = self._table.outer[root]
        if around is not None:
            yield f"{around[1]}.{dotted}"
        if root in self._table.loose:
            tail = dotted.partition(".")[2]
            while tail:
                yield tail
                tail = tail.partition(".")[2]

    @property
    def homonyms(self) -> tuple[tuple[ModuleFile, ...], ...]:
        """Groups of modules that claim one dotted name in different roots, outermost name only.

        Quite normal for `conftest` and the like; the one that has the plain name comes first.
        """
        groups = []
        for dotted, claims in sorted(self._claims.items()):
            rivals = strong_roots(claims) if len(claims) > 1 else ()
            if len(rivals) > 1 and self._contested.keys().isdisjoint(prefixes(dotted)):
                found = (self._in_root(dotted, root) for root in rivals)
                groups.append(tuple(module for module in found if module is not None))
        return tuple(groups)

    @property
    def overlaps(self) -> tuple[Overlap, ...]:
        """Roots that give a second name to the files in them."""
        table = self._table
        return tuple(
            Overlap(table.paths[around[0]], table.paths[inner], around[1])
            for inner, around in enumerate(table.outer)
            if around is not None
            and (claim := self._claims.get(around[1], {}).get(around[0])) is not None
            and claim.files
            and claim.is_package
        )

    @property
    def shadowed(self) -> tuple[tuple[SourcePath, SourcePath], ...]:
        """Files that are never loaded, each with the file of the same root that hides it."""
        hidden: list[tuple[SourcePath, SourcePath]] = []
        walls: dict[tuple[str, int], Claim | None] = {}
        for dotted, by_root in self._claims.items():
            for root, claim in by_root.items():
                wall = self._wall(dotted.rpartition(".")[0], root, walls)
                if wall is None and len(claim.files) == 1:
                    continue
                winner = claim.loaded if wall is None else wall.loaded
                if winner is None:
                    continue
                hidden += [
                    (path, winner[1])
                    for rank, path in claim.files
                    if rank.is_loaded and (wall or rank.is_package is not winner[0].is_package)
                ]
        return tuple(sorted(hidden))

    def _wall(
        self, package: str, root: int, known: dict[tuple[str, int], Claim | None]
    ) -> Claim | None:
        """The plain module that stands where `root` would need a package to reach `package`."""
        if not package:
            return None
        key = package, root
        if key not in known:
            wall = self._wall(package.rpartition(".")[0], root, known)
            claim = self._claims[package][root]
            known[key] = wall or (None if claim.is_package else claim)
        return known[key]

    def with_files(
        self, added: Iterable[SourcePath] = (), removed: Iterable[SourcePath] = ()
    ) -> Layout:
        """The layout after files came and went; itself when that changes nothing.

        Costs as much as the names that change and what is below them, apart from copying four
        dicts (1 ms at 10,000 modules). Files outside every root and files that are no modules
        are ignored, as are removed ones that were not there. A path in both is there after.
        """
        claims = dict(self._claims)
        touched = revise(claims, self._table, added, removed)
        if not touched:
            return self
        reshaped = tuple(
            f"{name}."
            for name in touched
            if name in self._claims
            and _shape(self._claims[name], self._spread) != _shape(claims.get(name), self._spread)
        )
        affected = set(touched)
        if reshaped:
            affected.update(name for name in self._claims if name.startswith(reshaped))
        draft = Layout(
            self._table,
            self._spread,
            claims,
            dict(self._modules),
            dict(self._by_path),
            dict(self._contested),
        )
        for name in affected & self._claims.keys():
            draft._forget(name, self._claims[name])
        naming = Naming(self._table, self._spread, claims)
        for name in sorted(affected):
            draft._learn(name, naming)
        return draft

    def _forget(self, dotted: str, claims: Mapping[int, Claim]) -> None:
        self._contested.pop(dotted, None)
        marked = (with_root(dotted, self._table.marks[root]) for root in claims)
        for name in (ModuleName(dotted), *marked):
            module = self._modules.pop(name, None)
            if module is not None:
                del self._by_path[module.path]

    def _learn(self, dotted: str, naming: Naming) -> None:
        claims = self._claims.get(dotted)
        if claims is None:
            return
        rivals = strong_roots(claims) if len(claims) > 1 else ()
        if rivals and searched_roots(claims, self._spread) == rivals[:1]:
            self._contested[dotted] = rivals
        for module in naming.modules(dotted):
            self._modules[module.name] = module
            self._by_path[module.path] = module


def build_layout(
    roots: Sequence[SourcePath],
    files: Iterable[SourcePath],
    *,
    base: SourcePath | None = None,
    loose: Collection[SourcePath] = (),
    private: Collection[SourcePath] = (),
    packages: Collection[SourcePath] = (),
    spread: Collection[SourcePath] = (),
) -> Layout:
    """The layout of `files` under `roots`, the latter in search order.

    `base` is the folder that the marks of homonyms are relative to (`@.` for itself); by default
    the deepest folder around all roots. `loose` are those of the roots that are loose, `private` those
    that only files in them see, `packages` folders in loose roots that are never on `sys.path`, `spread`
    the `__init__` files that spread their package over all roots. Files that are not `.py`, `.pyi`,
    `.so` or `.pyd` are ignored. About 20 µs for each file.
    """
    table = table_of(roots, base, loose, private, packages)
    return Layout(table, frozenset(spread), {}, {}, {}, {}).with_files(files)


def _shape(claims: Mapping[int, Claim] | None, spread: Spread) -> object:
    """The part of the claims for a name that decides about names below it."""
    if claims is None:
        return None
    folders = {root: (claim.loaded is None, claim.is_package) for root, claim in claims.items()}
    return folders, searched_roots(claims, spread)


def _is_below(importer: ModuleFile, package: str) -> bool:
    return dotted_name(importer.name).startswith(f"{package}.")


_LOADED = (ModuleKind.SOURCE, ModuleKind.EXTENSION)

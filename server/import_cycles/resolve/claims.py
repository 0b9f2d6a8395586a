"""Which roots claim a dotted name, with which files: the ground on which names are given.

A root *claims* a name when it has files for it, or a folder of that name with modules somewhere
below. A claim is *strong* when Python would load a file for it, and weak otherwise: a namespace
portion, a stub. A strong claim of any root puts all weak ones aside (PEP 420).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from import_cycles.base.names import SourcePath, bounded
from import_cycles.resolve.filenames import Rank
from import_cycles.resolve.roots import Located, RootTable


class Claim(NamedTuple):
    """What one root has for one name."""

    files: tuple[tuple[Rank, SourcePath], ...] = ()
    """Best first."""
    below: int = 0
    """The number of files in the folder of that name, at any depth."""

    @property
    def loaded(self) -> tuple[Rank, SourcePath] | None:
        """The file that gives the module its imports; None for a weak claim.

        This is the file that Python loads, or the `.py` beside it that it was compiled from.
        """
        if not self.files or not self.files[0][0].is_loaded:
            return None
        best = self.files[0]
        source = _SOURCE_OF.get(best[0])
        if source is not None:
            return next((file for file in self.files if file[0] is source), best)
        return best

    @property
    def stub(self) -> tuple[Rank, SourcePath] | None:
        """The `.pyi` that speaks for a weak claim: none where the folder has modules but no stub."""
        if not self.files or (self.below and not self.files[0][0].is_package):
            return None
        return self.files[0]

    @property
    def is_package(self) -> bool:
        """Whether names below this one can be found here."""
        if self.files and self.files[0][0].is_loaded:
            return self.files[0][0].is_package
        return self.below > 0 or any(rank.is_package for rank, _ in self.files)


_SOURCE_OF = {Rank.PACKAGE_EXTENSION: Rank.PACKAGE_SOURCE, Rank.EXTENSION: Rank.SOURCE}

Claims = dict[str, dict[int, Claim]]
"""Dotted name to claims by root number. Shared between layouts: inner dicts are never changed."""

Spread = frozenset[SourcePath]
"""`__init__` files that make their package look for names in every root."""


def strong_roots(claims: Mapping[int, Claim]) -> tuple[int, ...]:
    """The roots with a strong claim, in search order."""
    return tuple(sorted(root for root, claim in claims.items() if claim.loaded))


def searched_roots(claims: Mapping[int, Claim], spread: Spread) -> tuple[int, ...]:
    """The roots in which names below this one are looked for, first those that come first.

    One root for a regular package, all for a namespace and for a package that spreads itself.
    """
    strong = strong_roots(claims)
    winner = claims[strong[0]].loaded if strong else None
    if winner is None or winner[1] in spread:
        return tuple(sorted(claims))
    return strong[:1]


def prefixes(dotted: str) -> Iterator[str]:
    """Names of the packages around `dotted`, outermost first, and no more than `MAX_PARTS`."""
    dotted = bounded(dotted)
    end = dotted.find(".")
    while end >= 0:
        yield dotted[:end]
        end = dotted.find(".", end + 1)


def revise(
    claims: Claims, table: RootTable, added: Iterable[SourcePath], removed: Iterable[SourcePath]
) -> set[str]:
    """Change `claims` in place by files that come and go; gives the names touched."""
    folders: dict[str, tuple[int, str] | None] = {}
    growth: Counter[tuple[int, str]] = Counter()
    touched: set[str] = set()
    for paths, sign in ((removed, -1), (added, 1)):
        for path in paths:
            place = table.locate(path, folders)
            if place is None or not _revise_files(claims, place, path, sign):
                continue
            touched.add(place.dotted)
            growth[place.root, place.dotted.rpartition(".")[0]] += sign
    for root, folder, number in _with_outer_roots(table, growth):
        for name in (*prefixes(folder), folder):
            touched.add(name)
            claim = claims.get(name, {}).get(root, Claim())
            _put(claims, name, root, claim._replace(below=claim.below + number))
    return touched


def _with_outer_roots(
    table: RootTable, growth: Counter[tuple[int, str]]
) -> Iterator[tuple[int, str, int]]:
    """The growth of each folder, and of the folders that inner roots are in their outer roots."""
    outside: Counter[tuple[int, str]] = Counter()
    for (root, folder), number in growth.items():
        if folder:
            yield root, folder, number
        around = table.outer[root]
        while around is not None:
            outside[around] += number
            around = table.outer[around[0]]
    for (root, folder), number in outside.items():
        yield root, folder, number


def _revise_files(claims: Claims, place: Located, path: SourcePath, sign: int) -> bool:
    file = (place.rank, path)
    if place.dotted not in claims and sign > 0:
        # By far the most frequent case, made short.
        claims[place.dotted] = {place.root: Claim((file,))}
        return True
    claim = claims.get(place.dotted, {}).get(place.root, Claim())
    if (file in claim.files) is (sign > 0):
        return False
    if sign > 0:
        files = tuple(sorted((*claim.files, file)))
    else:
        files = tuple(other for other in claim.files if other != file)
    _put(claims, place.dotted, place.root, claim._replace(files=files))
    return True


def _put(claims: Claims, name: str, root: int, claim: Claim) -> None:
    by_root = dict(claims.get(name, ()))
    by_root[root] = claim
    if not claim.files and claim.below <= 0:
        del by_root[root]
    if by_root:
        claims[name] = by_root
    else:
        claims.pop(name, None)

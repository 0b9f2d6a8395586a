"""Which of the claims for a dotted name gets the plain name, and what the others are called.

The plain name goes to the file that an importer outside the project would get, with all roots on
`sys.path`. A file that only an importer of its own root could reach is marked with that root.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from import_cycles.base.names import ModuleName, SourcePath, with_root
from import_cycles.resolve.claims import Claim, Claims, Spread, searched_roots, strong_roots
from import_cycles.resolve.filenames import Rank
from import_cycles.resolve.module_file import ModuleFile, ModuleKind
from import_cycles.resolve.roots import RootTable

_KINDS: Final = {
    Rank.PACKAGE_EXTENSION: ModuleKind.EXTENSION,
    Rank.PACKAGE_SOURCE: ModuleKind.SOURCE,
    Rank.EXTENSION: ModuleKind.EXTENSION,
    Rank.SOURCE: ModuleKind.SOURCE,
    Rank.PACKAGE_STUB: ModuleKind.STUB,
    Rank.STUB: ModuleKind.STUB,
}


class Naming:
    """Decides the names of one state of the claims; remembers what it learns about folders."""

    __slots__ = ("_claims", "_reached", "_spread", "_table", "_worlds")

    def __init__(self, table: RootTable, spread: Spread, claims: Claims) -> None:
        self._table = table
        self._spread = spread
        self._claims = claims
        self._worlds: dict[str, tuple[int, ...]] = {"": tuple(range(len(table.paths)))}
        self._reached: dict[tuple[str, int], bool] = {}

    def modules(self, dotted: str) -> list[ModuleFile]:
        """The modules that have this dotted name, marked or not."""
        package = dotted.rpartition(".")[0]
        world = self._world(package)
        claims = self._claims[dotted]
        if len(claims) == 1:
            plain = next(iter(claims)) if next(iter(claims)) in world else None
        else:
            plain = self._plain_root({root: claims[root] for root in world if root in claims})
        modules = []
        for root, claim in claims.items():
            if not self._reaches(package, root):
                continue
            file = claim.loaded or claim.stub
            if root == plain:
                modules.append(self._module(ModuleName(dotted), dotted, root, file))
            elif file is not None or root not in world:
                name = with_root(dotted, self._table.marks[root])
                modules.append(self._module(name, dotted, root, file))
        return modules

    def _module(
        self, name: ModuleName, dotted: str, root: int, file: tuple[Rank, SourcePath] | None
    ) -> ModuleFile:
        home = self._table.paths[root]
        if file is None:
            folder = self._table.folder_of(root, dotted)
            return ModuleFile(name, folder, ModuleKind.NAMESPACE, True, home)
        rank, path = file
        is_compiled = _KINDS[rank] is ModuleKind.SOURCE and any(
            _KINDS[other] is ModuleKind.EXTENSION for other, _ in self._claims[dotted][root].files
        )
        return ModuleFile(name, path, _KINDS[rank], rank.is_package, home, is_compiled)

    @staticmethod
    def _plain_root(claims: Mapping[int, Claim]) -> int | None:
        """The root whose claim has the plain name, among roots that an outsider can reach."""
        strong = strong_roots(claims)
        if strong:
            return strong[0]
        return min(claims, key=lambda root: (_weakness(claims[root]), root), default=None)

    def _world(self, package: str) -> tuple[int, ...]:
        """The roots in which an outsider's import looks for names in `package`."""
        known = self._worlds.get(package)
        if known is None:
            around = self._world(package.rpartition(".")[0])
            here = self._claims[package]
            claims = {root: here[root] for root in around if root in here}
            searched = searched_roots(claims, self._spread)
            known = tuple(root for root in searched if claims[root].is_package)
            self._worlds[package] = known
        return known

    def _reaches(self, package: str, root: int) -> bool:
        """Whether names in `package` can be found when `root` is the only one."""
        if not package:
            return True
        known = self._reached.get((package, root))
        if known is None:
            known = self._claims[package][root].is_package and self._reaches(
                package.rpartition(".")[0], root
            )
            self._reached[package, root] = known
        return known


def _weakness(claim: Claim) -> int:
    """What speaks for a name that Python would load no file for: the lowest does."""
    if claim.stub is None:
        return 1
    return 0 if claim.stub[0].is_package else 2

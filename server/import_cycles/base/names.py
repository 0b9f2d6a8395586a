"""Names of modules and paths of their files, as the rest of the program passes them around.

A *module name* is the dotted name that an import statement would use. It identifies a module
within one project. Two files can claim one name (`conftest` in two test folders): the file in
the earlier source root keeps the plain name, the other carries its root after an `@`, as in
`conftest@services/api`, so that a name stays an identity and still reads well in a message.

A *source path* is an absolute path with forward slashes. The core treats it as an opaque key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NewType

ModuleName = NewType("ModuleName", str)
SourcePath = NewType("SourcePath", str)

ROOT_MARK = "@"


def split_root(name: ModuleName) -> tuple[str, str]:
    """The dotted part and the root part; the latter is empty for a plain name."""
    dotted, _, root = name.partition(ROOT_MARK)
    return dotted, root


def with_root(dotted: str, root: str) -> ModuleName:
    """The inverse of `split_root`."""
    return ModuleName(f"{dotted}{ROOT_MARK}{root}" if root else dotted)


def dotted_name(name: ModuleName) -> str:
    """The name as Python code writes it, without the root that tells homonyms apart."""
    return name.partition(ROOT_MARK)[0]


MAX_PARTS: Final = 400
"""Parts of a dotted name that are followed. CPython imports the parents first, one import inside
of the other, and ends with RecursionError before it finds any of them where there are more
(`_find_and_load_unlocked` of Lib/importlib/_bootstrap.py, and its own limit of 1,000 calls)."""


def bounded(dotted: str) -> str:
    """A dotted name, or the first `MAX_PARTS` parts of it. Cost: its length."""
    return dotted if dotted.count(".") < MAX_PARTS else ".".join(dotted.split(".")[:MAX_PARTS])


def parent(name: ModuleName) -> ModuleName | None:
    """The package that holds `name`; None for a top-level module."""
    dotted, root = split_root(name)
    head, dot, _ = dotted.rpartition(".")
    return with_root(head, root) if dot else None


def ancestors(name: ModuleName) -> Iterator[ModuleName]:
    """The packages around `name`, outermost first, `name` itself left out."""
    dotted, root = split_root(name)
    parts = dotted.split(".")
    for length in range(1, len(parts)):
        yield with_root(".".join(parts[:length]), root)


def child(name: ModuleName, attribute: str) -> ModuleName:
    """The name that a submodule `attribute` of the package `name` would have."""
    dotted, root = split_root(name)
    return with_root(f"{dotted}.{attribute}", root)


def is_ancestor(package: ModuleName, name: ModuleName) -> bool:
    """Whether `package` is a package around `name`, at any distance; not `name` itself."""
    package_dotted, package_root = split_root(package)
    dotted, root = split_root(name)
    return root == package_root and dotted.startswith(package_dotted + ".")


def resolve_relative(package: str, level: int, module: str) -> str | None:
    """The absolute dotted name of a relative import made from inside `package`.

    `package` is the importing module's `__package__`: its own name for a package, its parent's
    for a plain module, empty at the top level. `level` is the number of leading dots, at least 1.
    None when the dots climb beyond the top-level package, where CPython raises ImportError
    (importlib._bootstrap, `_resolve_name`).
    """
    if not package:
        return None
    parts = package.split(".")
    if level > len(parts):
        return None
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{module}" if module else base

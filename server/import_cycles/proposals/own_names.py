"""What becomes of the imports between two modules that are made one: each name is the module's own then.

An import of a name goes, and its uses read the name of the module. An import of the other module
goes, and `other.name` becomes `name`. That is refused where the name is called otherwise, is bound
in another way as well, or where a scope around the use has a name of its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import ModuleName, child, dotted_name
from import_cycles.base.record import record
from import_cycles.base.text import Span
from import_cycles.proposals.definitions import is_submodule
from import_cycles.proposals.fix import FixContext
from import_cycles.source.insertion import NotPossible
from import_cycles.source.scopes import Read, Scope, ScopeKind
from import_cycles.source.statements import Enclosure, ImportStatement
from import_cycles.source.uses import FileUses


@record
class OwnNames:
    """The imports of one module that bring the other, or names of it, and the uses that change."""

    removed: tuple[tuple[ImportStatement, tuple[int, ...]], ...]
    """Statements with those items that go."""
    edits: tuple[TextEdit, ...]
    """`other.name` becomes `name`."""
    names: frozenset[str]
    """What is read of the other module."""
    served: frozenset[str]
    """Names that imports of the top level have bound, and that the module itself binds then."""
    chains: tuple[tuple[Read, str], ...]
    """The uses that change, and the names that they read then."""


_ALLOWED = frozenset({Enclosure.FUNCTION, Enclosure.TYPING})


def own_names(context: FixContext, module: ModuleName, other: ModuleName) -> OwnNames:
    """All imports of `other` in `module`. Raises NotPossible; costs a look at each import."""
    uses = context.uses(module)
    if uses is None:
        raise NotPossible(f"the text of {dotted_name(module)} cannot be read")
    return _Finder(context, module, other, uses).found()


class _Finder:
    def __init__(
        self, context: FixContext, module: ModuleName, other: ModuleName, uses: FileUses
    ) -> None:
        self._context = context
        self._module = module
        self._other = other
        self._uses = uses
        self._scope_of = {(id(node), name): scope for name, scope, node in uses.scopes.rebound}
        self._names: set[str] = set()
        self._served: set[str] = set()
        self._chains: list[tuple[Read, str]] = []
        self._edits: list[TextEdit] = []

    def found(self) -> OwnNames:
        """Everything."""
        removed = []
        for statement in self._uses.statements:
            aliases = [
                number
                for number in range(len(statement.node.names))
                if self._brings_other(statement, number)
            ]
            if aliases:
                removed.append((statement, tuple(aliases)))
        return OwnNames(
            tuple(removed),
            tuple(self._edits),
            frozenset(self._names),
            frozenset(self._served),
            tuple(self._chains),
        )

    def _brings_other(self, statement: ImportStatement, number: int) -> bool:
        node, alias = statement.node, statement.node.names[number]
        resolve = self._context.resolve
        if isinstance(node, ast.ImportFrom):
            source = resolve(self._module, node.module or "", node.level)
            if source == self._other:
                self._take_name(statement, number)
                return True
            is_module = source is not None and is_submodule(self._context, source, alias.name)
            if not is_module or source is None or child(source, alias.name) != self._other:
                return False
            self._take_module(statement, number, ())
            return True
        if resolve(self._module, alias.name, 0) != self._other:
            return False
        self._take_module(
            statement, number, () if alias.asname else tuple(alias.name.split(".")[1:])
        )
        return True

    # --- where it stands -------------------------------------------------------------------

    def _scope(self, statement: ImportStatement, name: str) -> Scope:
        if not _ALLOWED.issuperset(statement.around):
            raise NotPossible(
                f"the import in line {statement.node.lineno} stands {_where(statement)}"
            )
        scope = self._scope_of.get((id(statement.node), name))
        if scope is None:
            raise NotPossible(f"what line {statement.node.lineno} binds is not clear")
        return scope

    def _check_only(self, scope: Scope, name: str, statement: ImportStatement) -> None:
        """Nothing else binds the name there, but further imports of the same."""
        for bound, where, node in self._uses.scopes.rebound:
            is_other = bound == name and where is scope and node is not statement.node
            if is_other and not self._is_same(node, statement, name):
                raise NotPossible(f"`{name}` is bound in more than one way")

    def _is_same(self, node: ast.AST, statement: ImportStatement, name: str) -> bool:
        if type(node) is not type(statement.node):
            return False
        if isinstance(node, ast.Import):
            # `import a.b` and `import a.c` bind the same package.
            both = (*node.names, *statement.node.names)
            return not any(each.asname for each in both)
        assert isinstance(node, ast.ImportFrom)
        mine = statement.node
        assert isinstance(mine, ast.ImportFrom)
        return (node.module, node.level) == (mine.module, mine.level) and all(
            alias.name == name for alias in node.names if (alias.asname or alias.name) == name
        )

    # --- what it brings --------------------------------------------------------------------

    def _take_name(self, statement: ImportStatement, number: int) -> None:
        alias = statement.node.names[number]
        if alias.name == "*":
            raise NotPossible("it is not known which names a star-import is made for")
        name = alias.asname or alias.name
        if name != alias.name:
            raise NotPossible(f"`{alias.name}` is called `{name}` in {dotted_name(self._module)}")
        scope = self._scope(statement, name)
        self._check_only(scope, name, statement)
        self._note(name, statement.node.lineno)
        module = self._uses.scopes.module
        if scope is module:
            self._served.add(name)
        elif scope.parent is not None:
            self._check_seen(name, scope.parent, statement.node.lineno)
        if name in scope.global_names | scope.nonlocal_names:
            raise NotPossible(f"line {statement.node.lineno} binds `{name}` in another scope")

    def _take_module(self, statement: ImportStatement, number: int, parts: tuple[str, ...]) -> None:
        name = statement.bound_name(number)
        scope = self._scope(statement, name)
        self._check_only(scope, name, statement)
        used = self._uses.of(name)
        if scope is self._uses.scopes.module:
            if used.unknown:
                raise NotPossible(used.unknown)
            readers = self._context.readers(self._module, name) if not parts else ()
            if used.in_all or used.doctests or used.type_comments or readers:
                raise NotPossible(f"`{name}` is used in other ways than by code of this file")
        # `import a.b` binds `a`, which further imports bind as well.
        is_shared = bool(parts) and self._is_bound_otherwise(scope, name)
        for read in self._uses.scopes.reads:
            if read.name == name and self._uses.scopes.resolve(name, read.scope) is scope:
                self._read(read, parts, is_shared=is_shared)

    def _is_bound_otherwise(self, scope: Scope, name: str) -> bool:
        """Whether an import of another module binds the same package there."""
        return any(
            bound == name
            and where is scope
            and isinstance(node, ast.Import)
            and any(
                each.name.partition(".")[0] == name
                and self._context.resolve(self._module, each.name, 0) != self._other
                for each in node.names
            )
            for bound, where, node in self._uses.scopes.rebound
        )

    def _read(self, read: Read, parts: tuple[str, ...], *, is_shared: bool) -> None:
        line = read.node.lineno
        is_other = read.attributes[: len(parts)] != parts
        if is_other and is_shared:
            return  # It reads another submodule of the package.
        if is_other or len(read.attributes) == len(parts):
            raise NotPossible(f"`{read.name}` is used as a whole in line {line}")
        name = read.attributes[len(parts)]
        if read.span is None or read.chain is None:
            raise NotPossible(f"where line {line} uses `{read.name}` cannot be pointed at")
        self._note(name, line)
        self._check_seen(name, read.scope, line)
        self._chains.append((read, name))
        self._edits.append(TextEdit(self._head(read, len(parts) + 1), name))

    def _head(self, read: Read, n_parts: int) -> Span:
        """Where the name with so many attributes stands."""
        assert read.span is not None
        assert read.chain is not None
        pattern = r"\s*\.\s*".join((re.escape(read.name), *read.attributes[:n_parts]))
        written = re.match(pattern, self._uses.file.slice(read.chain))
        if written is None:
            raise NotPossible(f"line {read.node.lineno} cannot be read")
        return Span(read.chain.start, read.chain.start + written.end())

    def _note(self, name: str, line: int) -> None:
        there = self._context.uses(self._other)
        if there is None or name not in there.scopes.module.bound:
            told = f"line {line} of {dotted_name(self._module)} reads `{name}`"
            raise NotPossible(f"{told}, which {dotted_name(self._other)} does not bind")
        self._names.add(name)

    def _check_seen(self, name: str, scope: Scope, line: int) -> None:
        """No scope on the way to the module has a name of its own."""
        found = self._uses.scopes.resolve(name, scope)
        if found not in (None, self._uses.scopes.module) or (
            scope.kind is ScopeKind.CLASS and name in scope.bound
        ):
            raise NotPossible(f"`{name}` is something else in line {line}")


def _where(statement: ImportStatement) -> str:
    odd: Iterator[str] = (each.value for each in statement.around if each not in _ALLOWED)
    return next(odd, "in a function")

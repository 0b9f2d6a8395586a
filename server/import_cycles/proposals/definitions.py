"""Where a name that a module passes on really comes from, and whether its value ever changes.

`origin_of` walks from a module to the one that it takes a name from, through `from` imports, `as`
and star-imports, and stops where a name is bound in any other way. It relies only on what every run
of these modules does: an import under a condition, a name that is bound twice, `globals()` end the
walk. A name that is taken at another place, or at another time, has the same value only if it is
bound once and never again; `value_changes` says why it may not be.

Cost: the trees of the modules on the way; of `value_changes` those of the modules that may read
the name, too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Final

from import_cycles.base.names import ModuleName, child, dotted_name
from import_cycles.base.record import record, replace
from import_cycles.proposals.fix import FixContext, Refusal
from import_cycles.resolve.layout import ModuleKind
from import_cycles.source.uses import FileUses

Step = tuple[ModuleName, str]
"""A module and the name of something in it."""


@record
class Origin:
    """Where a name is bound first, and the way to there."""

    module: ModuleName
    name: str
    path: tuple[Step, ...]
    """From the module that was asked to `module`, each with the name that it gives the thing."""
    is_certain: bool = True
    """False: whether a star-import on the way brings the name cannot be read off the text, though
    nothing else can bring it."""
    doubt: str = ""
    """Code on the way that may bind any name, such as `globals()`: a sentence without its end."""


def origin_of(
    context: FixContext, module: ModuleName, name: str, *, in_doubt: bool = False
) -> Origin | Refusal:
    """The module that `module` takes `name` from; `module` itself when it binds the name.

    With `in_doubt`, also where code on the way may bind any name; `Origin.doubt` then says so.
    """
    found = _Walk(context).origin(module, name, ())
    if isinstance(found, Origin) and found.doubt and not in_doubt:
        return Refusal(found.doubt)
    return found


def is_submodule(context: FixContext, package: ModuleName, name: str) -> bool:
    """Whether a package of the project has a submodule of that name."""
    file = context.layout.module(package)
    is_package = file is not None and file.is_package
    return is_package and context.layout.module(child(package, name)) is not None


def bindings_of(uses: FileUses, name: str) -> tuple[ast.AST, ...]:
    """Everything that binds or deletes a name of the module's scope."""
    module = uses.scopes.module
    return tuple(
        node for bound, scope, node in uses.scopes.rebound if bound == name and scope is module
    )


def means_submodule(context: FixContext, package: ModuleName, name: str) -> bool:
    """Whether the attribute `name` of a package can be nothing else than its submodule.

    A submodule becomes an attribute of its package once it is loaded, unless the package binds the
    name to something else.
    """
    submodule = child(package, name)
    uses = context.uses(package)
    if uses is None:
        file = context.layout.module(package)
        return file is not None and file.kind is ModuleKind.NAMESPACE
    stars = _Walk(context).stars(package, uses, name, (package,))
    return (
        not uses.dynamic
        and all(gives is _Gives.NO for _, gives in stars)
        and all(
            _imports_module(context, package, node, name, submodule)
            for node in bindings_of(uses, name)
        )
    )


def _imports_module(
    context: FixContext, importer: ModuleName, node: ast.AST, name: str, module: ModuleName
) -> bool:
    """Whether a statement binds `name` to that module."""
    match node:
        case ast.ImportFrom(module=source, level=level, names=names):
            found = context.resolve(importer, source or "", level)
            return found is not None and all(
                child(found, alias.name) == module
                for alias in names
                if (alias.asname or alias.name) == name
            )
        case ast.Import(names=names):
            return all(
                context.resolve(importer, alias.name, 0) == module
                for alias in names
                if (alias.asname or alias.name.partition(".")[0]) == name
            )
        case _:
            return False


def takes_all_names(context: FixContext, reader: ModuleName, module: ModuleName) -> bool:
    """Whether a module star-imports another; True in doubt."""
    summary = context.summary(reader)
    return summary is None or any(
        name.name == "*" and context.resolve(reader, each.module, each.level) == module
        for each in summary.imports
        for name in each.names or ()
    )


# --- the way to the definition -----------------------------------------------------------------


class _Gives(Enum):
    """Whether a star-import brings a name."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"


class _Walk:
    def __init__(self, context: FixContext) -> None:
        self._context = context

    def origin(self, module: ModuleName, name: str, before: tuple[Step, ...]) -> Origin | Refusal:
        if (module, name) in before:
            return Refusal(f"`{name}` is passed round in a circle")
        path = (*before, (module, name))
        uses = self._context.uses(module)
        if uses is None:
            return Refusal(f"the text of {dotted_name(module)} cannot be read")
        found = self._origin(module, uses, name, path)
        if not uses.dynamic:
            return found
        doubt = f"`{uses.dynamic}` in {dotted_name(module)} may bind any name"
        return Refusal(doubt) if isinstance(found, Refusal) else replace(found, doubt=doubt)

    def _origin(
        self, module: ModuleName, uses: FileUses, name: str, path: tuple[Step, ...]
    ) -> Origin | Refusal:
        bound = bindings_of(uses, name)
        stars = [
            star for star in self.stars(module, uses, name, (module,)) if star[1] is not _Gives.NO
        ]
        if is_submodule(self._context, module, name):
            if bound or stars:
                return Refusal(f"`{name}` is a submodule of {dotted_name(module)} as well")
            return Origin(module, name, path)
        if stars:
            return self._through_star(module, name, path, stars, is_bound=bool(bound))
        if not bound:
            return Refusal(f"where {dotted_name(module)} has `{name}` from is not clear")
        source = self._source(module, uses, name, bound)
        if source is None:
            return Origin(module, name, path)
        return self.origin(*source, path)

    def _through_star(
        self,
        module: ModuleName,
        name: str,
        path: tuple[Step, ...],
        stars: Sequence[tuple[ModuleName | None, _Gives]],
        *,
        is_bound: bool,
    ) -> Origin | Refusal:
        source, gives = stars[0]
        if is_bound or len(stars) > 1 or source is None:
            return Refusal(f"a star-import of {dotted_name(module)} may bring `{name}` or may not")
        found = self.origin(source, name, path)
        if isinstance(found, Refusal) or gives is _Gives.YES:
            return found
        return replace(found, is_certain=False)

    def _source(
        self, module: ModuleName, uses: FileUses, name: str, bound: tuple[ast.AST, ...]
    ) -> Step | None:
        """What the only binding takes the name from, when that is a module of the project."""
        node = bound[0]
        if (
            len(bound) > 1
            or not isinstance(node, ast.ImportFrom)
            or node not in uses.file.tree.body
        ):
            return None
        source = self._context.resolve(module, node.module or "", node.level)
        taken = [each.name for each in node.names if (each.asname or each.name) == name]
        if source is None or len(taken) != 1 or self._context.uses(source) is None:
            return None
        return source, taken[0]

    def stars(
        self, module: ModuleName, uses: FileUses, name: str, seen: tuple[ModuleName, ...]
    ) -> Iterator[tuple[ModuleName | None, _Gives]]:
        """The star-imports of a module: from where, and whether each brings the name."""
        if not uses.has_star_import:
            return
        for node in ast.walk(uses.file.tree):
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                source = self._context.resolve(module, node.module or "", node.level)
                gives = _Gives.MAYBE if source is None else self._gives(source, name, seen)
                if gives is _Gives.YES and node not in uses.file.tree.body:
                    gives = _Gives.MAYBE
                yield source, gives

    def _gives(self, source: ModuleName, name: str, seen: tuple[ModuleName, ...]) -> _Gives:
        if source in seen:
            return _Gives.NO
        uses = self._context.uses(source)
        if uses is None:
            return _Gives.MAYBE
        if uses.has_all:
            listed = complete_all(uses)
            if listed is None:
                return _Gives.MAYBE
            return _Gives.YES if name in listed else _Gives.NO
        if name.startswith("_"):
            return _Gives.NO
        if bindings_of(uses, name):
            return _Gives.YES
        if uses.dynamic or is_submodule(self._context, source, name):
            return _Gives.MAYBE
        inner = {gives for _, gives in self.stars(source, uses, name, (*seen, source))}
        return next((each for each in (_Gives.YES, _Gives.MAYBE) if each in inner), _Gives.NO)


def complete_all(uses: FileUses) -> frozenset[str] | None:
    """What `__all__` lists, when it is written out once and nothing else touches it."""
    if len(bindings_of(uses, "__all__")) != 1:
        return None
    mentions = [
        node
        for node in ast.walk(uses.file.tree)
        if isinstance(node, ast.Name) and node.id == "__all__"
    ]
    for node in uses.file.tree.body:
        match node:
            case ast.Assign(
                targets=[ast.Name() as target], value=ast.List() | ast.Tuple() as value
            ):
                if mentions == [target]:
                    names = [each.value for each in value.elts if isinstance(each, ast.Constant)]
                    return frozenset(map(str, names)) if len(names) == len(value.elts) else None
            case _:
                pass
    return None


# --- values that change ------------------------------------------------------------------------


def value_changes(context: FixContext, origin: Origin) -> str:
    """Why two readers of the name may see two values; empty when they cannot.

    A reason is a sentence without its end. `replaced_by_string` covers strings.
    """
    uses = context.uses(origin.module)
    if uses is None:
        return f"the text of {dotted_name(origin.module)} cannot be read"
    is_module = is_submodule(context, origin.module, origin.name)
    if not is_module and not is_bound_once(uses, origin.name):
        return f"{dotted_name(origin.module)} may bind `{origin.name}` more than once"
    for module, name in origin.path:
        setter = set_from_outside(context, module, name)
        if setter:
            return setter
    return next(
        (
            f"{dotted_name(module)} does something with `{name}` after importing it"
            for module, name in origin.path[:-1]
            if (passing := context.uses(module)) is not None and _works_on(passing, name)
        ),
        "",
    )


def set_from_outside(context: FixContext, module: ModuleName, name: str) -> str:
    """Which module sets a name of another one as an attribute; empty when none does."""
    for reader in context.readers(module, name):
        if _sets_attribute(context, reader, name):
            return f"{dotted_name(reader)} sets `{name}` of {dotted_name(module)}"
    return ""


def replaced_by_string(context: FixContext, path: Sequence[Step]) -> str:
    """A module that names the thing in a string, as `mock.patch` and `setattr` do; else empty."""
    return _mentioning(
        context,
        (mention for module, name in path for mention in (f"{dotted_name(module)}.{name}", name)),
    )


def replaced_unseen(context: FixContext, path: Sequence[Step]) -> str:
    """A module that may replace the thing in some way that no import shows; empty when none does.

    By a string, or by getting the module from `sys.modules` or `import_module`.
    """
    return replaced_by_string(context, path) or _mentioning(
        context, (f":{dotted_name(module)}" for module, _ in path)
    )


def reloading(context: FixContext) -> str:
    """A module that reloads modules without naming them; empty when none does."""
    return _mentioning(context, [":"])


def _mentioning(context: FixContext, mentions: Iterable[str]) -> str:
    for mention in mentions:
        for holder in context.patched(mention):
            file = context.layout.at_path(holder)
            return "a file" if file is None else dotted_name(file.name)
    return ""


def is_bound_once(uses: FileUses, name: str) -> bool:
    """By one statement, by one in each branch of a test, or by a function after its overloads."""
    bound = bindings_of(uses, name)
    if not bound or any(map(_may_repeat, bound)):
        return False
    if len(bound) == 1 and _is_bound_at_top(uses.file.tree.body, bound[0]):
        return True
    if all(isinstance(node, ast.FunctionDef) for node in bound):
        bound = (*(node for node in bound[:-1] if not _is_overload(node)), bound[-1])
    return _at_most_once(uses.file.tree.body, frozenset(map(id, bound)))


def _is_bound_at_top(body: list[ast.stmt], node: ast.AST) -> bool:
    """Whether a definition, an import or a plain assignment of the top level binds the name."""
    return any(
        node is statement
        or (isinstance(statement, ast.Assign) and any(node is each for each in statement.targets))
        for statement in body
    )


def _at_most_once(body: list[ast.stmt], bound: frozenset[int]) -> bool:
    holding = [statement for statement in body if _holds(statement, bound)]
    if not holding:
        return True
    if len(holding) > 1:
        return False
    match holding[0]:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() as definition:
            return id(definition) in bound and not any(
                _holds(each, bound) for each in definition.body
            )
        case ast.If(body=then, orelse=otherwise):
            return _at_most_once(then, bound) and _at_most_once(otherwise, bound)
        case ast.Try(body=tried, handlers=handlers, orelse=orelse, finalbody=finalbody):
            # If a statement after the binding fails, the handler binds the name again.
            is_last = not any(_holds(each, bound) for each in tried[:-1])
            return (
                is_last
                and not any(_holds(each, bound) for each in (*orelse, *finalbody))
                and _at_most_once(tried, bound)
                and all(_at_most_once(each.body, bound) for each in handlers)
            )
        case ast.With(body=inner):
            return _at_most_once(inner, bound)
        case ast.For() | ast.AsyncFor() | ast.While() | ast.Match():
            return False
        case statement:
            return sum(id(node) in bound for node in ast.walk(statement)) == 1


def _holds(node: ast.AST, bound: frozenset[int]) -> bool:
    return any(id(each) in bound for each in ast.walk(node))


def _may_repeat(node: ast.AST) -> bool:
    """Whether a binding takes the name away, or can be executed any number of times."""
    if isinstance(node, ast.NamedExpr | ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        return True
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)


def _is_overload(node: ast.AST) -> bool:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return any(
        (isinstance(each, ast.Name) and each.id == "overload")
        or (isinstance(each, ast.Attribute) and each.attr == "overload")
        for each in decorators
    )


def _sets_attribute(context: FixContext, module: ModuleName, name: str) -> bool:
    """Whether a module sets or deletes an attribute `name` of something that may be a module."""
    text = context.text(module)
    if text is not None and re.search(rf"\.\s*{re.escape(name)}\b", text) is None:
        return False
    uses = context.uses(module)
    if uses is None:
        return True
    return name in uses.set_attributes and any(
        isinstance(node, ast.Attribute)
        and node.attr == name
        and not isinstance(node.ctx, ast.Load)
        and _root(node) not in ("self", "cls")
        for node in ast.walk(uses.file.tree)
    )


def _works_on(uses: FileUses, name: str) -> bool:
    """Whether code that runs while the module loads changes the thing, or hands it to a call."""
    for node in _while_loading(uses.file.tree):
        match node:
            case ast.Expr(value=ast.Call() as call):
                parts = (*call.args, *(keyword.value for keyword in call.keywords))
                if any(_reads(part, name) for part in parts):
                    return True
            case (
                ast.Attribute(ctx=ast.Store() | ast.Del())
                | ast.Subscript(ctx=ast.Store() | ast.Del())
            ) if _root(node) == name:
                return True
            case _:
                pass
    return False


def _while_loading(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _while_loading(node)


def _reads(node: ast.AST, name: str) -> bool:
    return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node))


_PARTS: Final = (ast.Attribute, ast.Subscript, ast.Call)


def _root(node: ast.expr) -> str:
    """The name that a chain of attributes and items starts from; empty for any other start."""
    while isinstance(node, _PARTS):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""

"""What a source text says about one name: where it is bound, and when it is used.

It serves advice to users, so it asks less than `import_cycles.simulate` does: the first fitting
line is enough, and for a text that does not parse there is no answer.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import Enum

from import_cycles.base.names import resolve_relative
from import_cycles.base.record import record
from import_cycles.syntax.parsing import parse


class Moment(Enum):
    """When a use of a name is evaluated."""

    LOADING = "loading"
    ANNOTATION = "annotation"
    """While loading too, but an annotation need not be evaluated at all."""
    LATER = "later"
    """In the body of a function."""


@record
class Binding:
    """Where the module level binds a name; `origin` is the module that it is imported from."""

    line: int
    origin: str = ""
    end_line: int = 0
    """Of an import, its last line."""

    def is_on(self, line: int) -> bool:
        """Whether the statement covers a line."""
        return self.line <= line <= max(self.line, self.end_line)


@record
class Use:
    """One place that reads a name; `line` counts from 1."""

    line: int
    moment: Moment


class SourceNames:
    """Answers about one text; `package` is what its relative imports start from.

    Without a text, and for one that does not parse, nothing is found.
    """

    def __init__(self, text: str | None, package: str) -> None:
        self._package = package
        self._text = text or ""
        self._tree: ast.Module | None = None
        if text is None:
            return
        try:
            self._tree = parse(text).tree
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return

    def bindings(self, name: str) -> tuple[Binding, ...]:
        """Every statement of the module level that binds a name while loading, in order."""
        if self._tree is None:
            return ()
        found = (self._binding(node, name) for node in _module_level(self._tree.body))
        return tuple(each for each in found if each is not None)

    def uses(self, name: str) -> tuple[Use, ...]:
        """Every place that reads a name of the module, in order."""
        if self._tree is None:
            return ()
        visitor = _Uses(name)
        visitor.visit(self._tree)
        return tuple(sorted(visitor.found, key=lambda use: use.line))

    def postpones_annotations(self) -> bool:
        """Whether there is a `from __future__ import annotations`."""
        return any(
            isinstance(node, ast.ImportFrom)
            and node.module == "__future__"
            and any(alias.name == "annotations" for alias in node.names)
            for node in (self._tree.body if self._tree else ())
        )

    def bound_as(self, line: int, name: str) -> str:
        """What the `from` import on a line calls `name` here."""
        for node in _module_level(self._tree.body if self._tree else []):
            if isinstance(node, ast.ImportFrom) and _covers(node, line):
                for alias in node.names:
                    if alias.name == name:
                        return alias.asname or name
        return name

    def import_of(self, module: str, before: int) -> int | None:
        """The line of the last import of a module above a line, or on it; None without one."""
        lines = [
            node.lineno
            for node in _module_level(self._tree.body if self._tree else [])
            if node.lineno <= before and module in self._imported(node)
        ]
        return max(lines, default=None)

    def asked_on(self, line: int) -> tuple[str, tuple[str, ...]] | None:
        """The module and the names of the `from` import on a line, wherever in the text it is."""
        for node in ast.walk(self._tree) if self._tree else ():
            if isinstance(node, ast.ImportFrom) and _covers(node, line):
                return self._origin(node), tuple(alias.name for alias in node.names)
        return None

    def is_parsed(self) -> bool:
        """Whether the text parses as Python, so that a name missing in it is really absent."""
        return self._tree is not None

    def all_bound(self) -> tuple[str, ...]:
        """Every name that the module level binds, sorted."""
        return tuple(
            sorted(
                {
                    name
                    for node in _module_level(self._tree.body if self._tree else [])
                    for name in _bound_by(node)
                }
            )
        )

    def binds_otherwise(self, name: str) -> bool:
        """Whether a name may be bound by what no statement of the module level shows."""
        if self.bindings("__getattr__") or _STIRS.search(self._text):
            return True
        return any(
            (isinstance(node, ast.Global) and name in node.names) or _tells_own_name(node)
            for node in (ast.walk(self._tree) if self._tree else ())
        )

    def function_at(self, line: int) -> str:
        """The innermost function whose body has a line; empty at the module level."""
        found = ""
        for node in ast.walk(self._tree) if self._tree else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (
                node.body[0].lineno <= line <= (node.end_lineno or node.lineno)
            ):
                # `ast.walk` comes to inner ones later.
                found = node.name
        return found

    def is_for_type_checkers(self, line: int) -> bool:
        """Whether a line stands under `if TYPE_CHECKING:`."""
        return any(
            isinstance(node, ast.If)
            and _is_for_type_checkers(node.test)
            and any(_covers(statement, line) for statement in node.body)
            for node in (ast.walk(self._tree) if self._tree else ())
        )

    def guarded_import_of(self, name: str) -> int | None:
        """The line of an import under `if TYPE_CHECKING:` that binds a name; None without one."""
        for node in ast.walk(self._tree) if self._tree else ():
            if isinstance(node, ast.If) and _is_for_type_checkers(node.test):
                for statement in node.body:
                    if name in _bound_by(statement):
                        return statement.lineno
        return None

    def sets_type_checking(self) -> int | None:
        """The line that sets `TYPE_CHECKING` of another module; None without one."""
        for node in ast.walk(self._tree) if self._tree else ():
            if isinstance(node, ast.Assign) and any(
                isinstance(target, ast.Attribute) and target.attr == "TYPE_CHECKING"
                for target in node.targets
            ):
                return node.lineno
        return None

    def is_import(self, line: int) -> bool:
        """Whether an import statement covers a line."""
        return any(
            isinstance(node, ast.Import | ast.ImportFrom) and _covers(node, line)
            for node in (ast.walk(self._tree) if self._tree else ())
        )

    def dotted_on(self, line: int) -> tuple[str, ...]:
        """The names that a line reads, `a.b.c` as a whole, each as the imports here spell it out."""
        found: dict[str, None] = {}
        for node in ast.walk(self._tree) if self._tree else ():
            if isinstance(node, ast.Name | ast.Attribute) and node.lineno <= line <= (
                node.end_lineno or node.lineno
            ):
                dotted = _dotted(node)
                head, dot, rest = dotted.partition(".")
                if head:
                    found[f"{self._spelled_out(head)}{dot}{rest}"] = None
        return tuple(found)

    def _spelled_out(self, name: str) -> str:
        for node in ast.walk(self._tree) if self._tree else ():
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if (alias.asname or alias.name) == name:
                        origin = self._origin(node)
                        return f"{origin}.{alias.name}" if origin else alias.name
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.asname == name:
                        return alias.name
        return name

    def needs_while_loading(self, name: str) -> frozenset[str]:
        """The modules from which what is read while a name is bound is imported."""
        found: set[str] = set()
        for node in _module_level(self._tree.body if self._tree else []):
            if self._binding(node, name) is not None:
                visitor = _Uses(None)
                visitor.visit(node)
                found.update(
                    binding.origin
                    for read, moment in visitor.names
                    if moment is not Moment.LATER
                    for binding in self.bindings(read)
                    if binding.origin
                )
        return frozenset(found)

    def stars(self) -> tuple[tuple[int, str], ...]:
        """Star-imports of the module level: line and module."""
        return tuple(
            (node.lineno, self._origin(node))
            for node in _module_level(self._tree.body if self._tree else [])
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        )

    def _imported(self, node: ast.stmt) -> set[str]:
        match node:
            case ast.Import(names=names):
                return {prefix for alias in names for prefix in _prefixes(alias.name)}
            case ast.ImportFrom(names=names):
                origin = self._origin(node)
                return {*_prefixes(origin), *(f"{origin}.{alias.name}" for alias in names)}
            case _:
                return set()

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        return resolve_relative(self._package, node.level, node.module or "") or ""

    def _binding(self, node: ast.stmt, name: str) -> Binding | None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if node.name == name:
                return Binding(node.lineno)
            case ast.Import(names=names):
                for alias in names:
                    if (alias.asname or alias.name.partition(".")[0]) == name:
                        return Binding(node.lineno, alias.name, node.end_lineno or 0)
            case ast.ImportFrom(names=names):
                for alias in names:
                    if (alias.asname or alias.name) == name:
                        return Binding(node.lineno, self._origin(node), node.end_lineno or 0)
            case _ if name in _assigned(node):
                return Binding(node.lineno)
        return None


_STIRS = re.compile(r"\b(?:globals|exec|vars|locals)\(|\bsys\.modules\b|\bsetattr\(")
"""Statements that may bind names which no binding statement shows."""


def _tells_own_name(node: ast.AST) -> bool:
    """Whether a call for its effect alone gets this module's name or namespace: it may set names there."""
    match node:
        case ast.Expr(value=ast.Call(args=arguments)):
            return any(isinstance(each, ast.Name) and each.id == "__name__" for each in arguments)
        case _:
            return False


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ""


def _bound_by(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Import(names=names):
            return {alias.asname or alias.name.partition(".")[0] for alias in names}
        case ast.ImportFrom(names=names):
            return {alias.asname or alias.name for alias in names if alias.name != "*"}
        case _:
            return _assigned(node)


def _prefixes(dotted: str) -> list[str]:
    parts = dotted.split(".")
    return [".".join(parts[: length + 1]) for length in range(len(parts))]


def _covers(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _module_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run while the module loads and bind names of the module."""
    for node in body:
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(node, ast.If) and _is_for_type_checkers(node.test):
            yield from _module_level(node.orelse)
            continue
        for block in ("body", "orelse", "finalbody"):
            yield from _module_level(getattr(node, block, []))
        for handler in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from _module_level(handler.body)


def _is_for_type_checkers(test: ast.expr) -> bool:
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
        case _:
            return False


def _assigned(node: ast.stmt) -> set[str]:
    """Names that a simple statement, or the head of a compound one, binds."""
    match node:
        case ast.AnnAssign(value=None) | ast.Delete():
            return set()
    found: set[str] = set()
    for part in _parts_of_head(node):
        found.update(_stored(part))
    return found


def _parts_of_head(node: ast.stmt) -> Iterator[ast.AST | str]:
    """What a statement evaluates and binds itself, without the statements in it."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.stmt():
                pass
            case ast.ExceptHandler(type=caught, name=name):
                yield from (each for each in (caught, name) if each is not None)
            case ast.match_case(pattern=pattern, guard=guard):
                yield from (each for each in (pattern, guard) if each is not None)
            case _:
                yield child


def _stored(part: ast.AST | str) -> Iterator[str]:
    match part:
        case str():
            yield part
        case ast.Lambda():
            return
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            # Its loops have names of their own; `:=` binds in the module.
            for each in ast.walk(part):
                if isinstance(each, ast.NamedExpr):
                    yield each.target.id
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
            yield from _stored_in(part)
        case ast.MatchMapping(rest=str(name)):
            yield name
            yield from _stored_in(part)
        case _:
            yield from _stored_in(part)


def _stored_in(part: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(part):
        yield from _stored(child)


class _Uses(ast.NodeVisitor):
    """Collects the reads of a name, and of all, with the moment that each is evaluated in."""

    def __init__(self, name: str | None) -> None:
        self.found: list[Use] = []
        self.names: list[tuple[str, Moment]] = []
        """Every name that is read."""
        self._name = name
        self._moment = Moment.LOADING

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.names.append((node.id, self._moment))
        if node.id == self._name and isinstance(node.ctx, ast.Load):
            self.found.append(Use(node.lineno, self._moment))

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = node.args
        for part in (*node.decorator_list, *arguments.defaults, *arguments.kw_defaults):
            self._visit(part, self._moment)
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        for argument in (*every, arguments.vararg, arguments.kwarg):
            self._visit(argument and argument.annotation, Moment.ANNOTATION)
        self._visit(node.returns, Moment.ANNOTATION)
        for statement in node.body:
            self._visit(statement, Moment.LATER)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - ast.NodeVisitor's spelling

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for default in (*node.args.defaults, *node.args.kw_defaults):
            self._visit(default, self._moment)
        self._visit(node.body, Moment.LATER)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._visit(node.target, self._moment)
        self._visit(node.annotation, Moment.ANNOTATION)
        self._visit(node.value, self._moment)

    def visit_If(self, node: ast.If) -> None:
        if not _is_for_type_checkers(node.test):
            self.generic_visit(node)
            return
        for statement in node.orelse:
            self.visit(statement)

    def _visit(self, node: ast.AST | None, moment: Moment) -> None:
        if node is None:
            return
        # Code in a function runs later, whatever it is.
        before = self._moment
        self._moment = before if before is Moment.LATER else moment
        self.visit(node)
        self._moment = before

"""From a syntax tree to steps: one pass that keeps what an import can be affected by.

While it walks, it carries what stands over the current statement (a function, a test, a `try`),
so that each import gets its kind and flags on the spot, and it collects the names that each
function binds, so that scopes need no pass of their own. Positions go to side tables.
"""

from __future__ import annotations

import ast
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from import_cycles.base.record import entity, field
from import_cycles.base.text import Site
from import_cycles.syntax import steps as s
from import_cycles.syntax.decide import Decider, operator_text
from import_cycles.syntax.importing import ImportReader, catches_import_error
from import_cycles.syntax.imports import ImportFlag, ImportRecord, When
from import_cycles.syntax.target import PythonTarget

MAX_STRING = 200
"""Longer literals are cut; module names and names of attributes are shorter."""


@entity
class _OpenCode:
    """A code under construction."""

    number: int
    marks: array[int] = field(default_factory=lambda: array("L"))
    bound: set[str] = field(default_factory=set)
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)
    has_yield: bool = False


class Lowering:
    """Turns one module's tree into codes and import records. Used once."""

    def __init__(
        self, lines: Sequence[str], target: PythonTarget, lazy_lines: frozenset[int]
    ) -> None:
        self._target = target
        self._decider = Decider(target)
        self._reader = ImportReader(lines, self._decider)
        self._lazy_lines = lazy_lines
        self._lazy_modules: frozenset[str] = frozenset()
        self._annotations_evaluated = target.version < (3, 14)
        self._codes: list[s.Code | None] = []
        self._marks: list[array[int]] = []
        self._when = When.RUNTIME
        self._flags = ImportFlag.NONE
        self._class_depth = 0
        self._open = self._open_code()
        self.imports: list[ImportRecord] = []

    # --- results ---------------------------------------------------------------------------

    @property
    def sites(self) -> list[Site]:
        """Where the import sites stand, by number."""
        return self._reader.sites

    @property
    def marks(self) -> tuple[array[int], ...]:
        """Per code, four numbers for each mark: line, column, end line, end column."""
        return tuple(self._marks)

    def module(self, tree: ast.Module) -> tuple[tuple[s.Code, ...], bool]:
        """The codes of a module, its own first, and whether annotations stay strings."""
        future = _has_future_annotations(tree)
        if future:
            self._annotations_evaluated = False
        body = self._block(tree.body)
        self._codes[0] = s.Code("<module>", s.Parameters(), body, frozenset(self._open.bound))
        return tuple(code for code in self._codes if code is not None), future

    # --- context ---------------------------------------------------------------------------

    def _open_code(self) -> _OpenCode:
        code = _OpenCode(len(self._codes))
        self._codes.append(None)
        self._marks.append(code.marks)
        return code

    @contextmanager
    def _under(
        self, when: When | None = None, flags: ImportFlag = ImportFlag.NONE
    ) -> Iterator[None]:
        """What stands over the statements of the `with` block; TYPING is never undone."""
        saved = self._when, self._flags
        if when is not None and self._when is not When.TYPING:
            self._when = when
        self._flags |= flags
        try:
            yield
        finally:
            self._when, self._flags = saved

    def _branch(self, truth: bool | None, body: Sequence[ast.stmt], *, never: When) -> s.Block:
        """A block that runs if `truth`; when it is known not to, its imports are of kind `never`."""
        if truth is None:
            with self._under(flags=ImportFlag.CONDITIONAL):
                return self._block(body)
        if truth:
            return self._block(body)
        with self._under(never):
            return self._block(body)

    def _mark(self, node: ast.expr | ast.stmt) -> int:
        return self._mark_at(
            node.lineno - 1, node.col_offset, (node.end_lineno or node.lineno) - 1,
            node.end_col_offset or node.col_offset,
        )  # fmt: skip

    def _mark_at(self, line: int, column: int, end_line: int, end_column: int) -> int:
        marks = self._open.marks
        marks.extend((line, column, end_line, end_column))
        return len(marks) // 4 - 1

    def _bind(self, name: str, value: ast.expr | None = None) -> None:
        self._open.bound.add(name)
        if self._open.number == 0 and not self._class_depth:
            certain = not self._flags & ImportFlag.CONDITIONAL
            self._decider.bind_value(name, value, certain=certain)

    # --- statements ------------------------------------------------------------------------

    def _block(self, body: Sequence[ast.stmt]) -> s.Block:
        steps: list[s.Step] = []
        for statement in body:
            lower = _STATEMENTS.get(type(statement))
            if lower is not None:
                steps.extend(lower(self, statement))
        return tuple(steps)

    def _expression_statement(self, node: ast.Expr) -> Iterator[s.Step]:
        value = self._expr(node.value)
        if not isinstance(value, s.Constant) and value != _NOTHING:
            yield s.Evaluate(value)

    def _import(self, node: ast.Import | ast.ImportFrom) -> Iterator[s.Step]:
        is_lazy = node.lineno - 1 in self._lazy_lines or bool(getattr(node, "is_lazy", False))
        mark = self._mark(node)
        for record, names in self._reader.records(node):
            when, flags = self._when, self._flags | record.flags
            if is_lazy or (record.level == 0 and record.module in self._lazy_modules):
                flags |= ImportFlag.LAZY
                when = When.DEFERRED if when is When.RUNTIME else when
            self.imports.append(
                ImportRecord(
                    record.module, record.level, record.names, record.bound_as,
                    record.site, record.statement, self._open.number, when, flags,
                )
            )  # fmt: skip
            if ImportFlag.STAR in flags:
                self._decider.bind_anything()
            for name, origin in names:
                self._bind(name)
                if self._open.number == 0:
                    self._decider.bind_import(name, origin)
            yield s.Import(len(self.imports) - 1, mark)

    def _assign(self, node: ast.Assign) -> Iterator[s.Step]:
        value = self._expr(node.value)
        targets = tuple(self._target_of(target, node.value) for target in node.targets)
        self._note_lazy_modules(node)
        yield s.Assign(targets, value)

    def _note_lazy_modules(self, node: ast.Assign) -> None:
        # PEP 810, "__lazy_modules__": a container of absolute names, from Python 3.15 on.
        if self._open.number or self._target.version < (3, 15):
            return
        match node:
            case ast.Assign(
                targets=[ast.Name(id="__lazy_modules__")],
                value=ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items),
            ):
                self._lazy_modules = frozenset(
                    item.value
                    for item in items
                    if isinstance(item, ast.Constant) and isinstance(item.value, str)
                )
            case _:
                pass

    def _augmented(self, node: ast.AugAssign) -> Iterator[s.Step]:
        target = self._target_of(node.target)
        yield s.AugmentedAssign(
            target, _BINARY.get(type(node.op), "?"), self._expr(node.value), self._mark(node)
        )

    def _annotated(self, node: ast.AnnAssign) -> Iterator[s.Step]:
        value = self._expr(node.value) if node.value is not None else None
        # A bare `name: int` binds nothing, but makes the name a local of a function.
        if node.value is None and isinstance(node.target, ast.Name):
            self._open.bound.add(node.target.id)
            target: s.Target = s.NameTarget(node.target.id, self._mark(node.target))
        else:
            target = self._target_of(node.target, node.value)
        in_function = self._open.number != 0 and not self._class_depth
        evaluated = self._annotations_evaluated and not in_function
        yield s.AnnotatedAssign(target, self._expr(node.annotation) if evaluated else None, value)

    def _delete(self, node: ast.Delete) -> Iterator[s.Step]:
        yield s.Delete(tuple(self._target_of(target) for target in node.targets))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[s.Step]:
        decorators = tuple(self._expr(decorator) for decorator in node.decorator_list)
        marks = tuple(self._mark(decorator) for decorator in node.decorator_list)
        defaults, keyword_defaults = self._defaults(node.args)
        annotations = self._signature_annotations(node)
        self._bind(node.name)
        code = self._function_code(
            node.name, node.args, node.body, isinstance(node, ast.AsyncFunctionDef)
        )
        yield s.DefineFunction(
            node.name, code, decorators, marks, defaults, keyword_defaults, annotations
        )

    def _defaults(
        self, arguments: ast.arguments
    ) -> tuple[tuple[s.Expression, ...], tuple[s.Expression | None, ...]]:
        return (
            tuple(self._expr(default) for default in arguments.defaults),
            tuple(None if d is None else self._expr(d) for d in arguments.kw_defaults),
        )

    def _signature_annotations(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef
    ) -> tuple[s.Expression, ...]:
        """In the order in which CPython evaluates them (compile.c, `compiler_visit_annotations`)."""
        if not self._annotations_evaluated:
            return ()
        arguments = node.args
        ordered = [*arguments.posonlyargs, *arguments.args]
        if arguments.vararg:
            ordered.append(arguments.vararg)
        ordered.extend(arguments.kwonlyargs)
        if arguments.kwarg:
            ordered.append(arguments.kwarg)
        annotations = [argument.annotation for argument in ordered] + [node.returns]
        lowered = (self._expr(a) for a in annotations if a is not None)
        return tuple(a for a in lowered if not isinstance(a, s.Constant))

    def _function_code(
        self,
        name: str,
        arguments: ast.arguments,
        body: Sequence[ast.stmt] | ast.expr,
        is_async: bool,
    ) -> int:
        outer, outer_depth = self._open, self._class_depth
        code = self._open = self._open_code()
        self._class_depth = 0
        self._decider.in_function = True
        parameters = _parameters(arguments)
        with self._under(When.DEFERRED):
            saved_flags, self._flags = self._flags, ImportFlag.NONE
            if isinstance(body, ast.expr):
                block: s.Block = (s.Return(self._expr(body)),)
            else:
                block = self._block(body)
            self._flags = saved_flags
        declared = code.global_names | code.nonlocal_names
        self._codes[code.number] = s.Code(
            name,
            parameters,
            block,
            frozenset((code.bound | set(_parameter_names(parameters))) - declared),
            frozenset(code.global_names),
            frozenset(code.nonlocal_names),
            code.has_yield,
            is_async,
        )
        self._open, self._class_depth = outer, outer_depth
        self._decider.in_function = outer.number != 0
        return code.number

    def _class(self, node: ast.ClassDef) -> Iterator[s.Step]:
        decorators = tuple(self._expr(decorator) for decorator in node.decorator_list)
        marks = tuple(self._mark(decorator) for decorator in node.decorator_list)
        bases = tuple(self._expr(base) for base in node.bases)
        keywords = tuple((keyword.arg, self._expr(keyword.value)) for keyword in node.keywords)
        mark = self._mark(node)
        outer_bound, self._open.bound = self._open.bound, set()
        self._class_depth += 1
        body = self._block(node.body)
        self._class_depth -= 1
        self._open.bound = outer_bound
        self._bind(node.name)
        yield s.DefineClass(node.name, decorators, marks, bases, keywords, body, mark)

    def _if(self, node: ast.If) -> Iterator[s.Step]:
        truth = self._decider.truth(node.test)
        test = self._expr(node.test)
        never = When.DEFERRED if _asks_for_main(node.test) else When.TYPING
        body = self._branch(truth, node.body, never=never)
        opposite = None if truth is None else not truth
        orelse = self._branch(opposite, node.orelse, never=never)
        yield s.If(test, body, orelse)

    def _while(self, node: ast.While) -> Iterator[s.Step]:
        truth = self._decider.truth(node.test)
        test = self._expr(node.test)
        body = self._branch(truth, node.body, never=When.TYPING)
        orelse = self._branch(None, node.orelse, never=When.TYPING)
        yield s.While(test, body, orelse)

    def _for(self, node: ast.For | ast.AsyncFor) -> Iterator[s.Step]:
        iterable = self._expr(node.iter)
        target = self._target_of(node.target)
        body = self._branch(None, node.body, never=When.TYPING)
        orelse = self._branch(None, node.orelse, never=When.TYPING)
        yield s.For(target, iterable, body, orelse, isinstance(node, ast.AsyncFor))

    def _try(self, node: ast.Try) -> Iterator[s.Step]:
        guards = any(catches_import_error(handler.type) for handler in node.handlers)
        with self._under(flags=ImportFlag.GUARDED if guards else ImportFlag.NONE):
            body = self._block(node.body)
        handlers = tuple(self._handler(handler) for handler in node.handlers)
        if node.handlers:
            orelse = self._branch(None, node.orelse, never=When.TYPING)
        else:
            orelse = self._block(node.orelse)
        finalbody = self._block(node.finalbody)
        yield s.Try(body, handlers, orelse, finalbody, type(node).__name__ == "TryStar")

    def _handler(self, node: ast.ExceptHandler) -> s.Handler:
        catches = self._expr(node.type) if node.type is not None else None
        if node.name:
            self._bind(node.name)
        return s.Handler(catches, node.name, self._branch(None, node.body, never=When.TYPING))

    def _with(self, node: ast.With | ast.AsyncWith) -> Iterator[s.Step]:
        yield self._with_items(node, node.items)

    def _with_items(self, node: ast.With | ast.AsyncWith, items: Sequence[ast.withitem]) -> s.Step:
        first, rest = items[0], items[1:]
        context = self._expr(first.context_expr)
        mark = self._mark(first.context_expr)
        target = self._target_of(first.optional_vars) if first.optional_vars else None
        flags = ImportFlag.GUARDED if self._suppresses(first.context_expr) else ImportFlag.NONE
        with self._under(flags=flags):
            body: s.Block
            if rest:
                body = (self._with_items(node, rest),)
            else:
                body = self._block(node.body)
        return s.With(context, target, body, isinstance(node, ast.AsyncWith), mark)

    def _suppresses(self, context: ast.expr) -> bool:
        if not isinstance(context, ast.Call):
            return False
        origin = self._decider.origin(context.func)
        is_suppress = origin == "contextlib.suppress" or (
            origin is None and ast.unparse(context.func).endswith("suppress")
        )
        return is_suppress and any(catches_import_error(argument) for argument in context.args)

    def _match(self, node: ast.Match) -> Iterator[s.Step]:
        subject = self._expr(node.subject)
        cases = []
        for case in node.cases:
            pattern = self._pattern(case.pattern)
            guard = self._expr(case.guard) if case.guard is not None else None
            body = self._branch(None, case.body, never=When.TYPING)
            cases.append(s.Case(pattern, guard, body))
        yield s.Match(subject, tuple(cases))

    def _pattern(self, node: ast.pattern) -> s.Pattern:
        match node:
            case ast.MatchValue(value=value):
                return s.ValuePattern(self._expr(value))
            case ast.MatchSingleton(value=value):
                return s.ValuePattern(s.Constant(value))
            case ast.MatchAs(pattern=None, name=None):
                return s.CapturePattern(None, None)
            case ast.MatchAs(pattern=wrapped, name=name):
                if name is not None:
                    self._bind(name)
                return s.CapturePattern(name, None if wrapped is None else self._pattern(wrapped))
            case ast.MatchOr(patterns=patterns):
                return s.OrPattern(tuple(self._pattern(pattern) for pattern in patterns))
            case ast.MatchSequence(patterns=patterns):
                return self._sequence_pattern(patterns)
            case ast.MatchMapping(keys=keys, patterns=patterns, rest=rest):
                values = tuple(self._expr(key) for key in keys)
                inner = tuple(self._pattern(pattern) for pattern in patterns)
                if rest is not None:
                    self._bind(rest)
                return s.MappingPattern(values, inner, rest)
            case ast.MatchClass(cls=cls, patterns=patterns, kwd_attrs=names, kwd_patterns=named):
                return s.ClassPattern(
                    self._expr(cls),
                    tuple(self._pattern(pattern) for pattern in patterns),
                    tuple(zip(names, map(self._pattern, named), strict=True)),
                )
            case _:
                raise TypeError(f"no pattern: {node!r}")

    def _sequence_pattern(self, patterns: Sequence[ast.pattern]) -> s.Pattern:
        starred = -1
        lowered: list[s.Pattern] = []
        for position, pattern in enumerate(patterns):
            if isinstance(pattern, ast.MatchStar):
                starred = position
                if pattern.name is not None:
                    self._bind(pattern.name)
                lowered.append(s.CapturePattern(pattern.name, None))
            else:
                lowered.append(self._pattern(pattern))
        return s.SequencePattern(tuple(lowered), starred)

    def _raise(self, node: ast.Raise) -> Iterator[s.Step]:
        yield s.Raise(
            None if node.exc is None else self._expr(node.exc),
            None if node.cause is None else self._expr(node.cause),
            self._mark(node),
        )

    def _assert(self, node: ast.Assert) -> Iterator[s.Step]:
        test = self._expr(node.test)
        with self._under(flags=ImportFlag.CONDITIONAL):
            message = self._expr(node.msg) if node.msg is not None else None
        yield s.Assert(test, message, self._mark(node))

    def _return(self, node: ast.Return) -> Iterator[s.Step]:
        yield s.Return(None if node.value is None else self._expr(node.value))

    def _break(self, node: ast.Break) -> Iterator[s.Step]:
        yield s.Break()

    def _continue(self, node: ast.Continue) -> Iterator[s.Step]:
        yield s.Continue()

    def _global(self, node: ast.Global) -> Iterator[s.Step]:
        self._open.global_names.update(node.names)
        self._decider.bind_elsewhere(node.names)
        yield from ()

    def _nonlocal(self, node: ast.Nonlocal) -> Iterator[s.Step]:
        self._open.nonlocal_names.update(node.names)
        yield from ()

    def _type_alias(self, node: ast.stmt) -> Iterator[s.Step]:
        name = node.name.id  # type: ignore[attr-defined]
        self._bind(name)
        yield s.DefineTypeAlias(name)

    # --- targets ---------------------------------------------------------------------------

    def _target_of(self, node: ast.expr, value: ast.expr | None = None) -> s.Target:
        match node:
            case ast.Name(id=name):
                self._bind(name, value)
                return s.NameTarget(name, self._mark(node))
            case ast.Attribute(value=owner, attr=attribute):
                return s.AttributeTarget(self._expr(owner), attribute, self._mark(node))
            case ast.Subscript(value=owner, slice=index):
                return s.SubscriptTarget(self._expr(owner), self._expr(index), self._mark(node))
            case ast.Tuple(elts=items) | ast.List(elts=items):
                starred = next(
                    (i for i, item in enumerate(items) if isinstance(item, ast.Starred)), -1
                )
                return s.TupleTarget(tuple(self._target_of(item) for item in items), starred)
            case ast.Starred(value=inner):
                return self._target_of(inner)
            case _:
                return s.TupleTarget((), -1)

    # --- expressions -----------------------------------------------------------------------

    def _expr(self, node: ast.expr) -> s.Expression:
        lower = _EXPRESSIONS.get(type(node))
        return lower(self, node) if lower is not None else self._opaque(node)

    def _opaque(self, node: ast.AST) -> s.Expression:
        parts = []
        for part in ast.iter_child_nodes(node):
            lowered = self._expr(part) if isinstance(part, ast.expr) else self._opaque(part)
            if not isinstance(lowered, s.Constant) and lowered != _NOTHING:
                parts.append(lowered)
        return s.Opaque(tuple(parts)) if parts else _NOTHING

    def _constant(self, node: ast.Constant) -> s.Expression:
        value = node.value
        if isinstance(value, str):
            return s.Constant(value[:MAX_STRING])
        if value is None or isinstance(value, (bool, int, float)):
            return s.Constant(value)
        return _NOTHING

    def _name(self, node: ast.Name) -> s.Expression:
        return s.Name(node.id, self._mark(node))

    def _attribute(self, node: ast.Attribute) -> s.Expression:
        return s.Attribute(self._expr(node.value), node.attr, self._mark(node))

    def _subscript(self, node: ast.Subscript) -> s.Expression:
        return s.Subscript(self._expr(node.value), self._expr(node.slice), self._mark(node))

    def _slice(self, node: ast.Slice) -> s.Expression:
        lower, upper, step = (
            None if part is None else self._expr(part)
            for part in (node.lower, node.upper, node.step)
        )
        return s.Slice(lower, upper, step)

    def _call(self, node: ast.Call) -> s.Expression:
        function = self._expr(node.func)
        arguments = tuple(self._expr(argument) for argument in node.args)
        keywords = tuple((keyword.arg, self._expr(keyword.value)) for keyword in node.keywords)
        record = self._reader.dynamic(node)
        if record is not None:
            self.imports.append(
                ImportRecord(
                    record.module, record.level, None, None, record.site, record.statement,
                    self._open.number, self._when, self._flags | ImportFlag.DYNAMIC,
                )
            )  # fmt: skip
        return s.Call(function, arguments, keywords, self._mark(node))

    def _starred(self, node: ast.Starred) -> s.Expression:
        return s.Starred(self._expr(node.value))

    def _display(self, node: ast.Tuple | ast.List | ast.Set) -> s.Expression:
        return s.Display(_DISPLAYS[type(node)], tuple(self._expr(item) for item in node.elts))

    def _dict(self, node: ast.Dict) -> s.Expression:
        return s.DictDisplay(
            tuple(
                (None if key is None else self._expr(key), self._expr(value))
                for key, value in zip(node.keys, node.values, strict=True)
            )
        )

    def _bool_op(self, node: ast.BoolOp) -> s.Expression:
        first = self._expr(node.values[0])
        with self._under(flags=ImportFlag.CONDITIONAL):
            rest = tuple(self._expr(value) for value in node.values[1:])
        return s.BoolOp(isinstance(node.op, ast.And), (first, *rest))

    def _unary(self, node: ast.UnaryOp) -> s.Expression:
        if isinstance(node.op, ast.Not):
            return s.Not(self._expr(node.operand))
        if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
            value = node.operand.value
            if isinstance(value, (int, float)):
                return s.Constant(-value)
        return self._opaque(node)

    def _compare(self, node: ast.Compare) -> s.Expression:
        return s.Compare(
            self._expr(node.left),
            tuple(operator_text(operator) for operator in node.ops),
            tuple(self._expr(right) for right in node.comparators),
            self._mark(node),
        )

    def _binary(self, node: ast.BinOp) -> s.Expression:
        return s.Binary(
            self._expr(node.left), _BINARY.get(type(node.op), "?"), self._expr(node.right),
            self._mark(node),
        )  # fmt: skip

    def _conditional(self, node: ast.IfExp) -> s.Expression:
        test = self._expr(node.test)
        with self._under(flags=ImportFlag.CONDITIONAL):
            return s.Conditional(test, self._expr(node.body), self._expr(node.orelse))

    def _lambda(self, node: ast.Lambda) -> s.Expression:
        defaults, keyword_defaults = self._defaults(node.args)
        code = self._function_code("<lambda>", node.args, node.body, is_async=False)
        return s.Lambda(code, defaults, keyword_defaults)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> s.Expression:
        first = self._expr(node.generators[0].iter)
        outer, self._open.bound = self._open.bound, set()
        # All but the first iterable runs once for each item, so perhaps never.
        with self._under(flags=ImportFlag.CONDITIONAL):
            generators = [
                self._generator(generator, first if position == 0 else None)
                for position, generator in enumerate(node.generators)
            ]
            if isinstance(node, ast.DictComp):
                elements: tuple[s.Expression, ...] = (self._expr(node.key), self._expr(node.value))
            else:
                elements = (self._expr(node.elt),)
        # Only walrus targets are left: they bind in the scope around the comprehension.
        self._open.bound |= outer
        is_async = any(generator.is_async for generator in node.generators)
        return s.Comprehension(_COMPREHENSIONS[type(node)], elements, tuple(generators), is_async)

    def _generator(self, node: ast.comprehension, iterable: s.Expression | None) -> s.Generator:
        if iterable is None:
            iterable = self._expr(node.iter)
        target = self._comprehension_target(node.target)
        return s.Generator(target, iterable, tuple(self._expr(test) for test in node.ifs))

    def _comprehension_target(self, node: ast.expr) -> s.Target:
        saved = set(self._open.bound)
        depth, self._class_depth = self._class_depth, 1
        target = self._target_of(node)
        self._class_depth = depth
        self._open.bound = saved
        return target

    def _walrus(self, node: ast.NamedExpr) -> s.Expression:
        value = self._expr(node.value)
        self._bind(node.target.id)
        return s.Walrus(node.target.id, value)

    def _joined(self, node: ast.JoinedStr) -> s.Expression:
        values: list[s.Expression] = []
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                inner = self._expr(value.value)
                plain = value.conversion == -1 and value.format_spec is None
                values.append(inner if plain else s.Opaque((inner,)))
            else:
                values.append(self._expr(value))
        return s.Joined(tuple(values))

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> s.Expression:
        self._open.has_yield = True
        value = None if node.value is None else self._expr(node.value)
        return s.Yield(value, isinstance(node, ast.YieldFrom))

    def _await(self, node: ast.Await) -> s.Expression:
        return s.Await(self._expr(node.value))


_NOTHING = s.Opaque()

_DISPLAYS = {
    ast.Tuple: s.DisplayKind.TUPLE,
    ast.List: s.DisplayKind.LIST,
    ast.Set: s.DisplayKind.SET,
}
_COMPREHENSIONS = {
    ast.ListComp: s.ComprehensionKind.LIST,
    ast.SetComp: s.ComprehensionKind.SET,
    ast.DictComp: s.ComprehensionKind.DICT,
    ast.GeneratorExp: s.ComprehensionKind.GENERATOR,
}
_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Mod: "%",
    ast.BitOr: "|",
    ast.BitAnd: "&",
    ast.Div: "/",
    ast.FloorDiv: "//",
}


def _has_future_annotations(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in tree.body
    )


def _asks_for_main(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))


def _parameters(arguments: ast.arguments) -> s.Parameters:
    return s.Parameters(
        tuple(argument.arg for argument in arguments.posonlyargs),
        tuple(argument.arg for argument in arguments.args),
        arguments.vararg.arg if arguments.vararg else None,
        tuple(argument.arg for argument in arguments.kwonlyargs),
        arguments.kwarg.arg if arguments.kwarg else None,
    )


def _parameter_names(parameters: s.Parameters) -> list[str]:
    names = [*parameters.positional_only, *parameters.positional, *parameters.keyword_only]
    names.extend(name for name in (parameters.variadic, parameters.keyword_variadic) if name)
    return names


_STATEMENTS: dict[type[ast.stmt], Callable[..., Iterable[s.Step]]] = {
    ast.Expr: Lowering._expression_statement,
    ast.Import: Lowering._import,
    ast.ImportFrom: Lowering._import,
    ast.Assign: Lowering._assign,
    ast.AugAssign: Lowering._augmented,
    ast.AnnAssign: Lowering._annotated,
    ast.Delete: Lowering._delete,
    ast.FunctionDef: Lowering._function,
    ast.AsyncFunctionDef: Lowering._function,
    ast.ClassDef: Lowering._class,
    ast.If: Lowering._if,
    ast.While: Lowering._while,
    ast.For: Lowering._for,
    ast.AsyncFor: Lowering._for,
    ast.Try: Lowering._try,
    ast.With: Lowering._with,
    ast.AsyncWith: Lowering._with,
    ast.Match: Lowering._match,
    ast.Raise: Lowering._raise,
    ast.Assert: Lowering._assert,
    ast.Return: Lowering._return,
    ast.Break: Lowering._break,
    ast.Continue: Lowering._continue,
    ast.Global: Lowering._global,
    ast.Nonlocal: Lowering._nonlocal,
}
for _name, _lower in (("TryStar", Lowering._try), ("TypeAlias", Lowering._type_alias)):
    if hasattr(ast, _name):
        _STATEMENTS[getattr(ast, _name)] = _lower

_EXPRESSIONS: dict[type[ast.expr], Callable[..., s.Expression]] = {
    ast.Constant: Lowering._constant,
    ast.Name: Lowering._name,
    ast.Attribute: Lowering._attribute,
    ast.Subscript: Lowering._subscript,
    ast.Slice: Lowering._slice,
    ast.Call: Lowering._call,
    ast.Starred: Lowering._starred,
    ast.Tuple: Lowering._display,
    ast.List: Lowering._display,
    ast.Set: Lowering._display,
    ast.Dict: Lowering._dict,
    ast.BoolOp: Lowering._bool_op,
    ast.UnaryOp: Lowering._unary,
    ast.Compare: Lowering._compare,
    ast.BinOp: Lowering._binary,
    ast.IfExp: Lowering._conditional,
    ast.Lambda: Lowering._lambda,
    ast.ListComp: Lowering._comprehension,
    ast.SetComp: Lowering._comprehension,
    ast.DictComp: Lowering._comprehension,
    ast.GeneratorExp: Lowering._comprehension,
    ast.NamedExpr: Lowering._walrus,
    ast.JoinedStr: Lowering._joined,
    ast.Yield: Lowering._yield,
    ast.YieldFrom: Lowering._yield,
    ast.Await: Lowering._await,
}

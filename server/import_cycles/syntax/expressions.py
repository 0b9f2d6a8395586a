"""From expressions of a syntax tree to those of steps, and with them targets and patterns.

Every expression of a module passes through here, so each form is one small method, found by its
class in a table. What stands over an expression (`Context`) matters only to the imports in it:
calls of `import_module`, and lambdas.
"""

from __future__ import annotations

import ast
from array import array
from collections.abc import Callable, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Final, TypeAlias

from import_cycles.base.record import entity, field, record
from import_cycles.syntax import steps as s
from import_cycles.syntax.decide import Decider, operator_text
from import_cycles.syntax.importing import ImportReader
from import_cycles.syntax.imports import ImportFlag, ImportRecord, When
from import_cycles.syntax.numbering import even_number

MAX_STRING = 200
"""Longer literals are cut; module names and names of attributes are shorter."""

CONDITIONAL: Final = ImportFlag.CONDITIONAL.value
"""As a plain number: flags are joined for each branch, which is slow with those of `enum`."""

Marked: TypeAlias = "ast.expr | ast.stmt | Place"
_PLACE: Final = attrgetter("lineno", "col_offset", "end_lineno", "end_col_offset")


@record
class Place:
    """A place that no node of the tree has, in numbers of `ast`."""

    lineno: int
    col_offset: int
    end_lineno: int
    end_col_offset: int


@entity
class OpenCode:
    """A code under construction."""

    number: int
    marked: list[Marked] = field(default_factory=list)
    """What each mark stands for."""
    shifts: list[tuple[int, int]] = field(default_factory=list)
    """From which mark on their lines are to be shifted by how many."""
    bound: set[str] = field(default_factory=set)
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)
    has_yield: bool = False

    def marks(self) -> array[int]:
        """Four numbers for each mark: line (from 1), column, end line, end column."""
        numbers = array("I", chain.from_iterable(map(_PLACE, self.marked)))
        ends = [start for start, _ in self.shifts[1:]] + [len(self.marked)]
        for (start, shift), end in zip(self.shifts, ends, strict=True):
            if shift:
                for place in range(4 * start, 4 * end, 2):
                    numbers[place] += shift
        return numbers


class ExpressionLowering:
    """The part of `import_cycles.syntax.lower.Lowering` that knows expressions.

    `_when` and `_flags` are what an import at the current place would have.
    """

    def __init__(self, reader: ImportReader, decider: Decider) -> None:
        self._reader = reader
        self._decider = decider
        self._when = When.RUNTIME
        self._flags = 0
        self._class_depth = 0
        self._open = OpenCode(0)
        self._type_parameters: frozenset[str] = frozenset()
        """Those of generic functions and classes around (PEP 695): what they are is not known."""
        self.imports: list[ImportRecord] = []
        self._depth = 0
        """How many expressions are being lowered inside one another."""

    def _function_code(
        self,
        name: str,
        arguments: ast.arguments,
        body: Sequence[ast.stmt] | ast.expr,
        *,
        is_async: bool,
    ) -> int:
        """The number of a function's code; see `import_cycles.syntax.lower`."""
        raise NotImplementedError

    # --- context ---------------------------------------------------------------------------

    def _mark(self, node: Marked) -> int:
        marked = self._open.marked
        marked.append(node)
        return even_number(len(marked))

    def _bind(self, name: str, value: ast.expr | None = None) -> None:
        self._open.bound.add(name)
        if self._open.number == 0 and not self._class_depth:
            self._decider.bind_value(name, value, certain=not self._flags & CONDITIONAL)

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
                return s.TupleTarget(tuple([self._target_of(item) for item in items]), starred)
            case ast.Starred(value=inner):
                return self._target_of(inner)
            case _:
                return s.TupleTarget((), -1)

    # --- patterns --------------------------------------------------------------------------

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

    # --- expressions -----------------------------------------------------------------------

    def _expr(self, node: ast.expr) -> s.Expression:
        if self._depth >= _DEEPEST:
            return s.TooDeep()
        self._depth += 1
        expression = _EXPRESSIONS.get(node.__class__, _OPAQUE)(self, node)
        self._depth -= 1
        return expression

    def _each(self, nodes: Sequence[ast.expr]) -> tuple[s.Expression, ...]:
        if not nodes:
            return ()
        if self._depth >= _DEEPEST:
            return (s.TooDeep(),)
        self._depth += 1
        get = _EXPRESSIONS.get
        # A list comprehension: a tuple made from a generator takes twice as long.
        expressions = tuple([get(node.__class__, _OPAQUE)(self, node) for node in nodes])
        self._depth -= 1
        return expressions

    def _perhaps(self, node: ast.expr | None) -> s.Expression | None:
        return None if node is None else self._expr(node)

    def _keywords(
        self, nodes: Sequence[ast.keyword]
    ) -> tuple[tuple[str | None, s.Expression], ...]:
        return tuple([(node.arg, self._expr(node.value)) for node in nodes]) if nodes else ()

    def _defaults(
        self, arguments: ast.arguments
    ) -> tuple[tuple[s.Expression, ...], tuple[s.Expression | None, ...]]:
        return (
            self._each(arguments.defaults),
            tuple([self._perhaps(default) for default in arguments.kw_defaults]),
        )

    def _opaque(self, node: ast.AST) -> s.Expression:
        parts = []
        for part in ast.iter_child_nodes(node):
            lowered = self._expr(part) if isinstance(part, ast.expr) else self._opaque(part)
            if not has_no_effect(lowered):
                parts.append(lowered)
        return s.Opaque(tuple(parts)) if parts else _NOTHING

    def _constant(self, node: ast.Constant) -> s.Expression:
        value: Any = node.value
        kind = value.__class__
        if kind is str:
            return s.Constant(value[:MAX_STRING])
        if value is None or kind is int or kind is bool or kind is float:
            return s.Constant(value)
        return _NOTHING

    def _name(self, node: ast.Name) -> s.Expression:
        if node.id in self._type_parameters:
            return _NOTHING
        marked = self._open.marked
        marked.append(node)
        return s.Name(node.id, even_number(len(marked)))

    def _attribute(self, node: ast.Attribute) -> s.Expression:
        value = self._expr(node.value)
        marked = self._open.marked
        marked.append(node)
        return s.Attribute(value, node.attr, even_number(len(marked)))

    def _subscript(self, node: ast.Subscript) -> s.Expression:
        return s.Subscript(self._expr(node.value), self._expr(node.slice), self._mark(node))

    def _slice(self, node: ast.Slice) -> s.Expression:
        perhaps = self._perhaps
        return s.Slice(perhaps(node.lower), perhaps(node.upper), perhaps(node.step))

    def _call(self, node: ast.Call) -> s.Expression:
        function = self._expr(node.func)
        arguments = self._each(node.args)
        keywords = self._keywords(node.keywords)
        record = self._reader.dynamic(node)
        if record is not None:
            self.imports.append(
                ImportRecord(
                    record.module, record.level, None, None, record.site, record.statement,
                    self._open.number, self._when, ImportFlag(self._flags) | ImportFlag.DYNAMIC,
                )
            )  # fmt: skip
        marked = self._open.marked
        marked.append(node)
        return s.Call(function, arguments, keywords, even_number(len(marked)))

    def _starred(self, node: ast.Starred) -> s.Expression:
        return s.Starred(self._expr(node.value))

    def _display(self, node: ast.Tuple | ast.List | ast.Set) -> s.Expression:
        return s.Display(_DISPLAYS[type(node)], self._each(node.elts))

    def _dict(self, node: ast.Dict) -> s.Expression:
        return s.DictDisplay(
            tuple(
                [
                    (self._perhaps(key), self._expr(value))
                    for key, value in zip(node.keys, node.values, strict=True)
                ]
            )
        )

    def _bool_op(self, node: ast.BoolOp) -> s.Expression:
        first = self._expr(node.values[0])
        flags = self._flags
        self._flags = flags | CONDITIONAL
        rest = self._each(node.values[1:])
        self._flags = flags
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
            tuple([operator_text(operator) for operator in node.ops]),
            self._each(node.comparators),
            self._mark(node),
        )

    def _binary(self, node: ast.BinOp) -> s.Expression:
        operations = [node]
        while isinstance(operations[-1].left, ast.BinOp):
            operations.append(operations[-1].left)
        if len(operations) > _MANY_OPERATIONS:
            # A long sum of texts, say: what it comes to does not matter, what stands in it does.
            operands = [operations[-1].left, *(each.right for each in reversed(operations))]
            return s.Opaque(self._each(operands))
        left, right = self._expr(node.left), self._expr(node.right)
        return s.Binary(left, binary_text(node.op), right, self._mark(node))

    def _conditional(self, node: ast.IfExp) -> s.Expression:
        test = self._expr(node.test)
        flags = self._flags
        self._flags = flags | CONDITIONAL
        conditional = s.Conditional(test, self._expr(node.body), self._expr(node.orelse))
        self._flags = flags
        return conditional

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
        flags = self._flags
        self._flags = flags | CONDITIONAL
        generators = [
            self._generator(generator, first if position == 0 else None)
            for position, generator in enumerate(node.generators)
        ]
        if isinstance(node, ast.DictComp):
            elements: tuple[s.Expression, ...] = (self._expr(node.key), self._expr(node.value))
        else:
            elements = (self._expr(node.elt),)
        self._flags = flags
        # Only walrus targets are left: they bind in the scope around the comprehension.
        self._open.bound |= outer
        is_async = any(generator.is_async for generator in node.generators)
        return s.Comprehension(_COMPREHENSIONS[type(node)], elements, tuple(generators), is_async)

    def _generator(self, node: ast.comprehension, iterable: s.Expression | None) -> s.Generator:
        if iterable is None:
            iterable = self._expr(node.iter)
        target = self._comprehension_target(node.target)
        return s.Generator(target, iterable, self._each(node.ifs))

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
                spec = self._perhaps(value.format_spec)
                if spec is not None:
                    values.append(s.Opaque((inner, spec)))
                else:
                    values.append(inner if value.conversion == -1 else s.Opaque((inner,)))
            else:
                values.append(self._expr(value))
        return s.Joined(tuple(values))

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> s.Expression:
        self._open.has_yield = True
        return s.Yield(self._perhaps(node.value), isinstance(node, ast.YieldFrom))

    def _await(self, node: ast.Await) -> s.Expression:
        return s.Await(self._expr(node.value))


_NOTHING: Final = s.Opaque()


def has_no_effect(expression: s.Expression) -> bool:
    """Whether nothing happens when an expression is evaluated."""
    kind = expression.__class__
    return kind is s.Constant or (kind is s.Opaque and not expression.parts)  # type: ignore[union-attr]


def binary_text(operator: ast.operator) -> str:
    """A binary operator as it is written; `?` for those that no value in here knows."""
    return _BINARY.get(type(operator), "?")


_DISPLAYS: Final = {
    ast.Tuple: s.DisplayKind.TUPLE,
    ast.List: s.DisplayKind.LIST,
    ast.Set: s.DisplayKind.SET,
}
_COMPREHENSIONS: Final = {
    ast.ListComp: s.ComprehensionKind.LIST,
    ast.SetComp: s.ComprehensionKind.SET,
    ast.DictComp: s.ComprehensionKind.DICT,
    ast.GeneratorExp: s.ComprehensionKind.GENERATOR,
}
_BINARY: Final[dict[type[ast.operator], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Mod: "%",
    ast.BitOr: "|",
    ast.BitAnd: "&",
    ast.Div: "/",
    ast.FloorDiv: "//",
}

_Lower = Callable[[ExpressionLowering, Any], s.Expression]

_OPAQUE: Final[_Lower] = ExpressionLowering._opaque
_DEEPEST: Final = 150
"""Levels of expressions in one another. Python allows 200 of brackets (MAXLEVEL in
Parser/tokenizer.h), and thousands of what needs none, like `a.b.c` or `not not a`."""
_MANY_OPERATIONS: Final = 100

_EXPRESSIONS: Final[dict[type[ast.expr], _Lower]] = {
    ast.Constant: ExpressionLowering._constant,
    ast.Name: ExpressionLowering._name,
    ast.Attribute: ExpressionLowering._attribute,
    ast.Subscript: ExpressionLowering._subscript,
    ast.Slice: ExpressionLowering._slice,
    ast.Call: ExpressionLowering._call,
    ast.Starred: ExpressionLowering._starred,
    ast.Tuple: ExpressionLowering._display,
    ast.List: ExpressionLowering._display,
    ast.Set: ExpressionLowering._display,
    ast.Dict: ExpressionLowering._dict,
    ast.BoolOp: ExpressionLowering._bool_op,
    ast.UnaryOp: ExpressionLowering._unary,
    ast.Compare: ExpressionLowering._compare,
    ast.BinOp: ExpressionLowering._binary,
    ast.IfExp: ExpressionLowering._conditional,
    ast.Lambda: ExpressionLowering._lambda,
    ast.ListComp: ExpressionLowering._comprehension,
    ast.SetComp: ExpressionLowering._comprehension,
    ast.DictComp: ExpressionLowering._comprehension,
    ast.GeneratorExp: ExpressionLowering._comprehension,
    ast.NamedExpr: ExpressionLowering._walrus,
    ast.JoinedStr: ExpressionLowering._joined,
    ast.Yield: ExpressionLowering._yield,
    ast.YieldFrom: ExpressionLowering._yield,
    ast.Await: ExpressionLowering._await,
}

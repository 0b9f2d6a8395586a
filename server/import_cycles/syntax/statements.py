"""From statements of a syntax tree to steps; definitions apart, which `lower` knows.

While it walks, it carries what stands over the current statement (a test, a `try`), so that each
import gets its kind and flags on the spot.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final, TypeAlias

from import_cycles.base.record import entity
from import_cycles.libraries.facts import Swallows
from import_cycles.libraries.table import facts
from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import unbound
from import_cycles.syntax.decide import Decider
from import_cycles.syntax.expressions import (
    CONDITIONAL,
    ExpressionLowering,
    binary_text,
    has_no_effect,
)
from import_cycles.syntax.importing import ImportReader, catches_import_error
from import_cycles.syntax.imports import ImportFlag, ImportRecord, When
from import_cycles.syntax.lazy_imports import (
    LAZY_MODULES,
    LAZY_SINCE,
    NOT_KNOWN,
    Listed,
    MisplacedLazyError,
    NotKnown,
    joined,
    listed_by,
    misplaced,
)
from import_cycles.syntax.newer_syntax import TypeAliasStatement
from import_cycles.syntax.parsing import Place, is_lazy
from import_cycles.syntax.target import LazyMode, PythonTarget

_GUARDED: Final = ImportFlag.GUARDED.value
_STAR: Final = ImportFlag.STAR.value
_flags_of: Final = lru_cache(ImportFlag)
"""Flags of their number: operations on flags take longer than all else that an import costs."""

Steps: TypeAlias = tuple[s.Step, ...]


@entity
class Tries:
    """How many parts of `try` statements stand around the current place, in its scope."""

    parts: int = 0
    eager_parts: int = 0
    """Those in which every import is eager (Python/codegen.c): body and handlers."""


class StatementLowering(ExpressionLowering):
    """The part of `import_cycles.syntax.lower.Lowering` that knows statements."""

    def __init__(self, target: PythonTarget, lazy_places: frozenset[Place]) -> None:
        decider = Decider(target)
        super().__init__(ImportReader(decider), decider)
        self._target = target
        self._lazy_places = lazy_places
        self._listed: Listed | NotKnown | None = None
        """What `__lazy_modules__` lists at the current place; None where there is none."""
        self._tries = Tries()
        self.misplaced_lazy: MisplacedLazyError | None = None
        """The first `lazy` that stands where it may not."""
        self._annotations_evaluated = target.version < (3, 14)
        self.does_not_compile = False
        """Whether a function has two parameters of one name, or a star-import."""
        self._first_import = 0
        """The number of the first import that is found."""

    def _block(self, body: Sequence[ast.stmt]) -> s.Block:
        """The steps of some statements; see `import_cycles.syntax.lower`."""
        raise NotImplementedError

    def _is_left_out(self, statement: ast.stmt) -> bool:
        """Whether `_block` makes no steps of a statement; see `import_cycles.syntax.lower`."""
        raise NotImplementedError

    # --- context ---------------------------------------------------------------------------

    @contextmanager
    def _under(self, when: When | None = None, flags: int = 0) -> Iterator[None]:
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
        if truth or not body:
            return self._block(body)
        saved = self._when, self._flags
        self._enter_branch(truth, never)
        block = self._block(body)
        self._when, self._flags = saved
        return block

    # --- statements ------------------------------------------------------------------------

    def _expression_statement(self, node: ast.Expr) -> Steps:
        value = self._expr(node.value)
        self._change_lazy_modules(node)
        return () if has_no_effect(value) else (s.Evaluate(value),)

    def _import(self, node: ast.Import | ast.ImportFrom) -> Iterator[s.Step]:
        has_keyword = is_lazy(node, self._lazy_places)
        if has_keyword:
            self._check_lazy(node)
        mark = self._mark(node)
        for found, names in self._reader.records(node):
            when, is_star = self._when, found.flags is not ImportFlag.NONE
            flags = _flags_of(self._flags | _STAR if is_star else self._flags)
            may_be_lazy = self._may_be_lazy(found, flags)
            if has_keyword or (may_be_lazy and self._target.lazy_imports is LazyMode.ALL):
                flags |= ImportFlag.LAZY
                when = When.DEFERRED if when is When.RUNTIME else when
            listed = self._listed if may_be_lazy else None
            if isinstance(listed, NotKnown):
                flags |= ImportFlag.CONDITIONAL
                listed = None
            self.imports.append(
                ImportRecord(
                    found.module, found.level, found.names, found.bound_as,
                    found.site, found.statement, self._open.number, when, flags,
                    may_be_lazy, listed,
                )
            )  # fmt: skip
            if is_star:
                self._decider.bind_anything()
                self.does_not_compile |= self._open.number > 0
            for name, origin in names:
                self._bind(name)
                if self._open.number == 0:
                    self._decider.bind_import(name, origin)
            yield s.Import(self._first_import + len(self.imports) - 1, mark)

    def _assign(self, node: ast.Assign) -> Steps:
        value = self._expr(node.value)
        targets = tuple([self._target_of(target, node.value) for target in node.targets])
        return (s.Assign(targets, value),)

    # --- laziness --------------------------------------------------------------------------

    def _check_lazy(self, node: ast.Import | ast.ImportFrom) -> None:
        message = misplaced(
            node,
            in_try=self._tries.parts > 0,
            in_function=self._open.number > 0,
            in_class=self._class_depth > 0,
        )
        if message is not None and self.misplaced_lazy is None:
            error = MisplacedLazyError(message)
            error.lineno = node.lineno + self._reader.shift
            self.misplaced_lazy = error

    def _may_be_lazy(self, found: ImportRecord, flags: ImportFlag) -> bool:
        if self._open.number or self._class_depth or self._target.version < LAZY_SINCE:
            return False
        is_odd = ImportFlag.STAR in flags or found.module == "__future__"
        return not is_odd and not self._tries.eager_parts

    def _bind(self, name: str, value: ast.expr | None = None) -> None:
        if name == LAZY_MODULES and not self._open.number and not self._class_depth:
            is_certain = not self._flags & CONDITIONAL
            self._listed = listed_by(value) if is_certain else NOT_KNOWN
        super()._bind(name, value)

    def _change_lazy_modules(self, node: ast.Expr) -> None:
        """A call of a method of the list, as a statement."""
        match node.value:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name == LAZY_MODULES:
                self._listed = NOT_KNOWN
            case _:
                pass

    @contextmanager
    def _in_try(self, *, is_eager: bool = True) -> Iterator[None]:
        """A part of a `try`; imports in one that is not eager can be made lazy."""
        self._tries.parts += 1
        self._tries.eager_parts += is_eager
        try:
            yield
        finally:
            self._tries.parts -= 1
            self._tries.eager_parts -= is_eager

    def _augmented(self, node: ast.AugAssign) -> Steps:
        listed = self._listed
        target = self._target_of(node.target)
        value = self._expr(node.value)
        if isinstance(node.target, ast.Name) and node.target.id == LAZY_MODULES:
            is_certain = not self._flags & CONDITIONAL and not self._open.number
            self._listed = joined(listed, listed_by(node.value)) if is_certain else NOT_KNOWN
        return (s.AugmentedAssign(target, binary_text(node.op), value, self._mark(node)),)

    def _annotated(self, node: ast.AnnAssign) -> Steps:
        value = self._perhaps(node.value)
        # A bare `name: int` binds nothing, but makes the name a local of a function.
        if node.value is None and isinstance(node.target, ast.Name):
            if self._open.number:
                self._open.bound.add(node.target.id)
            target: s.Target = s.NameTarget(node.target.id, self._mark(node.target))
        else:
            target = self._target_of(node.target, node.value)
        in_function = self._open.number != 0 and not self._class_depth
        evaluated = self._annotations_evaluated and not in_function
        return (
            s.AnnotatedAssign(target, self._expr(node.annotation) if evaluated else None, value),
        )

    def _delete(self, node: ast.Delete) -> Steps:
        bound = self._open.bound
        self._open.bound = set()
        step = s.Delete(tuple([self._target_of(target) for target in node.targets]))
        if not self._open.number:
            # In a function it makes the name a local, in a module it binds nothing.
            self._open.bound.difference_update(unbound(step))
        self._open.bound |= bound
        return (step,)

    def _if(self, node: ast.If) -> Steps:
        branches: list[tuple[s.Expression, s.Block]] = []
        saved = self._when, self._flags
        while True:
            truth = self._decider.truth(node.test)
            test = self._expr(node.test)
            is_main = truth is not None and _asks_for_main(node.test)
            never = When.DEFERRED if is_main else When.TYPING
            branches.append((test, self._branch(truth, node.body, never=never)))
            self._enter_branch(None if truth is None else not truth, never)
            following = node.orelse[0] if len(node.orelse) == 1 else None
            if not isinstance(following, ast.If) or self._is_left_out(following):
                break
            # The chain is followed here, for it may be longer than calls can be nested.
            node = following
        orelse = self._block(node.orelse)
        self._when, self._flags = saved
        return (_chain(branches, orelse),)

    def _enter_branch(self, truth: bool | None, never: When) -> None:
        """What follows runs if `truth`; when it is known not to, its imports are of kind `never`."""
        if truth is None:
            self._flags |= CONDITIONAL
        elif not truth and self._when is not When.TYPING:
            self._when = never

    def _while(self, node: ast.While) -> Steps:
        truth = self._decider.truth(node.test)
        test = self._expr(node.test)
        body = self._branch(truth, node.body, never=When.TYPING)
        return (s.While(test, body, self._branch(None, node.orelse, never=When.TYPING)),)

    def _for(self, node: ast.For | ast.AsyncFor) -> Steps:
        iterable = self._expr(node.iter)
        target = self._target_of(node.target)
        body = self._branch(None, node.body, never=When.TYPING)
        orelse = self._branch(None, node.orelse, never=When.TYPING)
        return (s.For(target, iterable, body, orelse, isinstance(node, ast.AsyncFor)),)

    def _try(self, node: ast.Try) -> Steps:
        guards = any(catches_import_error(handler.type) for handler in node.handlers)
        with self._under(flags=_GUARDED if guards else 0), self._in_try():
            body = self._block(node.body)
        with self._in_try():
            handlers = tuple([self._handler(handler) for handler in node.handlers])
        # CPython compiles `else` and `finally` outside of the block that it sets up for the body.
        with self._in_try(is_eager=bool(node.finalbody)):
            if node.handlers:
                orelse = self._branch(None, node.orelse, never=When.TYPING)
            else:
                orelse = self._block(node.orelse)
        with self._in_try(is_eager=False):
            finalbody = self._block(node.finalbody)
        return (s.Try(body, handlers, orelse, finalbody, type(node).__name__ == "TryStar"),)

    def _handler(self, node: ast.ExceptHandler) -> s.Handler:
        catches = self._perhaps(node.type)
        if node.name:
            self._bind(node.name)
        return s.Handler(catches, node.name, self._branch(None, node.body, never=When.TYPING))

    def _with(self, node: ast.With | ast.AsyncWith) -> Steps:
        return (self._with_items(node, node.items),)

    def _with_items(self, node: ast.With | ast.AsyncWith, items: Sequence[ast.withitem]) -> s.Step:
        first, rest = items[0], items[1:]
        context = self._expr(first.context_expr)
        mark = self._mark(first.context_expr)
        target = self._target_of(first.optional_vars) if first.optional_vars else None
        with self._under(flags=_GUARDED if self._suppresses(first.context_expr) else 0):
            body: s.Block
            if rest:
                body = (self._with_items(node, rest),)
            else:
                body = self._block(node.body)
        return s.With(context, target, body, isinstance(node, ast.AsyncWith), mark)

    def _suppresses(self, context: ast.expr) -> bool:
        if not isinstance(context, ast.Call) or not any(map(catches_import_error, context.args)):
            return False
        origin = self._decider.origin(context.func)
        if origin is None:
            # Bound inside a function, where the pass keeps no aliases.
            return ast.unparse(context.func).endswith("suppress")
        return facts(origin).swallows is Swallows.GIVEN

    def _match(self, node: ast.Match) -> Steps:
        subject = self._expr(node.subject)
        cases = []
        for case in node.cases:
            pattern = self._pattern(case.pattern)
            guard = self._perhaps(case.guard)
            body = self._branch(None, case.body, never=When.TYPING)
            cases.append(s.Case(pattern, guard, body))
        return (s.Match(subject, tuple(cases)),)

    def _raise(self, node: ast.Raise) -> Steps:
        return (s.Raise(self._perhaps(node.exc), self._perhaps(node.cause), self._mark(node)),)

    def _assert(self, node: ast.Assert) -> Steps:
        test = self._expr(node.test)
        with self._under(flags=CONDITIONAL):
            message = self._perhaps(node.msg)
        return (s.Assert(test, message, self._mark(node)),)

    def _return(self, node: ast.Return) -> Steps:
        return (s.Return(self._perhaps(node.value)),)

    def _break(self, node: ast.Break) -> Steps:
        return (s.Break(),)

    def _continue(self, node: ast.Continue) -> Steps:
        return (s.Continue(),)

    def _global(self, node: ast.Global) -> Steps:
        self._open.global_names.update(node.names)
        self._decider.bind_elsewhere(node.names)
        return ()

    def _nonlocal(self, node: ast.Nonlocal) -> Steps:
        self._open.nonlocal_names.update(node.names)
        return ()

    def _type_alias(self, node: ast.stmt) -> Steps:
        name = node.name.id  # type: ignore[attr-defined]
        self._bind(name)
        return (s.DefineTypeAlias(name),)


def _asks_for_main(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))


def _chain(branches: Sequence[tuple[s.Expression, s.Block]], orelse: s.Block) -> s.Step:
    """The step of an `if` with these tests and blocks, those of `elif` included.

    A long chain becomes a `match` in which only guards decide: it does the same, and its branches
    lie beside one another instead of inside one another.
    """
    if len(branches) > _LONG_CHAIN:
        anything = s.CapturePattern(None, None)
        cases = [s.Case(anything, test, body) for test, body in branches]
        return s.Match(s.Constant(None), (*cases, s.Case(anything, None, orelse)))
    test, body = branches[-1]
    step = s.If(test, body, orelse)
    for test, body in reversed(branches[:-1]):
        step = s.If(test, body, (step,))
    return step


_LONG_CHAIN: Final = 50

Lower: TypeAlias = Callable[[Any, Any], Iterable[s.Step]]
STATEMENTS: Final[dict[type[ast.stmt], Lower]] = {
    ast.Expr: StatementLowering._expression_statement,
    ast.Import: StatementLowering._import,
    ast.ImportFrom: StatementLowering._import,
    ast.Assign: StatementLowering._assign,
    ast.AugAssign: StatementLowering._augmented,
    ast.AnnAssign: StatementLowering._annotated,
    ast.Delete: StatementLowering._delete,
    ast.If: StatementLowering._if,
    ast.While: StatementLowering._while,
    ast.For: StatementLowering._for,
    ast.AsyncFor: StatementLowering._for,
    ast.Try: StatementLowering._try,
    ast.With: StatementLowering._with,
    ast.AsyncWith: StatementLowering._with,
    ast.Match: StatementLowering._match,
    ast.Raise: StatementLowering._raise,
    ast.Assert: StatementLowering._assert,
    ast.Return: StatementLowering._return,
    ast.Break: StatementLowering._break,
    ast.Continue: StatementLowering._continue,
    ast.Global: StatementLowering._global,
    ast.Nonlocal: StatementLowering._nonlocal,
    TypeAliasStatement: StatementLowering._type_alias,
}
"""How each kind of statement is lowered, but for definitions; others do nothing."""
for _name, _lower in (
    ("TryStar", StatementLowering._try),
    ("TypeAlias", StatementLowering._type_alias),
):
    if hasattr(ast, _name):
        STATEMENTS[getattr(ast, _name)] = _lower

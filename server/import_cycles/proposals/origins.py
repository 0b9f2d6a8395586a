"""The meaning of a dotted expression in a module: which class, function or package.

`Base` in `class Order(Base)` is followed through imports and re-exports to the statement that
defines it, in any module of the project, or to the name of a package outside. A name that is bound
in two ways, or computed, is unknown.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from import_cycles.base.names import ModuleName
from import_cycles.base.record import entity, field, record
from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import Binder, Imports, binders
from import_cycles.syntax.imports import ImportFlag, ImportRecord
from import_cycles.syntax.steps import ModuleSummary

SummaryOf = Callable[[ModuleName], "ModuleSummary | None"]
Resolve = Callable[[ModuleName, str, int], "ModuleName | None"]

_DEPTH: Final = 20
"""Re-exports that are followed."""


@record
class External:
    """Something from outside the project, by its dotted name."""

    dotted: str

    @property
    def package(self) -> str:
        """The top-level package."""
        return self.dotted.partition(".")[0]


@record
class OwnClass:
    """A class of the project."""

    module: ModuleName
    step: s.DefineClass


@record
class OwnFunction:
    """A function of the project."""

    module: ModuleName
    step: s.DefineFunction


@record
class OwnValue:
    """A variable of the project that one assignment binds, and what is read of it."""

    module: ModuleName
    value: s.Expression
    attributes: tuple[str, ...]


@record
class UnknownOrigin:
    """The origin is unknown."""


Origin: TypeAlias = "External | OwnClass | OwnFunction | OwnValue | UnknownOrigin"

_UNKNOWN: Final = UnknownOrigin()


def dotted_parts(node: ast.expr) -> tuple[str, ...]:
    """The parts of a name with attributes, its subscript and call left out; empty for others."""
    match node:
        case ast.Name(id=name):
            return (name,)
        case ast.Attribute(value=value, attr=attribute):
            inner = dotted_parts(value)
            return (*inner, attribute) if inner else ()
        case ast.Subscript(value=value) | ast.Call(func=value):
            return dotted_parts(value)
        case _:
            return ()


def step_parts(value: s.Expression) -> tuple[str, ...]:
    """The same for an expression of a summary."""
    match value:
        case s.Name(name=name):
            return (name,)
        case s.Attribute(value=inner, attribute=attribute):
            parts = step_parts(inner)
            return (*parts, attribute) if parts else ()
        case s.Subscript(value=inner) | s.Call(function=inner):
            return step_parts(inner)
        case _:
            return ()


@entity
class Origins:
    """Answers about the modules of one project. Cost: a walk over each module that it looks at."""

    summary_of: SummaryOf
    resolve: Resolve
    _binders: dict[ModuleName, tuple[ModuleSummary, dict[str, list[Binder]]]] = field(
        default_factory=dict
    )

    def of(self, module: ModuleName, parts: tuple[str, ...], depth: int = _DEPTH) -> Origin:
        """What the dotted name means at the end of a module's body."""
        summary = self.summary_of(module)
        if summary is None or not parts or depth == 0:
            return _UNKNOWN
        head, rest = parts[0], parts[1:]
        own = self._binders_of(module, summary).get(head, [])
        found = [
            *self._imported(module, _imports(own, summary), parts, depth),
            *_defined(module, own, rest, summary.imports),
        ]
        if any(head in code.global_names for code in summary.codes):
            found.append(_UNKNOWN)
        if len(found) == 1:
            return found[0]
        if not found:
            starred = list(self._starred(module, summary, parts, depth))
            if starred:
                return starred[0] if len(starred) == 1 else _UNKNOWN
            if hasattr(builtins, head) and not _has_star(summary):
                return External(".".join(("builtins", *parts)))
        return _UNKNOWN

    def _binders_of(self, module: ModuleName, summary: ModuleSummary) -> dict[str, list[Binder]]:
        known = self._binders.get(module)
        if known is None or known[0] is not summary:
            found = binders(summary.codes[0].body, summary.imports)
            known = self._binders[module] = (summary, found)
        return known[1]

    def _imported(
        self,
        module: ModuleName,
        imports: list[ImportRecord],
        parts: tuple[str, ...],
        depth: int,
    ) -> Iterator[Origin]:
        plain = [each for each in imports if each.names is None]
        if plain:
            yield self._of_module(module, plain, parts, depth)
        seen: set[tuple[str, int, str]] = set()
        for each in imports:
            for name in each.names or ():
                asked = (each.module, each.level, name.name)
                if name.bound_as == parts[0] and asked not in seen:
                    seen.add(asked)
                    yield self._of_name(module, each, name.name, parts[1:], depth)

    def _of_module(
        self,
        module: ModuleName,
        plain: list[ImportRecord],
        parts: tuple[str, ...],
        depth: int,
    ) -> Origin:
        first = plain[0]
        if first.bound_as is not None:
            if len({each.module for each in plain}) > 1:
                return _UNKNOWN
            parts = (*first.module.split("."), *parts[1:])
        for length in range(len(parts) - 1, 0, -1):
            target = self.resolve(module, ".".join(parts[:length]), 0)
            if target is not None:
                return self.of(target, parts[length:], depth - 1)
        if self.resolve(module, ".".join(parts), 0) is not None:
            return _UNKNOWN
        return External(".".join(parts))

    def _of_name(
        self,
        module: ModuleName,
        imported: ImportRecord,
        name: str,
        rest: tuple[str, ...],
        depth: int,
    ) -> Origin:
        target = self.resolve(module, imported.module, imported.level)
        joined = f"{imported.module}.{name}" if imported.module else name
        child = self.resolve(module, joined, imported.level)
        if target is not None:
            summary = self.summary_of(target)
            if child is None or (summary is not None and summary.may_bind(name)):
                return self.of(target, (name, *rest), depth - 1)
        if child is not None:
            return self.of(child, rest, depth - 1)
        if imported.level:
            return _UNKNOWN
        return External(".".join((joined, *rest)))

    def _starred(
        self, module: ModuleName, summary: ModuleSummary, parts: tuple[str, ...], depth: int
    ) -> Iterator[Origin]:
        for each in summary.imports:
            if ImportFlag.STAR in each.flags and each.code == 0:
                target = self.resolve(module, each.module, each.level)
                if target is None:
                    yield _UNKNOWN
                    continue
                found = self.of(target, parts, depth - 1)
                is_builtin = isinstance(found, External) and found.package == "builtins"
                if found != _UNKNOWN and not is_builtin:
                    yield found


def _has_star(summary: ModuleSummary) -> bool:
    return any(ImportFlag.STAR in each.flags for each in summary.imports)


def _imports(own: list[Binder], summary: ModuleSummary) -> list[ImportRecord]:
    return [summary.imports[step.import_id] for step, _ in own if isinstance(step, s.Import)]


def _defined(
    module: ModuleName, own: list[Binder], rest: tuple[str, ...], imports: Imports
) -> Iterator[Origin]:
    """What the steps that bind a name, imports apart, make it."""
    for step, value in own:
        match step:
            case s.Import():
                pass
            case s.DefineClass() if value is None:
                yield _inside(module, step, rest, imports)
            case s.DefineFunction() if value is None and not rest:
                yield OwnFunction(module, step)
            case s.Assign() | s.AnnotatedAssign() if value is not None:
                yield OwnValue(module, value, rest)
            case _:
                yield _UNKNOWN


def _inside(
    module: ModuleName, step: s.DefineClass, rest: tuple[str, ...], imports: Imports
) -> Origin:
    if not rest:
        return OwnClass(module, step)
    match binders(step.body, imports).get(rest[0]):
        case [(s.DefineClass() as inner, None)]:
            return _inside(module, inner, rest[1:], imports)
        case _:
            return _UNKNOWN

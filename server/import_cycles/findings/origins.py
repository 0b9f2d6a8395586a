"""What a dotted expression of a module stands for: which class, function or package.

`Base` in `class Order(Base)` is followed through imports and re-exports to the statement that
defines it, in whatever module of the project that is, or to the name of a package outside.
Whatever is bound in two ways, or computed, is unknown.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from import_cycles.base.names import ModuleName
from import_cycles.base.record import record
from import_cycles.syntax import steps as s
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
    """Nothing that can be told."""


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


@record
class Origins:
    """Answers about the modules of one project."""

    summary_of: SummaryOf
    resolve: Resolve

    def of(self, module: ModuleName, parts: tuple[str, ...], depth: int = _DEPTH) -> Origin:
        """What the dotted name means at the end of a module's body."""
        summary = self.summary_of(module)
        if summary is None or not parts or depth == 0:
            return _UNKNOWN
        head, rest = parts[0], parts[1:]
        found = [
            *self._imported(module, summary, parts, depth),
            *_defined(module, summary, head, rest),
        ]
        if len(found) == 1:
            return found[0]
        if not found:
            starred = list(self._starred(module, summary, parts, depth))
            if starred:
                return starred[0] if len(starred) == 1 else _UNKNOWN
            if hasattr(builtins, head) and not _has_star(summary):
                return External(".".join(("builtins", *parts)))
        return _UNKNOWN

    def _imported(
        self, module: ModuleName, summary: ModuleSummary, parts: tuple[str, ...], depth: int
    ) -> Iterator[Origin]:
        head = parts[0]
        plain = [
            each
            for each in summary.imports
            if each.code == 0 and each.names is None and _bound(each) == head
        ]
        if plain:
            yield self._of_module(module, plain, parts, depth)
        seen: set[tuple[str, int, str]] = set()
        for each in summary.imports:
            for name in each.names or ():
                asked = (each.module, each.level, name.name)
                if each.code == 0 and name.bound_as == head and asked not in seen:
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


def _bound(imported: ImportRecord) -> str:
    return imported.bound_as or imported.module.partition(".")[0]


def _has_star(summary: ModuleSummary) -> bool:
    return any(ImportFlag.STAR in each.flags for each in summary.imports)


def _defined(
    module: ModuleName, summary: ModuleSummary, name: str, rest: tuple[str, ...]
) -> list[Origin]:
    found: list[Origin] = []
    for step in _steps(summary.codes[0].body):
        match step:
            case s.DefineClass(name=bound) if bound == name:
                found.append(_inside(module, step, rest))
            case s.DefineFunction(name=bound) if bound == name:
                found.append(OwnFunction(module, step) if not rest else _UNKNOWN)
            case s.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, s.NameTarget) and target.name == name:
                        found.append(OwnValue(module, value, rest))
                    elif name in _names(target):
                        found.append(_UNKNOWN)
            case s.AnnotatedAssign(target=s.NameTarget(name=bound), value=value) if (
                bound == name and value is not None
            ):
                found.append(OwnValue(module, value, rest))
            case _:
                pass
    if not found and name in summary.codes[0].local_names and not _is_imported(summary, name):
        return [_UNKNOWN]
    return found


def _is_imported(summary: ModuleSummary, name: str) -> bool:
    return any(
        _bound(each) == name
        if each.names is None
        else any(item.bound_as == name for item in each.names)
        for each in summary.imports
        if each.code == 0
    )


def _inside(module: ModuleName, step: s.DefineClass, rest: tuple[str, ...]) -> Origin:
    if not rest:
        return OwnClass(module, step)
    for inner in step.body:
        if isinstance(inner, s.DefineClass) and inner.name == rest[0]:
            return _inside(module, inner, rest[1:])
    return _UNKNOWN


def _steps(block: s.Block) -> Iterator[s.Step]:
    """The statements of the module's scope, those inside of compound ones too."""
    for step in block:
        yield step
        match step:
            case s.If() | s.While() | s.For():
                yield from _steps(step.body)
                yield from _steps(step.orelse)
            case s.Try():
                for part in (step.body, step.orelse, step.finalbody):
                    yield from _steps(part)
                for handler in step.handlers:
                    yield from _steps(handler.body)
            case s.With():
                yield from _steps(step.body)
            case s.Match():
                for case in step.cases:
                    yield from _steps(case.body)
            case _:
                pass


def _names(target: s.Target) -> Iterator[str]:
    match target:
        case s.NameTarget(name=name):
            yield name
        case s.TupleTarget(items=items):
            for item in items:
                yield from _names(item)
        case _:
            return

"""The statements of plain modules (`simulate.plain_modules`): what they bind, if they do nothing else.

A statement is plain if executing it binds names and changes nothing else that a first import shows,
whatever state other modules are in: definitions of functions and of classes, constants, names that the module
has bound above, calls of Python's own library with nothing but literals. Code at the top level runs
straight through, so a name stands for what the last statement above has bound.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from import_cycles.base.record import record
from import_cycles.libraries.facts import NONE, Calls, Gives, Imports, Options
from import_cycles.libraries.table import facts, is_standard
from import_cycles.resolve.layout import ModuleFile
from import_cycles.simulate.library_calls import LIBRARY_CALLS
from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import imported_names
from import_cycles.syntax.imports import ImportRecord
from import_cycles.syntax.target import PythonTarget

BASES: Final = frozenset(
    name
    for name, value in vars(builtins).items()
    if value is object or (isinstance(value, type) and issubclass(value, BaseException))
)
"""Builtin classes of which one makes others without anything else happening."""

_WRAPPERS: Final = frozenset({"property", "staticmethod", "classmethod"})
_BUILTINS: Final = frozenset(vars(builtins)) - {"__build_class__", "__import__", "__loader__"}
_INERT_DUNDERS: Final = frozenset(
    f"__{name}__"
    for name in ("all", "version", "author", "email", "license", "copyright", "date", "status")
)
"""Names with underscores that code outside of the module reads only by name, or for a star-import."""

_WITH_ACTS_OF_THEIR_OWN: Final = (
    "builtins",
    "sys",
    "importlib",
    "asyncio",
    "functools",
    "dataclasses",
)
"""Parts of Python's library some of whose functions the machine knows singly."""


@record
class FromModule:
    """What a `from` import of a project's module gives."""

    owner: ModuleFile
    name: str


@record
class OwnClass:
    """A class of the module: its bases, as far as they are none of Python's own."""

    bases: tuple[FromModule | OwnClass, ...]


_Value: TypeAlias = "str | FromModule | OwnClass | None"
"""What a name stands for: something from outside by its dotted name, or anything else."""


class NotPlainError(Exception):
    """The machine must run."""


class PlainScope:
    """The names of a module while its statements are read one after the other."""

    def __init__(self, target: PythonTarget) -> None:
        self._target = target
        self.bound: dict[str, int] = {}
        """The position of the statement that binds each name first."""
        self.bases: list[FromModule] = []
        """What other modules of the project give that must be a class without acts of its own."""
        self._values: dict[str, _Value] = {}
        self._rebound: set[str] = set()
        self._builtins: set[str] = set()
        """Builtin names that are read, which the module must not bind."""
        self.calls = False
        """Whether something from outside is called, which might raise."""

    def straight(
        self, block: s.Block, *, is_guarded: bool = False
    ) -> Iterator[tuple[s.Step, bool]]:
        """The statements that run if none fails, each with whether a `try` stands around it."""
        for step in block:
            match step:
                case s.Try(finalbody=(), is_group=False):
                    yield from self.straight(step.body, is_guarded=True)
                    yield from self.straight(step.orelse, is_guarded=is_guarded)
                case s.If(test=test) if self._is_for_type_checkers(test):
                    yield from self.straight(step.orelse, is_guarded=is_guarded)
                case _:
                    yield step, is_guarded

    def note_import(self, record: ImportRecord, owner: ModuleFile | None, position: int) -> None:
        """An import binds its names; `owner` is the module that it names, None outside the project."""
        names = imported_names(record)
        for name in names:
            _no_dunder(name)
        if record.names is None:
            (name,) = names
            outside = record.module if record.bound_as is not None else name
            self._bind(name, position, None if owner else outside)
            return
        for each in record.names:
            value = FromModule(owner, each.name) if owner else f"{record.module}.{each.name}"
            self._bind(each.bound_as, position, value)

    def note(self, step: s.Step, position: int) -> None:
        """Another statement binds its names. Raises NotPlainError if it may do anything else."""
        for name, value in self._defined(step, frozenset()):
            _no_dunder(name)
            self._bind(name, position, value)

    def finish(self) -> dict[str, OwnClass]:
        """The classes that names stand for from their binding on. Raises NotPlainError."""
        if not self._builtins.isdisjoint(self.bound):
            raise NotPlainError
        return {
            name: value
            for name, value in self._values.items()
            if isinstance(value, OwnClass) and name not in self._rebound
        }

    def _bind(self, name: str, position: int, value: _Value) -> None:
        if name in self.bound:
            self._rebound.add(name)
        self.bound.setdefault(name, position)
        self._values[name] = value

    def _defined(self, step: s.Step, inside: frozenset[str]) -> Iterator[tuple[str, _Value]]:
        """The names that a statement binds; `inside` are those of the class body around it."""
        match step:
            case s.Evaluate(value=value) if self._is_harmless(value, inside):
                return
            case s.Assign(targets=targets, value=value) if self._is_harmless(value, inside):
                for target in targets:
                    yield _name_of(target), None
            case s.AnnotatedAssign(target=target, annotation=annotation, value=value):
                name = _name_of(target)
                if not self._are_harmless((annotation, value), inside):
                    raise NotPlainError
                if value is not None:
                    yield name, None
            case s.DefineFunction():
                evaluated = (*step.defaults, *step.keyword_defaults, *step.annotations)
                if not self._are_harmless(evaluated, inside):
                    raise NotPlainError
                for each in step.decorators:
                    if not (isinstance(each, s.Name) and each.name in _WRAPPERS - inside):
                        raise NotPlainError
                    self._builtins.add(each.name)
                yield step.name, None
            case s.DefineClass(keywords=()):
                yield step.name, self._class(step, inside)
            case _:
                raise NotPlainError

    def _class(self, step: s.DefineClass, inside: frozenset[str]) -> OwnClass | None:
        """None for a class that should have no subclasses here."""
        is_base = not step.decorators
        for decorator in step.decorators:
            if not self._is_dataclass(decorator):
                raise NotPlainError
        bases: list[FromModule | OwnClass] = []
        for base in step.bases:
            if not isinstance(base, s.Name) or base.name in inside:
                raise NotPlainError
            value = self._values.get(base.name)
            if isinstance(value, (FromModule, OwnClass)) and len(step.bases) == 1:
                bases.append(value)
                if isinstance(value, FromModule):
                    self.bases.append(value)
            elif base.name in BASES:
                self._builtins.add(base.name)
            else:
                raise NotPlainError
        own: frozenset[str] = frozenset({"__class__"})
        for inner in step.body:
            for name, _ in self._defined(inner, own):
                is_function = isinstance(inner, s.DefineFunction)
                if name.startswith("__") and not is_function:
                    raise NotPlainError
                is_base = is_base and name not in ("__init_subclass__", "__getattr__")
                own |= {name}
            if step.decorators and not _is_field_of_dataclass(inner):
                raise NotPlainError
        return OwnClass(tuple(bases)) if is_base else None

    def _is_dataclass(self, decorator: s.Expression) -> bool:
        self.calls = True
        match decorator:
            case s.Call(function=function, arguments=(), keywords=keywords):
                is_known = all(name and isinstance(each, s.Constant) for name, each in keywords)
                return is_known and self._dotted(function) == "dataclasses.dataclass"
            case _:
                return self._dotted(decorator) == "dataclasses.dataclass"

    def _is_for_type_checkers(self, test: s.Expression) -> bool:
        return (
            self._dotted(test)
            in (
                "typing.TYPE_CHECKING",
                "typing_extensions.TYPE_CHECKING",
            )
            and not self._target.type_checking
        )

    def _dotted(self, expression: s.Expression) -> str | None:
        """The dotted name of something from outside."""
        match expression:
            case s.Name(name=name):
                value = self._values.get(name)
                return value if isinstance(value, str) else None
            case s.Attribute(value=value, attribute=attribute):
                owner = self._dotted(value)
                return None if owner is None else f"{owner}.{attribute}"
            case _:
                return None

    def _are_harmless(
        self, expressions: Iterable[s.Expression | None], inside: frozenset[str]
    ) -> bool:
        return all(each is None or self._is_harmless(each, inside) for each in expressions)

    def _is_harmless(self, value: s.Expression, inside: frozenset[str]) -> bool:
        """Whether evaluating an expression does nothing."""
        match value:
            case s.Constant():
                return True
            case s.Display(items=items):
                return self._are_harmless(items, inside)
            case s.DictDisplay(items=items):
                keys_are_plain = all(isinstance(key, s.Constant) for key, _ in items)
                return keys_are_plain and self._are_harmless((each for _, each in items), inside)
            case s.Name(name=name):
                if name in inside or name in self.bound or name == "__name__":
                    return True
                self._builtins.add(name)
                return name in _BUILTINS
            case s.Call(function=function, arguments=arguments, keywords=keywords):
                self.calls = True
                given = (*arguments, *(each for _, each in keywords))
                dotted = self._dotted(function)
                return (
                    dotted is not None
                    and all(map(_is_literal, given))
                    and all(name for name, _ in keywords)
                    and does_nothing_with_literals(dotted)
                )
            case _:
                return False


def _no_dunder(name: str) -> None:
    if name.startswith("__") and name not in _INERT_DUNDERS:
        # Some of these change how code sees the module.
        raise NotPlainError


def does_nothing_with_literals(dotted: str) -> bool:
    """Whether a call from outside the project only gives something unknown, if it gets literals."""
    if not is_standard(dotted) or dotted in LIBRARY_CALLS:
        return False
    if dotted.partition(".")[0] in _WITH_ACTS_OF_THEIR_OWN:
        return False
    does = facts(dotted)
    return (
        does.changes == NONE
        and does.calls is Calls.NEVER
        and does.gives is Gives.SOMETHING
        and does.options is Options.NEVER
        and does.imports is Imports.NOTHING
        and not (does.names_in_caller or does.hooks_imports or does.never_returns)
    )


def _is_literal(value: s.Expression) -> bool:
    match value:
        case s.Constant():
            return True
        case s.Name(name="__name__"):
            return True
        case s.Display(items=items):
            return all(map(_is_literal, items))
        case _:
            return False


def _is_field_of_dataclass(step: s.Step) -> bool:
    """Whether a statement of a dataclass gives no field a default that is made anew."""
    return isinstance(step, s.DefineFunction) or (
        isinstance(step, (s.AnnotatedAssign, s.Assign, s.Evaluate))
        and (step.value is None or isinstance(step.value, s.Constant))
    )


def _name_of(target: s.Target) -> str:
    if not isinstance(target, s.NameTarget):
        raise NotPlainError
    return target.name

"""Expressions: names, attributes and operators, in CPython's order of evaluation."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import partial
from typing import Final

from import_cycles.base.names import ModuleName, resolve_relative
from import_cycles.resolve.layout import ModuleFile
from import_cycles.resolve.targets import package_of
from import_cycles.simulate.bindings import bound_in, mentions
from import_cycles.simulate.core import Active, Core, mark_of, truth
from import_cycles.simulate.errors import Raised
from import_cycles.simulate.exposure import forget, lose_sight
from import_cycles.simulate.marks import BUILTIN, MISSED, OPEN, RUN_AS, UNKNOWN_ATTRIBUTE
from import_cycles.simulate.messages import unbound_free, unbound_local
from import_cycles.simulate.operators import binary_constant, compare_values, is_whole_text
from import_cycles.simulate.outcome import Cause, Refused
from import_cycles.simulate.stores import store
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Attributes,
    Builtin,
    Class,
    Const,
    External,
    Frame,
    Function,
    Instance,
    Lazy,
    Mapping,
    Maybe,
    Module,
    Namespace,
    Scope,
    Sequence,
    SequenceKind,
    StandIn,
    Status,
    Suspended,
    Value,
    sequence,
)
from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import STAR
from import_cycles.syntax.imports import ImportFlag, ImportRecord

MODULE_NAMES: Final = ("__name__", "__doc__", "__package__", "__loader__", "__spec__", "__file__")
"""What the namespace of a module has before its first statement, among other things."""

BUILTIN_NAMES: Final = frozenset(dir(builtins)) | {
    "BaseExceptionGroup",
    "ExceptionGroup",
    "EncodingWarning",
    "PythonFinalizationError",
    "aiter",
    "anext",
}
_SOMETIMES_BUILTIN: Final = frozenset(
    {"_", "ngettext", "get_ipython", "reveal_type", "WindowsError"}
)
_DISPLAY_KINDS: Final = {
    s.DisplayKind.TUPLE: SequenceKind.TUPLE,
    s.DisplayKind.LIST: SequenceKind.LIST,
    s.DisplayKind.SET: SequenceKind.SET,
}
_OPERATOR_METHODS: Final = {
    "+": "__add__",
    "-": "__sub__",
    "*": "__mul__",
    "|": "__or__",
    "&": "__and__",
    "/": "__truediv__",
    "//": "__floordiv__",
    "%": "__mod__",
}

_COMPARISONS: Final = {
    "==": ("__eq__", "__eq__"),
    "!=": ("__ne__", "__ne__"),
    "<": ("__lt__", "__gt__"),
    "<=": ("__le__", "__ge__"),
    ">": ("__gt__", "__lt__"),
    ">=": ("__ge__", "__le__"),
}
"""The method of each comparison, and that of the other side."""


class Expressions(Core):
    """Evaluates expressions."""

    def evaluate(self, expression: s.Expression, frame: Frame) -> Value:
        """The value of an expression."""
        handler = _HANDLERS[type(expression)]
        return handler(self, expression, frame)

    # --- names -----------------------------------------------------------------------------

    def name_value(self, name: str, frame: Frame, mark: int) -> Value:
        """What a name is bound to, looked up as CPython does; raises the program's NameError."""
        scope: Frame | None = frame
        while scope is not None and scope.scope is not Scope.MODULE:
            found = scope.names.get(name)
            if found is not None:
                return found.value if isinstance(found, Maybe) else found
            if scope.scope is Scope.FUNCTION:
                if name in scope.code.local_names:
                    return self.refuse(self._unbound(name, frame, scope, mark))
                if name in scope.code.global_names:
                    break
            scope = scope.outer
        return self._global_value(name, frame, mark)

    def _unbound(self, name: str, frame: Frame, scope: Frame, mark: int) -> Raised:
        """A variable of the function `scope`, which has no value yet or not any more."""
        inner = frame
        while inner is not scope and inner.is_inlined and inner.outer is not None:
            inner = inner.outer
        if inner is scope:
            message = unbound_local(self.world.target, name)
            return self.raised("UnboundLocalError", frame, mark, name=name, message=message)
        message = unbound_free(self.world.target, name)
        return self.raised("NameError", frame, mark, name=name, message=message)

    def _global_value(self, name: str, frame: Frame, mark: int) -> Value:
        module = frame.module
        found = module.names.get(name)
        if found is not None:
            value = found.value if isinstance(found, Maybe) else found
            if isinstance(value, Lazy):
                return self.touch(value, module.names, name, mark, frame)
            if isinstance(value, Module) and module.file.is_package:
                self.recorder.meet(value)
            return value
        implicit = implicit_attribute(module, name)
        if implicit is not None:
            return implicit
        if module.file.is_package:
            self.miss_child(module, name)
        if name in BUILTIN_NAMES:
            return Builtin(name)
        if module.is_open or name in _SOMETIMES_BUILTIN or self.is_fact((BUILTIN, name)):
            return UNKNOWN
        if frame.scope is Scope.CLASS and frame.owner is not None:
            if name in ("__qualname__", "__module__"):
                return UNKNOWN
            if frame.owner.is_altered:
                # The dict that a metaclass has prepared may have it.
                return UNKNOWN
        return self._undefined(name, frame, mark)

    def _undefined(self, name: str, frame: Frame, mark: int) -> Value:
        """A global name that is not bound."""
        failure = self.raised(
            "NameError", frame, mark, name=name, message=f"name '{name}' is not defined"
        )
        return self.missing_name(failure, frame.module, name)

    def missing_name(self, failure: Raised, module: Module, name: str) -> Value:
        """A module that is closed lacks a name: what becomes of the exception that tells so.

        Raises it if that is certain: because a circular import has failed or comes too early, or
        because a handler of the program is there for it. Gives an unknown value otherwise.
        """
        failure.cause = self._missed_in(module, name)
        if failure.cause is not None:
            raise failure
        if self._is_short_of(module, name):
            failure.partial = True
            raise failure
        if self._is_bound_by_itself(failure, module, name):
            return self.lacking(failure, f"nothing but this import binds {name} in {module.dotted}")
        if self.is_loading_child(module, name) or self.is_still_to_bind(module, name):
            is_own = failure.error == "NameError" and self._is_innermost(module)
            raise failure if is_own else self.too_early(failure, module, name)
        if self.is_awaited(failure):
            raise failure
        if self.is_fact((UNKNOWN_ATTRIBUTE, name)):
            return UNKNOWN
        summary = self.world.summary(module.name)
        if summary is not None and (
            any(name in code.global_names for code in summary.codes)
            or any(bound == name for bound, _ in bound_in(summary.codes[0].body, summary))
        ):
            # In a branch that is not taken, or it has been deleted: the model has seen it wrong.
            return self.refuse(failure)
        if self.world.find(f"{module.dotted}.{name}", module.file) is not None:
            reason = f"nothing has imported {module.dotted}.{name} by then, as far as is known"
        else:
            reason = f"nothing in the project binds {name} in {module.dotted}"
        return self.lacking(failure, reason)

    def _is_bound_by_itself(self, failure: Raised, module: Module, name: str) -> bool:
        """Whether an import of a module from itself fails for lack of a name that only it binds."""
        summary = self.world.summary(module.name)
        spot = failure.spot
        if failure.import_id is None or summary is None or spot is None:
            return False
        if spot.module != module.name or any(name in code.global_names for code in summary.codes):
            return False
        found = [step for bound, step in bound_in(summary.codes[0].body, summary) if bound == name]
        return bool(found) and all(
            isinstance(step, s.Import) and step.import_id == failure.import_id for step in found
        )

    def _is_innermost(self, module: Module) -> bool:
        """Whether no other module has begun to load since this one did."""
        return not self.stack or self.stack[-1].module is module

    def is_loading_child(self, module: Module, name: str) -> bool:
        """Whether a submodule of that name is being executed: its package has no such attribute yet."""
        file = self.world.find(f"{module.dotted}.{name}", module.file)
        child = None if file is None else self.loaded_module(file.name)
        return child is not None and child.status is Status.RUNNING

    def _missed_in(self, module: Module, name: str) -> Cause | None:
        """The circular failure because of which a module has not bound a name."""
        cause = module.fields.get((MISSED, name))
        return cause if isinstance(cause, Cause) else None

    def _is_short_of(self, module: Module, name: str) -> bool:
        """Whether a star-import, of a module that was still loading, came too early for a name."""
        return not name.startswith("_") and any(
            holder == module.name and name not in taken and self._text_binds(source.name, name)
            for holder, _, source, taken in self.short_stars
        )

    def _text_binds(self, module: ModuleName, name: str) -> bool:
        """Whether a module's text binds a name, itself or by a star-import."""
        return self._binds_somewhere(module, name, set())

    def _binds_somewhere(self, module: ModuleName, name: str, seen: set[ModuleName]) -> bool:
        summary = self.world.summary(module)
        if summary is None or module in seen:
            return False
        seen.add(module)
        if summary.binds(name):
            return True
        file = self.world.layout.module(module)
        return (
            file is not None
            and not name.startswith("_")
            and any(
                self._binds_somewhere(source, name, seen)
                for record in summary.imports
                if (source := self._star_source(record, file)) is not None
            )
        )

    def _star_source(self, record: ImportRecord, importer: ModuleFile) -> ModuleName | None:
        """The project module that a star-import takes names from; None for any other import."""
        if ImportFlag.STAR not in record.flags:
            return None
        dotted = resolve_relative(package_of(importer), record.level, record.module)
        file = self.world.find(dotted or "", importer)
        return None if file is None else file.name

    def is_still_to_bind(self, module: Module, name: str) -> bool:
        """Whether the rest of the text of a module that is being executed binds a name."""
        active = next((each for each in reversed(self.stack) if each.module is module), None)
        summary = self.world.summary(module.name)
        if active is None or summary is None:
            return False
        if any(name in code.global_names for code in summary.codes):
            return True
        for bound, step in bound_in(summary.codes[0].body[active.position :], summary):
            if bound in (name, "__getattr__"):
                return True
            if bound == STAR and isinstance(step, s.Import) and not name.startswith("_"):
                source = self._star_source(summary.imports[step.import_id], module.file)
                if source is not None and self._text_binds(source, name):
                    return True
        return False

    def too_early(self, failure: Raised, module: Module, name: str) -> Raised:
        """Mark an exception as the doing of a module that is still loading.

        It is not certain if an import of an unknown name may have loaded one of the modules before.
        """
        failure.partial = True
        failure.of = module.name
        if self.unknown_imports:
            order = {name: position for position, name in enumerate(self.loaded)}
            asking = self.stack[-1].module.name if self.stack else module.name
            newest = max(order.get(module.name, 0), order.get(asking, 0))
            first = order.get(self.unknown_imports[0], 0)
            is_child = self.world.find(f"{module.dotted}.{name}", module.file) is not None
            if newest > first or is_child:
                failure.certain = False
                failure.doubt = (
                    "a module is imported by a name that is not known before the program runs;"
                    f" unless that helps, {failure.error}: {failure.message}"
                )
        return failure

    def miss_child(self, package: Module, name: str) -> None:
        """A package lacks a name, which it would have if a submodule were loaded."""
        if not self.recorder.is_own(package):
            file = self.world.find(f"{package.dotted}.{name}", package.file)
            if file is not None:
                self.loaded_module(file.name)

    def _name(self, node: s.Name, frame: Frame) -> Value:
        name = node.name
        if frame.scope is not Scope.MODULE:
            found = frame.names.get(name)
            if found is not None and type(found) is not Maybe:
                if type(found) is StandIn:
                    self.reason_seen = found.cause
                return found
        value = self.name_value(name, frame, node.mark)
        if type(value) is StandIn:
            self.reason_seen = value.cause
        return value

    def _constant(self, node: s.Constant, frame: Frame) -> Value:
        return Const(node.value)

    def _attribute(self, node: s.Attribute, frame: Frame) -> Value:
        value = self.attribute(self.evaluate(node.value, frame), node.attribute, frame, node.mark)
        if type(value) is StandIn:
            self.reason_seen = value.cause
        return value

    # --- containers ------------------------------------------------------------------------

    def _display(self, node: s.Display, frame: Frame) -> Value:
        items, is_whole = self.expand(node.items, frame)
        result = sequence(_DISPLAY_KINDS[node.kind], tuple(items))
        if not is_whole:
            result.fields[OPEN] = True
        return result

    def expand(
        self, expressions: tuple[s.Expression, ...], frame: Frame
    ) -> tuple[list[Value], bool]:
        """The values of items or arguments with `*` spread out, and whether all are known."""
        values: list[Value] = []
        is_whole = True
        for expression in expressions:
            if isinstance(expression, s.Starred):
                spread = self.items_of(self.evaluate(expression.value, frame), frame)
                if spread is None:
                    is_whole = False
                else:
                    values.extend(spread)
            else:
                values.append(self.evaluate(expression, frame))
        return values, is_whole

    def items_of(self, value: Value, frame: Frame) -> tuple[Value, ...] | None:
        """The items of an iterable of which all are known; generators run for it."""
        match value:
            case Sequence(kind=SequenceKind.SET) if len(value.items) > 1:
                # Each of them is there, in an order that is not known.
                return None
            case Sequence():
                return None if value.is_open else value.items
            case Mapping(items=items):
                if value.is_open or any(isinstance(each, Maybe) for each in items.values()):
                    return None
                return tuple(Const(key) for key in items)
            case Namespace() | Attributes():
                return self.names_of(value)
            case Suspended(is_coroutine=False) | Instance(cls=Class()):
                return self.drained(value, frame)
            case Const(value=str(text)):
                return tuple(Const(character) for character in text)
            case _:
                return None

    def names_of(self, value: Namespace | Attributes) -> tuple[Value, ...] | None:
        """The keys of `globals()` or of an object's `__dict__`; None if not all are known."""
        if isinstance(value, Namespace):
            module = value.module
            self.recorder.look_through(module)
            names, is_whole = module.names, not module.is_open
            first: tuple[str, ...] = MODULE_NAMES
        else:
            owner = value.owner
            names, first = owner.names, ()
            is_whole = isinstance(owner, Instance) and not owner.is_open
        if not is_whole or any(isinstance(each, Maybe) for each in names.values()):
            return None
        return tuple(Const(name) for name in (*first, *(n for n in names if n not in first)))

    def drained(self, iterable: Value, frame: Frame) -> tuple[Value, ...] | None:
        """Everything that a generator gives, run to its end; None if that is not certain."""
        gathered: list[Value] = []
        doubt, is_certain = self.doubt, isinstance(iterable, Suspended)

        def gather(value: Value) -> None:
            nonlocal is_certain
            is_certain = is_certain and self.doubt == doubt
            gathered.append(value)

        self.iterate(iterable, gather, frame)
        return tuple(gathered) if is_certain else None

    def _dict(self, node: s.DictDisplay, frame: Frame) -> Value:
        result = Mapping(store())
        for key_expression, value_expression in node.items:
            if key_expression is None:
                merged = self.evaluate(value_expression, frame)
                self.update_mapping(result, merged)
                continue
            key = self.evaluate(key_expression, frame)
            value = self.evaluate(value_expression, frame)
            if isinstance(key, Const):
                result.items[key.value] = value
            else:
                forget(self.journal, result)
                lose_sight(self.journal, (value,))
        return result

    def update_mapping(self, owner: Mapping, added: Value) -> None:
        """`owner.update(added)`, `{**added}`."""
        if not isinstance(added, Mapping):
            forget(self.journal, owner)
            return
        if added.is_open:
            # What is not seen of it may replace anything.
            forget(self.journal, owner)
        for key, value in added.items.items():
            if isinstance(value, Maybe) and key in owner.items:
                value = self.joined_value(owner.items[key], value.value)
            self.journal.write(owner.items, key, value)

    def _subscript(self, node: s.Subscript, frame: Frame) -> Value:
        owner = self.evaluate(node.value, frame)
        if isinstance(node.index, s.Slice):
            return self._sliced(owner, node.index, frame)
        index = self.evaluate(node.index, frame)
        return self.item(owner, index, frame, node.mark)

    def _sliced(self, owner: Value, node: s.Slice, frame: Frame) -> Value:
        bounds = [
            None if part is None else self.evaluate(part, frame)
            for part in (node.lower, node.upper, node.step)
        ]
        known: list[int | None] = []
        for bound in bounds:
            if bound is None:
                known.append(None)
            elif isinstance(bound, Const) and isinstance(bound.value, int):
                known.append(bound.value)
            else:
                return UNKNOWN
        window = slice(*known)
        match owner:
            case External(dotted="sys.version_info") if window == slice(None, 2, None):
                version = self.world.target.version
                return sequence(SequenceKind.TUPLE, tuple(Const(part) for part in version))
            case Sequence(kind=SequenceKind.TUPLE | SequenceKind.LIST as kind) if (
                not owner.is_open and window.step != 0
            ):
                return sequence(kind, owner.items[window])
            case Const(value=str(text)) if is_whole_text(text) and window.step != 0:
                return Const(text[window])
            case _:
                return UNKNOWN

    def item(self, owner: Value, index: Value, frame: Frame, mark: int) -> Value:
        """`owner[index]`."""
        match owner, index:
            case External(dotted="sys.modules"), Const(value=str(dotted)):
                return self._loaded_module(dotted, frame, mark)
            case External(dotted="sys.version_info"), Const(value=int(position)):
                if position in (0, 1):
                    return Const(self.world.target.version[position])
                return UNKNOWN
            case Mapping(items=items), Const(value=key):
                found = items.get(key)
                if isinstance(found, Maybe):
                    return UNKNOWN
                if found is not None:
                    return found
                return UNKNOWN if owner.is_open else self.refuse_key(key, frame, mark)
            case Namespace(module=module), Const(value=str(name)):
                return self._namespace_item(module, name, frame, mark)
            case Attributes(owner=holder), Const(value=str(name)):
                return self.attribute_item(holder, name) or UNKNOWN
            case Sequence(kind=SequenceKind.TUPLE | SequenceKind.LIST as kind), Const(
                value=int(position)
            ):
                if owner.is_open:
                    return UNKNOWN
                if -len(owner.items) <= position < len(owner.items):
                    return owner.items[position]
                message = f"{kind.name.lower()} index out of range"
                return self.refuse(self.raised("IndexError", frame, mark, message=message))
            case Instance(cls=Class()), _:
                return self._special(owner, "__getitem__", (index,), frame, mark)
            case Class(), _:
                found = self.class_item(owner, index)
                if found is not None:
                    return found
                self._special(owner, "__class_getitem__", (index,), frame, mark)
                return owner
            case ((Builtin() | External()), _):
                # `list[int]`, `Generic[T]`: the class, for all that matters here.
                self.may_raise("KeyError")
                return owner
            case ((Const(value=None | bool() | int() | float()) | Module()), _):
                failure = self.raised(
                    "TypeError", frame, mark, message="object is not subscriptable"
                )
                return self.refuse(self.explained(failure, owner))
            case _:
                self.may_raise()
                return UNKNOWN

    def _namespace_item(self, module: Module, name: str, frame: Frame, mark: int) -> Value:
        """`globals()[name]`."""
        self.recorder.look_through(module)
        found = module.names.get(name)
        if isinstance(found, Maybe):
            return found.value
        found = found or implicit_attribute(module, name)
        if found is not None:
            return found
        if module.is_open:
            return UNKNOWN
        return self.refuse_key(name, frame, mark)

    def refuse_key(self, key: object, frame: Frame, mark: int) -> Value:
        """A KeyError. It is circular if a module that has not finished is to add the key."""
        failure = self.raised("KeyError", frame, mark, message=repr(key))
        for active in self.stack[:-1]:
            if isinstance(key, str) and self.is_still_to_mention(active, key):
                failure.name = key
                return self.refuse(self.too_early(failure, active.module, key))
        return self.refuse(failure)

    def is_still_to_mention(self, active: Active, text: str) -> bool:
        """Whether what a module that waits is still to execute has a literal, or a name, like this."""
        summary = self.world.summary(active.module.name)
        return summary is not None and mentions(summary.codes[0].body[active.position + 1 :], text)

    def _loaded_module(self, dotted: str, frame: Frame, mark: int) -> Value:
        """`sys.modules[dotted]`; raises the program's KeyError for a project module not loaded."""
        if dotted == "__main__":
            return UNKNOWN
        file = self.world.find(dotted, frame.module.file)
        if file is None:
            return UNKNOWN
        module = self.loaded_module(file.name)
        if module is None:
            return self.not_loaded(dotted, frame, mark)
        return module

    def not_loaded(self, dotted: str, frame: Frame, mark: int) -> Value:
        """`sys.modules` lacks a module of the project: raises a KeyError that is not certain.

        Code that is not followed may have imported the module. The run does not go on without it,
        since what the program does then tells nothing.
        """
        failure = self.raised("KeyError", frame, mark, name=dotted, message=repr(dotted))
        failure.certain = False
        failure.doubt = f"nothing has imported {dotted} by then, as far as is known"
        self.refused.append(Refused(failure.error, failure.spot, failure.message))
        raise failure

    def _special(
        self, owner: Value, name: str, arguments: tuple[Value, ...], frame: Frame, mark: int
    ) -> Value:
        method = self.attribute(owner, name, frame, mark)
        return self.call(method, arguments, {}, frame, mark)

    def special_method(self, owner: Value, name: str, frame: Frame, mark: int) -> Value | None:
        """A method that an operator calls, if the class of `owner` is of the project and has it."""
        if not isinstance(owner, Instance) or not isinstance(owner.cls, Class):
            return None
        if not any(name in cls.names for cls in owner.cls.mro):
            return None
        return self.attribute(owner, name, frame, mark)

    # --- operators -------------------------------------------------------------------------

    def truth_of(self, value: Value, frame: Frame, mark: int) -> bool | None:
        """Whether a value is true, `__bool__` and `__len__` called."""
        match value:
            case Instance(cls=Class(mro=mro, is_open=False)):
                for method in ("__bool__", "__len__"):
                    if any(method in cls.names for cls in mro):
                        return truth(self._special(value, method, (), frame, mark))
                is_plain = not any(cls.is_altered or cls.builtin_bases for cls in mro)
                return True if is_plain else None
            case Mapping(items=items):
                if any(not isinstance(each, Maybe) for each in items.values()):
                    return True
                return None if items or value.is_open else False
            case Namespace():
                return True
            case _:
                return truth(value)

    def _bool_op(self, node: s.BoolOp, frame: Frame) -> Value:
        return self._junction(node.values, 0, node.is_and, frame)

    def _junction(
        self, values: tuple[s.Expression, ...], position: int, is_and: bool, frame: Frame
    ) -> Value:
        value = self.evaluate(values[position], frame)
        if position == len(values) - 1:
            return value
        known = self.truth_of(value, frame, 0)

        def rest() -> Value:
            return self._junction(values, position + 1, is_and, frame)

        if known is None:
            if all(_is_simple(each) for each in values[position + 1 :]):
                try:
                    rest()
                except Raised as raised:
                    self.possible(raised)
                return UNKNOWN
            return self.fork_value(frame, rest, lambda: value)
        return rest() if known is is_and else value

    def _not(self, node: s.Not, frame: Frame) -> Value:
        known = self.truth_of(self.evaluate(node.value, frame), frame, 0)
        return UNKNOWN if known is None else Const(not known)

    def _compare(self, node: s.Compare, frame: Frame) -> Value:
        left = self.evaluate(node.left, frame)
        results: list[bool | None] = []
        for operator, expression in zip(node.operators, node.rights, strict=True):
            right = self.evaluate(expression, frame)
            results.append(self._comparison(left, operator, right, frame))
            if results[-1] is False:
                return Const(False)
            left = right
        return UNKNOWN if None in results else Const(True)

    def _comparison(self, left: Value, operator: str, right: Value, frame: Frame) -> bool | None:
        if operator in ("in", "not in") and isinstance(left, Const):
            found = self._contains(right, left, frame)
            return found if found is None or operator == "in" else not found
        is_turned = operator in ("not in", "!=")
        asked = self._asked(left, operator, right, frame)
        if asked is None and operator == "!=":
            asked = self._asked(left, "==", right, frame)
        elif operator == "!=":
            is_turned = False
        if asked is not None:
            known = self.truth_of(asked, frame, 0)
            return known if known is None or not is_turned else not known
        return compare_values(left, operator, right, self.world.target)

    def _asked(self, left: Value, operator: str, right: Value, frame: Frame) -> Value | None:
        """What the method of a project's class answers to a comparison; None without one."""
        if operator in ("in", "not in"):
            method = self.special_method(right, "__contains__", frame, 0)
            return None if method is None else self.call(method, (left,), {}, frame, 0)
        name, reflected = _COMPARISONS.get(operator, ("", ""))
        for owner, other, called in ((left, right, name), (right, left, reflected)):
            method = self.special_method(owner, called, frame, 0)
            if method is not None:
                answer = self.call(method, (other,), {}, frame, 0)
                if answer != Builtin("NotImplemented"):
                    return answer
        return None

    def _contains(self, container: Value, item: Const, frame: Frame) -> bool | None:
        match container, item.value:
            case External(dotted="sys.modules"), str(dotted):
                file = self.world.find(dotted, frame.module.file)
                return None if file is None else self.loaded_module(file.name) is not None
            case Namespace(module=module), str(name):
                self.recorder.look_through(module)
                if isinstance(module.names.get(name), Maybe):
                    return None
                if name in module.names or implicit_attribute(module, name) is not None:
                    return True
                return None if module.is_open else False
            case Attributes(owner=holder), str(name):
                if name in holder.names:
                    return None if isinstance(holder.names[name], Maybe) else True
                return False if self.names_of(container) is not None else None
            case Mapping(items=items), key:
                if key in items:
                    return None if isinstance(items[key], Maybe) else True
                return None if container.is_open else self._is_absent(item, frame)
            case Sequence(), _:
                if any(isinstance(each, Const) and each == item for each in container.items):
                    return True
                is_exact = all(isinstance(each, Const) for each in container.items)
                if not is_exact or container.is_open:
                    return None
                return self._is_absent(item, frame)
            case Const(value=str(text)), str(part):
                return part in text or (None if not is_whole_text(text) else False)
            case Instance(cls=Class()), _:
                method = self.special_method(container, "__contains__", frame, 0)
                if method is None:
                    return None
                return self.truth_of(self.call(method, (item,), {}, frame, 0), frame, 0)
            case _:
                return None

    def _is_absent(self, item: Const, frame: Frame) -> bool:
        """A container lacks an item: False, noted with the module that is perhaps still to add it."""
        if isinstance(item.value, str) and len(self.stack) > 1:
            self.reason_seen = partial(self._cause_of_lack, item.value, frame, tuple(self.stack))
        return False

    def _cause_of_lack(self, key: str, frame: Frame, stack: tuple[Active, ...]) -> Cause | None:
        for active in stack[:-1]:
            if self.is_still_to_mention(active, key):
                spot = self.spot(frame, 0)
                return Cause("KeyError", spot, key, active.module.name, self.chain())
        return None

    def _binary(self, node: s.Binary, frame: Frame) -> Value:
        left, right = self.evaluate(node.left, frame), self.evaluate(node.right, frame)
        return self.binary(left, node.operator, right, frame, node.mark)

    def binary(self, left: Value, operator: str, right: Value, frame: Frame, mark: int) -> Value:
        """`left operator right`."""
        name = _OPERATOR_METHODS.get(operator, "")
        if name and not isinstance(left, Instance):
            method = self.special_method(right, name.replace("__", "__r", 1), frame, mark)
            if method is not None:
                return self.call(method, (left,), {}, frame, mark)
        match left, right:
            case Const(), _:
                try:
                    result = binary_constant(left, operator, right)
                    if result is UNKNOWN:
                        self.may_raise()
                    return result
                except TypeError as error:
                    failure = self.raised("TypeError", frame, mark, message=str(error))
                    return self.refuse(self.explained(failure, left, right))
            case Sequence(kind=kind), Sequence() if kind is right.kind and operator == (
                "|" if kind is SequenceKind.SET else "+"
            ):
                is_open = left.is_open or right.is_open
                items = left.items if left.is_open else left.items + right.items
                return sequence(kind, items, is_open=is_open)
            case Mapping(), Mapping() if operator == "|":
                merged = Mapping(store(left.items), store(left.fields))
                self.update_mapping(merged, right)
                return merged
            case Instance(cls=Class()), _ if operator in _OPERATOR_METHODS:
                return self._special(left, _OPERATOR_METHODS[operator], (right,), frame, mark)
            case ((Module() | Function()), Const()):
                failure = self.raised(
                    "TypeError", frame, mark, message="unsupported operand type(s)"
                )
                return self.refuse(self.explained(failure, left, right))
            case _:
                self.may_raise()
                return UNKNOWN

    def explained(self, failure: Raised, *operands: Value) -> Raised:
        """The exception of an operation, with the circular failure that explains its operands.

        That is a stand-in of a handler, or a submodule that is found because its package has not
        yet bound something else to its name.
        """
        for operand in operands:
            if isinstance(operand, StandIn):
                failure.cause = operand.cause
            elif isinstance(operand, Module):
                package = self.loaded_package(operand)
                child = operand.dotted.rpartition(".")[2]
                if (
                    package is not None
                    and package.status is Status.RUNNING
                    and not self._is_innermost(package)
                    and package.names.get(child) is operand
                    and self.is_still_to_bind(package, child)
                ):
                    failure.name = child
                    self.too_early(failure, package, child)
        return failure

    def loaded_package(self, module: Module) -> Module | None:
        """The package around a module, if it is in `sys.modules`."""
        dotted = module.dotted.rpartition(".")[0]
        file = self.world.find(dotted, module.file) if dotted else None
        return None if file is None else self.in_modules(file.name)

    def _conditional(self, node: s.Conditional, frame: Frame) -> Value:
        known = self.truth_of(self.evaluate(node.test, frame), frame, 0)
        if known is None:
            return self.fork_value(
                frame,
                lambda: self.evaluate(node.body, frame),
                lambda: self.evaluate(node.orelse, frame),
            )
        return self.evaluate(node.body if known else node.orelse, frame)

    # --- functions and comprehensions ------------------------------------------------------

    def _lambda(self, node: s.Lambda, frame: Frame) -> Value:
        return self.make_function(node.code, node.defaults, node.keyword_defaults, frame)

    def make_function(
        self,
        number: int,
        defaults: tuple[s.Expression, ...],
        keyword_defaults: tuple[s.Expression | None, ...],
        frame: Frame,
    ) -> Function:
        """A new function object; its defaults are evaluated now."""
        values = tuple(self.evaluate(default, frame) for default in defaults)
        keyword_values = tuple(
            None if default is None else self.evaluate(default, frame)
            for default in keyword_defaults
        )
        summary = self.world.summary(frame.module.name)
        assert summary is not None, "a module that runs has a summary"
        outer: Frame | None = frame
        while outer is not None and outer.scope is Scope.CLASS:
            outer = outer.outer
        if outer is not None and outer.scope is Scope.MODULE:
            outer = None
        owner = frame.owner if frame.scope is Scope.CLASS else None
        return Function(
            frame.module, number, summary.codes[number], outer, values, keyword_values, owner=owner
        )

    def _comprehension(self, node: s.Comprehension, frame: Frame) -> Value:
        # Only the first iterable is evaluated outside the comprehension's own scope.
        first = self.evaluate(node.generators[0].iterable, frame)
        if node.kind is s.ComprehensionKind.GENERATOR:
            return Suspended((node, frame, first))
        if node.kind is s.ComprehensionKind.DICT:
            mapping = Mapping(store())
            if not self.run_comprehension(node, frame, first, partial(_put, mapping)):
                mapping.fields[OPEN] = True
            return mapping
        gathered: list[Value] = []
        is_whole = self.run_comprehension(
            node, frame, first, lambda values: gathered.append(values[0])
        )
        is_list = node.kind is s.ComprehensionKind.LIST
        result = sequence(SequenceKind.LIST if is_list else SequenceKind.SET, tuple(gathered))
        if not is_whole:
            result.fields[OPEN] = True
        return result

    def run_comprehension(
        self,
        node: s.Comprehension,
        frame: Frame,
        first: Value,
        each: Callable[[list[Value]], None],
    ) -> bool:
        """Run a comprehension; whether every item is known.

        `each` gets the items that are certain. What is perhaps left out runs as one of two ways;
        a generator's consumer is told of those too, and sees that `doubt` has grown.
        """
        is_lazy = node.kind is s.ComprehensionKind.GENERATOR
        doubt = self.doubt
        outer: Frame | None = frame
        while outer is not None and outer.scope is Scope.CLASS:
            outer = outer.outer
        inner = Frame(
            frame.module, frame.number, frame.code, Scope.COMPREHENSION, store(), outer,
            owner=frame.owner, arguments=frame.arguments,
            is_inlined=self.world.target.version >= (3, 12)
            and node.kind is not s.ComprehensionKind.GENERATOR,
        )  # fmt: skip
        is_whole = True

        def level(position: int, iterable: Value) -> None:
            generator = node.generators[position]
            nonlocal is_whole
            is_whole = is_whole and _is_exact(iterable)

            def item(value: Value) -> None:
                nonlocal is_whole
                self.assign(generator.target, value, inner)
                is_certain = True
                for condition in generator.conditions:
                    known = self.truth_of(self.evaluate(condition, inner), inner, 0)
                    if known is False:
                        return
                    is_certain = is_certain and known is True
                if is_certain:
                    inside(position)
                else:
                    is_whole = False
                    self.fork(inner, lambda: inside(position), lambda: None)

            def inside(position: int) -> None:
                nonlocal is_whole
                if position + 1 < len(node.generators):
                    onward = node.generators[position + 1].iterable
                    level(position + 1, self.evaluate(onward, inner))
                    return
                values = [self.evaluate(element, inner) for element in node.elements]
                if is_lazy or self.doubt == doubt:
                    each(values)
                else:
                    is_whole = False

            self.iterate(iterable, item, inner, mark_of(generator.iterable))

        level(0, first)
        return is_whole

    def _walrus(self, node: s.Walrus, frame: Frame) -> Value:
        value = self.evaluate(node.value, frame)
        scope = frame
        while scope.scope is Scope.COMPREHENSION and scope.outer is not None:
            scope = scope.outer
        self.assign(s.NameTarget(node.name, 0), value, scope)
        return value

    def _joined(self, node: s.Joined, frame: Frame) -> Value:
        return self.joined([self.evaluate(value, frame) for value in node.values], frame)

    def joined(self, values: list[Value], frame: Frame) -> Value:
        """An f-string with these values in it."""
        if all(isinstance(value, Const) for value in values):
            return Const("".join(str(value.value) for value in values if isinstance(value, Const)))
        for value in values:
            self.call(Builtin("format"), (value, Const("")), {}, frame, 0)
        return UNKNOWN

    def _yield(self, node: s.Yield, frame: Frame) -> Value:
        value = NONE if node.value is None else self.evaluate(node.value, frame)
        scope: Frame | None = frame
        while scope is not None and scope.on_yield is None:
            scope = scope.outer
        if scope is None or scope.on_yield is None:
            return UNKNOWN
        if not node.is_from:
            return scope.on_yield(value)
        on_yield = scope.on_yield
        self.iterate(value, lambda item: _ignore(on_yield(item)), frame)
        return UNKNOWN

    def _await(self, node: s.Await, frame: Frame) -> Value:
        value = self.evaluate(node.value, frame)
        if isinstance(value, Suspended) and isinstance(value.body, Function):
            return self.run_function(value.body, dict(value.arguments))
        return UNKNOWN

    def _starred(self, node: s.Starred, frame: Frame) -> Value:
        self.evaluate(node.value, frame)
        return UNKNOWN

    def _call(self, node: s.Call, frame: Frame) -> Value:
        raise_exits = self.raise_exits
        function = self.evaluate(node.function, frame)
        arguments, is_whole = self.expand(node.arguments, frame)
        keywords: dict[str, Value] = {}
        for name, expression in node.keywords:
            value = self.evaluate(expression, frame)
            if name is not None:
                keywords[name] = value
            elif isinstance(value, Mapping):
                keywords.update((str(key), each) for key, each in value.items.items())
        if not is_whole:
            arguments.append(UNKNOWN)
        if self.raise_exits != raise_exits:
            # What it is called with may have raised something, which a handler awaits.
            return self.fork_value(
                frame,
                lambda: self.call(function, tuple(arguments), keywords, frame, node.mark),
                lambda: UNKNOWN,
            )
        return self.call(function, tuple(arguments), keywords, frame, node.mark)

    def _slice(self, node: s.Slice, frame: Frame) -> Value:
        for part in (node.lower, node.upper, node.step):
            if part is not None:
                self.evaluate(part, frame)
        return UNKNOWN

    def _opaque(self, node: s.Opaque, frame: Frame) -> Value:
        for part in node.parts:
            self.evaluate(part, frame)
        return UNKNOWN


def implicit_attribute(module: Module, name: str) -> Value | None:
    """What every module has before its first statement runs; None for any other name."""
    match name:
        case "__name__":
            return Const(str(module.fields.get(RUN_AS) or module.dotted))
        case "__package__":
            package = module.dotted if module.file.is_package else module.dotted.rpartition(".")[0]
            return Const(package)
        case "__path__" if not module.file.is_package:
            return None
        case "__dict__":
            return Namespace(module)
        case "__file__" | "__doc__" | "__spec__" | "__loader__" | "__path__" | "__builtins__":
            return UNKNOWN
        case "__cached__" | "__annotations__" | "__annotate__" | "__class__":
            return UNKNOWN
        case "__debug__":
            return Const(True)
        case _:
            return None


def _is_simple(expression: s.Expression) -> bool:
    """Whether evaluating it can only fail with a NameError, and changes nothing."""
    return isinstance(expression, (s.Name, s.Constant))


def _is_exact(iterable: Value) -> bool:
    match iterable:
        case Sequence(fields=fields):
            return OPEN not in fields
        case Mapping():
            return not iterable.is_open
        case Const(value=str()) | Suspended(is_coroutine=False):
            return True
        case _:
            return False


def _put(mapping: Mapping, values: list[Value]) -> None:
    key, value = values
    if isinstance(key, Const):
        mapping.items[key.value] = value
    else:
        mapping.items.clear()
        mapping.fields[OPEN] = True


def _ignore(value: Value) -> None:
    del value


_HANDLERS: dict[type[s.Expression], Callable[..., Value]] = {
    s.Constant: Expressions._constant,
    s.Name: Expressions._name,
    s.Attribute: Expressions._attribute,
    s.Subscript: Expressions._subscript,
    s.Slice: Expressions._slice,
    s.Call: Expressions._call,
    s.Starred: Expressions._starred,
    s.Display: Expressions._display,
    s.DictDisplay: Expressions._dict,
    s.BoolOp: Expressions._bool_op,
    s.Not: Expressions._not,
    s.Compare: Expressions._compare,
    s.Binary: Expressions._binary,
    s.Conditional: Expressions._conditional,
    s.Lambda: Expressions._lambda,
    s.Comprehension: Expressions._comprehension,
    s.Walrus: Expressions._walrus,
    s.Joined: Expressions._joined,
    s.Yield: Expressions._yield,
    s.Await: Expressions._await,
    s.Opaque: Expressions._opaque,
}

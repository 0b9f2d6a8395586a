"""Expressions: names, attributes and operators, in CPython's order of evaluation."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import partial
from typing import Final

from import_cycles.simulate.core import Core, truth
from import_cycles.simulate.errors import Raised
from import_cycles.simulate.messages import unbound_free, unbound_local
from import_cycles.simulate.operators import binary_constant, compare_values
from import_cycles.simulate.stores import store
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
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
    Suspended,
    Value,
    sequence,
)
from import_cycles.syntax import steps as s

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
                    raise self._unbound(name, frame, scope, mark)
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
        if module.is_open or name in _SOMETIMES_BUILTIN:
            return UNKNOWN
        raise self.raised(
            "NameError", frame, mark, name=name, message=f"name '{name}' is not defined"
        )

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
                return found
        return self.name_value(name, frame, node.mark)

    def _constant(self, node: s.Constant, frame: Frame) -> Value:
        return Const(node.value)

    def _attribute(self, node: s.Attribute, frame: Frame) -> Value:
        return self.attribute(self.evaluate(node.value, frame), node.attribute, frame, node.mark)

    # --- containers ------------------------------------------------------------------------

    def _display(self, node: s.Display, frame: Frame) -> Value:
        items, is_whole = self.expand(node.items, frame)
        result = sequence(_DISPLAY_KINDS[node.kind], tuple(items))
        if not is_whole:
            result.fields["open"] = True
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
            case Sequence(fields=fields):
                return None if fields.get("open") else value.items
            case Mapping(items=items):
                return None if value.is_open else tuple(Const(key) for key in items)
            case Suspended(is_coroutine=False) | Instance(cls=Class()):
                return self.drained(value, frame)
            case Const(value=str(text)):
                return tuple(Const(character) for character in text)
            case _:
                return None

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
                if isinstance(merged, Mapping) and not merged.is_open:
                    result.items.update(merged.items)
                else:
                    result.fields["open"] = True
                continue
            key = self.evaluate(key_expression, frame)
            value = self.evaluate(value_expression, frame)
            if isinstance(key, Const):
                result.items[key.value] = value
            else:
                result.fields["open"] = True
        return result

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
            case Sequence(kind=kind, fields=fields) if not fields.get("open"):
                return sequence(kind, owner.items[window])
            case Const(value=str(text)):
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
                if key in items:
                    return items[key]
                if owner.is_open:
                    return UNKNOWN
                raise self.raised("KeyError", frame, mark, message=repr(key))
            case Namespace(module=module), Const(value=str(name)):
                return self._namespace_item(module, name, frame, mark)
            case Sequence(fields=fields), Const(value=int(position)):
                if not fields.get("open") and -len(owner.items) <= position < len(owner.items):
                    return owner.items[position]
                if fields.get("open"):
                    return UNKNOWN
                kind = owner.kind.name.lower()
                message = f"{kind} index out of range"
                raise self.raised("IndexError", frame, mark, message=message)
            case Instance(cls=Class()), _:
                return self._special(owner, "__getitem__", (index,), frame, mark)
            case Class(), _:
                self._special(owner, "__class_getitem__", (index,), frame, mark)
                return owner
            case ((Builtin() | External()), _):
                # `list[int]`, `Generic[T]`: the class, for all that matters here.
                return owner
            case _:
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
        raise self.raised("KeyError", frame, mark, message=repr(name))

    def _loaded_module(self, dotted: str, frame: Frame, mark: int) -> Value:
        """`sys.modules[dotted]`; raises the program's KeyError for a project module not loaded."""
        if dotted == "__main__":
            return UNKNOWN
        file = self.world.find(dotted, frame.module.file)
        if file is None:
            return UNKNOWN
        module = self.loaded_module(file.name)
        if module is None:
            raise self.raised("KeyError", frame, mark, name=dotted, message=repr(dotted))
        return module

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
                return True
            case Mapping(items=items):
                return True if items else (None if value.is_open else False)
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
            case Mapping(items=items), key:
                return key in items or (None if container.is_open else False)
            case Sequence(fields=fields), _:
                if any(isinstance(each, Const) and each == item for each in container.items):
                    return True
                is_exact = all(isinstance(each, Const) for each in container.items)
                return False if is_exact and not fields.get("open") else None
            case Const(value=str(text)), str(part):
                return part in text
            case Instance(cls=Class()), _:
                method = self.special_method(container, "__contains__", frame, 0)
                if method is None:
                    return None
                return self.truth_of(self.call(method, (item,), {}, frame, 0), frame, 0)
            case _:
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
                    return binary_constant(left, operator, right)
                except TypeError as error:
                    raise self.raised("TypeError", frame, mark, message=str(error)) from None
            case Sequence(kind=kind), Sequence() if operator in ("+", "|"):
                joined = sequence(kind, left.items + right.items)
                if left.fields.get("open") or right.fields.get("open"):
                    joined.fields["open"] = True
                return joined
            case Mapping(), Mapping() if operator == "|":
                merged = Mapping(store({**left.items, **right.items}))
                if left.is_open or right.is_open:
                    merged.fields["open"] = True
                return merged
            case Instance(cls=Class()), _ if operator in _OPERATOR_METHODS:
                return self._special(left, _OPERATOR_METHODS[operator], (right,), frame, mark)
            case ((Module() | Function()), Const()):
                raise self.raised("TypeError", frame, mark, message="unsupported operand type(s)")
            case _:
                return UNKNOWN

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
                mapping.fields["open"] = True
            return mapping
        gathered: list[Value] = []
        is_whole = self.run_comprehension(
            node, frame, first, lambda values: gathered.append(values[0])
        )
        is_list = node.kind is s.ComprehensionKind.LIST
        result = sequence(SequenceKind.LIST if is_list else SequenceKind.SET, tuple(gathered))
        if not is_whole:
            result.fields["open"] = True
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

            self.iterate(iterable, item, inner)

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
            return Const(str(module.fields.get("run_as") or module.dotted))
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
            return not fields.get("open")
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
        mapping.fields["open"] = True


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

"""Calls: which of them run code of the project, and with what.

A callee that the model does not know does nothing and gives nothing known. Followed: functions
and lambdas, methods, classes (`import_cycles.simulate.classes`), `partial`, decorators of the
standard library, and the builtins that call back or decide something about imports.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from itertools import count
from typing import Final

from import_cycles.base.record import entity, field, record
from import_cycles.libraries.facts import ANY, Facts, Gives, Options
from import_cycles.libraries.facts import Calls as When
from import_cycles.libraries.facts import Imports as Loading
from import_cycles.libraries.table import facts
from import_cycles.simulate.core import MAX_CALLS, argument_kind, do_nothing
from import_cycles.simulate.errors import Broke, Raised, Returned, builtin_class, is_caught
from import_cycles.simulate.exposure import containers_of, forget, lose_sight, open_up
from import_cycles.simulate.expressions import MODULE_NAMES
from import_cycles.simulate.importing import Imports
from import_cycles.simulate.marks import FINDERS, IS_DATACLASS, ITEMS, OPEN, STANDS_IN, Mark
from import_cycles.simulate.memory import MAX_CALL_STEPS, MAX_DOUBTFUL_STEPS
from import_cycles.simulate.operators import is_whole_text
from import_cycles.simulate.outcome import Cause
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
    Mapping,
    Maybe,
    Method,
    Module,
    Namespace,
    Partial,
    Scope,
    Sequence,
    SequenceKind,
    StandIn,
    Super,
    Suppress,
    Suspended,
    Value,
    Wrapping,
    sequence,
)
from import_cycles.syntax import steps as s


class Calls(Imports):
    """Calls values."""

    def call(
        self,
        function: Value,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        """What calling a value gives."""
        if function is UNKNOWN:
            return self._call_unknown(arguments, keywords, frame)
        if type(function) is External:
            return self._call_external(function.dotted, arguments, keywords, frame, mark)
        match function:
            case Function():
                return self.call_function(function, arguments, keywords)
            case Method(function=inner, owner=owner):
                return self.call_function(inner, (owner, *arguments), keywords)
            case Class():
                return self.instantiate(function, arguments, keywords, frame, mark)
            case Instance(cls=Class()):
                method = self.attribute(function, "__call__", frame, mark)
                if isinstance(method, (Function, Method)):
                    return self.call(method, arguments, keywords, frame, mark)
                return self._call_unknown((function, *arguments), keywords, frame)
            case Const(value=value):
                message = f"'{type(value).__name__}' object is not callable"
                failure = self.raised("TypeError", frame, mark, message=message)
                return self.refuse(self.explained(failure, function))
            case Module():
                failure = self.raised(
                    "TypeError", frame, mark, message="'module' object is not callable"
                )
                return self.refuse(self.explained(failure, function))
            case Dispatcher(function=default) if OPEN not in function.fields:
                return self.call(default, arguments, keywords, frame, mark)
            case Dispatcher(function=default):
                self._perhaps_call(default, frame, mark, arguments, keywords)
                return UNKNOWN
            case OutsideDecorator(dotted=dotted):
                self.hand_over(arguments if facts(dotted).changes == ANY else ())
                return self._given_by(dotted, arguments)
            case Partial(function=inner, arguments=first, keywords=known):
                return self.call(inner, (*first, *arguments), {**known, **keywords}, frame, mark)
            case Builtin(name=name):
                return self._call_builtin(name, arguments, keywords, frame, mark)
            case _BuiltinMethod(owner=owner, name=name):
                return self._call_builtin_method(owner, name, arguments, keywords, frame, mark)
            case _:
                return self._call_unknown((function, *arguments), keywords, frame)

    def _call_unknown(
        self, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame
    ) -> Value:
        """A callee of which nothing is known: it may do anything to what it gets."""
        self.may_raise()
        self.hand_over((*arguments, *keywords.values()))
        if any(_may_be_program(argument) for argument in arguments):
            # Perhaps it is `exec` in disguise, as in `six.exec_`.
            self.open_module(frame.module)
        return UNKNOWN

    def instantiate(
        self,
        cls: Class,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        """`cls(…)`; see `import_cycles.simulate.classes`."""
        raise NotImplementedError

    # --- functions -------------------------------------------------------------------------

    def call_function(
        self, function: Function, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """Run a function, or suspend it when it is a generator or a coroutine."""
        names = bind_parameters(function, arguments, keywords)
        code = function.code
        if code.is_generator or code.is_async or function.wrapping is Wrapping.CONTEXT_MANAGER:
            is_coroutine = code.is_async and not code.is_generator
            return Suspended(function, names, is_coroutine=is_coroutine)
        if function.wrapping is Wrapping.CACHED:
            return self._run_once(function, names)
        return self.run_function(function, names)

    def _run_once(self, function: Function, names: dict[str, Value]) -> Value:
        """`functools.cache`: what has been given for the same arguments is given again."""
        kinds = tuple(argument_kind(value) for value in names.values())
        if None in kinds:
            return self.run_function(function, names)
        key = f"result of {kinds!r}"
        if key not in function.fields:
            self.journal.write(function.fields, key, self.run_function(function, names))
        result = function.fields[key]
        return result if isinstance(result, Value) else UNKNOWN

    def run_function(
        self,
        function: Function,
        names: dict[str, Value],
        on_yield: Callable[[Value], Value] | None = None,
    ) -> Value:
        """Execute the body of a function with its parameters bound."""
        self.recorder.ask_room()
        if (
            self.calls >= MAX_CALLS
            or self.call_steps > MAX_CALL_STEPS
            or (self.doubt and self.doubtful_steps > MAX_DOUBTFUL_STEPS)
        ):
            return self._left_out(function, names)
        if not self.doubt or on_yield is not None:
            return self._run_body(function, names, on_yield)
        # What runs on one of several ways is joined with the others all the same: once for each
        # kind of arguments is enough, and keeps nested forks from multiplying.
        kinds = ((name, argument_kind(value)) for name, value in names.items())
        key = (function.module.name, function.number, *kinds)
        is_new = key not in self.doubtful_results
        if is_new:
            self.doubtful_results[key] = UNKNOWN
        self.recorder.doubtful(key, is_new=is_new)
        if is_new:
            self.doubtful_results[key] = self._run_body(function, names, None)
        else:
            # What it did to the arguments of the first time it does to these.
            self.hand_over(names.values())
        return self.doubtful_results[key]

    def _left_out(self, function: Function, names: dict[str, Value]) -> Value:
        """A call that is not followed because too much has run: what it could change is open."""
        self.hand_over(names.values())
        if function.code.global_names:
            self.open_module(function.module)
        return UNKNOWN

    def _run_body(
        self,
        function: Function,
        names: dict[str, Value],
        on_yield: Callable[[Value], Value] | None,
    ) -> Value:
        self.note_call(function)
        code = function.code
        first = (*code.parameters.positional_only, *code.parameters.positional)[:1]
        frame = Frame(
            function.module,
            function.number,
            code,
            Scope.FUNCTION,
            self.journal.local_names(names),
            function.outer,
            on_yield,
            owner=function.owner,
            arguments=tuple(names[name] for name in first if name in names),
        )
        self.calls += 1
        result: Value = NONE
        try:
            self.execute(code.body, frame)
        except Returned as returned:
            result = returned.value
        except Raised as raised:
            if not frame.returns:
                raise
            # It may have returned before: the exception is a possible one only.
            self.possible(raised)
            result = frame.returns.pop()
        finally:
            self.calls -= 1
        for value in frame.returns:
            result = self.joined_value(result, value)
        if type(result) is Const and function.fields:
            cause = function.fields.get(STANDS_IN)
            return StandIn(result.value, cause) if isinstance(cause, Cause) else result
        return result

    def note_call(self, function: Function) -> None:
        """A function of the project is run."""
        self.ran.add((function.module.name, function.number))

    # --- builtins --------------------------------------------------------------------------

    def _call_builtin(
        self,
        name: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        if builtin_class(name) is not None:
            names = {"message": arguments[0] if arguments else Const("")}
            if name.endswith("ExceptionGroup") and len(arguments) == 2:
                names["exceptions"] = arguments[1]
            return Instance(Builtin(name), store(names))
        if name in _DUNDERS and arguments:
            return self._through_dunder(name, arguments, frame, mark)
        handler = _BUILTINS.get(name)
        if handler is None:
            self.may_raise()
            return UNKNOWN
        return handler(self, arguments, keywords, frame, mark)

    def _through_dunder(
        self, name: str, arguments: tuple[Value, ...], frame: Frame, mark: int
    ) -> Value:
        """Builtins that call a method of what they get: `len`, `repr`, `hash`, `print`, …"""
        for argument in arguments if name == "print" else arguments[:1]:
            for method in _DUNDERS[name]:
                found = self.special_method(argument, method, frame, mark)
                if found is not None:
                    given = self.call(
                        found, arguments[1:2] if name == "format" else (), {}, frame, mark
                    )
                    if name != "print":
                        return given
                    break
        handler = _BUILTINS.get(name)
        return UNKNOWN if handler is None else handler(self, arguments, {}, frame, mark)

    def _dir(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        module = arguments[0] if arguments else frame.module
        if not isinstance(module, Module) or (not arguments and frame.scope is not Scope.MODULE):
            return UNKNOWN
        self.recorder.look_through(module)
        names = dict.fromkeys((*module.names, *MODULE_NAMES))
        is_whole = not module.is_open and "__dir__" not in module.names
        is_whole = is_whole and not any(isinstance(value, Maybe) for value in module.names.values())
        known = tuple(Const(name) for name in sorted(names))
        return sequence(SequenceKind.LIST, known, is_open=not is_whole)

    def _dunder_import(self, *call: object) -> Value:
        arguments, keywords, frame, mark = call
        return self.dunder_import(arguments, keywords, frame, mark)  # type: ignore[arg-type]

    def _getattr(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        match arguments:
            case (owner, Const(value=str(name))):
                return self.attribute(owner, name, frame, mark)
            case (Module() as owner, Const(value=str(name)), default):
                return self._attribute_or(owner, name, default, frame, mark)
            case (Const(value=value), Const(value=str(name)), default) if not hasattr(value, name):
                return default
            case (owner, Const(value=str(name)), default):
                try:
                    return self.attribute(owner, name, frame, mark)
                except Raised as raised:
                    if is_caught(raised, Builtin("AttributeError")):
                        return default
                    raise
            case _:
                return UNKNOWN

    def _attribute_or(
        self, module: Module, name: str, default: Value, frame: Frame, mark: int
    ) -> Value:
        """`getattr(module, name, default)`: only an AttributeError of the hook is caught."""
        if isinstance(module.names.get(name), Maybe):
            return UNKNOWN
        try:
            found = self.find_attribute(module, name, frame, mark)
        except Raised as raised:
            if is_caught(raised, Builtin("AttributeError")):
                return default
            raise
        if found is not None:
            return found
        self.note_lack(module, name, frame, mark)
        return default

    def note_lack(self, module: Module, name: str, frame: Frame, mark: int) -> None:
        """The program finds out that a module has no such attribute, or not yet."""
        if self.is_still_to_bind(module, name) or self.is_loading_child(module, name):
            spot = self.spot(frame, mark)
            self.reason_seen = Cause("AttributeError", spot, name, module.name, self.chain())

    def _hasattr(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        match arguments:
            case (Const(value=value), Const(value=str(name))):
                return Const(hasattr(value, name))
            case (Module() as owner, Const(value=str(name))):
                try:
                    found = self.find_attribute(owner, name, frame, mark)
                except Raised as raised:
                    if is_caught(raised, Builtin("AttributeError")):
                        return Const(False)
                    raise
                if isinstance(owner.names.get(name), Maybe):
                    return UNKNOWN
                if found is UNKNOWN and owner.is_open:
                    return UNKNOWN
                if found is None:
                    self.note_lack(owner, name, frame, mark)
                return Const(found is not None)
            case _:
                return UNKNOWN

    def _setattr(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        match arguments:
            case (owner, Const(value=str(name)), value):
                self.set_attribute(owner, name, value, frame, mark)
            case (owner, _, value):
                # An attribute whose name is not known.
                self.hand_over((owner,))
                lose_sight(self.journal, (value,))
            case _:
                pass
        return NONE

    def _delattr(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        match arguments:
            case (owner, Const(value=str(name))):
                self._delete_attribute(owner, name, frame, mark)
            case _:
                pass
        return NONE

    def _globals(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        match arguments:
            case ():
                return Namespace(frame.module)
            case (Module() as owner, *_):
                return Namespace(owner)
            case ((Class() | Instance(cls=Class())) as owner, *_):
                return Attributes(owner)
            case _:
                return UNKNOWN

    def _locals(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        if arguments or frame.scope is Scope.MODULE:
            return self._globals(arguments, _k, frame, mark)
        return self._local_names(frame)

    def _local_names(self, frame: Frame) -> Value:
        """`locals()` in a function or a class body."""
        if frame.scope is Scope.CLASS and frame.owner is not None:
            return Attributes(frame.owner)
        lose_sight(self.journal, frame.names.values())
        return UNKNOWN

    def _exec(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        """`exec` and `eval`: the program text is not followed."""
        namespaces = (*arguments[1:], *_k.values())
        self.hand_over(namespaces)
        if not namespaces or NONE in namespaces:
            self.open_module(frame.module)
            if frame.scope is Scope.CLASS and frame.owner is not None:
                self.hand_over((frame.owner,))
        return UNKNOWN

    def _sequence(self, kind: SequenceKind, arguments: tuple[Value, ...], frame: Frame) -> Value:
        if not arguments:
            return sequence(kind, ())
        given = arguments[0]
        if kind is SequenceKind.SET and isinstance(given, Sequence):
            return sequence(kind, given.items, is_open=given.is_open)
        items = self.gather(given, frame)
        if items is None:
            lose_sight(self.journal, (given,))
        return sequence(kind, items or (), is_open=items is None)

    def _sorted(
        self, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        """`sorted`; the order is known of texts or of numbers that are all literals."""
        given = arguments[0] if arguments else UNKNOWN
        if isinstance(given, Sequence) and given.kind is SequenceKind.SET:
            items = None if given.is_open else given.items
        else:
            items = self.gather(given, frame)
        literals = [item for item in items or () if isinstance(item, Const)]
        if items is not None and len(literals) == len(items) and not keywords:
            try:
                ordered = sorted(literals, key=lambda item: item.value)  # type: ignore[return-value,arg-type]
            except TypeError:
                return UNKNOWN
            return sequence(SequenceKind.LIST, tuple(ordered))
        self._consume(arguments, keywords, frame, mark)
        return sequence(SequenceKind.LIST, (), is_open=True)

    def gather(self, iterable: Value, frame: Frame) -> tuple[Value, ...] | None:
        """The items of an iterable, generators run to their end; None if not all are known."""
        match iterable:
            case Suspended(is_coroutine=False):
                return self.drained(iterable, frame)
            case _:
                return self.items_of(iterable, frame)

    def _tuple(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        return self._sequence(SequenceKind.TUPLE, arguments, frame)

    def _list(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        return self._sequence(SequenceKind.LIST, arguments, frame)

    def _set(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        return self._sequence(SequenceKind.SET, arguments, frame)

    def _dict_call(
        self, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        result = Mapping(store())
        for argument in arguments:
            if isinstance(argument, Attributes):
                result.items.update(argument.owner.names)
                result.fields[OPEN] = True
                continue
            if not isinstance(argument, Mapping):
                self.gather(argument, frame)
                lose_sight(self.journal, (argument,))
            self.update_mapping(result, argument)
        result.items.update(keywords)
        return result

    def _consume(
        self, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        """`sum`, `any`, `max`, …: runs what it is given; `key=` functions are called."""
        items: tuple[Value, ...] | None = None
        for argument in arguments[:1]:
            items = self.gather(argument, frame)
        key = keywords.get("key")
        if key is not None:
            for item in items or (UNKNOWN,):
                self.call(key, (item,), {}, frame, mark)
        return UNKNOWN

    def _sum(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        items = self.gather(arguments[0], frame) if len(arguments) == 1 else None
        numbers = [item.value for item in items or () if isinstance(item, Const)]
        whole = [number for number in numbers if isinstance(number, int)]
        if items is None or len(whole) != len(items):
            return UNKNOWN
        return Const(sum(whole))

    def _any(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        return self._first_that(arguments, frame, mark, stop_at=True)

    def _all(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        return self._first_that(arguments, frame, mark, stop_at=False)

    def _first_that(
        self, arguments: tuple[Value, ...], frame: Frame, mark: int, *, stop_at: bool
    ) -> Value:
        """`any` and `all` ask no further than they must."""
        doubt, is_certain = self.doubt, True
        exits = frame.exits

        def ask(item: Value) -> None:
            nonlocal is_certain
            known = self.truth_of(item, frame, mark)
            is_certain = is_certain and known is not None and self.doubt == doubt
            if known is stop_at and is_certain:
                raise Broke

        if len(arguments) != 1:
            return UNKNOWN
        try:
            self.iterate(arguments[0], ask, frame)
        except Broke:
            return Const(stop_at)
        finally:
            frame.exits = exits
        is_whole = isinstance(arguments[0], (Mapping, Suspended, Const)) or (
            isinstance(arguments[0], Sequence) and not arguments[0].is_open
        )
        return Const(not stop_at) if is_certain and is_whole else UNKNOWN

    def _next(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        """`next` runs a generator to its first `yield`. Limit: never any further."""
        method = self.special_method(arguments[0], "__next__", frame, mark) if arguments else None
        if method is not None:
            return self.call(method, (), {}, frame, mark)
        if not arguments or not isinstance(arguments[0], Suspended):
            return UNKNOWN
        first: list[Value] = []

        def take(value: Value) -> None:
            first.append(value)
            raise Broke

        try:
            self.iterate(arguments[0], take, frame)
        except Broke:
            return first[0]
        if len(arguments) > 1:
            return arguments[1]
        return UNKNOWN

    def _map(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        """`map` and `filter` call nothing before they are consumed."""
        if len(arguments) != 2:
            return UNKNOWN
        call = s.Call(s.Name(".function", 0), (s.Name(".item", 0),), (), mark)
        generator = s.Generator(s.NameTarget(".item", 0), s.Name(".items", 0), ())
        node = s.Comprehension(s.ComprehensionKind.GENERATOR, (call,), (generator,), False)
        names = {".function": arguments[0], ".items": arguments[1]}
        inner = Frame(frame.module, frame.number, frame.code, Scope.COMPREHENSION, names, frame)
        return Suspended((node, inner, arguments[1]))

    def _isinstance(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        match arguments:
            case ((Sequence() | Mapping() | Const()) as value, Builtin(name=name)):
                return _is_builtin_instance(value, name)
            case ((Sequence() | Mapping() | Const()), Class()):
                return Const(False)
            case (Instance(cls=Class() as cls), Class() as wanted):
                if wanted in cls.mro:
                    return Const(True)
                return UNKNOWN if cls.is_open else Const(False)
            case (Class(metaclass=Class() as metaclass), Class() as wanted):
                return Const(wanted in metaclass.mro)
            case (Class(metaclass=None, is_open=False), Class()):
                return Const(False)
            case ((Class() | Builtin(name="type" | "object")), Builtin(name="type")):
                return Const(True)
            case ((Function() | Module() | Const() | Instance(cls=Class())), Builtin(name="type")):
                return Const(False)
            case (_, StandIn() as wanted):
                message = "isinstance() arg 2 must be a type, a tuple of types, or a union"
                failure = self.raised("TypeError", frame, mark, message=message)
                return self.refuse(self.explained(failure, wanted))
            case (value, Sequence() as several) if not several.is_open:
                return self._isinstance_of_any(value, several.items, frame, mark)
            case _:
                return UNKNOWN

    def _isinstance_of_any(
        self, value: Value, wanted: tuple[Value, ...], frame: Frame, mark: int
    ) -> Value:
        answers = [self._isinstance((value, each), {}, frame, mark) for each in wanted]
        if Const(True) in answers:
            return Const(True)
        return UNKNOWN if UNKNOWN in answers else Const(False)

    def _issubclass(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        match arguments:
            case (Class() as cls, (Class() | Builtin()) as wanted):
                known = is_caught(Raised(cls, None), wanted)
                return UNKNOWN if known is None else Const(known)
            case (Builtin(name=name) as cls, (Class() | Builtin()) as wanted) if builtin_class(
                name
            ):
                return Const(bool(is_caught(Raised(cls, None), wanted)))
            case _:
                return UNKNOWN

    def _len(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        match arguments:
            case (Const(value=str(text)),):
                return Const(len(text)) if is_whole_text(text) else UNKNOWN
            case (Sequence(kind=SequenceKind.SET) as value,):
                # Only literals are known to be different from one another.
                is_known = not value.is_open and all(isinstance(i, Const) for i in value.items)
                return Const(len(value.items)) if is_known else UNKNOWN
            case (value,):
                items = self.items_of(value, frame)
                return UNKNOWN if items is None else Const(len(items))
            case _:
                return UNKNOWN

    def _range(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        bounds = [each.value for each in arguments if isinstance(each, Const)]
        numbers = [each for each in bounds if isinstance(each, int)]
        if not numbers or len(numbers) != len(arguments) or len(numbers) > 3 or 0 in numbers[2:]:
            return UNKNOWN
        span = range(*numbers)
        if len(span) > 1000:
            return UNKNOWN
        return sequence(SequenceKind.TUPLE, tuple(Const(number) for number in span))

    def _enumerate(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        if len(arguments) != 1:
            return UNKNOWN
        if isinstance(arguments[0], Suspended):
            return Suspended(self._enumeration(arguments[0], frame))
        items = self.gather(arguments[0], frame)
        if items is None:
            return UNKNOWN
        pairs = (sequence(SequenceKind.TUPLE, (Const(n), item)) for n, item in enumerate(items))
        return sequence(SequenceKind.TUPLE, tuple(pairs))

    def _enumeration(
        self, items: Suspended, frame: Frame
    ) -> Callable[[Callable[[Value], Value]], None]:
        def feed(on_yield: Callable[[Value], Value]) -> None:
            numbers = count()

            def pair(item: Value) -> None:
                on_yield(sequence(SequenceKind.TUPLE, (Const(next(numbers)), item)))

            self.iterate(items, pair, frame)

        return feed

    def _zip(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        columns = [self.gather(argument, frame) for argument in arguments]
        known = [column for column in columns if column is not None]
        if len(known) != len(columns):
            return UNKNOWN
        rows = zip(*known, strict=False)
        return sequence(
            SequenceKind.TUPLE, tuple(sequence(SequenceKind.TUPLE, tuple(row)) for row in rows)
        )

    def _text(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        match arguments:
            case (Const(value=value),):
                return Const(str(value))
            case _:
                return UNKNOWN

    def _bool(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        known = self.truth_of(arguments[0], frame, mark) if arguments else False
        return UNKNOWN if known is None else Const(known)

    def _exit(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        raise self._system_exit(arguments, frame, mark)

    def _system_exit(self, arguments: tuple[Value, ...], frame: Frame, mark: int) -> Raised:
        given = arguments[0] if arguments else NONE
        message = str(given.value) if isinstance(given, Const) else ""
        failure = self.raised("SystemExit", frame, mark, message=message)
        failure.cause = self.cause_now()
        return failure

    def _super(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        match arguments:
            case (Class() as start, owner):
                return Super(start, owner)
            case () if frame.owner is not None and frame.arguments:
                return Super(frame.owner, frame.arguments[0])
            case _:
                return UNKNOWN

    def _type(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        match arguments:
            case (Instance(cls=cls),):
                return cls
            case _:
                return UNKNOWN

    def _wrapped(self, wrapping: Wrapping, arguments: tuple[Value, ...]) -> Value:
        if not arguments or not isinstance(arguments[0], Function):
            return UNKNOWN
        inner = arguments[0]
        return Function(
            inner.module, inner.number, inner.code, inner.outer, inner.defaults,
            inner.keyword_defaults, wrapping, inner.owner, inner.fields,
        )  # fmt: skip

    def _static(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        return self._wrapped(Wrapping.STATIC, arguments)

    def _class_method(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        return self._wrapped(Wrapping.CLASS, arguments)

    def _property(
        self, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        getter = arguments[:1] or tuple(keywords[name] for name in ("fget",) if name in keywords)
        return self._wrapped(Wrapping.PROPERTY, getter)

    # --- things outside the project --------------------------------------------------------

    def _call_external(
        self,
        dotted: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        match dotted:
            case "importlib.import_module":
                return self.import_call(arguments, keywords, frame, mark)
            case "importlib.__import__":
                return self.dunder_import(arguments, keywords, frame, mark)
            case "sys.modules.get":
                return self._modules_get(arguments, frame)
            case "sys.modules.pop":
                return self._modules_pop(arguments, frame, mark)
            case "sys.exit":
                raise self._system_exit(arguments, frame, mark)
            case "contextlib.suppress":
                return Suppress(arguments)
            case "dataclasses.field":
                return FieldOptions(keywords)
            case "functools.partial":
                if not arguments:
                    return UNKNOWN
                if isinstance(arguments[0], (Const, Module, Sequence, Mapping)):
                    failure = self.raised(
                        "TypeError", frame, mark, message="the first argument must be callable"
                    )
                    return self.refuse(self.explained(failure, arguments[0]))
                return Partial(arguments[0], arguments[1:], dict(keywords))
            case "functools.reduce":
                for item in self.gather(arguments[1], frame) or () if len(arguments) > 1 else ():
                    self.call(arguments[0], (UNKNOWN, item), {}, frame, mark)
                return UNKNOWN
            case "asyncio.run":
                return self._run_coroutine(arguments)
            case "sys.platform.startswith":
                return self._platform_starts(arguments)
            case "builtins.exec" | "builtins.eval":
                return self._exec(arguments, keywords, frame, mark)
            case _:
                return self._call_outside(dotted, arguments, keywords, frame, mark)

    def _call_outside(
        self,
        dotted: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        """A callee outside the project does what the table of libraries says of it."""
        self.may_raise()
        does = facts(dotted)
        given = (*arguments, *keywords.values())
        if does.hooks_imports:
            self.note_fact(FINDERS)
        if does.names_in_caller:
            self.open_module(frame.module)
            if self.stack:
                # The caller of a function that asks for a frame may be the module that loads.
                self.open_module(self.stack[-1].module)
        if does.changes == ANY:
            self.hand_over(given)
        else:
            named = dict(enumerate(arguments)) | keywords
            self.hand_over(named[each] for each in does.changes if each in named)
            if does.shares:
                lose_sight(self.journal, given)
        self._perhaps_imports(does, given, frame)
        for argument in given if does.calls is not When.NEVER else ():
            function = argument.function if isinstance(argument, Method) else argument
            if isinstance(function, Function):
                lose_sight(self.journal, containers_of(function))
                if does.calls is When.NOW:
                    self._perhaps_call(argument, frame, mark)
        wrapped = arguments[0] if len(arguments) == 1 else None
        is_plain = isinstance(wrapped, (Function, Class, Method))
        if does.options is Options.REQUIRED or (does.options is Options.ALLOWED and not is_plain):
            return OutsideDecorator(dotted)
        return self._given_by(dotted, arguments)

    def _given_by(self, dotted: str, arguments: tuple[Value, ...]) -> Value:
        """What a callee outside the project gives, or a decorator puts in place of its argument."""
        does = facts(dotted)
        wrapped = arguments[0] if arguments else UNKNOWN
        if dotted == "dataclasses.dataclass" and isinstance(wrapped, Class):
            self.journal.write(wrapped.fields, IS_DATACLASS, True)
        wrapping = _WRAPPINGS.get(does.gives)
        if wrapping is not None:
            return self._wrapped(wrapping, arguments)
        match does.gives:
            case Gives.ARGUMENT | Gives.CALLER if does.argument < len(arguments):
                return arguments[does.argument]
            case Gives.DISPATCHER if isinstance(wrapped, Function):
                return Dispatcher(wrapped)
            case _:
                return UNKNOWN

    def _perhaps_imports(self, does: Facts, given: tuple[Value, ...], frame: Frame) -> None:
        """What a callee outside the project may import because of the texts that it is given."""
        if does.imports is Loading.INSTALLED:
            self.note_unknown_import()
        elif does.imports is not Loading.NOTHING:
            for argument in given:
                if isinstance(argument, Const) and isinstance(argument.value, str):
                    name = argument.value.partition(":")[0]
                    file = self.world.find(name, frame.module.file) if name else None
                    if file is not None and self.in_modules(file.name) is None:
                        self.note_unknown_import()

    def _perhaps_call(
        self,
        function: Value,
        frame: Frame,
        mark: int,
        arguments: tuple[Value, ...] = (),
        keywords: dict[str, Value] | None = None,
    ) -> None:
        """Code outside the project may call a function; parameters without a value are unknown."""

        def call() -> None:
            self.call(function, arguments, keywords or {}, frame, mark)

        self.fork(frame, call, do_nothing)

    def decorate(self, decorator: Value, value: Value, frame: Frame, mark: int) -> Value:
        """What `@decorator` leaves in place of `value`."""
        result = self.call(decorator, (value,), {}, frame, mark)
        is_outside = isinstance(decorator, (External, OutsideDecorator)) or decorator is UNKNOWN
        if is_outside and result is UNKNOWN and isinstance(value, Class):
            # A class decorator most likely gives the class back, with other attributes perhaps.
            self.hand_over((value,))
            return value
        return result

    def _modules_get(self, arguments: tuple[Value, ...], frame: Frame) -> Value:
        match arguments:
            case (Const(value=str(dotted)), *rest):
                file = self.world.find(dotted, frame.module.file)
                if file is None:
                    return UNKNOWN
                default = rest[0] if rest else NONE
                return self.loaded_module(file.name) or default
            case _:
                return UNKNOWN

    def _modules_pop(self, arguments: tuple[Value, ...], frame: Frame, mark: int) -> Value:
        found = self._modules_get(arguments, frame)
        match arguments:
            case (Const(value=str(dotted)),) if found is NONE:
                return self.not_loaded(dotted, frame, mark)
            case _ if isinstance(found, Module):
                self.recorder.turn_off()
                self.journal.erase(self.modules, found.name)
            case _:
                pass
        return found

    def _run_coroutine(self, arguments: tuple[Value, ...]) -> Value:
        match arguments:
            case (Suspended(body=Function() as function, arguments=names, is_coroutine=True), *_):
                return self.run_function(function, dict(names))
            case _:
                return UNKNOWN

    def _platform_starts(self, arguments: tuple[Value, ...]) -> Value:
        match arguments:
            case (Const(value=str(prefix)),):
                return Const(self.world.target.platform.startswith(prefix))
            case _:
                return UNKNOWN

    # --- methods of builtin values ---------------------------------------------------------

    def builtin_attribute(self, owner: Value, name: str) -> Value:
        """A method of a literal or container."""
        return _BuiltinMethod(owner, name)

    def _call_builtin_method(
        self,
        owner: Value,
        name: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        match owner:
            case Const(value=str(text)):
                return self._text_method(text, name, arguments, frame)
            case Sequence():
                return self._sequence_method(owner, name, arguments, frame)
            case Mapping():
                return self._mapping_method(owner, name, arguments, keywords, frame)
            case Attributes(owner=holder):
                return self._attributes_method(holder, name, arguments, frame)
            case Namespace(module=module):
                return self._namespace_method(module, name, arguments, keywords, frame, mark)
            case _:
                return UNKNOWN

    def _text_method(
        self, text: str, name: str, arguments: tuple[Value, ...], frame: Frame
    ) -> Value:
        if name == "join" and arguments:
            items = self.gather(arguments[0], frame)
            if items is None or not all(isinstance(item, Const) for item in items):
                return UNKNOWN
            return Const(text.join(str(item.value) for item in items if isinstance(item, Const)))
        if name not in TEXT_METHODS or not all(isinstance(each, Const) for each in arguments):
            return UNKNOWN
        if not is_whole_text(text) and name != "startswith":
            return UNKNOWN
        values = [each.value for each in arguments if isinstance(each, Const)]
        try:
            result = getattr(text, name)(*values)
        except (TypeError, ValueError, LookupError):
            return UNKNOWN
        if isinstance(result, (list, tuple)):
            kind = SequenceKind.LIST if isinstance(result, list) else SequenceKind.TUPLE
            return sequence(kind, tuple(Const(part) for part in result))
        return Const(result)

    def _sequence_method(
        self, owner: Sequence, name: str, arguments: tuple[Value, ...], frame: Frame
    ) -> Value:
        """A method of a list, tuple, set or view; what may change it in an unknown way opens it."""
        match name, arguments:
            case "append", (item, *_):
                self._append(owner, item)
            case "add", (item, *_):
                if item not in owner.items:
                    self._append(owner, item)
            case (("extend" | "update"), _):
                for argument in arguments:
                    self.extend(owner, argument, frame)
            case ("insert", (Const(value=int(position)), item)) if not owner.is_open:
                items = list(owner.items)
                items.insert(position, item)
                self.journal.write(owner.fields, ITEMS, tuple(items))
            case ("pop", ()) if owner.kind is SequenceKind.LIST and owner.items:
                if owner.is_open:
                    forget(self.journal, owner)
                    return UNKNOWN
                last = owner.items[-1]
                self.journal.write(owner.fields, ITEMS, owner.items[:-1])
                return last
            case ("clear", ()) if not owner.is_open:
                self.journal.write(owner.fields, ITEMS, ())
            case ("reverse", ()) if not owner.is_open:
                self.journal.write(owner.fields, ITEMS, owner.items[::-1])
            case "copy", _:
                return sequence(owner.kind, owner.items, is_open=owner.is_open)
            case (("sort" | "insert" | "remove" | "discard" | "pop" | "clear" | "reverse"), _):
                lose_sight(self.journal, arguments)
                forget(self.journal, owner)
                return UNKNOWN if name == "pop" else NONE
            case _ if name in _READING_METHODS:
                lose_sight(self.journal, owner.items)
                return UNKNOWN
            case _:
                lose_sight(self.journal, arguments)
                forget(self.journal, owner)
                return UNKNOWN
        return NONE

    def _append(self, owner: Sequence, item: Value) -> None:
        if owner.is_open:
            # Where in it the item stands is not known; nor is it asked.
            lose_sight(self.journal, (item,))
        self.journal.extend(owner.fields, (item,))

    def extend(self, owner: Sequence, added: Value, frame: Frame) -> None:
        """`owner.extend(added)`, `owner.update(added)`, `owner += added`."""
        if owner.kind is SequenceKind.SET and isinstance(added, Sequence):
            items: tuple[Value, ...] | None = tuple(
                item for item in added.items if item not in owner.items
            )
            is_whole = not added.is_open
        else:
            items = self.gather(added, frame)
            is_whole = items is not None
        self.journal.extend(owner.fields, items or ())
        if not is_whole:
            open_up(self.journal, owner)

    def _mapping_method(
        self,
        owner: Mapping,
        name: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
    ) -> Value:
        """A method of a dict; what may change it in an unknown way opens it."""
        is_whole = not owner.is_open and not any(
            isinstance(each, Maybe) for each in owner.items.values()
        )

        def view(items: Iterable[Value]) -> Value:
            return sequence(SequenceKind.VIEW, tuple(items), is_open=not is_whole)

        certain = {key: v for key, v in owner.items.items() if not isinstance(v, Maybe)}
        match name, arguments:
            case "get", (Const(value=key), *rest):
                if key in certain:
                    return certain[key]
                if key in owner.items or owner.is_open:
                    lose_sight(self.journal, rest)
                    return UNKNOWN
                return rest[0] if rest else NONE
            case "items", _:
                pairs = ((Const(key), value) for key, value in certain.items())
                return view(sequence(SequenceKind.TUPLE, pair) for pair in pairs)
            case "keys", _:
                return view(Const(key) for key in certain)
            case "values", _:
                return view(certain.values())
            case "copy", _:
                return Mapping(store(owner.items), store(owner.fields))
            case "setdefault", (Const(value=key), *rest):
                default = rest[0] if rest else NONE
                if key in certain:
                    return certain[key]
                if key in owner.items or owner.is_open:
                    lose_sight(self.journal, (default,))
                    self.journal.write(owner.items, key, UNKNOWN)
                    return UNKNOWN
                self.journal.write(owner.items, key, default)
                return default
            case "update", _:
                for argument in arguments:
                    if not isinstance(argument, Mapping):
                        self.gather(argument, frame)
                        lose_sight(self.journal, (argument,))
                    self.update_mapping(owner, argument)
                for keyword, each in keywords.items():
                    self.journal.write(owner.items, keyword, each)
                return NONE
            case "pop", (Const(value=key), *rest):
                found = certain.get(key)
                if found is None and key not in owner.items and not owner.is_open:
                    return rest[0] if rest else UNKNOWN
                self.journal.erase(owner.items, key)
                return found or UNKNOWN
            case ("clear", ()) if not owner.is_open:
                forget(self.journal, owner)
                self.journal.erase(owner.fields, OPEN)
                return NONE
            case "get" | "__contains__" | "__len__", _:
                lose_sight(self.journal, (*owner.items.values(), *arguments))
                return UNKNOWN
            case _:
                # `setdefault`, `pop`, … of a key that is not known.
                lose_sight(self.journal, (*owner.items.values(), *arguments))
                forget(self.journal, owner)
                return UNKNOWN

    def _attributes_method(
        self, holder: Class | Instance, name: str, arguments: tuple[Value, ...], frame: Frame
    ) -> Value:
        """A method of `vars(x)` of a class or object."""
        whole = self.names_of(Attributes(holder))

        def view(items: Iterable[Value]) -> Value:
            return sequence(SequenceKind.VIEW, tuple(items), is_open=whole is None)

        known = {
            key: each
            for key in list(holder.names)
            if (each := self.attribute_item(holder, key)) is not None
        }
        match name, arguments:
            case "items", _:
                pairs = ((Const(key), value) for key, value in known.items())
                return view(sequence(SequenceKind.TUPLE, pair) for pair in pairs)
            case "keys", _:
                return view(Const(key) for key in known)
            case "values", _:
                return view(known.values())
            case "copy", _:
                return Mapping(store(known), store({} if whole is not None else {OPEN: True}))
            case "get", (Const(value=str(key)), *rest):
                if key in known:
                    return known[key]
                return UNKNOWN if whole is None else (rest[0] if rest else NONE)
            case (("setdefault" | "__setitem__"), (Const(value=str(key)), value, *_)):
                if name == "__setitem__" or (whole is not None and key not in holder.names):
                    self.journal.write(holder.names, key, value)
                return self.attribute_item(holder, key) or UNKNOWN
            case "update", (Mapping() as added,) if not added.is_open:
                for added_name, value in added.items.items():
                    self.journal.write(holder.names, str(added_name), value)
                return NONE
            case (("pop" | "__delitem__"), (Const(value=str(key)), *_)):
                found = known.get(key)
                self.journal.erase(holder.names, key)
                return found or UNKNOWN
            case "__contains__", _:
                return UNKNOWN
            case _:
                self.hand_over((holder, *arguments))
                return UNKNOWN

    def _namespace_method(
        self,
        module: Module,
        name: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        self.recorder.look_through(module)
        match name, arguments:
            case "get", (Const(value=str(key)), *rest):
                found = module.names.get(key)
                if isinstance(found, Maybe):
                    return UNKNOWN
                default = rest[0] if rest else NONE
                return found or (UNKNOWN if module.is_open else default)
            case "update", (Mapping() as added,):
                for added_name, value in added.items.items():
                    self.journal.write(module.names, str(added_name), value)
                if added.is_open:
                    self.open_module(module)
            case "update", (Namespace(module=source),) if not source.is_open:
                for added_name, value in list(source.names.items()):
                    self.journal.write(module.names, added_name, value)
            case "__setitem__", (Const(value=str(key)), value, *_):
                self.journal.write(module.names, key, value)
            case "setdefault", (Const(value=str(key)), value, *_):
                if key not in module.names:
                    self.journal.write(module.names, key, value)
                return module.names[key]
            case "pop" | "__delitem__", (Const(value=str(key)), *rest):
                popped = module.names.get(key)
                if popped is None and not rest and not module.is_open:
                    return self.refuse_key(key, frame, mark)
                self.journal.erase(module.names, key)
                return popped or (rest[0] if rest else UNKNOWN)
            case "keys", _ if (keys := self.names_of(Namespace(module))) is not None:
                return sequence(SequenceKind.VIEW, keys)
            case (("items" | "copy"), _) if self.names_of(Namespace(module)) is not None:
                known = {**dict.fromkeys(MODULE_NAMES, UNKNOWN), **module.names}
                if name == "copy":
                    return Mapping(store(known))
                pairs = ((Const(key), value) for key, value in known.items())
                return sequence(
                    SequenceKind.VIEW, tuple(sequence(SequenceKind.TUPLE, pair) for pair in pairs)
                )
            case (("items" | "keys" | "values" | "copy" | "__contains__"), _):
                return UNKNOWN
            case _:
                lose_sight(self.journal, arguments)
                self.open_module(module)
        for keyword, value in keywords.items():
            self.journal.write(module.names, keyword, value)
        return UNKNOWN


@entity
class FieldOptions(Value):
    """`dataclasses.field(…)`, as the default of a field."""

    keywords: dict[str, Value]


def _is_builtin_instance(value: Sequence | Mapping | Const, name: str) -> Value:
    """Whether a literal or container is an instance of a builtin class."""
    wanted = getattr(builtins, name, None)
    match value:
        case Const(value=constant):
            own: type = type(constant)
        case Mapping():
            own = dict
        case Sequence(kind=SequenceKind.SET):
            # Or a frozenset.
            return UNKNOWN
        case Sequence(kind=kind):
            own = tuple if kind is SequenceKind.TUPLE else list
    return Const(issubclass(own, wanted)) if isinstance(wanted, type) else UNKNOWN


@entity
class Dispatcher(Value):
    """`functools.singledispatch`: calls the function, once it is open perhaps another one."""

    function: Function
    fields: dict[Mark, object] = field(default_factory=store)


@record
class OutsideDecorator(Value):
    """What `@name(…)` of something outside the project decorates with."""

    dotted: str


_WRAPPINGS: Final = {
    Gives.STATIC_METHOD: Wrapping.STATIC,
    Gives.CLASS_METHOD: Wrapping.CLASS,
    Gives.PROPERTY: Wrapping.PROPERTY,
    Gives.CACHED_PROPERTY: Wrapping.PROPERTY,
    Gives.CONTEXT_MANAGER: Wrapping.CONTEXT_MANAGER,
    Gives.CACHED: Wrapping.CACHED,
}


def _may_be_program(value: Value) -> bool:
    """Whether a text may be statements that bind names."""
    text = value.value if isinstance(value, Const) else None
    return isinstance(text, str) and ("\n" in text or ":" in text or "=" in text)


class _BuiltinMethod(Value):
    """A method of a builtin value, bound to it."""

    __match_args__ = ("owner", "name")
    __slots__ = ("name", "owner")

    def __init__(self, owner: Value, name: str) -> None:
        self.owner = owner
        self.name = name


def bind_parameters(
    function: Function, arguments: tuple[Value, ...], keywords: dict[str, Value]
) -> dict[str, Value]:
    """The names that a call binds. A parameter that gets nothing is taken for unknown."""
    parameters = function.code.parameters
    positional = (*parameters.positional_only, *parameters.positional)
    names: dict[str, Value] = dict(zip(positional, arguments, strict=False))
    rest = arguments[len(positional) :]
    if parameters.variadic is not None:
        names[parameters.variadic] = sequence(SequenceKind.TUPLE, rest)
    surplus: dict[str | int | float | bool | None, Value] = {}
    known = {*parameters.positional, *parameters.keyword_only}
    for name, value in keywords.items():
        if name in known:
            names[name] = value
        else:
            surplus[name] = value
    if parameters.keyword_variadic is not None:
        names[parameters.keyword_variadic] = Mapping(store(surplus))
    first_default = len(positional) - len(function.defaults)
    for name, default in zip(positional[first_default:], function.defaults, strict=False):
        names.setdefault(name, default)
    for name, maybe in zip(parameters.keyword_only, function.keyword_defaults, strict=False):
        if maybe is not None:
            names.setdefault(name, maybe)
    for name in (*positional, *parameters.keyword_only):
        names.setdefault(name, UNKNOWN)
    return names


_DUNDERS: Final[dict[str, tuple[str, ...]]] = {
    "abs": ("__abs__",),
    "bytes": ("__bytes__",),
    "dir": ("__dir__",),
    "float": ("__float__",),
    "format": ("__format__", "__str__", "__repr__"),
    "hash": ("__hash__",),
    "int": ("__int__",),
    "iter": ("__iter__",),
    "len": ("__len__",),
    "print": ("__str__", "__repr__"),
    "repr": ("__repr__",),
    "reversed": ("__reversed__",),
    "str": ("__str__", "__repr__"),
}
"""Builtins, and the methods of a project's class that they call, the first that there is."""
TEXT_METHODS: Final = frozenset(
    [
        "casefold",
        "endswith",
        "format",
        "lower",
        "lstrip",
        "partition",
        "removeprefix",
        "removesuffix",
        "replace",
        "rpartition",
        "rsplit",
        "rstrip",
        "split",
        "splitlines",
        "startswith",
        "strip",
        "title",
        "upper",
    ]
)

_READING_METHODS: Final = frozenset(
    [
        "__contains__", "__iter__", "__len__", "count", "difference", "index", "intersection",
        "isdisjoint", "issubset", "issuperset", "symmetric_difference", "union",
    ]
)  # fmt: skip
"""Methods of lists, tuples and sets that change nothing."""

_Handler = Callable[..., Value]
_BUILTINS: Final[dict[str, _Handler]] = {
    "__import__": Calls._dunder_import,
    "getattr": Calls._getattr,
    "hasattr": Calls._hasattr,
    "setattr": Calls._setattr,
    "delattr": Calls._delattr,
    "dir": Calls._dir,
    "globals": Calls._globals,
    "vars": Calls._locals,
    "locals": Calls._locals,
    "exec": Calls._exec,
    "eval": Calls._exec,
    "tuple": Calls._tuple,
    "list": Calls._list,
    "set": Calls._set,
    "frozenset": Calls._set,
    "sorted": Calls._sorted,
    "dict": Calls._dict_call,
    "sum": Calls._sum,
    "any": Calls._any,
    "all": Calls._all,
    "max": Calls._consume,
    "min": Calls._consume,
    "next": Calls._next,
    "map": Calls._map,
    "isinstance": Calls._isinstance,
    "issubclass": Calls._issubclass,
    "len": Calls._len,
    "range": Calls._range,
    "enumerate": Calls._enumerate,
    "zip": Calls._zip,
    "str": Calls._text,
    "bool": Calls._bool,
    "exit": Calls._exit,
    "quit": Calls._exit,
    "super": Calls._super,
    "type": Calls._type,
    "staticmethod": Calls._static,
    "classmethod": Calls._class_method,
    "property": Calls._property,
}

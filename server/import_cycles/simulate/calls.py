"""Calls: which of them run code of the project, and with what.

A callee that the model does not know does nothing and gives nothing known. Followed: functions
and lambdas, methods, classes (`import_cycles.simulate.classes`), `partial`, decorators of the
standard library, and the builtins that call back or decide something about imports.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from itertools import count
from typing import Final

from import_cycles.base.record import entity
from import_cycles.libraries.facts import Gives, Options
from import_cycles.libraries.table import facts
from import_cycles.simulate.core import MAX_CALLS, argument_kind
from import_cycles.simulate.errors import Broke, Raised, Returned, builtin_class, is_caught
from import_cycles.simulate.importing import Imports
from import_cycles.simulate.memory import MAX_CALL_STEPS, MAX_DOUBTFUL_STEPS
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
    Mapping,
    Maybe,
    Method,
    Module,
    Namespace,
    Partial,
    Scope,
    Sequence,
    SequenceKind,
    Super,
    Suppress,
    Suspended,
    Value,
    Wrapping,
    join,
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
            return UNKNOWN
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
                return UNKNOWN
            case Const(value=value):
                message = f"'{type(value).__name__}' object is not callable"
                raise self.raised("TypeError", frame, mark, message=message)
            case Module():
                message = "'module' object is not callable"
                raise self.raised("TypeError", frame, mark, message=message)
            case Partial(function=inner, arguments=first, keywords=known):
                return self.call(inner, (*first, *arguments), {**known, **keywords}, frame, mark)
            case Builtin(name=name):
                return self._call_builtin(name, arguments, keywords, frame, mark)
            case _BuiltinMethod(owner=owner, name=name):
                return self._call_builtin_method(owner, name, arguments, keywords, frame, mark)
            case _:
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
        if self.calls >= MAX_CALLS or self.call_steps > MAX_CALL_STEPS:
            return UNKNOWN
        if self.doubt and self.doubtful_steps > MAX_DOUBTFUL_STEPS:
            return UNKNOWN
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
        return self.doubtful_results[key]

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
            result = join(result, value)
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
        return UNKNOWN if handler is None else handler(self, arguments, keywords, frame, mark)

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
        names = (*module.names, "__name__", "__doc__", "__package__", "__loader__", "__spec__")
        known = sequence(SequenceKind.LIST, tuple(Const(name) for name in names))
        is_whole = not module.is_open and "__dir__" not in module.names
        if not is_whole or any(isinstance(value, Maybe) for value in module.names.values()):
            known.fields["open"] = True
        return known

    def _dunder_import(self, *call: object) -> Value:
        arguments, keywords, frame, mark = call
        return self.dunder_import(arguments, keywords, frame, mark)  # type: ignore[arg-type]

    def _getattr(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        match arguments:
            case (owner, Const(value=str(name))):
                return self.attribute(owner, name, frame, mark)
            case (owner, Const(value=str(name)), default):
                try:
                    return self.attribute(owner, name, frame, mark)
                except Raised as raised:
                    if is_caught(raised, Builtin("AttributeError")):
                        return default
                    raise
            case _:
                return UNKNOWN

    def _hasattr(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        match arguments:
            case ((Module() | Const()) as owner, Const(value=str(name))):
                try:
                    found = self.attribute(owner, name, frame, mark)
                except Raised as raised:
                    if is_caught(raised, Builtin("AttributeError")):
                        return Const(False)
                    raise
                is_open = isinstance(owner, Module) and owner.is_open
                return UNKNOWN if found is UNKNOWN and is_open else Const(True)
            case _:
                return UNKNOWN

    def _setattr(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        match arguments:
            case (owner, Const(value=str(name)), value):
                self.set_attribute(owner, name, value, frame, mark)
            case (Module(fields=fields), *_):
                self.journal.write(fields, "open", True)
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
        if arguments:
            owner = arguments[0]
            return Namespace(owner) if isinstance(owner, Module) else UNKNOWN
        return Namespace(frame.module)

    def _locals(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        if arguments or frame.scope is Scope.MODULE:
            return self._globals(arguments, _k, frame, mark)
        return UNKNOWN

    def _exec(
        self, arguments: tuple[Value, ...], _k: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        self.journal.write(frame.module.fields, "open", True)
        return UNKNOWN

    def _sequence(self, kind: SequenceKind, arguments: tuple[Value, ...], frame: Frame) -> Value:
        if not arguments:
            return sequence(kind, ())
        items = self.gather(arguments[0], frame)
        result = sequence(kind, items or ())
        if items is None:
            result.fields["open"] = True
        return result

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
            if isinstance(argument, Mapping) and not argument.is_open:
                result.items.update(argument.items)
            else:
                self.gather(argument, frame)
                result.fields["open"] = True
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
        is_whole = isinstance(arguments[0], (Sequence, Mapping, Suspended, Const))
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
            case (value, Sequence() as several) if not several.fields.get("open"):
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
                return Const(len(text))
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
        return self.raised("SystemExit", frame, mark, message=message)

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
            case "contextlib.contextmanager" | "contextlib.asynccontextmanager":
                return self._wrapped(Wrapping.CONTEXT_MANAGER, arguments)
            case "functools.cache" | "functools.lru_cache":
                if arguments and isinstance(arguments[0], Function):
                    return self._wrapped(Wrapping.CACHED, arguments)
                return External("functools.cache")
            case "functools.cached_property":
                return self._wrapped(Wrapping.PROPERTY, arguments)
            case "dataclasses.field":
                return FieldOptions(keywords)
            case "functools.partial":
                if not arguments:
                    return UNKNOWN
                if isinstance(arguments[0], (Const, Module, Sequence, Mapping)):
                    message = "the first argument must be callable"
                    raise self.raised("TypeError", frame, mark, message=message)
                return Partial(arguments[0], arguments[1:], dict(keywords))
            case "functools.reduce":
                for item in self.gather(arguments[1], frame) or () if len(arguments) > 1 else ():
                    self.call(arguments[0], (UNKNOWN, item), {}, frame, mark)
                return UNKNOWN
            case "typing.cast" | "typing_extensions.cast":
                return arguments[1] if len(arguments) > 1 else UNKNOWN
            case "typing.NewType":
                return UNKNOWN
            case "asyncio.run":
                return self._run_coroutine(arguments)
            case "sys.platform.startswith":
                return self._platform_starts(arguments)
            case _:
                return self._decorated_by(dotted, arguments, frame)

    def _decorated_by(self, dotted: str, arguments: tuple[Value, ...], frame: Frame) -> Value:
        does = facts(dotted)
        wrapped = arguments[0] if len(arguments) == 1 else None
        if does.changes:
            self._may_add_names(dotted, arguments)
        stays = does.gives in (Gives.ARGUMENT, Gives.CALLER)
        if stays and not does.takes_options and does.argument < len(arguments):
            return arguments[does.argument]
        if stays and does.takes_options:
            is_plain = isinstance(wrapped, (Function, Class, Method))
            if dotted == "dataclasses.dataclass" and isinstance(wrapped, Class):
                self.journal.write(wrapped.fields, "dataclass", True)
            if is_plain and does.options is Options.ALLOWED and wrapped is not None:
                return wrapped
            if dotted == "dataclasses.dataclass":
                return External("dataclasses.dataclass")
            return External("typing.final")
        if isinstance(wrapped, Class):
            # A class decorator that is not known most likely gives the class back.
            return wrapped
        self._may_add_names(dotted, arguments)
        return UNKNOWN

    def _may_add_names(self, dotted: str, arguments: tuple[Value, ...]) -> None:
        """Code from outside that gets a module, or its globals, can add names to it."""
        for argument in arguments:
            if isinstance(argument, (Module, Namespace)):
                module = argument.module if isinstance(argument, Namespace) else argument
                self.journal.write(module.fields, "open", True)

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
                raise self.raised("KeyError", frame, mark, message=repr(dotted))
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
        match name:
            case "append" | "add":
                self.journal.extend(owner.fields, arguments[:1])
            case "extend" | "update":
                for argument in arguments:
                    items = self.gather(argument, frame)
                    self.journal.extend(owner.fields, items or ())
                    if items is None:
                        self.journal.write(owner.fields, "open", True)
            case "copy":
                copied = sequence(owner.kind, owner.items)
                copied.fields.update(owner.fields)
                return copied
            case "index" | "count":
                return UNKNOWN
            case "sort" | "reverse" | "insert" | "remove" | "discard" | "pop" | "clear":
                self.journal.write(owner.fields, "open", True)
                return UNKNOWN
            case _:
                return UNKNOWN
        return NONE

    def _mapping_method(
        self,
        owner: Mapping,
        name: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
    ) -> Value:
        def listed(items: tuple[Value, ...]) -> Value:
            result = sequence(SequenceKind.TUPLE, items)
            if owner.is_open:
                result.fields["open"] = True
            return result

        match name, arguments:
            case "get", (Const(value=key), *rest):
                if key in owner.items:
                    return owner.items[key]
                return UNKNOWN if owner.is_open else (rest[0] if rest else NONE)
            case "items", _:
                pairs = ((Const(key), value) for key, value in owner.items.items())
                return listed(tuple(sequence(SequenceKind.TUPLE, pair) for pair in pairs))
            case "keys", _:
                return listed(tuple(Const(key) for key in owner.items))
            case "values", _:
                return listed(tuple(owner.items.values()))
            case "copy", _:
                return Mapping(store(owner.items), store(owner.fields))
            case "setdefault", (Const(value=key), *rest):
                if key not in owner.items and not owner.is_open:
                    self.journal.write(owner.items, key, rest[0] if rest else NONE)
                return owner.items.get(key, UNKNOWN)
            case "update", _:
                for argument in arguments:
                    if isinstance(argument, Mapping) and not argument.is_open:
                        for key, value in argument.items.items():
                            self.journal.write(owner.items, key, value)
                    else:
                        self.gather(argument, frame)
                        self.journal.write(owner.fields, "open", True)
                for keyword, each in keywords.items():
                    self.journal.write(owner.items, keyword, each)
                return NONE
            case "pop", (Const(value=key), *_):
                found = owner.items.get(key, UNKNOWN)
                self.journal.erase(owner.items, key)
                return found
            case "clear" | "popitem", _:
                self.journal.write(owner.fields, "open", True)
                return UNKNOWN
            case _:
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
            case "update", (Mapping() as added,) if not added.is_open:
                for added_name, value in added.items.items():
                    self.journal.write(module.names, str(added_name), value)
            case "__setitem__", (Const(value=str(key)), value, *_):
                self.journal.write(module.names, key, value)
            case "setdefault", (Const(value=str(key)), value, *_):
                if key not in module.names:
                    self.journal.write(module.names, key, value)
                return module.names[key]
            case "pop" | "__delitem__", (Const(value=str(key)), *rest):
                popped = module.names.get(key)
                if popped is None and not rest and not module.is_open:
                    raise self.raised("KeyError", frame, mark, message=repr(key))
                self.journal.erase(module.names, key)
                return popped or (rest[0] if rest else UNKNOWN)
            case (("items" | "keys" | "values" | "copy" | "__contains__"), _):
                return UNKNOWN
            case _:
                self.journal.write(module.fields, "open", True)
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
    "sorted": Calls._consume,
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

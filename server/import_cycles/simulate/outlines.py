"""Outlines of a call's arguments, and stand-ins for them.

An *outline* describes values so that a function of another module cannot distinguish values with
equal outlines, unless it looks closer. Each text, and each function, class, object and container of
the surveyed module, gets a number in the order in which the description meets them. A *question*
(`Question`) is a closer look at number *n*; its answer is an outline again.

A call is run with *stand-ins* for all numbered values. A stand-in asks the question when the run
looks closer. So each run knows what it depends on: the outline of its arguments, and the answers.
Its result and its changes consist of stand-ins, too; `Concretizer` puts the real values in their
place.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final

from import_cycles.base.names import ModuleName
from import_cycles.base.record import entity, field
from import_cycles.simulate.errors import Raised, Unwinding
from import_cycles.simulate.journal import MISSING
from import_cycles.simulate.library_objects import LibraryObject
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.marks import ITEMS, OPEN
from import_cycles.simulate.operators import may_be_program
from import_cycles.simulate.outside import FieldOptions
from import_cycles.simulate.statics import JournaledParts, shared_part
from import_cycles.simulate.values import (
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
    Partial,
    Sequence,
    SequenceKind,
    Super,
    Suspended,
    Unknown,
    Value,
    sequence,
)
from import_cycles.simulate.world import World
from import_cycles.syntax.steps import Code, Parameters

Question = tuple[int, str, Hashable]
"""The number of the value; `names`, `fields`, `value` or `truth`; the name."""


NAMED_MODULE: Final = "named module"
MAY_BE_PROGRAM: Final = "may be program"
"""What is asked of a text beside its operators and methods: the module that it names, and whether
it may be statements. Both are asked of prose, too: few answers are possible."""


class NotAbstractable(Unwinding):
    """The call cannot be run with stand-ins."""


@entity
class Outline:
    """Describes values in the survey of `subject`, without the bodies of its functions."""

    subject: ModuleName | None
    world: World
    objects: list[Any] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)
    statics: list[Value] = field(default_factory=list)
    """The shared values among the arguments, and among the answers."""

    def of(self, value: Value) -> Hashable:
        """The outline of a value. Raises NotAbstractable."""
        if isinstance(value, LibraryObject):
            return value
        describe = _OUTLINES.get(type(value))
        if describe is None:
            raise NotAbstractable
        return describe(self, value)

    def answer(self, question: Question) -> tuple[Hashable, Any]:
        """The outline of what looking closer shows, and what that is; MISSING, or NotAbstractable, for both."""
        number, part, key = question
        thing = self.objects[number]
        found: object
        match part:
            case "value":
                return thing.value, thing.value
            case "truth":
                is_true = thing.truth if isinstance(thing, HiddenText) else bool(thing.value)
                return is_true, is_true
            case "text":
                found = self._of_text(thing, key)
            case "names":
                found = thing.names.get(key, MISSING)
                if found is MISSING and key == "__name__" and isinstance(thing, Class):
                    found = Const(thing.name)
            case _:
                found = thing.fields.get(key, MISSING)
        if found is MISSING:
            return MISSING, MISSING
        if isinstance(found, Value):
            try:
                return self.of(found), found
            except NotAbstractable:
                return NotAbstractable, NotAbstractable
        if isinstance(found, (bool, str)) or (
            isinstance(found, tuple) and all(isinstance(each, str) for each in found)
        ):
            return ("plain", found), found
        return NotAbstractable, NotAbstractable

    def _of_text(self, text: Const, asked: Any) -> Value:
        """The result of an operator or method on a text; the operands are literals and numbers."""
        operator, *shown = asked
        operands: list[Const] = []
        named: dict[str, Const] = {}
        for is_number, each, *keyword in shown:
            operand = self.objects[each] if is_number else Const(each)
            if keyword:
                named[keyword[0]] = operand
            else:
                operands.append(operand)
        for each in (text, *operands, *named.values()):
            if isinstance(each, HiddenText):
                return each.asked(operator, *operands, **named)
        if operator == NAMED_MODULE:
            asker = ModuleName(str(operands[0].value))
            file = self.world.named_by(str(text.value), self.world.layout.module(asker))
            return Const("" if file is None else file.name)
        if operator == MAY_BE_PROGRAM:
            return Const(may_be_program(text.value))
        values = [each.value for each in operands]
        keywords = {name: each.value for name, each in named.items()}
        return text_operation(operator, str(text.value), *values, **keywords)

    def _number(self, thing: object) -> int:
        number = len(self.objects)
        if number >= LIMITS.outline_objects:
            raise NotAbstractable
        self.objects.append(thing)
        self.numbers[id(thing)] = number
        return number

    def _all(self, values: tuple[Value, ...]) -> tuple[Hashable, ...]:
        return tuple(self.of(value) for value in values)

    def _plain(self, value: Value) -> Hashable:
        return value

    def _const(self, value: Const) -> Hashable:
        constant = value.value
        if type(constant) is str:
            known = self.numbers.get(id(value))
            if known is None:
                self._number(value)
                return "prose" if is_prose(constant) else "text"
            return known
        return type(constant), constant

    def _hidden(self, value: HiddenText) -> Hashable:
        known = self.numbers.get(id(value))
        if known is None:
            self._number(value)
            return "prose" if value.is_prose else "text"
        return known

    def _maybe(self, value: Maybe) -> Hashable:
        return "maybe", self.of(value.value)

    def _static_or_known(self, value: Value) -> Hashable | None:
        if shared_part(value) is not None:
            self.statics.append(value)
            return value
        return self.numbers.get(id(value))

    def _module(self, value: Module) -> Hashable:
        if shared_part(value) is None:
            raise NotAbstractable
        return value

    def _function(self, value: Function) -> Hashable:
        known = self._static_or_known(value)
        if known is not None:
            return known
        self._number(value)
        name = value.code.name if value.code.name in _SPECIAL_NAMES else ""
        if value.module.name == self.subject or value.number < 0:
            return "function", value.wrapping, name
        return (
            "closure",
            value.module.name,
            value.number,
            value.wrapping,
            self._all(value.defaults),
            tuple(None if each is None else self.of(each) for each in value.keyword_defaults),
            None if value.owner is None else self.of(value.owner),
            None if value.outer is None else self._frame(value.outer),
        )

    def _frame(self, frame: Frame) -> Hashable:
        known = self.numbers.get(id(frame))
        if known is not None:
            return known
        if frame.module.name == self.subject or frame.on_yield is not None:
            raise NotAbstractable
        self._number(frame)
        return (
            frame.module.name,
            frame.number,
            frame.scope,
            tuple((name, self.of(value)) for name, value in frame.names.items()),
            None if frame.outer is None else self._frame(frame.outer),
            None if frame.owner is None else self.of(frame.owner),
            self._all(frame.arguments),
        )

    def _class(self, value: Class) -> Hashable:
        known = self._static_or_known(value)
        if known is not None:
            return known
        self._number(value)
        return (
            "class",
            self._all(value.mro[1:]),
            value.builtin_bases,
            value.is_open,
            None if value.metaclass is None else self.of(value.metaclass),
        )

    def _instance(self, value: Instance) -> Hashable:
        known = self._static_or_known(value)
        if known is not None:
            return known
        self._number(value)
        return "instance", self.of(value.cls)

    def _method(self, value: Method) -> Hashable:
        return "method", self.of(value.function), self.of(value.owner)

    def _super(self, value: Super) -> Hashable:
        return "super", self.of(value.start), self.of(value.owner)

    def _partial(self, value: Partial) -> Hashable:
        keywords = tuple((name, self.of(each)) for name, each in value.keywords.items())
        return "partial", self.of(value.function), self._all(value.arguments), keywords

    def _sequence(self, value: Sequence) -> Hashable:
        known = self.numbers.get(id(value))
        if known is not None:
            return known
        if len(value.items) > LIMITS.outline_items:
            raise NotAbstractable
        self._number(value)
        return value.kind, bool(value.fields.get(OPEN)), self._all(value.items)

    def _mapping(self, value: Mapping) -> Hashable:
        known = self.numbers.get(id(value))
        if known is not None:
            return known
        if len(value.items) > LIMITS.outline_items or not value.fields.keys() <= {OPEN}:
            raise NotAbstractable
        self._number(value)
        items = tuple((type(key), key, self.of(each)) for key, each in value.items.items())
        return "mapping", value.is_open, items


def is_prose(text: str) -> bool:
    """Whether a text is too long to be a name."""
    return len(text) > LIMITS.name_length or "\n" in text


def text_operation(operator: str, text: str, *operands: Any, **named: Any) -> Value:
    """The result of an operator on a text, or of a method of the first operand.

    Unknown where that is an error.
    """
    try:
        match operator:
            case "==":
                return Const(text == operands[0])
            case "in":
                return Const(operands[0] in text)
            case "contained":
                return Const(text in operands[0])
            case "len":
                return Const(len(text))
            case "joined":
                return Const("".join(str(operand) for operand in operands))
            case _:
                result = getattr(operands[0], operator)(*operands[1:], **named)
    except (TypeError, ValueError, LookupError, AttributeError):
        return UNKNOWN
    if isinstance(result, bytes):
        return UNKNOWN
    if isinstance(result, (list, tuple)):
        kind = SequenceKind.LIST if isinstance(result, list) else SequenceKind.TUPLE
        return sequence(kind, tuple(Const(part) for part in result))
    return Const(result)


_OUTLINES: Final[dict[type, Callable[[Outline, Any], Hashable]]] = {
    Unknown: Outline._plain,
    External: Outline._plain,
    Builtin: Outline._plain,
    Const: Outline._const,
    Maybe: Outline._maybe,
    Module: Outline._module,
    Function: Outline._function,
    Class: Outline._class,
    Instance: Outline._instance,
    Method: Outline._method,
    Super: Outline._super,
    Partial: Outline._partial,
    Sequence: Outline._sequence,
    Mapping: Outline._mapping,
}
_SPECIAL_NAMES: Final = frozenset({"__init_subclass__", "__class_getitem__"})
"""Methods that are bound to the class, whatever they are decorated with."""


# --- stand-ins -----------------------------------------------------------------------------


class HiddenText(Const):
    """A text that is unknown until its value is read."""

    __slots__ = ("_number", "_stand_ins", "is_prose")
    is_prose: bool
    _number: int
    _stand_ins: StandIns

    def __init__(self, stand_ins: StandIns, number: int, *, is_prose: bool) -> None:
        object.__setattr__(self, "_stand_ins", stand_ins)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "is_prose", is_prose)

    @property
    def value(self) -> str:
        """The text: from now on the run depends on it."""
        text = self._stand_ins.ask(self._number, "value", None)
        assert isinstance(text, str)
        return text

    def known(self) -> object:
        """The text if the run depends on it anyway; else its number."""
        return self._stand_ins.asked.get((self._number, "value", None), self._number)

    def asked(self, operator: str, *operands: Const, **named: Const) -> Value:
        """The result of an operator, or of a method of the first operand: from now on the run
        depends on it.

        For prose it is unknown, except that it is no name.
        """
        if self.is_prose and operator not in (NAMED_MODULE, MAY_BE_PROGRAM):
            # Otherwise each docstring would be a case of its own.
            return Const(False) if operator == "==" else UNKNOWN
        shown = [_shown(each) for each in operands]
        shown += [(*_shown(each), name) for name, each in named.items()]
        found = self._stand_ins.ask(self._number, "text", (operator, *shown))
        assert isinstance(found, Value)
        return found

    @property
    def truth(self) -> bool:
        """Whether it is not empty: from now on the run depends on that."""
        return self.is_prose or bool(self._stand_ins.ask(self._number, "truth", None))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Const) and self.value == other.value

    def __hash__(self) -> int:
        return hash((self.value,))


def _shown(text: Const) -> tuple[Any, ...]:
    """An operand in a question: whether it is hidden, and its number or its value."""
    return (True, text._number) if isinstance(text, HiddenText) else (False, text.value)


_OUTLINES[HiddenText] = Outline._hidden


class QueriedParts(JournaledParts):
    """Parts of a stand-in: a missing part is read from the real value, as a question."""

    __slots__ = ("_asked", "number", "part", "stand_ins")

    def __init__(self, stand_ins: StandIns, number: int, part: str) -> None:
        super().__init__()
        self.stand_ins, self.number, self.part = stand_ins, number, part
        self._asked: set[Hashable] = set()

    def _find(self, key: Hashable) -> object:
        found = dict.get(self, key, MISSING)
        if found is not MISSING or key in self._asked:
            return found
        self._asked.add(key)
        found = self.stand_ins.ask(self.number, self.part, key)
        if found is not MISSING:
            dict.__setitem__(self, key, found)
            self.stand_ins.asked[id(self), key] = found
        return found

    def own(self, key: Hashable) -> object:
        """The present part, without a question; NotAbstractable if there is none."""
        return dict.get(self, key, NotAbstractable)

    def get(self, key: Hashable, default: Any = None) -> Any:
        found = self._find(key)
        return default if found is MISSING else found

    def __getitem__(self, key: Hashable) -> Any:
        found = self._find(key)
        if found is MISSING:
            raise KeyError(key)
        return found

    def __contains__(self, key: object) -> bool:
        return self._find(key) is not MISSING

    def __iter__(self) -> Any:
        raise NotAbstractable

    def keys(self) -> Any:
        raise NotAbstractable

    def items(self) -> Any:
        raise NotAbstractable

    def values(self) -> Any:
        raise NotAbstractable


@entity
class StandIns:
    """The stand-ins of one run. `trail` has the questions that were asked, and the answers."""

    outline: Outline
    numbers: dict[int, int] = field(default_factory=dict)
    """The number of each stand-in, by identity."""
    made: dict[int, Any] = field(default_factory=dict)
    """The stand-in of each number."""
    trail: list[tuple[Question, Hashable]] = field(default_factory=list)
    asked: dict[object, object] = field(default_factory=dict)
    containers: list[tuple[int, str, dict[Any, Any], dict[Any, Any]]] = field(default_factory=list)
    """Number, `items` or `fields`, those as they were at first, and those that the run changes."""

    def ask(self, number: int, part: str, key: Hashable) -> object:
        """The answer to a question, in stand-ins."""
        question = (number, part, key)
        if part in ("value", "truth", "text") and question in self.asked:
            return self.asked[question]
        outline, found = self.outline.answer(question)
        self.trail.append((question, outline))
        if found is NotAbstractable:
            raise NotAbstractable
        if isinstance(found, Value):
            found = self.of(found)
        self.asked[question] = found
        return found

    def of(self, value: Any) -> Any:
        """The stand-in of a value that has an outline."""
        kind = type(value)
        if kind in (Unknown, External, Builtin) or shared_part(value) is not None:
            return value
        if isinstance(value, LibraryObject):
            return value
        if kind is Const:
            if type(value.value) is not str:
                return value
            return HiddenText(self, self._own(value), is_prose=is_prose(value.value))
        if kind is HiddenText:
            return HiddenText(self, self._own(value), is_prose=value.is_prose)
        if kind is Maybe:
            return Maybe(self.of(value.value))
        if kind is Method:
            return Method(self.of(value.function), self.of(value.owner))
        if kind is Super:
            return Super(self.of(value.start), self.of(value.owner))
        if kind is Partial:
            keywords = {name: self.of(each) for name, each in value.keywords.items()}
            return Partial(self.of(value.function), self._all(value.arguments), keywords)
        number = self._own(value)
        made = self.made.get(number)
        return self._make(value, number) if made is None else made

    def _own(self, value: object) -> int:
        return self.outline.numbers[id(value)]

    def _all(self, values: tuple[Value, ...]) -> tuple[Any, ...]:
        return tuple(self.of(value) for value in values)

    def _note(self, number: int, made: Any) -> Any:
        self.made[number] = made
        self.numbers[id(made)] = number
        return made

    def _make(self, value: Any, number: int) -> Any:
        match value:
            case Function():
                return self._function(value, number)
            case Class():
                cls = Class("", _NOWHERE, (), QueriedParts(self, number, "names"))
                self._note(number, cls)
                cls.fields = QueriedParts(self, number, "fields")
                cls.mro = (cls, *self._all(value.mro[1:]))
                cls.builtin_bases, cls.is_open = value.builtin_bases, value.is_open
                cls.metaclass = None if value.metaclass is None else self.of(value.metaclass)
                return cls
            case Instance():
                instance = Instance(UNKNOWN, QueriedParts(self, number, "names"))  # type: ignore[arg-type]
                self._note(number, instance)
                instance.cls = self.of(value.cls)
                return instance
            case Sequence():
                sequence = Sequence(value.kind, {ITEMS: ()})
                self._note(number, sequence)
                sequence.fields.update(value.fields)
                sequence.fields[ITEMS] = self._all(value.items)
                self.containers.append((number, "fields", dict(sequence.fields), sequence.fields))
                return sequence
            case Mapping():
                mapping = Mapping({}, dict(value.fields))
                self._note(number, mapping)
                mapping.items.update((key, self.of(each)) for key, each in value.items.items())
                self.containers.append((number, "items", dict(mapping.items), mapping.items))
                self.containers.append((number, "fields", dict(mapping.fields), mapping.fields))
                return mapping
            case _:
                raise NotAbstractable

    def _function(self, value: Function, number: int) -> Function:
        fields = QueriedParts(self, number, "fields")
        if value.module.name == self.outline.subject or value.number < 0:
            code = Code(value.code.name, Parameters(), ())
            module = Module(ModuleName(""), "", _NOWHERE.file)
            # Negative: not to be run.
            function = Function(module, -1 - number, code, None, wrapping=value.wrapping)
            function.fields = fields
            return self._note(number, function)  # type: ignore[no-any-return]
        function = Function(
            value.module, value.number, value.code, None, (), (), value.wrapping, None, fields
        )
        self._note(number, function)
        function.outer = None if value.outer is None else self._frame(value.outer)
        function.defaults = self._all(value.defaults)
        function.keyword_defaults = tuple(
            None if each is None else self.of(each) for each in value.keyword_defaults
        )
        function.owner = None if value.owner is None else self.of(value.owner)
        return function

    def _frame(self, frame: Frame) -> Frame:
        number = self._own(frame)
        made = self.made.get(number)
        if made is None:
            made = Frame(frame.module, frame.number, frame.code, frame.scope, {})
            self._note(number, made)
            made.names.update((name, self.of(value)) for name, value in frame.names.items())
            made.outer = None if frame.outer is None else self._frame(frame.outer)
            made.owner = None if frame.owner is None else self.of(frame.owner)
            made.arguments = self._all(frame.arguments)
        return made


_NOWHERE: Final = Module(ModuleName(""), "", None)  # type: ignore[arg-type]


# --- back to real values -------------------------------------------------------------------


class Concretizer:
    """Puts real values in the place of stand-ins; makes the objects that the run has made."""

    def __init__(self, numbers: dict[int, int], objects: list[Any]) -> None:
        self._numbers = numbers
        self._objects = objects
        self._made: dict[int, Any] = {}

    def of(self, value: Any) -> Any:
        """The real value."""
        kind = type(value)
        if kind in (Unknown, Const, External, Builtin) or isinstance(value, LibraryObject):
            return value
        number = self._numbers.get(id(value))
        if number is not None:
            return self._objects[number]
        if kind is HiddenText:
            return self._objects[value._number]
        made = self._made.get(id(value))
        if made is None:
            make = _CONCRETIZERS.get(kind)
            if make is None:
                return UNKNOWN
            made = value if shared_part(value) is not None else make(self, value)
        return made

    def raised(self, raised: Raised) -> Raised:
        """An exception with real values in it."""
        return Raised(
            self.of(raised.cls), raised.spot, raised.name, raised.of, raised.message,
            raised.partial, raised.stack, raised.import_id, raised.certain,
            None if raised.value is None else self.of(raised.value),
        )  # fmt: skip

    def _all(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(self.of(value) for value in values)

    def _note(self, value: object, made: Any) -> Any:
        self._made[id(value)] = made
        return made

    def _module(self, value: Module) -> Value:
        return UNKNOWN

    def _maybe(self, value: Maybe) -> Value:
        return Maybe(self.of(value.value))

    def _names(self, names: dict[Any, Any]) -> dict[Any, Any]:
        return {
            key: self.of(value) if isinstance(value, Value) else value
            for key, value in names.items()
        }

    def _function(self, value: Function) -> Value:
        if value.number < 0:
            # A stand-in, wrapped anew.
            real = self._objects[-1 - value.number]
            return Function(
                real.module, real.number, real.code, real.outer, real.defaults,
                real.keyword_defaults, value.wrapping, real.owner, real.fields,
            )  # fmt: skip
        made = Function(value.module, value.number, value.code, None, wrapping=value.wrapping)
        self._note(value, made)
        made.outer = None if value.outer is None else self._frame(value.outer)
        made.defaults = self._all(value.defaults)
        made.keyword_defaults = tuple(
            None if each is None else self.of(each) for each in value.keyword_defaults
        )
        made.owner = None if value.owner is None else self.of(value.owner)
        if not isinstance(value.fields, JournaledParts):
            made.fields.update(self._names(value.fields))
        return made

    def _frame(self, frame: Frame) -> Frame:
        number = self._numbers.get(id(frame))
        if number is not None:
            return self._objects[number]  # type: ignore[no-any-return]
        made = self._made.get(id(frame))
        if made is None:
            made = Frame(frame.module, frame.number, frame.code, frame.scope, {})
            self._note(frame, made)
            made.names.update(self._names(frame.names))
            made.outer = None if frame.outer is None else self._frame(frame.outer)
            made.owner = None if frame.owner is None else self.of(frame.owner)
            made.arguments = self._all(frame.arguments)
        return made

    def _class(self, value: Class) -> Value:
        made = Class(value.name, value.module, (), {})
        self._note(value, made)
        made.bases = self._all(value.bases)
        made.mro = (made, *self._all(value.mro[1:]))
        made.is_open, made.builtin_bases = value.is_open, value.builtin_bases
        made.metaclass = None if value.metaclass is None else self.of(value.metaclass)
        made.names.update(self._names(value.names))
        made.fields.update(self._names(value.fields))
        return made

    def _instance(self, value: Instance) -> Value:
        made = Instance(self.of(value.cls))
        self._note(value, made)
        made.names.update(self._names(value.names))
        return made

    def _method(self, value: Method) -> Value:
        function = self.of(value.function)
        return Method(function, self.of(value.owner))

    def _super(self, value: Super) -> Value:
        return Super(self.of(value.start), self.of(value.owner))

    def _partial(self, value: Partial) -> Value:
        return Partial(
            self.of(value.function), self._all(value.arguments), self._names(value.keywords)
        )

    def _sequence(self, value: Sequence) -> Value:
        made = Sequence(value.kind, {**value.fields, ITEMS: ()})
        self._note(value, made)
        made.fields[ITEMS] = self._all(value.items)
        return made

    def _mapping(self, value: Mapping) -> Value:
        made = Mapping({}, {})
        self._note(value, made)
        made.items.update(self._names(value.items))
        made.fields.update(self._names(value.fields))
        return made

    def _suspended(self, value: Suspended) -> Value:
        if not isinstance(value.body, Function):
            return UNKNOWN
        made = Suspended(value.body, is_coroutine=value.is_coroutine)
        self._note(value, made)
        made.body = self.of(value.body)
        made.arguments = self._names(value.arguments)
        made.fields.update(value.fields)
        return made

    def _options(self, value: FieldOptions) -> Value:
        return FieldOptions(self._names(value.keywords))


_CONCRETIZERS: Final[dict[type, Callable[[Concretizer, Any], Any]]] = {
    Maybe: Concretizer._maybe,
    Module: Concretizer._module,
    Function: Concretizer._function,
    Class: Concretizer._class,
    Instance: Concretizer._instance,
    Method: Concretizer._method,
    Super: Concretizer._super,
    Partial: Concretizer._partial,
    Sequence: Concretizer._sequence,
    Mapping: Concretizer._mapping,
    Suspended: Concretizer._suspended,
    FieldOptions: Concretizer._options,
}

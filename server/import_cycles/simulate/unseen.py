"""Code of the project that runs without being followed, and what it may have changed.

Code from outside calls the functions that it gets, and the methods of the objects and classes that
it gets. So do operations of the interpreter that the machine does not carry out itself. Such a
function opens everything that it may change: the containers that its text names, and what the
functions, classes and objects that it names may change.
"""

from __future__ import annotations

from collections.abc import Iterable

from import_cycles.simulate.exposure import (
    CONTAINERS,
    HOLDING,
    attributes_of,
    forget,
    n_containers,
    open_containers,
    open_up,
)
from import_cycles.simulate.journal import Journal
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.marks import ALTERED, IS_DATACLASS, OPEN
from import_cycles.simulate.stores import Kinds, Store
from import_cycles.simulate.values import (
    UNKNOWN,
    Attributes,
    BuiltinMethod,
    Class,
    Frame,
    Function,
    Instance,
    Mapping,
    Maybe,
    Method,
    Module,
    Namespace,
    Partial,
    Sequence,
    SequenceKind,
    Suspended,
    Unknown,
    Value,
)
from import_cycles.syntax.steps import Attribute, Code, Expression, Name
from import_cycles.syntax.walk import every_expression, every_step, expressions

_LEADING = frozenset(
    {
        Attributes,
        BuiltinMethod,
        Class,
        Function,
        Instance,
        Mapping,
        Maybe,
        Method,
        Module,
        Namespace,
        Partial,
        Sequence,
        Suspended,
    }
)
"""Kinds of values that code which gets them can change, or reach others through. Large tables hold
thousands of values of other kinds."""

_LEADING_KINDS = Kinds(*_LEADING)

_ASKED_KINDS = Kinds(Class, Instance, Mapping, Maybe, Sequence, Suspended)
"""Kinds of values that have methods which code from outside and operations may call."""

_WHEN_MADE = ("__init__", "__new__", "__post_init__", "__call__")
"""Methods that run when a class is called, or an object."""


def hand_over(journal: Journal, values: Iterable[Value], *, is_survey: bool = False) -> None:
    """Code that is not followed gets these values: it may change everything that they reach.

    It may call what it gets, the methods of objects included; a survey does not ask for those.
    Cost: the values that can be reached, up to LIMITS.exposed.
    """
    pending = [value for value in values if type(value) in _LEADING]
    if not pending:
        return
    seen: set[int] = set()
    called: list[Function] = []
    methods: list[Function] = []
    given: list[Value] = []
    while pending and len(seen) < LIMITS.exposed:
        value = pending.pop()
        if type(value) not in _LEADING or id(value) in seen:
            continue
        match value:
            case Sequence(kind=SequenceKind.TUPLE | SequenceKind.VIEW):
                pending += value.items
            case Sequence():
                pending += value.items
                forget(journal, value)
            case Mapping():
                pending += value.items.values()
                forget(journal, value)
            case Instance():
                pending += attributes_of(value, _LEADING_KINDS)
                methods += () if is_survey else _new_methods(journal, value)
                open_up(journal, value)
            case Attributes(owner=owner) | Method(owner=owner) | BuiltinMethod(owner=owner):
                pending.append(owner)
            case Class():
                methods += () if is_survey else _new_methods(journal, value)
                if not value.is_altered:
                    journal.write(value.fields, ALTERED, True)
            case Module():
                open_up(journal, value)
            case Namespace(module=module):
                open_up(journal, module)
            case Partial(function=function, arguments=arguments, keywords=keywords):
                pending += (function, *arguments, *keywords.values())
            case Function():
                called.append(value)
            case Suspended():
                expose_generator(journal, value)
            case Maybe(value=inner):
                pending.append(inner)
            case _:
                continue
        seen.add(id(value))
        if isinstance(value, (Class, Function, Instance, Suspended)):
            given.append(value)
    if called:
        expose_functions(journal, called, is_survey=is_survey)
    if methods:
        expose_functions(journal, methods, is_again=False)
    if given:
        journal.give_away(given)


def may_reach_lost(values: Iterable[Value]) -> bool:
    """Whether one of these values, or a part of it, may be anything that the program can still reach.

    So it is with unknown values, those that are open, and exceptions, whose `args` are not known. Cost:
    the items of containers, up to LIMITS.exposed; with more the answer is yes.
    """
    pending = list(values)
    seen: set[int] = set()
    while pending:
        value = pending.pop()
        match value:
            case Sequence(items=items, is_open=False):
                parts: Iterable[Value] = items
            case Mapping(items=items, is_open=False):
                parts = items.values()
            case Maybe(value=inner):
                parts = (inner,)
            case Instance(cls=Class(), is_open=False):
                continue
            case Unknown() | Sequence() | Mapping() | Instance():
                return True
            case _:
                continue
        if id(value) not in seen:
            seen.add(id(value))
            pending += parts
        if len(seen) > LIMITS.exposed:
            return True
    return False


def expose_objects(
    journal: Journal, values: Iterable[Value], *, is_operation: bool = False
) -> None:
    """Code that is not followed calls methods of these objects and classes.

    It may call any of their methods; an operation of the interpreter calls the special ones.
    Objects in containers count too. Cost: as of `hand_over`.
    """
    pending = list(values)
    seen: set[int] = set()
    called: list[Function] = []
    while pending and len(seen) < LIMITS.exposed:
        value = pending.pop()
        if type(value) not in _LEADING or id(value) in seen:
            continue
        match value:
            case Sequence():
                pending += value.items
            case Mapping():
                pending += value.items.values()
            case Instance(cls=Class() as cls):
                called += _new_methods(journal, value, is_operation=is_operation)
                if value.names:
                    known = [_methods(journal, each, is_operation=is_operation) for each in cls.mro]
                    if OPEN not in value.fields and any(each.set_attributes for each in known):
                        open_up(journal, value)
                        open_containers(journal, attributes_of(value, HOLDING))
                    if any(each.are_made for each in known):
                        # Methods that are made for it ask those of its attributes.
                        pending += attributes_of(value, _ASKED_KINDS)
            case (Instance() as owner) | Attributes(owner=Instance() as owner):
                pending += attributes_of(owner, _ASKED_KINDS)
            case Method(owner=owner):
                # What writes it out writes out the object.
                pending.append(owner)
            case Partial(arguments=arguments, keywords=keywords):
                pending += (*arguments, *keywords.values())
            case Class():
                called += _new_methods(journal, value, is_operation=is_operation)
            case Suspended():
                expose_generator(journal, value)
            case Maybe(value=inner):
                pending.append(inner)
            case _:
                continue
        seen.add(id(value))
    if called:
        expose_functions(journal, called, is_again=False)


def expose_called(journal: Journal, values: list[Value]) -> None:
    """An operation on a value that is not known may run these functions, and methods of these objects.

    Cost: as of `hand_over`.
    """
    functions = [value for value in values if isinstance(value, Function)]
    if functions:
        expose_functions(journal, functions, is_again=False)
    expose_objects(journal, values)


def _new_methods(
    journal: Journal, value: Instance | Class, *, is_operation: bool = False
) -> list[Function]:
    """The methods that may run, unless they are noted already and nothing has changed since."""
    cls = value.cls if isinstance(value, Instance) else value
    is_class = cls is value
    if not isinstance(cls, Class) or journal.is_noted(
        (id(cls), is_class, is_operation, len(cls.names), n_containers(journal, cls.module))
    ):
        return []
    found: list[Function] = []
    for each in cls.mro:
        if not is_class or not is_operation:
            found += _methods(journal, each, is_operation=is_operation).functions
        else:
            _add_methods_of_class(found, each)
    if is_class and isinstance(cls.metaclass, Class):
        for each in cls.metaclass.mro:
            found += _methods(journal, each, is_operation=is_operation).functions
    return found


class _Methods:
    """The functions of one class itself, and whether one of them may set attributes.

    `are_made` says that the class may have further ones, which `dataclass` or code from outside has made.
    """

    __slots__ = ("are_made", "cls", "functions", "set_attributes")

    def __init__(self, cls: Class, functions: list[Function]) -> None:
        self.cls = cls
        self.functions = functions
        self.set_attributes = any(map(_may_set_attributes, functions))
        self.are_made = cls.is_open or IS_DATACLASS in cls.fields


def _methods(journal: Journal, cls: Class, *, is_operation: bool) -> _Methods:
    key = id(cls), is_operation, len(cls.names)
    known = journal.methods.get(key)
    if isinstance(known, _Methods) and known.cls is cls:
        return known
    members = cls.names.values() if isinstance(cls.names, Store) else ()
    found: list[Function] = []
    for member in members:
        _add_functions(found, member)
    if is_operation:
        found = [each for each in found if _is_special(each)]
    made = journal.methods[key] = _Methods(cls, found)
    return made


def _is_special(function: Function) -> bool:
    """Whether the interpreter calls it for an operation; making objects is no such operation."""
    name = function.code.name
    return name.startswith("__") and name not in _WHEN_MADE


_OF_CLASSES = ("__class_getitem__", "__init_subclass__", "__mro_entries__", "__subclasshook__")
"""Methods of a class itself that the interpreter calls, beside those of its metaclass."""


def _add_methods_of_class(found: list[Function], cls: Class) -> None:
    names = cls.names
    if isinstance(names, Store):
        for name in _OF_CLASSES:
            if name in names:
                _add_functions(found, names[name])


def _add_functions(found: list[Function], value: Value) -> None:
    """Add a function, also where a property keeps it."""
    if type(value) is Maybe:
        value = value.value
    if type(value) is Function:
        found.append(value)
        if value.fields:
            found += [part for part in value.fields.values() if isinstance(part, Function)]


def expose_function(journal: Journal, function: Function) -> None:
    """Code that is not followed may call a function: everything that the function may change opens."""
    expose_functions(journal, [function])


def expose_generator(journal: Journal, suspended: Suspended) -> None:
    """Code that is not followed may resume a generator or a coroutine."""
    body = suspended.body
    if isinstance(body, Function):
        expose_functions(journal, [body])
    elif isinstance(body, tuple):
        node, frame, first = body
        words = _words_in((node,))
        lost = [
            value
            for scope in (frame.names, frame.module.names)
            if isinstance(scope, Store)
            for name, value in scope.items()
            if name in words
        ]
        functions = [value for value in lost if isinstance(value, Function)]
        open_containers(journal, [first, *lost])
        if functions:
            expose_functions(journal, functions)


def expose_functions(
    journal: Journal, functions: list[Function], *, is_survey: bool = False, is_again: bool = True
) -> None:
    """The same for several, and for what they name; a survey does not ask for that.

    A function that has been exposed before is processed again only if it is given here and
    `is_again`. Cost: the texts of all these, each read once.
    """
    pending = list(reversed(functions))
    n_given = len(pending) if is_again else 0
    seen: set[int] = set()
    classes: set[int] = set()
    counts: dict[int, int] = {}
    lost: list[Value] = []
    most = LIMITS.exposed
    while pending and len(seen) < most:
        function = pending.pop()
        code = function.code
        identity = id(code)
        if identity in seen:
            continue
        seen.add(identity)
        is_given = len(seen) <= n_given
        is_noted = is_survey
        if not is_survey and function.outer is None:
            module = function.module
            count = counts.get(id(module))
            if count is None:
                count = counts[id(module)] = n_containers(journal, module)
            is_noted = journal.is_noted((identity, count))
        if is_noted and not is_given:
            continue
        words = words_of(code)
        if code.global_names:
            _perhaps_bind(journal, function.module, sorted(code.global_names))
        elif "global" in words:
            # In a function inside of it.
            open_up(journal, function.module)
        for value in _named_by(function, words):
            if type(value) in CONTAINERS.types:
                lost.append(value)
            elif is_noted:
                continue
            elif isinstance(value, Function):
                pending.append(value)
            elif isinstance(value, (Class, Instance)):
                _add_called_on(pending, value, words, classes)
                if isinstance(value, Instance):
                    lost += attributes_of(value, CONTAINERS)
    if lost:
        open_containers(journal, lost)


def _perhaps_bind(journal: Journal, module: Module, names: list[str]) -> None:
    """Code that is not followed may bind these names of a module."""
    for name in names:
        bound = dict.get(module.names, name) if isinstance(module.names, Store) else None
        if bound is None:
            journal.write(module.names, name, Maybe(UNKNOWN))
        elif not isinstance(bound, (Maybe, Unknown, Function, Class, Module)):
            open_containers(journal, [bound])
            journal.write(module.names, name, UNKNOWN)


def _add_called_on(
    found: list[Function], value: Class | Instance, words: dict[str, None], classes: set[int]
) -> None:
    """Add the methods of a class or object that a text with these words may call.

    `classes` are those of which the methods that run when they are called are known; more are
    added to it.
    """
    cls = value.cls if isinstance(value, Instance) else value
    for each in cls.mro if isinstance(cls, Class) else ():
        names = each.names
        if isinstance(names, Store):
            for name in _common(words, names):
                _add_functions(found, names[name])
            if id(each) not in classes:
                classes.add(id(each))
                for name in _WHEN_MADE:
                    if name in names:
                        _add_functions(found, names[name])


def _common(words: dict[str, None], names: dict[str, Value]) -> list[str]:
    """The names that are among the words, in an order that is the same in each run."""
    common = words.keys() & dict.keys(names)
    return sorted(common) if len(common) > 1 else list(common)


def _named_by(function: Function, words: dict[str, None]) -> list[Value]:
    """The values of the names that the text of a function has, and what it may ask modules for."""
    found: list[Value] = []
    names = function.module.names
    frame: Frame | None = function.outer
    while True:
        if isinstance(names, Store):
            for name in _common(words, names):
                value = names[name]
                if type(value) is Maybe:
                    value = value.value
                if type(value) is Module and isinstance(value.names, Store):
                    found += [value.names[each] for each in _common(words, value.names)]
                else:
                    found.append(value)
        if frame is None:
            return found
        names, frame = frame.names, frame.outer


def words_of(code: Code) -> dict[str, None]:
    """The names, keywords and words in texts that the body of a function has."""
    if code.waiting is not None:
        return code.waiting.words()
    return _words_in(each for step in every_step(code.body) for each in expressions(step))


def _words_in(roots: Iterable[Expression]) -> dict[str, None]:
    found: dict[str, None] = {}
    for each in every_expression(tuple(roots)):
        if isinstance(each, Name):
            found[each.name] = None
        elif isinstance(each, Attribute):
            found[each.attribute] = None
    return found


def _may_set_attributes(function: Function) -> bool:
    """Whether a method may set attributes of its object; a lambda hardly can."""
    return function.code.waiting is None or function.code.waiting.sets_attributes()

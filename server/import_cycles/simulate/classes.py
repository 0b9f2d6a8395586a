"""Classes and their instances: what runs when one is made, and how attributes are found.

Order of events when a class is made (Python/bltinmodule.c, `__build_class__`; Objects/typeobject.c,
`type_new`): bases, keywords, body, the metaclass's `__new__` (in it `__set_name__` of each
attribute, then `__init_subclass__` of the parent), the metaclass's `__init__`, decorators.
"""

from __future__ import annotations

from typing import Final

from import_cycles.libraries.builtin_names import builtin_class
from import_cycles.libraries.facts import Base
from import_cycles.libraries.table import facts
from import_cycles.simulate.absences import explained
from import_cycles.simulate.attributes import (
    ObjectMethod,
    ObjectNew,
    PropertyPart,
    TypeCall,
    bound_to,
    call_object_method,
    call_property_part,
    certain_value,
    dataclass_fields,
    found_in_class,
)
from import_cycles.simulate.core import Core, SpecialCall
from import_cycles.simulate.enumerations import is_enum, make_members, member_of_value, members_of
from import_cycles.simulate.errors import Raised
from import_cycles.simulate.exposure import lose_sight
from import_cycles.simulate.expressions import evaluate, expand, make_function
from import_cycles.simulate.failing import note_bases, note_made
from import_cycles.simulate.marks import (
    ALTERED,
    DEFINED_BY,
    FINISHED,
    IS_DATACLASS,
    IS_ENUM,
    NAMESPACE_OF,
    OPEN,
    STANDS_IN,
)
from import_cycles.simulate.names import bind
from import_cycles.simulate.outcome import Refused
from import_cycles.simulate.outside import FieldOptions
from import_cycles.simulate.stores import parts, store
from import_cycles.simulate.unseen import expose_function
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
    Module,
    Scope,
    Sequence,
    SequenceKind,
    Value,
    sequence,
)
from import_cycles.syntax import steps as s


def define_function(machine: Core, step: s.DefineFunction, frame: Frame) -> None:
    """`def`."""
    decorators: list[Value] = []
    if step.decorators:
        decorators = [evaluate(machine, decorator, frame) for decorator in step.decorators]
    function = make_function(machine, step.code, step.defaults, step.keyword_defaults, frame)
    for annotation in step.annotations:
        evaluate(machine, annotation, frame)
    if machine.handling and machine.handling[-1].is_circular:
        function.fields[STANDS_IN] = machine.handling[-1].as_cause()
    value: Value = function
    if decorators:
        value = _decorated(machine, function, decorators, step.decorator_marks, frame)
    bind(machine, step.name, value, frame)


def _decorated(
    machine: Core, value: Value, decorators: list[Value], marks: tuple[int, ...], frame: Frame
) -> Value:
    for decorator, mark in zip(reversed(decorators), reversed(marks), strict=True):
        value = machine.decorate(decorator, value, frame, mark)
    return value


def define_class(machine: Core, step: s.DefineClass, frame: Frame) -> None:
    """`class`."""
    decorators = [evaluate(machine, decorator, frame) for decorator in step.decorators]
    bases, is_whole = expand(machine, step.bases, frame)
    keywords: dict[str, Value] = {}
    for name, expression in step.keywords:
        value = evaluate(machine, expression, frame)
        if name is not None:
            keywords[name] = value
    wrong = [base for base in bases if isinstance(base, _NO_CLASSES)]
    if wrong and len(bases) > 1:
        # Its type and that of the others do not agree on a metaclass.
        _refuse_base(machine, wrong[0], frame, step.mark)
    bases = [UNKNOWN if base in wrong else base for base in bases]
    machine.expose([base for base in bases if isinstance(base, Instance)], is_operation=True)
    cls = new_class(machine, step.name, tuple(bases), frame)
    if not is_whole:
        cls.is_open = True
    metaclass = keywords.pop("metaclass", None) or _inherited_metaclass(cls)
    cls.metaclass = metaclass
    note_bases(machine, cls)
    outer: Frame | None = frame
    while outer is not None and outer.scope in (Scope.CLASS, Scope.MODULE):
        outer = outer.outer
    cls.fields[DEFINED_BY] = frame.number, step.mark
    body = Frame(frame.module, frame.number, frame.code, Scope.CLASS, cls.names, outer, owner=cls)
    prepared: Value | None = None
    if isinstance(metaclass, Class):
        prepared = _prepare(machine, metaclass, cls, keywords, frame, step.mark)
    machine.execute(step.body, body)
    if wrong:
        _refuse_base(machine, wrong[0], frame, step.mark)
    made = _build(machine, cls, metaclass, prepared, keywords, frame, step.mark)
    bind(
        machine,
        step.name,
        _decorated(machine, made, decorators, step.decorator_marks, frame),
        frame,
    )


def _prepare(
    machine: Core, metaclass: Class, cls: Class, keywords: dict[str, Value], frame: Frame, mark: int
) -> Value | None:
    """`__prepare__` gives the names that the body starts with.

    Its result is the namespace that the metaclass gets, if that is not a plain dict.
    """
    hook = found_in_class(metaclass, "__prepare__")
    if not isinstance(hook, Function):
        return None
    arguments = (Const(cls.name), sequence(SequenceKind.TUPLE, cls.bases))
    bound = bound_to(machine, hook, cls, metaclass, frame, mark)
    first = machine.call(bound, arguments, keywords, frame, mark)
    if isinstance(first, Mapping):
        cls.names.update((str(key), value) for key, value in first.items.items())
    if not isinstance(first, Mapping) or first.is_open:
        # A dict of a class of its own sees each name that the body binds.
        machine.hand_over((cls,))
    return None if isinstance(first, Mapping) else first


def _refuse_base(machine: Core, base: Value, frame: Frame, mark: int) -> None:
    """A module, a function or a literal as a base: its type is asked to make the class."""
    failure = machine.raised("TypeError", frame, mark, message=_no_base_message(base))
    machine.refuse(explained(machine, failure, base))


def new_class(machine: Core, name: str, bases: tuple[Value, ...], frame: Frame) -> Class:
    cls = Class(name, frame.module, bases, store())
    project_bases = [base for base in bases if isinstance(base, Class)]
    cls.mro = (cls, *_linearized(project_bases))
    builtin_bases = [base.name for base in bases if isinstance(base, Builtin)]
    for base in project_bases:
        builtin_bases.extend(base.builtin_bases)
    cls.builtin_bases = tuple(dict.fromkeys(builtin_bases))
    for each in bases:
        if each is UNKNOWN:
            machine.run_lost()
        if not _is_inert(each):
            cls.is_open = True
        if _may_alter(each):
            cls.fields[ALTERED] = True
        if is_enum(each):
            cls.fields[IS_ENUM] = True
    return cls


def _build(
    machine: Core,
    cls: Class,
    metaclass: Value | None,
    prepared: Value | None,
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    if not isinstance(metaclass, Class):
        if metaclass is not None and _may_alter_as_metaclass(metaclass):
            machine.hand_over((cls,))
        _finish(machine, cls, keywords, frame, mark)
        return cls
    first: dict[str, Value] = {
        "__module__": Const(cls.module.dotted),
        "__qualname__": Const(cls.name),
    }
    if any(map(_uses_class_cell, cls.names.values())):
        first["__classcell__"] = UNKNOWN
    namespace = Mapping(parts({**first, **cls.names}), parts({NAMESPACE_OF: cls}))
    if cls.is_altered:
        namespace.fields[OPEN] = True
    arguments = (
        Const(cls.name),
        sequence(SequenceKind.TUPLE, cls.bases),
        prepared or namespace,
    )
    if "type" not in metaclass.builtin_bases:
        # The effects of a metaclass from outside between body and class are not known.
        machine.hand_over((cls,))
    maker = found_in_class(metaclass, "__new__")
    made: Value = cls
    if isinstance(maker, Function):
        machine.classes_in_the_making.append(cls)
        try:
            made = machine.call_function(maker, (metaclass, *arguments), keywords)
        finally:
            machine.classes_in_the_making.pop()
    is_known = isinstance(made, (Const, Instance, Module)) or (
        isinstance(made, Class) and made is not cls
    )
    if not cls.fields.get(FINISHED) and not is_known:
        if maker is not None:
            machine.hand_over((cls,))
        _finish(machine, cls, keywords, frame, mark)
    if is_known:
        # `type.__call__` does not initialize a result that is no instance of the metaclass.
        return made
    made = cls
    initializer = found_in_class(metaclass, "__init__")
    if isinstance(initializer, Function):
        machine.call_function(initializer, (made, *arguments), keywords)
    return made


def _finish(machine: Core, cls: Class, keywords: dict[str, Value], frame: Frame, mark: int) -> None:
    """What `type.__new__` does when the namespace is in place."""
    machine.journal.write(cls.fields, FINISHED, True)
    if cls.fields.get(IS_ENUM):
        make_members(machine, cls)
    for name, value in list(cls.names.items()):
        if isinstance(value, Instance) and isinstance(value.cls, Class):
            hook = found_in_class(value.cls, "__set_name__")
            if isinstance(hook, Function):
                _set_name(machine, hook, (value, cls, Const(name)), frame, mark)
    for base in cls.mro[1:]:
        hook = certain_value(base.names.get("__init_subclass__"))
        if isinstance(hook, Function):
            machine.call_function(hook, (cls,), keywords)
            return
        if hook is not None:
            machine.hand_over((cls,))
            return


def _set_name(
    machine: Core, hook: Function, arguments: tuple[Value, Class, Const], frame: Frame, mark: int
) -> None:
    """Objects/typeobject.c, `type_new_set_names`: before 3.12 what is raised is wrapped."""
    n_refused = len(machine.refused)
    value, cls, name = arguments
    kind = value.cls.name if isinstance(value, Instance) else "object"
    wrapped = machine.raised(
        "RuntimeError",
        frame,
        mark,
        message=f"Error calling __set_name__ on '{kind}' instance '{name.value}' in '{cls.name}'",
    )
    is_wrapping = machine.world.target.version < (3, 12)
    try:
        machine.call_function(hook, arguments, {})
    except Raised as raised:
        if not is_wrapping:
            raise
        wrapped.cause = raised.as_cause() if raised.is_circular else None
        wrapped.certain, wrapped.doubt = raised.certain, raised.doubt
        raise wrapped from None
    if is_wrapping and len(machine.refused) > n_refused:
        machine.refused.append(Refused(wrapped.error, wrapped.spot, wrapped.message))


def instantiate(
    machine: Core,
    cls: Class,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`cls(…)`: the metaclass's `__call__`, or `__new__` and `__init__`."""
    if isinstance(cls.metaclass, Class):
        caller = found_in_class(cls.metaclass, "__call__")
        if isinstance(caller, Function):
            return machine.call_function(caller, (cls, *arguments), keywords)
    members = members_of(machine, cls)
    if members is not None:
        return member_of_value(machine, cls, members, arguments)
    if "type" in cls.builtin_bases and len(arguments) == 3:
        return _class_from_call(machine, cls, arguments, keywords, frame, mark)
    return make_instance(machine, cls, arguments, keywords, frame, mark)


def _class_from_call(
    machine: Core,
    metaclass: Class,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    match arguments:
        case (Const(value=str(name)), Sequence() as bases, Mapping(items=items) as given):
            cls = new_class(machine, name, bases.items, frame)
            cls.metaclass = metaclass
            note_bases(machine, cls)
            cls.names.update((str(key), value) for key, value in items.items())
            if given.is_open or bases.is_open:
                machine.hand_over((cls,))
            return _build(machine, cls, metaclass, None, keywords, frame, mark)
        case _:
            machine.may_raise()
            return UNKNOWN


def make_instance(
    machine: Core,
    cls: Class,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`type.__call__`."""
    note_made(machine, cls, arguments)
    maker = found_in_class(cls, "__new__")
    made: Value = UNKNOWN
    if isinstance(maker, Function):
        made = machine.call_function(maker, (cls, *arguments), keywords)
        if isinstance(made, (Const, Class)) or (
            isinstance(made, Instance) and isinstance(made.cls, Class) and cls not in made.cls.mro
        ):
            return made
    if not isinstance(made, Instance):
        names: dict[str, Value] = parts()
        if any(builtin_class(base) for base in cls.builtin_bases) and arguments:
            names["message"] = arguments[0]
        made = Instance(cls, names)
        if cls.is_open or any(base.is_altered for base in cls.mro):
            # A base that is not known may set attributes, and call methods.
            made.fields[OPEN] = True
            lose_sight(machine.journal, (*arguments, *keywords.values()))
            machine.expose((made,))
        finalizer = found_in_class(cls, "__del__")
        if isinstance(finalizer, Function):
            expose_function(machine.journal, finalizer)
    for base in cls.mro:
        initializer = certain_value(base.names.get("__init__"))
        if isinstance(initializer, Function):
            given = machine.call_function(initializer, (made, *arguments), keywords)
            if isinstance(given, Const) and given.value is not None:
                message = f"__init__() should return None, not '{type(given.value).__name__}'"
                machine.refuse(machine.raised("TypeError", frame, mark, message=message))
        elif initializer is None and base.fields.get(IS_DATACLASS):
            _initialize_fields(machine, cls, made, arguments, keywords, frame, mark)
        elif initializer is None:
            continue
        break
    return made


def _initialize_fields(
    machine: Core,
    cls: Class,
    made: Instance,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> None:
    """The generated `__init__` of a dataclass: its fields in order, then `__post_init__`."""
    given = list(arguments)
    for name, default in dataclass_fields(cls):
        options = default.keywords if isinstance(default, FieldOptions) else {}
        if options.get("init") == Const(False):
            value = None
        elif name in keywords:
            value = keywords[name]
        elif given:
            value = given.pop(0)
        else:
            value = None
        if value is None:
            factory = options.get("default_factory")
            if factory is not None:
                value = machine.call(factory, (), {}, frame, mark)
            elif isinstance(default, FieldOptions):
                value = options.get("default", UNKNOWN)
            else:
                value = UNKNOWN if default is None else default
        machine.journal.write(made.names, name, value)
    hook = found_in_class(cls, "__post_init__")
    if isinstance(hook, Function):
        machine.call_function(hook, (made,), {})


def _object_new(
    machine: Core,
    maker: ObjectNew,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`object.__new__(cls)` or, in a metaclass, `type.__new__(meta, name, bases, namespace)`."""
    match arguments:
        case (Class(), Const(), Sequence(), namespace, *_) if maker.is_type:
            return _type_new(machine, namespace, keywords, frame, mark)
        case (Class() as cls, *_):
            return _bare_instance(machine, cls)
        case _:
            return UNKNOWN


def _type_call(
    machine: Core,
    made: TypeCall,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`super().__call__(…)` in a metaclass."""
    return make_instance(machine, made.cls, arguments, keywords, frame, mark)


def _type_new(
    machine: Core, namespace: Value, keywords: dict[str, Value], frame: Frame, mark: int
) -> Value:
    """`type.__new__` in a metaclass: the class gets the names of the namespace it is given."""
    named = namespace.fields.get(NAMESPACE_OF) if isinstance(namespace, Mapping) else None
    cls = named or (machine.classes_in_the_making[-1] if machine.classes_in_the_making else None)
    if not isinstance(cls, Class):
        return UNKNOWN
    if isinstance(namespace, Mapping):
        for key, value in namespace.items.items():
            name = str(key)
            if dict.get(cls.names, name) is not value and name not in _GIVEN_NAMES:
                machine.journal.write(cls.names, name, value)
        for key in list(cls.names):
            if key not in namespace.items:
                machine.journal.erase(cls.names, key)
    if not isinstance(namespace, Mapping) or namespace.is_open:
        machine.hand_over((cls,))
    if not cls.fields.get(FINISHED):
        _finish(machine, cls, keywords, frame, mark)
    return cls


def _bare_instance(machine: Core, cls: Class) -> Instance:
    made = Instance(cls)
    if cls.is_open or any(base.is_altered for base in cls.mro):
        made.fields[OPEN] = True
    return made


def _is_inert(base: Value) -> bool:
    """Whether no unknown code runs when a class with this base is made or called."""
    match base:
        case Class():
            return not base.is_open
        case Builtin(name=name):
            return name in ("object", "type") or builtin_class(name) is not None
        case External(dotted=dotted):
            return facts(dotted).base is Base.INERT
        case _:
            return False


def _may_alter(base: Value) -> bool:
    """Whether a class with this base may have other attributes than its body binds."""
    match base:
        case Class() | Builtin():
            return False
        case External(dotted=dotted):
            return facts(dotted).base in (Base.UNKNOWN, Base.FIELDS)
        case _:
            return True


def _may_alter_as_metaclass(metaclass: Value) -> bool:
    match metaclass:
        case Builtin(name="type"):
            return False
        case External(dotted=dotted):
            return facts(dotted).base not in (Base.INERT, Base.BRINGS, Base.ENUM)
        case _:
            return True


def _uses_class_cell(value: Value) -> bool:
    """Whether a method reads `__class__`, or calls `super()`, which does."""
    if not isinstance(value, Function):
        return False
    waiting = value.code.waiting
    return waiting is not None and waiting.mentions(("super", "__class__"))


_GIVEN_NAMES = frozenset({"__module__", "__qualname__", "__classcell__"})


_NO_CLASSES = (Const, Module, Function, Sequence, Mapping)


def _no_base_message(base: Value) -> str:
    match base:
        case Module():
            return "module() takes at most 2 arguments (3 given)"
        case Function():
            return "function() argument 'code' must be code, not str"
        case Const(value=None):
            return "NoneType takes no arguments"
        case Const(value=value):
            return f"{type(value).__name__}() takes other arguments"
        case _:
            return "bases must be types"


def _inherited_metaclass(cls: Class) -> Value | None:
    for base in cls.mro[1:]:
        if base.metaclass is not None:
            return base.metaclass
    return None


def _linearized(bases: list[Class]) -> list[Class]:
    """The C3 order of the ancestors; where there is none, CPython's error is left to CPython."""
    if len(bases) < 2:
        return list(bases[0].mro) if bases else []
    lists = [list(base.mro) for base in bases] + [list(bases)]
    order: list[Class] = []
    while any(lists):
        lists = [each for each in lists if each]
        head = next(
            (each[0] for each in lists if not any(each[0] in other[1:] for other in lists)),
            lists[0][0],
        )
        order.append(head)
        lists = [[cls for cls in each if cls is not head] for each in lists]
    return order


SPECIAL_CALLS: Final[dict[type[Value], SpecialCall]] = {
    ObjectNew: _object_new,
    TypeCall: _type_call,
    PropertyPart: call_property_part,
    ObjectMethod: call_object_method,
}
"""How values are called that stand for an act of the interpreter."""

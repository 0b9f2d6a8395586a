"""Classes and their instances: what runs when one is made, and how attributes are found.

Order of events when a class is made (Python/bltinmodule.c, `__build_class__`; Objects/typeobject.c,
`type_new`): bases, keywords, body, the metaclass's `__new__` (in it `__set_name__` of each
attribute, then `__init_subclass__` of the parent), the metaclass's `__init__`, decorators.
"""

from __future__ import annotations

from import_cycles.libraries.facts import Base
from import_cycles.libraries.table import facts, is_standard
from import_cycles.simulate.calls import Calls, Dispatcher, FieldOptions
from import_cycles.simulate.errors import Raised, builtin_class
from import_cycles.simulate.exposure import lose_sight
from import_cycles.simulate.known import external_value
from import_cycles.simulate.marks import (
    ALTERED,
    ANNOTATED,
    FINISHED,
    IS_DATACLASS,
    IS_ENUM,
    MEMBERS,
    NAMESPACE_OF,
    OPEN,
    STANDS_IN,
    UNKNOWN_ATTRIBUTE,
)
from import_cycles.simulate.outcome import Refused
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
    Super,
    Value,
    Wrapping,
    sequence,
)
from import_cycles.syntax import steps as s


class Classes(Calls):
    """Makes classes and instances, and looks attributes up."""

    # --- definitions -----------------------------------------------------------------------

    def define_function(self, step: s.DefineFunction, frame: Frame) -> None:
        """`def`."""
        decorators = [self.evaluate(decorator, frame) for decorator in step.decorators]
        function: Value = self.make_function(step.code, step.defaults, step.keyword_defaults, frame)
        for annotation in step.annotations:
            self.evaluate(annotation, frame)
        if self.handling and self.handling[-1].is_circular and isinstance(function, Function):
            function.fields[STANDS_IN] = self.handling[-1].as_cause()
        self.bind(
            step.name, self._decorated(function, decorators, step.decorator_marks, frame), frame
        )

    def _decorated(
        self, value: Value, decorators: list[Value], marks: tuple[int, ...], frame: Frame
    ) -> Value:
        for decorator, mark in zip(reversed(decorators), reversed(marks), strict=True):
            value = self.decorate(decorator, value, frame, mark)
        return value

    def define_class(self, step: s.DefineClass, frame: Frame) -> None:
        """`class`."""
        decorators = [self.evaluate(decorator, frame) for decorator in step.decorators]
        bases, is_whole = self.expand(step.bases, frame)
        keywords: dict[str, Value] = {}
        for name, expression in step.keywords:
            value = self.evaluate(expression, frame)
            if name is not None:
                keywords[name] = value
        wrong = [base for base in bases if isinstance(base, _NO_CLASSES)]
        if wrong and len(bases) > 1:
            # Its type and that of the others do not agree on a metaclass.
            self._refuse_base(wrong[0], frame, step.mark)
        bases = [UNKNOWN if base in wrong else base for base in bases]
        cls = self._new_class(step.name, tuple(bases), frame)
        if not is_whole:
            cls.is_open = True
        metaclass = keywords.pop("metaclass", None) or _inherited_metaclass(cls)
        cls.metaclass = metaclass
        outer: Frame | None = frame
        while outer is not None and outer.scope in (Scope.CLASS, Scope.MODULE):
            outer = outer.outer
        body = Frame(
            frame.module, frame.number, frame.code, Scope.CLASS, cls.names, outer, owner=cls
        )
        if isinstance(metaclass, Class):
            self._prepare(metaclass, cls, keywords, frame, step.mark)
        self.execute(step.body, body)
        if wrong:
            self._refuse_base(wrong[0], frame, step.mark)
        made = self._build(cls, metaclass, keywords, frame, step.mark)
        self.bind(step.name, self._decorated(made, decorators, step.decorator_marks, frame), frame)

    def _prepare(
        self, metaclass: Class, cls: Class, keywords: dict[str, Value], frame: Frame, mark: int
    ) -> None:
        """`__prepare__` gives the names that the body starts with."""
        hook = _found(metaclass, "__prepare__")
        if not isinstance(hook, Function):
            return
        arguments = (Const(cls.name), sequence(SequenceKind.TUPLE, cls.bases))
        bound = self._bound_to(hook, cls, metaclass, frame, mark)
        first = self.call(bound, arguments, keywords, frame, mark)
        if isinstance(first, Mapping):
            cls.names.update((str(key), value) for key, value in first.items.items())
        if not isinstance(first, Mapping) or first.is_open:
            # A dict of a class of its own sees each name that the body binds.
            self.hand_over((cls,))

    def _refuse_base(self, base: Value, frame: Frame, mark: int) -> None:
        """A module, a function or a literal as a base: its type is asked to make the class."""
        failure = self.raised("TypeError", frame, mark, message=_no_base_message(base))
        self.refuse(self.explained(failure, base))

    def _new_class(self, name: str, bases: tuple[Value, ...], frame: Frame) -> Class:
        cls = Class(name, frame.module, bases, store())
        project_bases = [base for base in bases if isinstance(base, Class)]
        cls.mro = (cls, *_linearized(project_bases))
        builtin_bases = [base.name for base in bases if isinstance(base, Builtin)]
        for base in project_bases:
            builtin_bases.extend(base.builtin_bases)
        cls.builtin_bases = tuple(dict.fromkeys(builtin_bases))
        cls.is_open = any(not _is_inert(base) for base in bases)
        if any(_may_alter(base) for base in bases):
            cls.fields[ALTERED] = True
        if any(_is_enum(base) for base in bases):
            cls.fields[IS_ENUM] = True
        return cls

    def _build(
        self,
        cls: Class,
        metaclass: Value | None,
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        if not isinstance(metaclass, Class):
            if metaclass is not None and _may_alter_as_metaclass(metaclass):
                self.hand_over((cls,))
            self._finish(cls, keywords, frame, mark)
            return cls
        first: dict[str, Value] = {
            "__module__": Const(cls.module.dotted),
            "__qualname__": Const(cls.name),
        }
        if any(map(_uses_class_cell, cls.names.values())):
            first["__classcell__"] = UNKNOWN
        arguments = (
            Const(cls.name),
            sequence(SequenceKind.TUPLE, cls.bases),
            Mapping(store({**first, **cls.names}), store({NAMESPACE_OF: cls})),
        )
        if "type" not in metaclass.builtin_bases:
            # What a metaclass from outside does between body and class is not known.
            self.hand_over((cls,))
        maker = _found(metaclass, "__new__")
        made: Value = cls
        if isinstance(maker, Function):
            self.classes_in_the_making.append(cls)
            try:
                made = self.call_function(maker, (metaclass, *arguments), keywords)
            finally:
                self.classes_in_the_making.pop()
        is_known = isinstance(made, (Const, Instance, Module)) or (
            isinstance(made, Class) and made is not cls
        )
        if not cls.fields.get(FINISHED) and not is_known:
            self.hand_over((cls,))
            self._finish(cls, keywords, frame, mark)
        if is_known:
            # `type.__call__` leaves what is no instance of the metaclass alone.
            return made
        made = cls
        initializer = _found(metaclass, "__init__")
        if isinstance(initializer, Function):
            self.call_function(initializer, (made, *arguments), keywords)
        return made

    def _finish(self, cls: Class, keywords: dict[str, Value], frame: Frame, mark: int) -> None:
        """What `type.__new__` does when the namespace is in place."""
        self.journal.write(cls.fields, FINISHED, True)
        if cls.fields.get(IS_ENUM):
            self.make_members(cls)
        for name, value in list(cls.names.items()):
            if isinstance(value, Instance) and isinstance(value.cls, Class):
                hook = _found(value.cls, "__set_name__")
                if isinstance(hook, Function):
                    self._set_name(hook, (value, cls, Const(name)), frame, mark)
        for base in cls.mro[1:]:
            hook = _bound(base.names.get("__init_subclass__"))
            if isinstance(hook, Function):
                self.call_function(hook, (cls,), keywords)
                return
            if hook is not None:
                self.hand_over((cls,))
                return

    def _set_name(
        self, hook: Function, arguments: tuple[Value, Class, Const], frame: Frame, mark: int
    ) -> None:
        """Objects/typeobject.c, `type_new_set_names`: before 3.12 what is raised is wrapped."""
        n_refused = len(self.refused)
        value, cls, name = arguments
        kind = value.cls.name if isinstance(value, Instance) else "object"
        wrapped = self.raised(
            "RuntimeError",
            frame,
            mark,
            message=f"Error calling __set_name__ on '{kind}' instance '{name.value}' in '{cls.name}'",
        )
        is_wrapping = self.world.target.version < (3, 12)
        try:
            self.call_function(hook, arguments, {})
        except Raised as raised:
            if not is_wrapping:
                raise
            wrapped.cause = raised.as_cause() if raised.is_circular else None
            wrapped.certain, wrapped.doubt = raised.certain, raised.doubt
            raise wrapped from None
        if is_wrapping and len(self.refused) > n_refused:
            self.refused.append(Refused(wrapped.error, wrapped.spot, wrapped.message))

    # --- instances -------------------------------------------------------------------------

    def instantiate(
        self,
        cls: Class,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        """`cls(…)`: the metaclass's `__call__`, or `__new__` and `__init__`."""
        if isinstance(cls.metaclass, Class):
            caller = _found(cls.metaclass, "__call__")
            if isinstance(caller, Function):
                return self.call_function(caller, (cls, *arguments), keywords)
        members = self.members_of(cls)
        if members is not None:
            return self._member_of_value(members, arguments)
        if "type" in cls.builtin_bases and len(arguments) == 3:
            return self._class_from_call(cls, arguments, keywords, frame, mark)
        return self.make_instance(cls, arguments, keywords, frame, mark)

    def _class_from_call(
        self,
        metaclass: Class,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        match arguments:
            case (Const(value=str(name)), Sequence() as bases, Mapping(items=items) as given):
                cls = self._new_class(name, bases.items, frame)
                cls.metaclass = metaclass
                cls.names.update((str(key), value) for key, value in items.items())
                if given.is_open or bases.is_open:
                    self.hand_over((cls,))
                return self._build(cls, metaclass, keywords, frame, mark)
            case _:
                return UNKNOWN

    def make_instance(
        self,
        cls: Class,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        """`type.__call__`."""
        maker = _found(cls, "__new__")
        made: Value = UNKNOWN
        if isinstance(maker, Function):
            made = self.call_function(maker, (cls, *arguments), keywords)
            if isinstance(made, (Const, Class)) or (
                isinstance(made, Instance)
                and isinstance(made.cls, Class)
                and cls not in made.cls.mro
            ):
                return made
        if not isinstance(made, Instance):
            names: dict[str, Value] = store()
            if any(builtin_class(base) for base in cls.builtin_bases) and arguments:
                names["message"] = arguments[0]
            made = Instance(cls, names)
            if cls.is_open or any(base.is_altered for base in cls.mro):
                # A base that is not known may set attributes.
                made.fields[OPEN] = True
                lose_sight(self.journal, (*arguments, *keywords.values()))
        for base in cls.mro:
            initializer = _bound(base.names.get("__init__"))
            if isinstance(initializer, Function):
                given = self.call_function(initializer, (made, *arguments), keywords)
                if isinstance(given, Const) and given.value is not None:
                    message = f"__init__() should return None, not '{type(given.value).__name__}'"
                    self.refuse(self.raised("TypeError", frame, mark, message=message))
            elif initializer is None and base.fields.get(IS_DATACLASS):
                self._initialize_fields(cls, made, arguments, keywords, frame, mark)
            elif initializer is None:
                continue
            break
        return made

    def _initialize_fields(
        self,
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
                    value = self.call(factory, (), {}, frame, mark)
                elif isinstance(default, FieldOptions):
                    value = options.get("default", UNKNOWN)
                else:
                    value = UNKNOWN if default is None else default
            self.journal.write(made.names, name, value)
        hook = _found(cls, "__post_init__")
        if isinstance(hook, Function):
            self.call_function(hook, (made,), {})

    # --- attributes ------------------------------------------------------------------------

    def attribute(self, owner: Value, name: str, frame: Frame, mark: int) -> Value:
        """`owner.name`. Only modules raise; a miss anywhere else is taken for unknown."""
        match owner:
            case Module():
                return self.module_attribute(owner, name, frame, mark)
            case External(dotted=dotted):
                self.may_raise("AttributeError", is_rare=is_standard(dotted))
                return external_value(f"{dotted}.{name}", self.world.target)
            case Instance(cls=Class()):
                return self._instance_attribute(owner, name, frame, mark)
            case Instance():
                return self.own_attribute(owner, name) or UNKNOWN
            case Class():
                return self._class_attribute(owner, name, frame, mark)
            case Builtin(name="type" | "object" as base) if name == "__new__":
                return _ObjectNew(is_type=base == "type")
            case Builtin(name="object") if name in _OBJECT_METHODS:
                return _ObjectMethod(name)
            case Dispatcher(fields=fields) if name == "register":
                self.journal.write(fields, OPEN, True)
                return UNKNOWN
            case Super(start=start, owner=inner):
                return self._super_attribute(start, inner, name, frame, mark)
            case Function(fields=fields):
                if name in ("setter", "getter", "deleter") and owner.wrapping is Wrapping.PROPERTY:
                    return _PropertyPart(owner, name)
                found = fields.get(name)
                if found is None and name == "__module__":
                    return Const(owner.module.dotted)
                return found if isinstance(found, Value) else UNKNOWN
            case Const(value=value) if not hasattr(value, name):
                kind = type(value).__name__
                message = f"'{kind}' object has no attribute '{name}'"
                failure = self.raised("AttributeError", frame, mark, name=name, message=message)
                return self.refuse(self.explained(failure, owner))
            case Sequence() | Mapping() | Namespace() | Attributes() | Const(value=str()):
                return self.builtin_attribute(owner, name)
            case _:
                self.may_raise("AttributeError")
                return UNKNOWN

    def _instance_attribute(self, owner: Instance, name: str, frame: Frame, mark: int) -> Value:
        cls = owner.cls
        assert isinstance(cls, Class)
        getter = _found(cls, "__getattribute__")
        if isinstance(getter, Function):
            return self.call_function(getter, (owner, Const(name)), {})
        return self.plain_attribute(owner, name, frame, mark)

    def plain_attribute(self, owner: Instance, name: str, frame: Frame, mark: int) -> Value:
        """`object.__getattribute__`, and `__getattr__` for what it does not find."""
        cls = owner.cls
        assert isinstance(cls, Class)
        found = self.class_member(cls, name)
        if isinstance(found, Function) and found.wrapping is Wrapping.PROPERTY:
            return self.call_function(found, (owner,), {})
        own = self.own_attribute(owner, name)
        if own is not None:
            return own
        if name == "__class__":
            return cls
        if name == "__dict__":
            return Attributes(owner)
        if found is not None and owner.is_open and _is_data(found):
            return UNKNOWN
        if found is None:
            hook = _found(cls, "__getattr__")
            if isinstance(hook, Function) and not name.startswith("__"):
                if owner.is_open or cls.is_open:
                    return self.fork_value(
                        frame,
                        lambda: self.call_function(hook, (owner, Const(name)), {}),
                        lambda: UNKNOWN,
                    )
                return self.call_function(hook, (owner, Const(name)), {})
            return UNKNOWN
        return self._bound_to(found, owner, cls, frame, mark)

    def own_attribute(self, owner: Instance, name: str) -> Value | None:
        """What an object itself has under a name; None if it surely, or perhaps, has nothing."""
        value = _bound(owner.names.get(name))
        if value is None or not _is_data(value):
            return value
        if owner.is_open or self.is_fact((UNKNOWN_ATTRIBUTE, name)):
            return UNKNOWN
        return value

    def class_member(self, cls: Class, name: str) -> Value | None:
        """A name of a class or of its ancestors in the project, as far as its value is known.

        What is no function or class may be another value than the body bound where a metaclass, a
        base or a decorator that is not followed had the class in hand.
        """
        is_altered = False
        for candidate in cls.mro:
            is_altered = is_altered or candidate.is_altered
            value = _bound(candidate.names.get(name))
            if value is not None:
                is_in_doubt = _is_data(value) and not _is_member(value, candidate)
                if is_in_doubt and (is_altered or self.is_fact((UNKNOWN_ATTRIBUTE, name))):
                    return UNKNOWN
                return value
        return None

    def attribute_item(self, holder: Class | Instance, name: str) -> Value | None:
        """`vars(x)[name]`; None for what is not there."""
        if isinstance(holder, Instance):
            return self.own_attribute(holder, name)
        return None if name not in holder.names else self.class_member(holder, name)

    def _class_attribute(self, owner: Class, name: str, frame: Frame, mark: int) -> Value:
        found = self.class_member(owner, name)
        if found is None:
            if name == "__name__":
                return Const(owner.name)
            if name == "__dict__":
                return Attributes(owner)
            if name == "__module__":
                return Const(owner.module.dotted)
            if name == "__members__" and owner.fields.get(IS_ENUM):
                return self.members_by_name(owner)
            if name == "__match_args__" and owner.fields.get(IS_DATACLASS):
                names = tuple(Const(name) for name, _ in dataclass_fields(owner))
                return sequence(SequenceKind.TUPLE, names)
            if isinstance(owner.metaclass, Class):
                inherited = _found(owner.metaclass, name)
                if inherited is not None:
                    return self._bound_to(inherited, owner, owner.metaclass, frame, mark)
            return UNKNOWN
        if isinstance(found, Function):
            return Method(found, owner) if found.wrapping is Wrapping.CLASS else found
        return self._described(found, NONE, owner, frame, mark)

    def _super_attribute(
        self, start: Class, owner: Value, name: str, frame: Frame, mark: int
    ) -> Value:
        cls = owner.cls if isinstance(owner, Instance) else owner
        if not isinstance(cls, Class):
            return UNKNOWN
        order = cls.mro if start in cls.mro else start.mro
        for candidate in order[order.index(start) + 1 :] if start in order else ():
            found = _bound(candidate.names.get(name))
            if found is not None:
                if name == "__new__":
                    return found
                if candidate.is_altered and _is_data(found):
                    return UNKNOWN
                return self._bound_to(found, owner, cls, frame, mark)
        if name == "__new__":
            return _ObjectNew(is_type="type" in start.builtin_bases)
        if name in _OBJECT_METHODS and isinstance(owner, Instance):
            return Partial(_ObjectMethod(name), (owner,))
        if name == "__call__" and "type" in start.builtin_bases and isinstance(owner, Class):
            return _TypeCall(owner)
        return UNKNOWN

    def _bound_to(self, found: Value, owner: Value, cls: Class, frame: Frame, mark: int) -> Value:
        if isinstance(found, Function):
            match found.wrapping:
                case Wrapping.STATIC:
                    return found
                case Wrapping.CLASS:
                    return Method(found, cls)
                case Wrapping.PROPERTY:
                    return self.call_function(found, (owner,), {})
                case _:
                    if found.code.name in ("__init_subclass__", "__class_getitem__"):
                        return Method(found, cls)
                    return Method(found, owner)
        return self._described(found, owner, cls, frame, mark)

    def _described(self, found: Value, owner: Value, cls: Class, frame: Frame, mark: int) -> Value:
        """The descriptor protocol: `__get__` of an instance of a project's class."""
        if isinstance(found, Instance) and isinstance(found.cls, Class):
            getter = _found(found.cls, "__get__")
            if isinstance(getter, Function):
                return self.call_function(getter, (found, owner, cls), {})
        return found

    def call(
        self,
        function: Value,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        """What calling a value gives."""
        if type(function) not in _OWN_CALLABLES:
            return super().call(function, arguments, keywords, frame, mark)
        match function:
            case _ObjectNew():
                return self._object_new(function, arguments, keywords, frame, mark)
            case _TypeCall(cls=cls):
                return self.make_instance(cls, arguments, keywords, frame, mark)
            case _PropertyPart(value=value, part=part):
                return self._with_part(value, part, arguments)
            case _ObjectMethod(name=name):
                return self._object_method(name, arguments, frame, mark)
            case _:
                return super().call(function, arguments, keywords, frame, mark)

    def _with_part(self, prop: Function, part: str, arguments: tuple[Value, ...]) -> Value:
        """`@prop.setter` and the like: a property with one more function."""
        return Function(
            prop.module, prop.number, prop.code, prop.outer, prop.defaults,
            prop.keyword_defaults, prop.wrapping, prop.owner,
            store({**prop.fields, part: arguments[0] if arguments else UNKNOWN}),
        )  # fmt: skip

    def _object_method(
        self, name: str, arguments: tuple[Value, ...], frame: Frame, mark: int
    ) -> Value:
        """What `object` does when an attribute is asked, set or deleted."""
        match name, arguments:
            case "__getattribute__", (Instance(cls=Class()) as owner, Const(value=str(asked))):
                return self.plain_attribute(owner, asked, frame, mark)
            case "__setattr__", (Instance(names=names), Const(value=str(asked)), value):
                self.journal.write(names, asked, value)
                return NONE
            case "__delattr__", (Instance(names=names), Const(value=str(asked))):
                self.journal.erase(names, asked)
                return NONE
            case _:
                return UNKNOWN

    def set_attribute(
        self, owner: Value, attribute: str, value: Value, frame: Frame, mark: int
    ) -> None:
        """`owner.attribute = value`."""
        if not isinstance(owner, Instance) or not isinstance(owner.cls, Class):
            super().set_attribute(owner, attribute, value, frame, mark)
            return
        setter = _found(owner.cls, "__setattr__")
        if isinstance(setter, Function):
            self.call_function(setter, (owner, Const(attribute), value), {})
            return
        found = _found(owner.cls, attribute)
        if isinstance(found, Function) and found.wrapping is Wrapping.PROPERTY:
            part = found.fields.get("setter")
            if isinstance(part, Function):
                self.call_function(part, (owner, value), {})
                return
        if isinstance(found, Instance) and isinstance(found.cls, Class):
            hook = _found(found.cls, "__set__")
            if isinstance(hook, Function):
                self.call_function(hook, (found, owner, value), {})
                return
        super().set_attribute(owner, attribute, value, frame, mark)

    def _object_new(
        self,
        maker: _ObjectNew,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        """`object.__new__(cls)` or, in a metaclass, `type.__new__(meta, name, bases, namespace)`."""
        match arguments:
            case (Class(), Const(), Sequence(), namespace, *_) if maker.is_type:
                return self._type_new(namespace, keywords, frame, mark)
            case (Class() as cls, *_):
                return self._bare_instance(cls)
            case _:
                return UNKNOWN

    def _type_new(
        self, namespace: Value, keywords: dict[str, Value], frame: Frame, mark: int
    ) -> Value:
        """`type.__new__` in a metaclass: the class gets the names of the namespace it is given."""
        named = namespace.fields.get(NAMESPACE_OF) if isinstance(namespace, Mapping) else None
        cls = named or (self.classes_in_the_making[-1] if self.classes_in_the_making else None)
        if not isinstance(cls, Class):
            return UNKNOWN
        if isinstance(namespace, Mapping):
            for key, value in namespace.items.items():
                name = str(key)
                if dict.get(cls.names, name) is not value and name not in _GIVEN_NAMES:
                    self.journal.write(cls.names, name, value)
            for key in list(cls.names):
                if key not in namespace.items:
                    self.journal.erase(cls.names, key)
        if not isinstance(namespace, Mapping) or namespace.is_open:
            self.hand_over((cls,))
        if not cls.fields.get(FINISHED):
            self._finish(cls, keywords, frame, mark)
        return cls

    def _bare_instance(self, cls: Class) -> Instance:
        made = Instance(cls)
        if cls.is_open or any(base.is_altered for base in cls.mro):
            made.fields[OPEN] = True
        return made

    # --- enumerations ----------------------------------------------------------------------

    def make_members(self, cls: Class) -> None:
        """`enum.EnumType.__new__`: the values that the body binds become members of the class.

        Source: Lib/enum.py. A value that comes twice gives one member with two names.
        """
        members: dict[object, Instance] = {}
        for name, value in list(cls.names.items()):
            value = value.value if isinstance(value, Maybe) else value
            is_private = name.startswith("_") or not _is_data(value)
            if is_private or (isinstance(value, Instance) and _is_descriptor(value)):
                continue
            known = members.get(_literal(value))
            if known is None:
                known = Instance(cls, store({"name": Const(name), "value": value}))
                members[_literal(value) or name] = known
            self.journal.write(cls.names, name, known)
        self.journal.write(cls.fields, MEMBERS, tuple(members.values()))

    def _member_of_value(self, members: tuple[Value, ...], arguments: tuple[Value, ...]) -> Value:
        """`cls(value)` of an enumeration: a look-up."""
        for member in members:
            value = member.names.get("value") if isinstance(member, Instance) else None
            if value is not None and arguments[:1] == (value,) and isinstance(value, Const):
                return member
        return UNKNOWN

    def members_by_name(self, cls: Class) -> Value:
        """`cls.__members__`."""
        items = {name: value for name, value in cls.names.items() if _is_member(value, cls)}
        return Mapping(store(items))

    def members_of(self, cls: Class) -> tuple[Value, ...] | None:
        """The members of an enumeration in their order; None for any other class."""
        members = cls.fields.get(MEMBERS)
        return members if isinstance(members, tuple) else None

    def class_item(self, cls: Class, index: Value) -> Value | None:
        """`cls[name]` of an enumeration; None for any other class."""
        if self.members_of(cls) is None:
            return None
        if not isinstance(index, Const) or not isinstance(index.value, str):
            return UNKNOWN
        found = cls.names.get(index.value)
        return found if found is not None and _is_member(found, cls) else UNKNOWN


class _ObjectNew(Value):
    """`super().__new__` where no class of the project has one."""

    __slots__ = ("is_type",)

    def __init__(self, *, is_type: bool) -> None:
        self.is_type = is_type


class _TypeCall(Value):
    """`super().__call__` in a metaclass."""

    __match_args__ = ("cls",)
    __slots__ = ("cls",)

    def __init__(self, cls: Class) -> None:
        self.cls = cls


class _PropertyPart(Value):
    """`prop.setter`, `prop.getter` or `prop.deleter`, waiting for a function."""

    __match_args__ = ("value", "part")
    __slots__ = ("part", "value")

    def __init__(self, value: Function, part: str) -> None:
        self.value = value
        self.part = part


class _ObjectMethod(Value):
    """A method of `object` that looks after attributes."""

    __match_args__ = ("name",)
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


_OWN_CALLABLES = frozenset({_ObjectNew, _TypeCall, _PropertyPart, _ObjectMethod})

_OBJECT_METHODS = frozenset({"__getattribute__", "__setattr__", "__delattr__"})


def dataclass_fields(cls: Class) -> list[tuple[str, Value | None]]:
    """The fields of a dataclass in the order of its `__init__`, with what stands behind the `=`."""
    found: dict[str, Value | None] = {}
    for base in reversed(cls.mro):
        if base.fields.get(IS_DATACLASS):
            annotated = base.fields.get(ANNOTATED, ())
            assert isinstance(annotated, tuple)
            found.update((name, _bound(base.names.get(name))) for name in annotated)
    return list(found.items())


def _bound(value: Value | None) -> Value | None:
    return value.value if isinstance(value, Maybe) else value


def _found(cls: Class, name: str) -> Value | None:
    """A name of a class or of its ancestors in the project."""
    for candidate in cls.mro:
        value = _bound(candidate.names.get(name))
        if value is not None:
            return value
    return None


def _is_inert(base: Value) -> bool:
    """Whether nothing unknown runs when a class with this base is made or called."""
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


def _is_enum(base: Value) -> bool:
    match base:
        case External(dotted=dotted):
            return facts(dotted).base is Base.ENUM
        case Class():
            return IS_ENUM in base.fields
        case _:
            return False


def _is_data(value: Value) -> bool:
    """Whether a metaclass or a library would replace it: neither function, class nor module."""
    return not isinstance(value, (Function, Class, Module, Method, Builtin, External))


def _is_member(value: Value, cls: Class) -> bool:
    """Whether it is a member of the enumeration `cls`, as the class itself has made it."""
    return isinstance(value, Instance) and value.cls is cls and IS_ENUM in cls.fields


def _is_descriptor(value: Instance) -> bool:
    cls = value.cls
    return isinstance(cls, Class) and any(
        _found(cls, name) is not None for name in ("__get__", "__set__", "__delete__")
    )


def _uses_class_cell(value: Value) -> bool:
    """Whether a method reads `__class__`, or calls `super()`, which does."""
    if not isinstance(value, Function):
        return False
    waiting = value.code.waiting
    return waiting is not None and waiting.mentions(("super", "__class__"))


def _literal(value: Value) -> object:
    """What two equal values of an enumeration have in common; None for what is no literal."""
    return (type(value.value), value.value) if isinstance(value, Const) else None


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

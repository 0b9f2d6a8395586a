"""Classes in random programs: enumerations, metaclasses, registries, attributes by other ways."""

from __future__ import annotations

from value_tests import enum_test, is_open, one_of, reaction
from writer import Lines, Scope, Writer


def enumeration(w: Writer, scope: Scope) -> Lines:
    """An enumeration with the members A and B, in one of the ways to write it."""
    name = w.name_in(w.name, "N")
    w.note(name, scope)
    bases = w.pick(
        [
            "enum.Enum",
            "str, enum.Enum",
            "int, enum.Enum",
            "enum.IntEnum",
            "enum.Flag",
            "enum.IntFlag",
        ]
    )
    text = bases.startswith(("enum.Enum", "str"))
    members = w.pick(
        [
            "A, B = 'a', 'b'" if text else "A, B = 1, 2",
            "A = 'a'; B = 'b'" if text else "A = 1; B = 2",
            "A = 'a'; B = 'b'; FIRST = A" if text else "A = 1; B = 2; FIRST = A",
            "A = enum.auto(); B = enum.auto()" if bases != "str, enum.Enum" else "A = 'a'; B = 'b'",
        ]
    )
    if w.chance(12):
        call = w.pick(
            [
                f"enum.Enum('{name}', 'A B')",
                f"enum.Enum('{name}', ['A', 'B'])",
                f"enum.Enum('{name}', {{'A': 'a', 'B': 'b'}})",
                f"enum.IntEnum('{name}', 'A B', module=__name__)",
            ]
        )
        return [f"{name} = {call}"]
    lines: Lines = []
    if w.chance(15) and "FIRST" not in members:
        lines.append("@enum.unique")
    more: Lines = []
    if w.chance(20):
        more = ["def label(self):", "    return self.name.lower()"]
    if w.chance(10):
        more += ["@property", "def own(self):", "    return self.value"]
    if w.chance(10):
        more += ["@classmethod", "def _missing_(cls, value):", "    return cls.A"]
    if w.chance(10) and not more:
        lines = [
            f"class Base{name}(enum.Enum):",
            "    def label(self):",
            "        return self.name",
        ]
        bases, members = f"Base{name}", "A = 'a'; B = 'b'"
    return [
        *lines,
        f"class {name}({bases}):",
        f"    {members}",
        *[f"    {line}" for line in more],
        *(reaction(w, scope, enum_test(w, name)) if w.chance(60) else []),
    ]


def members(w: Writer, scope: Scope) -> Lines:
    """The members of an enumeration are gone through."""
    box = w.reference("N", scope)
    return [f"for each in {box}:", *w.block(w.deeper(scope, in_loop=True), 1)]


def unusual_class(w: Writer, scope: Scope) -> Lines:
    """A class whose names are others than its body binds, and a question about them."""
    n = w.fresh("X")
    a, b = w.item(), w.item()
    change = w.pick(
        [
            f"ns['extra'] = {a}",
            f"ns['one'] = {a}",
            "ns.pop('one')",
            "ns.pop('extra', None)",
            "for key, value in list(ns.items()): ns[key] = [value] if key == 'one' else value",
            f"ns.update(extra={a}, one={b})",
            "ns = {**ns, 'extra': ns['one']}",
            f"ns.setdefault('one', {a})",
            "ns['names'] = [key for key in ns if not key.startswith('_')]",
        ]
    )
    forms: list[Lines] = [
        [
            f"class Meta{n}(type):",
            "    def __new__(mcs, name, bases, ns):",
            f"        {change}",
            "        return super().__new__(mcs, name, bases, ns)",
            f"class {n}(metaclass=Meta{n}):",
            f"    one = {b}",
        ],
        [
            f"class Base{n}:",
            "    def __init_subclass__(cls, **options):",
            f"        cls.extra = options.get('extra', {a})",
            f"class {n}(Base{n}, extra={b}):",
            f"    one = {b}",
        ],
        [
            f"def add{n}(cls):",
            f"    cls.extra = {a}",
            "    cls.names = [key for key in vars(cls) if not key.startswith('_')]",
            "    return cls",
            f"@add{n}",
            f"class {n}:",
            f"    one = {b}",
        ],
        [f"class {n}:", f"    one = {a}", f"{n}.extra = {b}"],
        [f"class {n}:", f"    one = {a}", f"setattr({n}, 'extra', {b})", f"del {n}.one"],
        [
            f"class {n}:",
            "    def __getattr__(self, name):",
            f"        return {a}",
            f"{n} = {n}()",
        ],
        [
            f"class {n}:",
            "    def __init__(self):",
            f"        self.__dict__['one'] = {a}",
            f"        vars(self)['extra'] = {b}",
            f"{n} = {n}()",
        ],
        [
            f"class {n}:",
            "    def __init__(self, **given):",
            "        self.__dict__.update(given)",
            f"{n} = {n}(one={a}, extra={b})",
        ],
        [
            f"class {n}:",
            "    def __setattr__(self, key, value):",
            "        object.__setattr__(self, key, value)",
            f"{n} = {n}()",
            f"for key in ('one', 'extra'): setattr({n}, key, {a})",
        ],
        [
            f"class {n}:",
            f"    one = {a}",
            "    @property",
            "    def extra(self):",
            "        return self.one",
            f"{n} = {n}()",
        ],
        [
            f"class {n}(abc.ABC):",
            f"    one = {a}",
            "    @abc.abstractmethod",
            "    def extra(self): ...",
        ],
    ]
    open_forms: list[Lines] = [
        [
            f"class Meta{n}(type):",
            "    def __init__(cls, name, bases, ns):",
            f"        cls.extra = {a}",
            "        super().__init__(name, bases, ns)",
            f"class {n}(metaclass=Meta{n}):",
            f"    one = {b}",
        ],
        [
            f"class Meta{n}(type):",
            "    @classmethod",
            "    def __prepare__(mcs, name, bases):",
            f"        return {{'given': {a}}}",
            f"class {n}(metaclass=Meta{n}):",
            "    one = given",
        ],
        [
            f"class Field{n}:",
            "    name = None",
            f"class {n}:",
            f"    one = Field{n}()",
            f"for key, value in list(vars({n}).items()):",
            f"    if isinstance(value, Field{n}): value.name = key",
        ],
        [f"{n} = type('{n}', (), {{'one': {a}, 'extra': {b}}})"],
        [f"class Base{n}:", f"    one = {a}", f"{n} = type('{n}', (Base{n},), dict(extra={b}))"],
        [
            f"class Base{n}:",
            f"    one = {a}",
            f"{n} = type('{n}', (), {{k: v for k, v in vars(Base{n}).items() if k[0] != '_'}})",
        ],
        [
            "@dataclass",
            f"class {n}:",
            f"    one: str = {a}",
            f"    extra: str = {b}",
            f"{n} = {n}({a})",
        ],
    ]
    lines = one_of(w, forms + (open_forms if is_open(w) else []))
    tests = [f"{n}.one == {a}", f"{n}.one == {b}"]
    if is_open(w):
        tests += [
            f"{n}.extra == {a}",
            f"hasattr({n}, 'extra')",
            f"getattr({n}, 'extra', {a}) == {a}",
            f"'one' in vars({n})",
            f"'extra' in {n}.__dict__",
            f"[key for key in vars({n}) if key[0] != '_'] == ['one', 'extra']",
            f"getattr({n}, 'names', []) == ['one']",
            f"{n}.one[0] == {a}",
            f"{n}.one.name == 'one'",
        ]
    return lines + reaction(w, scope, w.pick(tests))


def registry(w: Writer, scope: Scope) -> Lines:
    """A table that classes or functions enter, of this module or of another one."""
    n = w.fresh("Reg")
    other, a = w.other(), w.item()
    forms: list[Lines] = [
        [
            f"{n} = {{}}",
            f"def enter{n}(key):",
            "    def decorate(thing):",
            f"        {n}[key] = thing",
            "        return thing",
            "    return decorate",
            f"@enter{n}({a})",
            f"def {n}f(): return 1",
            *reaction(w, scope, f"{w.item()} in {n}"),
        ],
        [
            f"class Base{n}:",
            "    kinds = {}",
            "    def __init_subclass__(cls):",
            f"        Base{n}.kinds[cls.__name__] = cls",
            f"class One{n}(Base{n}): pass",
            *reaction(w, scope, f"'{w.pick(['One', 'Two'])}{n}' in Base{n}.kinds"),
        ],
        [
            f"class Base{n}:",
            "    kinds = []",
            "    def __init_subclass__(cls):",
            "        cls.kinds.append(cls.__name__)",
            f"import {other}",
            f"class One{n}(Base{n}): pass",
            *reaction(w, scope, f"len(Base{n}.kinds) == {w.random.randrange(3)}"),
        ],
        [
            f"class Meta{n}(type):",
            "    known = []",
            "    def __init__(cls, name, bases, ns):",
            "        Meta" + n + ".known.append(name)",
            f"class One{n}(metaclass=Meta{n}): pass",
            *reaction(w, scope, f"'One{n}' in Meta{n}.known"),
        ],
    ]
    return one_of(w, forms)


def shared_registry(w: Writer, scope: Scope) -> Lines:
    """A table of another module, which it fills while it loads."""
    other, key = w.other(), w.item()
    name = w.name_in(other, "M")
    w.note(name, scope)
    forms: list[Lines] = [
        [f"import {other}", f"K1 = {other}.{name}[{key}]"],
        [f"from {other} import {name}", f"assert {key} in {name}"],
        [f"from {other} import {name}", f"K1 = {name}[{key}]"],
        [f"from {other} import {name}", f"{name}[{key}] = {w.item()}"],
        [
            f"from {other} import {name}",
            f"if {key} not in {name}:",
            "    raise RuntimeError('not registered')",
        ],
    ]
    return one_of(w, forms)

"""What random programs are written with: names, expressions, chance.

Names have a kind wherever they are bound, so that a program fails by what it imports and not by
calling a number: `K` is a number, `f` a function without arguments, `C` a class made without
arguments, `d` a decorator, `w` a function that gives a context manager, `E` an exception class,
`g` a generator function, `o` an object. Programs about values have more: `L` a list, `M` a dict,
`S` a set, all of module names, `N` an enumeration. Programs end: a callable of rank n uses only
those of a higher rank.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import Enum, auto
from random import Random

Lines = list[str]

RANKS = 4
KINDS = "KfCdwEgo"
VALUE_KINDS = "LMSN"
_UNRANKED = "KELMSN"
"""Kinds that call nothing."""
ERRORS = (
    "ImportError",
    "AttributeError",
    "NameError",
    "Exception",
    "ModuleNotFoundError",
    "KeyError",
)
CAUGHT = (
    "ImportError",
    "ImportError",
    "AttributeError",
    "NameError",
    "Exception",
    "BaseException",
    "ModuleNotFoundError",
    "(ImportError, AttributeError)",
    "(NameError, KeyError)",
    "KeyError",
    "LookupError",
)


class Flavour(Enum):
    """What a program has in it."""

    CORE = auto()
    """Imports and control flow, all of it decided: a prediction must be right."""
    VALUES = auto()
    """Also containers, enumerations, metaclasses, namespaces, as far as the machine follows them:
    a prediction must be right."""
    OPEN = auto()
    """Also what cannot be known before the program runs, and operations on values that fail: a
    prediction may leave the outcome open, but must claim nothing that is wrong."""


@dataclass
class Project:
    random: Random
    modules: tuple[str, ...]
    flavour: Flavour = Flavour.CORE
    deletable: str = ""
    plans: dict[str, list[str]] = field(default_factory=dict)
    """The names that each module means to bind."""

    def __post_init__(self) -> None:
        alone = [module for module in self.modules if not self.is_package(module)]
        self.deletable = self.random.choice(alone)
        every = [f"{kind}{rank}" for kind in self.kinds for rank in range(1, RANKS)]
        for module in self.modules:
            few = 3 if self.is_package(module) else 7
            if self.flavour is not Flavour.CORE:
                few += 2
            self.plans[module] = sorted(self.random.sample(every, few))

    @property
    def kinds(self) -> str:
        """The kinds of names that its modules bind."""
        return KINDS if self.flavour is Flavour.CORE else KINDS + VALUE_KINDS

    def is_package(self, module: str) -> bool:
        return any(other.startswith(module + ".") for other in self.modules)

    def path(self, module: str) -> str:
        stem = module.replace(".", "/")
        return f"{stem}/__init__.py" if self.is_package(module) else f"{stem}.py"


@dataclass
class Scope:
    """Where statements are written: what they may call, and what is likely bound."""

    rank: int = 0
    in_function: bool = False
    in_class: bool = False
    in_loop: bool = False
    in_handler: bool = False
    depth: int = 0
    local_names: list[str] = field(default_factory=list)


class Writer(ABC):
    """Writes one module; see `programs` for its statements."""

    def __init__(self, project: Project, name: str) -> None:
        self.project = project
        self.random = project.random
        self.name = name
        self.bound: list[str] = []
        self.aliases: dict[str, str] = {}
        """Names that stand for modules of the project, with the module."""
        self.serial = 0
        self.wanted = ""
        """The name that the next definition must have; empty for any."""

    # --- chance ----------------------------------------------------------------------------

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def pick(self, options: tuple[str, ...] | list[str]) -> str:
        return options[self.random.randrange(len(options))]

    def fresh(self, stem: str) -> str:
        self.serial += 1
        return f"{stem}{self.serial}"

    def other(self) -> str:
        others = [module for module in self.project.modules if module != self.name]
        return self.pick(others) if not self.chance(3) else self.name

    def a_name(self, kind: str, low: int = 1) -> str:
        """A name of a kind, of rank `low` at least."""
        return f"{kind}{self.random.randrange(low, max(low, RANKS - 1) + 1)}"

    def name_in(self, module: str, kind: str = "", low: int = 1) -> str:
        """A name that a module most likely binds at some time."""
        planned = [
            name
            for name in self.project.plans[module]
            if (not kind or name[0] == kind) and (name[0] in _UNRANKED or int(name[1:]) >= low)
        ]
        if planned and not self.chance(10):
            return self.pick(planned)
        return self.a_name(kind or self.pick(self.project.kinds), min(low, RANKS - 1))

    def module_with(self, kind: str, low: int) -> tuple[str, str]:
        """An alias of a module that means to bind a name of a kind, and that name."""
        aliases = sorted(self.aliases)
        if not aliases:
            return "", ""
        for _ in range(3):
            alias = self.pick(aliases)
            name = self.name_in(self.aliases[alias], kind, low)
            if name in self.project.plans[self.aliases[alias]]:
                break
        return alias, name

    # --- expressions -----------------------------------------------------------------------

    def module_value(self, scope: Scope) -> str:
        """An expression that is, most likely, a module of the project."""
        form = self.random.randrange(10)
        aliases = sorted(self.aliases)
        if aliases and form < 6:
            return self.pick(aliases)
        if form == 6:
            return f'sys.modules["{self.other()}"]'
        if form == 7:
            return f'importlib.import_module("{self.other()}")'
        if form == 8:
            return "sys.modules[__name__]"
        other = self.other()
        if "." not in other and self.chance(50):
            return f'__import__("{other}")'
        return f'__import__("{other}", fromlist=["x"])'

    def reference(self, kind: str, scope: Scope) -> str:
        """An expression that is of a kind, if all goes well."""
        low = scope.rank + 1
        if low >= RANKS and kind in "fCdwgo":
            return {
                "f": "int",
                "C": "object",
                "d": "staticmethod",
                "w": "contextlib.nullcontext",
                "g": "list",
                "o": "object()",
            }[kind]
        mine = [n for n in self.bound if n[0] == kind and (kind in _UNRANKED or int(n[1:]) >= low)]
        form = self.random.randrange(100)
        if mine and form < 60:
            return self.pick(mine)
        name = self.a_name(kind, low if kind not in _UNRANKED else 1)
        alias, theirs = self.module_with(kind, low)
        if form < 80 and alias:
            return f"{alias}.{theirs}"
        if form < 82:
            return f"{self.module_value(scope)}.{name}"
        if form < 88 and alias:
            return f'getattr({alias}, "{theirs}")'
        if mine:
            return self.pick(mine)
        if (scope.in_function and self.chance(60)) or self.chance(6):
            return self.name_in(self.name, kind, low)
        if kind == "K":
            return str(self.random.randrange(3))
        return self.fallback(kind)

    def fallback(self, kind: str) -> str:
        """An expression of a kind that depends on no name."""
        if kind in VALUE_KINDS:
            item = self.item()
            return {
                "L": f"[{item}]",
                "M": f"{{{item}: {item}}}",
                "S": f"{{{item}}}",
                "N": "enum.Enum('N', 'A B')",
            }[kind]
        return {
            "f": "(lambda: 1)",
            "C": "object",
            "d": "(lambda x: x)",
            "w": "contextlib.nullcontext",
            "E": "ValueError",
            "g": "(lambda: (1, 2))",
            "o": "object()",
        }[kind]

    def item(self) -> str:
        """What containers hold: the name of a module of the project."""
        return f'"{self.pick(self.project.modules)}"'

    def value(self, scope: Scope) -> str:
        """A number, or something that raises on the way to one."""
        form = self.random.randrange(22)
        if form < 5:
            return str(self.random.randrange(4))
        if form < 11:
            return self.reference("K", scope)
        if form < 14:
            return f"{self.reference('f', scope)}()"
        if form == 14:
            return f"{self.reference('C', scope)}() and 1"
        if form == 15:
            return f"[{self.reference('K', scope)} for i in (1, 2)][0]"
        if form == 16:
            return (
                f"len([i for i in {self.reference('g', scope)}()])"
                if self.chance(50)
                else f"sum(i for i in {self.reference('g', scope)}())"
            )
        if form == 17:
            return f'getattr({self.module_value(scope)}, "{self.a_name("K")}", 0)'
        if form == 18:
            return (
                f"({self.fresh('K9')} := {self.reference('K', scope)})"
                if not scope.in_class
                else "7"
            )
        if form == 19:
            return f"(lambda: {self.reference('K', scope)})()"
        if form == 20:
            return f"({self.reference('K', scope)} if {self.test(scope)} else {self.reference('K', scope)})"
        return f"{{'x': {self.reference('K', scope)}}}['x']"

    def test(self, scope: Scope) -> str:
        """A test that can be decided, or that CPython decides, if the program is an open one."""
        if self.project.flavour is not Flavour.CORE:
            more = self.value_test(scope)
            if more:
                return more
        form = self.random.randrange(18)
        simple = (
            "typing.TYPE_CHECKING",
            "not typing.TYPE_CHECKING",
            "sys.version_info >= (3, 12)",
            "sys.version_info < (3, 11)",
            'sys.platform == "linux"',
            'os.name == "nt"',
            '__name__ == "__main__"',
            f'__name__ == "{self.name}"',
            "True",
            "False",
            "0",
            "not None",
        )
        if form < 4:
            return self.pick(simple)
        if form < 8:
            return f'hasattr({self.module_value(scope)}, "{self.a_name(self.pick(KINDS))}")'
        if form < 11:
            return f'"{self.other()}" in sys.modules'
        if form == 11:
            return f'sys.modules.get("{self.other()}") is None'
        if form == 12:
            return f'getattr({self.module_value(scope)}, "{self.a_name("K")}", None) is None'
        if form == 13:
            return f"not {self.test(scope)}"
        if form == 14:
            return f"({self.test(scope)} and {self.test(scope)})"
        if form == 15:
            return f"({self.test(scope)} or {self.test(scope)})"
        if form == 16:
            return f'"{self.a_name(self.pick(KINDS))}" in globals()'
        return f'"{self.other()}" not in sys.modules'

    @abstractmethod
    def statement(self, scope: Scope) -> Lines:
        """Some statement."""

    @abstractmethod
    def value_test(self, scope: Scope) -> str:
        """A test of a value, sometimes; empty for none."""

    # --- blocks ----------------------------------------------------------------------------

    def block(self, scope: Scope, most: int = 3) -> Lines:
        """A block of statements, indented."""
        lines: Lines = []
        for _ in range(self.random.randrange(1, most + 1)):
            lines += self.statement(scope)
        return [f"    {line}" for line in lines] or ["    pass"]

    def deeper(self, scope: Scope, **changes: object) -> Scope:
        """The scope of a block inside."""
        return Scope(**{**scope.__dict__, "depth": scope.depth + 1, **changes})  # type: ignore[arg-type]

    def note(self, name: str, scope: Scope) -> None:
        """A name is bound, as far as this module sees it."""
        if not scope.in_function and not scope.in_class:
            self.bound.append(name)

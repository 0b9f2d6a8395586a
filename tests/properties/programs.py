"""Random small projects whose outcomes are all known without running them.

`random_project` writes two to five modules that import one another in every way that the machine
models. Nothing in them depends on anything outside: each test can be decided, each callee is in
the project or is one that the model knows. So a prediction has no excuse: it must be right.

Names have a kind wherever they are bound, so that a program fails by what it imports and not by
calling a number: `K` is a number, `f` a function without arguments, `C` a class made without
arguments, `d` a decorator, `w` a function that gives a context manager, `E` an exception class, `g` a generator function,
`o` an object. Programs end: a callable of rank n uses only those of a higher rank.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from value_programs import HEADER, value_statement
from value_tests import value_test
from writer import CAUGHT, ERRORS, KINDS, RANKS, VALUE_KINDS, Flavour, Lines, Project, Scope, Writer

_SHAPES = (
    ("a", "b"),
    ("a", "b", "c"),
    ("p", "p.a", "p.b"),
    ("p", "p.a", "p.b", "p.c"),
    ("p", "p.a", "p.s", "p.s.x"),
    ("p", "p.a", "p.s", "p.s.x", "p.s.y"),
    ("p", "p.a", "b"),
    ("p", "p.a", "q", "q.b"),
    ("p", "p.a", "p.b", "c"),
    ("n.a", "n.b", "c"),
    ("p", "p.n.a", "p.b"),
)
_HEADER = "import sys, importlib, contextlib, functools, os, typing"
_HEADER_2 = "from dataclasses import dataclass"


def random_project(random: Random, flavour: Flavour = Flavour.CORE) -> dict[str, str]:
    """The texts of a project's files, by path."""
    project = Project(random, random.choice(_SHAPES), flavour)
    return {
        project.path(module): "".join(f"{line}\n" for line in _Module(project, module).write())
        for module in project.modules
    }


class _Module(Writer):
    # --- the whole -------------------------------------------------------------------------

    def write(self) -> Lines:
        lines = []
        if self.chance(12):
            lines.append("from __future__ import annotations")
        lines += [_HEADER, _HEADER_2]
        if self.project.flavour is not Flavour.CORE:
            lines.append(HEADER)
        if self.chance(30):
            lines += self.dunder_all()
        count = self.random.randrange(2, 9)
        if self.project.is_package(self.name):
            count = self.random.randrange(0, 6)
        scope = Scope()
        for _ in range(count):
            lines += self.statement(scope)
        for name in self.project.plans[self.name]:
            if name not in self.bound and self.chance(75):
                lines += self.definition(name, scope)
        if self.chance(12):
            lines += self.module_getattr()
        if self.chance(8):
            lines += self.dunder_all()
        return lines

    def definition(self, name: str, scope: Scope) -> Lines:
        """A plain binding of a name that is still to be bound."""
        kind, rank = name[0], int(name[1:])
        if self.chance(70):
            self.wanted = name
            write: dict[str, Callable[[Scope], Lines]] = {
                "f": self.function,
                "C": self.a_class,
                "d": self.decorator,
                "w": self.context_manager,
                "E": self.exception_class,
                "g": self.generator,
            }
            if kind in write:
                return write[kind](scope)
        self.wanted = ""
        self.note(name, scope)
        del rank
        if kind == "N":
            return [f"class {name}(enum.Enum):", "    A, B = 'a', 'b'"]
        if kind in VALUE_KINDS:
            return [f"{name} = {self.fallback(kind)}"]
        return {
            "K": [f"{name} = {self.random.randrange(3)}"],
            "f": [f"def {name}():", "    return 1"],
            "C": [f"class {name}:", "    pass"],
            "d": [f"{name} = lambda x: x"],
            "w": [f"{name} = contextlib.nullcontext"],
            "E": [f"class {name}(ImportError):", "    pass"],
            "g": [f"def {name}():", "    yield 1"],
            "o": [f"{name} = object()"],
        }[kind]

    def dunder_all(self) -> Lines:
        names = [self.name_in(self.name) for _ in range(self.random.randrange(0, 4))]
        children = [
            m.rpartition(".")[2] for m in self.project.modules if m.rpartition(".")[0] == self.name
        ]
        if children and self.chance(50):
            names.append(self.pick(children))
        form = self.random.randrange(4)
        written = ", ".join(f'"{name}"' for name in names)
        if form == 0:
            return [f"__all__ = [{written}]"]
        if form == 1:
            return [f"__all__ = ({written}{',' if names else ''})"]
        if form == 2:
            return ["__all__ = []", f"__all__ += [{written}]"]
        return ["__all__ = []", *(f'__all__.append("{name}")' for name in names)]

    def module_getattr(self) -> Lines:
        other = self.other()
        names = [self.a_name(self.pick("KfC")) for _ in range(2)]
        form = self.random.randrange(3)
        if form == 0:
            return [
                "def __getattr__(name):",
                f'    if name == "{names[0]}":',
                f"        from {other} import {names[0]}",
                f"        return {names[0]}",
                "    raise AttributeError(name)",
            ]
        if form == 1:
            return [
                "def __getattr__(name):",
                f'    if name in ("{names[0]}", "{names[1]}"):',
                f'        return getattr(importlib.import_module("{other}"), name)',
                "    raise AttributeError(f'module has no attribute {name}')",
            ]
        return [
            f'_lazy = {{"{names[0]}": "{other}"}}',
            "def __getattr__(name):",
            "    if name not in _lazy:",
            "        raise AttributeError(name)",
            "    value = getattr(importlib.import_module(_lazy[name]), name)",
            "    globals()[name] = value",
            "    return value",
        ]

    # --- statements ------------------------------------------------------------------------

    def value_test(self, scope: Scope) -> str:
        """See `value_programs`."""
        return value_test(self, scope)

    def statement(self, scope: Scope) -> Lines:
        """Some statement."""
        if self.project.flavour is not Flavour.CORE and scope.depth < 3 and self.chance(40):
            return value_statement(self, scope)
        simple: list[tuple[int, Callable[[Scope], Lines]]] = [
            (30, self.import_statement),
            (10, self.assignment),
            (8, self.expression),
            (3, self.deletion),
            (3, self.raising),
            (3, self.attribute_set),
            (2, self.system_modules),
            (2, self.annotation),
            (2, self.jump),
            (1, self.assertion),
            (4, self.idiom),
        ]
        compound: list[tuple[int, Callable[[Scope], Lines]]] = [
            (10, self.function),
            (10, self.a_class),
            (7, self.condition),
            (10, self.trial),
            (4, self.suppression),
            (4, self.with_statement),
            (4, self.loop),
            (3, self.match_statement),
            (3, self.generator),
            (3, self.decorator),
            (3, self.context_manager),
            (2, self.exception_class),
            (2, self.wrapped),
            (2, self.closure),
        ]
        options = simple + (compound if scope.depth < 3 else [])
        number = self.random.randrange(sum(weight for weight, _ in options))
        for weight, write in options:
            number -= weight
            if number < 0:
                return write(scope)
        raise AssertionError

    def import_statement(self, scope: Scope) -> Lines:
        other = self.other()
        form = self.random.randrange(100)
        short = other.replace(".", "_")
        self.pick(KINDS)
        low = scope.rank + 1
        name = self.name_in(other, "", low) if low < RANKS else self.a_name("K")
        if form < 18:
            if not scope.in_function:
                self.aliases[other] = other
            return [f"import {other}"]
        if form < 28:
            if not scope.in_function:
                self.aliases[f"m_{short}"] = other
            return [f"import {other} as m_{short}"]
        if form < 60:
            if self.chance(15):
                more = self.name_in(other, "K")
                self.note(name, scope)
                self.note(more, scope)
                if self.chance(40):
                    return [f"from {other} import (", f"    {name},", f"    {more},", ")"]
                return [f"from {self.written(other)} import {name}, {more}"]
            self.note(name, scope)
            return [f"from {self.written(other)} import {name}"]
        if form < 64:
            return [f"from {other} import {self.name_in(other, 'K')} as K7"]
        if form < 72 and "." in other:
            package, _, child = other.rpartition(".")
            if not scope.in_function:
                self.aliases[child] = other
            return [f"from {self.written(package)} import {child}"]
        if form < 76 and "." in other:
            package, _, child = other.rpartition(".")
            if not scope.in_function:
                self.aliases[f"x_{child}"] = other
            return [f"from {self.written(package)} import {child} as x_{child}"]
        if form < 84 and not scope.in_function and not scope.in_class:
            self.bound += [n for n in self.project.plans[other] if self.chance(70)]
            return [f"from {self.written(other)} import *"]
        if form < 88:
            alias = f"m_{short}"
            if not scope.in_function:
                self.aliases[alias] = other
            return [f'{alias} = importlib.import_module("{other}")']
        if form < 90:
            return [f'importlib.import_module("{other}")']
        if form < 92:
            return [f'__import__("{other}")']
        if form < 94:
            return [f"import {other}.nothing"]
        if form < 95:
            return ["from ... import a"]
        if form < 96:
            return ["import no_such_module"] if self.chance(0) else [f"from {other} import nothing"]
        if form < 98:
            return [f"import {other}, {self.other()}"]
        dots = self.pick((".", ".."))
        return [f"from {dots} import {self.pick(['a', 'b', 's', 'x', name])}"]

    def written(self, other: str) -> str:
        """The module as a `from` import names it, sometimes relative."""
        if not self.chance(45):
            return other
        package = self.name if self.project.is_package(self.name) else self.name.rpartition(".")[0]
        dots = "."
        while package:
            if other == package:
                return dots
            if other.startswith(package + "."):
                return dots + other[len(package) + 1 :]
            package, dots = package.rpartition(".")[0], dots + "."
        return other

    def assignment(self, scope: Scope) -> Lines:
        form = self.random.randrange(12)
        if form < 7:
            name = self.name_in(self.name, "K")
            text = f"{name} = {self.value(scope)}"
        elif form == 7:
            kind = self.pick("fCdwEg")
            name = self.a_name(kind, min(scope.rank + 1, RANKS - 1))
            text = f"{name} = {self.reference(kind, self.deeper(scope, rank=max(scope.rank, int(name[1:]) if kind != 'E' else 0)))}"
        elif form == 8:
            name = "K1"
            text = f"K1, K2 = {self.value(scope)}, {self.value(scope)}"
            self.note("K2", scope)
        elif form == 9:
            name = "K1"
            text = f"K1 = K2 = {self.value(scope)}"
            self.note("K2", scope)
        elif form == 10:
            name = self.a_name("K")
            text = f"{name} += 1" if name in self.bound and not scope.in_function else f"{name} = 1"
        else:
            name = self.a_name("o")
            if scope.rank >= RANKS - 1:
                return ["pass"]
            text = f"{name} = {self.reference('C', scope)}()"
        self.note(name, scope)
        return [text]

    def expression(self, scope: Scope) -> Lines:
        form = self.random.randrange(8)
        if form < 4:
            return [f"{self.reference('f', scope)}()"]
        if form == 4:
            return [f"{self.reference('C', scope)}()"]
        if form == 5:
            return [self.value(scope)]
        if form == 6:
            return [f"str({self.value(scope)})"]
        return [f"list({self.reference('g', scope)}())"]

    def deletion(self, scope: Scope) -> Lines:
        names = [n for n in self.bound if n[0] in KINDS]
        form = self.random.randrange(4)
        if form == 0 and self.aliases:
            return [f"del {self.pick(sorted(self.aliases))}.{self.a_name('K')}"]
        if form == 1 and names:
            return [f'globals().pop("{self.pick(names)}", None)']
        if not names or scope.in_function or scope.in_class:
            return ["pass"]
        return [f"del {self.pick(names)}"]

    def raising(self, scope: Scope) -> Lines:
        if not self.chance(30):
            return ["pass"]
        form = self.random.randrange(6)
        if form == 0 and scope.in_handler:
            return ["raise"]
        if form == 1:
            return ["sys.exit(1)"] if self.chance(40) else ["raise SystemExit"]
        if form == 2:
            return [f"raise {self.reference('E', scope)}"]
        if form == 3:
            return [f'raise {self.reference("E", scope)}("text") from None']
        return [f'raise {self.pick(ERRORS)}("text")']

    def attribute_set(self, scope: Scope) -> Lines:
        name = self.a_name("K")
        owner = self.module_value(scope)
        form = self.random.randrange(5)
        if form == 0:
            return [f'setattr({owner}, "{name}", {self.value(scope)})']
        if form == 1:
            return [f'globals()["{name}"] = {self.value(scope)}']
        if form == 2 and self.aliases:
            return [f"{self.pick(sorted(self.aliases))}.{name} = {self.value(scope)}"]
        if form == 3:
            return [f"vars({owner})['{name}'] = 1"]
        return [f'delattr({owner}, "{name}")'] if self.chance(30) else [f"{owner}.{name} = 1"]

    def system_modules(self, scope: Scope) -> Lines:
        form = self.random.randrange(4)
        target = self.project.deletable
        if form == 0 and target != self.name and not scope.in_function and not scope.in_loop:
            return [f'del sys.modules["{target}"]']
        if form == 1 and target != self.name and not scope.in_function and not scope.in_loop:
            return [f'sys.modules.pop("{target}", None)']
        if form == 2:
            self.aliases["m_sys"] = self.other()
            return [f'm_sys = sys.modules["{self.aliases["m_sys"]}"]']
        return [f'sys.modules["{self.other()}"].{self.a_name("K")}']

    def annotation(self, scope: Scope) -> Lines:
        name = self.a_name("K")
        form = self.random.randrange(3)
        shown = self.reference("C", scope)
        if form == 0:
            return [f"{name}: {shown}"]
        self.note(name, scope)
        return [f"{name}: {shown} = {self.value(scope)}"]

    def jump(self, scope: Scope) -> Lines:
        if scope.in_loop:
            return [self.pick(("break", "continue"))]
        if scope.in_function and not scope.in_class:
            return [f"return {self.value(scope)}"]
        return ["..."]

    def assertion(self, scope: Scope) -> Lines:
        return [f"assert {self.test(scope)}"] if self.chance(30) else ["pass"]

    def idiom(self, scope: Scope) -> Lines:
        """What programs really write, in one piece."""
        other, kind = self.other(), self.pick("KfC")
        name = self.name_in(other, kind)
        module, _, leaf = other.rpartition(".")
        options: list[Lines] = [
            [
                "try:",
                f"    from {other} import {name}",
                "except ImportError:",
                f"    {name} = {'0' if kind == 'K' else 'object'}",
            ],
            [
                "try:",
                f"    import {other}",
                "except ImportError:",
                "    HAS = False",
                "else:",
                "    HAS = True",
                "if HAS:",
                f"    {other}.{name}",
            ],
            ["if not typing.TYPE_CHECKING:", f"    from {other} import {name}"],
            [
                "if typing.TYPE_CHECKING:",
                f"    from {other} import {name}",
                "else:",
                f"    {name} = {'1' if kind == 'K' else 'object'}",
            ],
            [
                f'for each in ("{name}",):',
                f'    globals()[each] = getattr(importlib.import_module("{other}"), each)',
            ],
            [
                f'm8 = importlib.import_module("{module}." + "{leaf}")'
                if module
                else f'm8 = importlib.import_module(f"{leaf}")'
            ],
            [
                "def load(name):",
                "    return importlib.import_module(name)",
                f'm8 = load("{other}")',
            ],
            [
                "def pick(module, name='K1', *rest, **more):",
                "    return getattr(module, name, None)",
                f"K1 = pick({self.module_value(scope)}, name='{name}')",
            ],
            ["class Registry(dict):", "    pass", "registry = Registry()"],
            [f'table = {{"x": lambda: importlib.import_module("{other}").{name}}}', 'table["x"]()'],
            [
                "while True:",
                f"    import {other} as m9",
                f"    if not hasattr(m9, '{name}'):",
                "        break",
                "    break",
            ],
            [f"K1, *rest = [{self.value(scope)}, 2, 3]"],
            [f'sys.modules[__name__].__dict__["{name}"] = 1'],
            [f"assert callable, '{name}'"],
            [
                "def early():",
                "    for i in (1, 2):",
                "        try:",
                f"            return {self.value(self.body_scope(scope, scope.rank))}",
                "        finally:",
                f"            import {other}",
                "early()",
            ],
            ["@property", "def whole(self): return 1"]
            if scope.in_class
            else [f"whole = property(lambda self: {other.partition('.')[0]})"],
            [f"any(importlib.import_module(m) for m in ('{other}', '{self.other()}'))"],
            [
                f"all(hasattr(importlib.import_module(m), '{name}') for m in ('{other}', '{self.other()}'))"
            ],
            [f"list(map(importlib.import_module, ['{other}', '{self.other()}']))"],
            [f"m8 = importlib.import_module('.{leaf}', '{module}')"]
            if module
            else [f"m8 = importlib.import_module('{other}', __package__)"],
            ["m8 = importlib.import_module('.a', __package__)"],
            [f"from {other} import {name} as same, {name}"],
            [
                "class Lazy:",
                "    def __getattr__(self, name):",
                f"        return getattr(importlib.import_module('{other}'), name)",
                "lazy = Lazy()",
                f"lazy.{name}",
            ],
            [
                "class Cached:",
                "    @functools.cached_property",
                "    def slot(self):",
                f"        from {other} import {name}",
                f"        return {name}",
                "Cached().slot",
            ],
            [
                "class Base:",
                "    def __init_subclass__(cls, **kw):",
                "        super().__init_subclass__(**kw)",
                f"        cls.found = importlib.import_module('{other}').{name}",
                "class Derived(Base): pass",
            ],
            [
                "class Desc:",
                "    def __get__(self, one, owner):",
                f"        from {other} import {name}",
                f"        return {name}",
                "class Owner:",
                "    attr = Desc()",
                "Owner.attr",
                "Owner().attr",
            ],
            [
                "def outer():",
                "    def inner():",
                f"        return {self.reference('K', self.body_scope(scope, 0))}",
                "    return inner",
                "outer()()",
            ],
            [f"K1 = next(getattr({self.module_value(scope)}, n) for n in ('K1', '{name}'))"],
            [
                f"try: import {other}.sub",
                "except ModuleNotFoundError as e:",
                f"    if e.name != '{other}.sub': raise",
            ],
            [
                "try:",
                f"    from {other} import {name}",
                "except ImportError as e:",
                f"    K1 = e.name == '{other}'",
                "    if K1: pass",
                "    else: raise",
            ],
            [
                "def star(*args):",
                f"    import {other}",
                "    return args",
                f"star(*[1, 2], {self.value(scope)})",
            ],
            [f"K1 = (lambda m=importlib.import_module('{other}'): m.{name})"],
            [
                "from functools import singledispatch",
                "@singledispatch",
                "def single(x):",
                f"    import {other}",
                "single(1)",
            ],
        ]
        lines = options[self.random.randrange(len(options))]
        if scope.in_function:
            lines = list(lines)
        return lines

    def condition(self, scope: Scope) -> Lines:
        inner = self.deeper(scope)
        lines = [f"if {self.test(scope)}:", *self.block(inner)]
        if self.chance(20):
            lines += [f"elif {self.test(scope)}:", *self.block(inner)]
        if self.chance(50):
            lines += ["else:", *self.block(inner)]
        return lines

    def trial(self, scope: Scope) -> Lines:
        inner = self.deeper(scope)
        lines = ["try:", *self.block(inner)]
        handlers = self.random.randrange(0, 3)
        for number in range(handlers):
            caught = self.pick(CAUGHT)
            if self.chance(12):
                caught = self.reference("E", scope)
            in_handler = self.deeper(scope, in_handler=True)
            if number == handlers - 1 and self.chance(25):
                lines.append("except:")
            elif self.chance(35):
                lines.append(f"except {caught} as error:")
            else:
                lines.append(f"except {caught}:")
            body = self.block(in_handler)
            if self.chance(20):
                body.append(
                    f"    {self.pick(['raise', 'raise error' if ' as ' in lines[-1] else 'raise'])}"
                )
            elif self.chance(10):
                body.append('    raise RuntimeError("wrapped")')
            lines += body
        if handlers and self.chance(25):
            lines += ["else:", *self.block(inner)]
        if not handlers or self.chance(20):
            lines += [
                "finally:",
                *self.block(inner if not scope.in_loop else self.deeper(scope, in_loop=False)),
            ]
        return lines

    def suppression(self, scope: Scope) -> Lines:
        caught = self.pick([c for c in CAUGHT if "(" not in c])
        more = f", {self.pick(ERRORS)}" if self.chance(25) else ""
        return [f"with contextlib.suppress({caught}{more}):", *self.block(self.deeper(scope))]

    def with_statement(self, scope: Scope) -> Lines:
        target = " as v" if self.chance(25) else ""
        first = f"{self.reference('w', scope)}()"
        if self.chance(15):
            first += f", {self.reference('w', scope)}()"
        return [f"with {first}{target}:", *self.block(self.deeper(scope))]

    def loop(self, scope: Scope) -> Lines:
        inner = self.deeper(scope, in_loop=True)
        form = self.random.randrange(5)
        if form == 0:
            lines = [f"for i in {self.reference('g', scope)}():", *self.block(inner)]
        elif form == 1:
            lines = ["for i, j in ((1, 2), (3, 4)):", *self.block(inner)]
        elif form == 2:
            name = self.fresh("n")
            if scope.in_class:
                lines = ["for i in [1]:", *self.block(inner)]
            else:
                body = list(self.block(inner))
                lines = [f"{name} = 0", f"while {name} < 2:", f"    {name} += 1", *body]
        elif form == 3:
            names = ", ".join(f'"{self.other()}"' for _ in range(2))
            lines = [
                f"for i in ({names}):",
                "    importlib.import_module(i)",
                *self.block(inner, 1),
            ]
        else:
            lines = [f"for i in range({self.random.randrange(3)}):", *self.block(inner)]
        if self.chance(25):
            lines += ["else:", *self.block(self.deeper(scope))]
        return lines

    def match_statement(self, scope: Scope) -> Lines:
        inner = self.deeper(scope)
        subject = self.pick([self.value(scope), "sys.platform", "(1, 2)", "None", "[1]"])
        patterns = [
            "1",
            "0 | 2",
            '"linux"',
            "None",
            "(1, 2)",
            "[1, *rest]",
            "[]",
            "True",
            "1 as u",
            "(x, y)",
        ]
        lines = [f"match {subject}:"]
        for _ in range(self.random.randrange(1, 4)):
            guard = f" if {self.test(scope)}" if self.chance(20) else ""
            pattern = self.pick(patterns)
            lines.append(f"    case {pattern}{guard}:")
            lines += [f"    {line}" for line in self.block(inner, 2)]
        if self.chance(40):
            lines.append("    case _:")
            lines += [f"    {line}" for line in self.block(inner, 2)]
        return lines

    # --- definitions -----------------------------------------------------------------------

    def new_name(self, kind: str, scope: Scope) -> tuple[str, int]:
        low = min(scope.rank + 1, RANKS - 1)
        name, self.wanted = self.wanted or self.name_in(self.name, kind, low), ""
        return name, int(name[1:])

    def body_scope(self, scope: Scope, rank: int) -> Scope:
        return Scope(rank=rank, in_function=True, depth=scope.depth + 1)

    def function_body(self, scope: Scope, rank: int) -> Lines:
        lines: Lines = []
        inner = self.body_scope(scope, rank)
        if self.chance(10):
            # A name of its own: an annotation or an import of a global name is a syntax error.
            lines += ["    global K8", f"    K8 = {self.value(inner)}"]
            self.bound.append("K8")
        lines += self.local_free(self.block(inner, 2))
        if self.chance(60):
            lines.append(f"    return {self.value(inner)}")
        return lines

    def local_free(self, lines: Lines) -> Lines:
        return lines

    def function(self, scope: Scope) -> Lines:
        name, rank = self.new_name("f", scope)
        lines: Lines = []
        parameters = ""
        returns = ""
        if self.chance(20):
            lines.append(f"@{self.reference('d', scope)}")
        elif self.chance(8):
            lines.append(
                self.pick(
                    [
                        "@functools.lru_cache",
                        "@functools.lru_cache(maxsize=None)",
                        "@functools.cache",
                    ]
                )
            )
        if self.chance(25):
            parameters = f"arg={self.value(scope)}"
        elif self.chance(8):
            parameters = f"*, arg={self.value(scope)}"
        if self.chance(15):
            shown = self.reference("C", scope)
            parameters = (
                f"arg: {shown} = 1" if self.chance(50) else f"arg: '{self.a_name('C')}' = 1"
            )
        if self.chance(8):
            returns = f" -> {self.reference('C', scope)}"
        lines += [f"def {name}({parameters}){returns}:", *self.function_body(scope, rank)]
        self.note(name, scope)
        if scope.in_class:
            return (
                lines
                if "arg" in parameters
                else [
                    line.replace(f"def {name}(", f"def {name}(self=None, ")
                    if line.startswith("def")
                    else line
                    for line in lines
                ]
            )
        return lines

    def a_class(self, scope: Scope) -> Lines:
        name, rank = self.new_name("C", scope)
        lines: Lines = []
        if self.chance(10):
            lines.append(f"@{self.reference('d', scope)}")
        is_data = self.chance(12)
        if is_data:
            lines.append(self.pick(["@dataclass", "@dataclass(frozen=False)"]))
        base = ""
        if self.chance(45):
            base = self.reference("C", self.deeper(scope, rank=max(scope.rank, rank)))
            if base == name:
                base = "object"
        inner_scope = self.deeper(scope, rank=max(scope.rank, 0), in_class=True, in_loop=False)
        meta = ""
        if not base and self.chance(12):
            meta_name = self.fresh("Meta")
            hook = self.pick(["__new__", "__init__", "__call__"])
            body = self.local_free(self.block(self.body_scope(scope, rank), 1))
            ending = {
                "__new__": "    return super().__new__(mcs, name, bases, namespace)",
                "__init__": "    super().__init__(name, bases, namespace)",
                "__call__": "    return super().__call__()",
            }[hook]
            signature = {
                "__new__": "mcs, name, bases, namespace",
                "__init__": "cls, name, bases, namespace",
                "__call__": "cls",
            }[hook]
            lines[:0] = [
                f"class {meta_name}(type):",
                f"    def {hook}({signature}):",
                *[f"    {line}" for line in body],
                f"    {ending}",
            ]
            meta = f"metaclass={meta_name}"
        heading = ", ".join(part for part in (base, meta) if part)
        lines.append(f"class {name}({heading}):" if heading else f"class {name}:")
        members: Lines = []
        for _ in range(self.random.randrange(1, 4)):
            members += self.member(inner_scope, rank, is_data)
        lines += [f"    {line}" for line in members] or ["    pass"]
        self.note(name, scope)
        if not any(line.startswith("@") and "dataclass" not in line for line in lines):
            uses = {
                "def prop(": f"{name}().prop",
                "def build(": f"{name}.build()",
                "def make(": f"{name}().make()",
            }
            for text, use in uses.items():
                if any(line.startswith(f"    {text}") for line in lines) and self.chance(70):
                    lines.append(use)
        return lines

    def member(self, scope: Scope, rank: int, is_data: bool) -> Lines:
        form = self.random.randrange(14)
        body_scope = self.body_scope(scope, rank)
        body = self.local_free(self.block(body_scope, 2))
        if form == 0:
            return (
                ["def __init__(self):", *body]
                if not is_data
                else ["def __post_init__(self):", *body]
            )
        if form == 1:
            return (
                ["def __new__(cls):", *body, "    return super().__new__(cls)"]
                if not is_data
                else ["y: int = 1"]
            )
        if form == 2:
            return ["def __init_subclass__(cls):", *body]
        if form == 3:
            hook = self.fresh("Field")
            return [
                f"class {hook}:",
                "    def __set_name__(self, owner, name):",
                *[f"    {line}" for line in body],
                f"slot = {hook}()",
            ]
        if form == 4:
            return ["def __post_init__(self):", *body] if is_data else [f"y = {self.value(scope)}"]
        if form == 5:
            return ["@staticmethod", "def make():", *body, f"made = {self.value(scope)}"]
        if form == 6:
            return ["@property", "def prop(self):", *body]
        if form == 7:
            return ["@classmethod", "def build(cls):", *body]
        if form == 8:
            return [f"z: {self.reference('C', scope)} = {self.value(scope)}"]
        if form < 11:
            return self.statement(scope)
        return [f"y = {self.value(scope)}"]

    def generator(self, scope: Scope) -> Lines:
        name, rank = self.new_name("g", scope)
        inner = self.body_scope(scope, rank)
        self.note(name, scope)
        return [
            f"def {name}():",
            f"    yield {self.value(inner)}",
            *self.local_free(self.block(inner, 1)),
            "    yield 2",
        ]

    def decorator(self, scope: Scope) -> Lines:
        name, rank = self.new_name("d", scope)
        inner = self.body_scope(scope, rank)
        self.note(name, scope)
        if self.chance(40):
            return [f"def {name}(func):", *self.local_free(self.block(inner, 1)), "    return func"]
        wraps = ["    @functools.wraps(func)"] if self.chance(50) else []
        return [
            f"def {name}(func):",
            *wraps,
            "    def inner(*args, **kwargs):",
            *[f"    {line}" for line in self.local_free(self.block(inner, 1))],
            "        return func(*args, **kwargs)",
            "    return inner"
            if self.chance(50)
            else "    return func if isinstance(func, type) else inner",
        ]

    def context_manager(self, scope: Scope) -> Lines:
        name, rank = self.new_name("w", scope)
        inner = self.body_scope(scope, rank)
        self.note(name, scope)
        form = self.random.randrange(4)
        body = self.local_free(self.block(inner, 1))
        if form == 0:
            return ["@contextlib.contextmanager", f"def {name}():", *body, "    yield"]
        if form == 1:
            return [
                "@contextlib.contextmanager",
                f"def {name}():",
                "    try:",
                "        yield 1",
                f"    except {self.pick(CAUGHT)}:",
                *[f"    {line}" for line in body],
            ]
        if form == 2:
            return [
                "@contextlib.contextmanager",
                f"def {name}():",
                "    try:",
                "        yield",
                "    finally:",
                *[f"    {line}" for line in body],
            ]
        swallow = self.pick(
            (
                "False",
                "True",
                "kind is ImportError",
                "kind is not None and issubclass(kind, ImportError)",
            )
        )
        return [
            f"class {name}:",
            "    def __enter__(self):",
            *[f"    {line}" for line in body],
            "        return self",
            "    def __exit__(self, kind, error, trace):",
            f"        return {swallow}",
        ]

    def exception_class(self, scope: Scope) -> Lines:
        name, self.wanted = self.wanted or self.name_in(self.name, "E"), ""
        base = self.pick(ERRORS)
        if self.chance(30):
            base = self.reference("E", scope)
        self.note(name, scope)
        return [f"class {name}({base}):", "    pass"]

    def wrapped(self, scope: Scope) -> Lines:
        name, rank = self.new_name("f", scope)
        inner = self.deeper(scope, rank=max(scope.rank, rank))
        self.note(name, scope)
        return [f"{name} = functools.partial({self.reference('f', inner)})"]

    def closure(self, scope: Scope) -> Lines:
        name, rank = self.new_name("f", scope)
        inner = self.body_scope(scope, rank)
        self.note(name, scope)
        if scope.in_class:
            return ["pass"]
        return [
            f"def {name}():",
            "    count = 0",
            "    def step():",
            "        nonlocal count",
            "        count += 1",
            *[f"    {line}" for line in self.local_free(self.block(inner, 1))],
            "        return count",
            "    step()",
            f"    if step() == {self.random.randrange(1, 4)}:",
            *[f"    {line}" for line in self.local_free(self.block(inner, 1))],
            "    return count",
        ]

"""What Python's own library decorates and holds in random programs."""

from __future__ import annotations

from value_tests import one_of, reaction
from writer import Lines, Scope, Writer


def library_decorator(w: Writer, scope: Scope) -> Lines:
    """Functions and classes decorated by Python's own library, and uses of the results."""
    other, n = w.other(), w.fresh("lib")
    name = w.name_in(other, "K")
    body = [f"        from {other} import {name}", f"        return {name}"]
    short = [line[4:] for line in body]
    forms: list[Lines] = [
        [
            f"def {n}(function):",
            "    @functools.wraps(function)",
            "    def inner(*args, **kwargs):",
            "        return function(*args, **kwargs)",
            "    return inner",
            f"@{n}",
            f"def {n}f():",
            *short,
            f"{n}f()" if w.chance(60) else "pass",
        ],
        ["@functools.lru_cache(maxsize=None)", f"def {n}():", *short, f"{n}()", f"{n}()"],
        ["@functools.cache", f"def {n}(key):", *short, f"{n}(1) == {n}(2)"],
        [
            "@functools.total_ordering",
            f"class {n}:",
            "    def __init__(self, n): self.n = n",
            "    def __eq__(self, other): return self.n == other.n",
            "    def __lt__(self, other):",
            *body,
            f"K1 = {n}(1) < {n}(2)",
        ],
        [
            f"class {n}:",
            "    @functools.cached_property",
            "    def slot(self):",
            *body,
            f"{n} = {n}()",
            f"{n}.slot" if w.chance(70) else "pass",
        ],
        [
            "@contextlib.contextmanager",
            f"def {n}():",
            f"    from {other} import {name}",
            "    yield 1",
            f"with {n}() as K1: pass",
        ],
        ["@typing.no_type_check", f"def {n}():", *short, f"{n}()"],
        ["@typing.overload", f"def {n}(x: int): ...", f"def {n}(x):", *short, f"{n}(1)"],
        ["@typing.final", f"class {n}:", "    def run(self):", *body, f"{n}().run()"],
        ["@atexit.register", f"def {n}():", *short],
        [
            f"class {n}(abc.ABC):",
            "    @abc.abstractmethod",
            "    def run(self): ...",
            f"class {n}x({n}):",
            "    def run(self):",
            *body,
            f"{n}x().run()",
        ],
        [
            "@dataclass(order=True)",
            f"class {n}:",
            "    one: int = 1",
            "    def __post_init__(self):",
            *body[:1],
            f"{n}(2)",
        ],
        [f"class {n}:", "    @staticmethod", "    def run():", *body, f"{n}.run()"],
        [f"class {n}:", "    @classmethod", "    def run(cls):", *body, f"{n}.run()"],
        [
            f"{n} = functools.partial(importlib.import_module, '{other}')",
            f"{n}()" if w.chance(60) else "pass",
        ],
    ]
    return one_of(w, forms)


def open_decorator(w: Writer, scope: Scope) -> Lines:
    """The same, with an unknown callee."""
    other, n = w.other(), w.fresh("lib")
    name = w.name_in(other, "K")
    short = [f"    from {other} import {name}", f"    return {name}"]
    forms: list[Lines] = [
        [
            "@functools.singledispatch",
            f"def {n}(value):",
            *short,
            f"@{n}.register",
            "def _(value: int):",
            "    return 1",
            f"{n}({w.pick(['1', repr('x')])})",
        ],
        [f"def {n}():", *short, f"list(map(lambda f: f(), [{n}]))"],
        [f"def {n}(*_):", *short, f"functools.reduce({n}, [1, 2])"],
        [f"def {n}(*_):", *short, f"sorted([2, 1], key={n})"],
        [f"class {n}(collections.UserDict): pass", f"{n} = {n}({{'a': 1}})", f"K1 = {n}['a']"],
        [f"{n} = collections.defaultdict(list)", f"{n}['a'].append(1)", f"K1 = {n}['a'][0]"],
        [f"{n} = collections.Counter('aab')", *reaction(w, scope, f"{n}['a'] == 2")],
        [f"{n} = collections.deque([1])", f"{n}.append(2)", *reaction(w, scope, f"len({n}) == 2")],
        [f"{n} = collections.namedtuple('{n}', 'x y')", *reaction(w, scope, f"{n}(1, 2).y == 2")],
        [f"{n} = operator.attrgetter('{name}')", f"import {other}", f"K1 = {n}({other})"],
    ]
    return one_of(w, forms)

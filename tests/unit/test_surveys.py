"""Surveys that share their work give the same results as alone, in any order.

Each project is surveyed module by module with one memo, in several orders, and with a new
memo for each module.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from itertools import permutations

import pytest

from harness.worlds import ROOT, world_of
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.survey import Survey, SurveyMemo, survey
from import_cycles.simulate.world import World
from import_cycles.syntax.summarize import summarize
from import_cycles.syntax.target import PythonTarget

Files = Mapping[str, str]
TARGET = PythonTarget((3, 12), sys.platform)


def _surveys(world: World, modules: Iterable[str], memo: SurveyMemo) -> dict[str, Survey]:
    memo.drop(world, (), ())
    return {module: survey(world, ModuleName(module), memo) for module in modules}


def _executed(made: Survey, world: World) -> dict[str, bool]:
    """What the imports that run in functions import, and whether they are conditional."""
    return {
        each.computed
        or world.summaries[each.holder].summary.imports[each.import_id].module: each.is_conditional
        for each in made.executed
    }


USES_OF_A_CALLBACK = "def later():\n    import in_callback\n"

PROJECTS: dict[str, tuple[Files, dict[str, dict[str, bool]]]] = {
    "a decorator that imports": (
        {
            "deco.py": "def deco(f):\n    import found\n    return f\n",
            "one.py": "from deco import deco\n@deco\ndef f():\n    import in_f\nf()\n",
            "two.py": "from deco import deco\n@deco\nclass C:\n    pass\n",
        },
        {"one": {"found": False, "in_f": False}, "two": {"found": False}},
    ),
    "a decorator with options, whose wrapper is called": (
        {
            "deco.py": (
                "def deco(intro=None):\n"
                "    def inner(f):\n"
                "        def wrapper(*args):\n"
                "            import in_wrapper\n"
                "            return f(*args)\n"
                "        return wrapper\n"
                "    return inner\n"
            ),
            "one.py": "from deco import deco\n@deco(intro='a')\ndef f():\n    import in_f\nf()\n",
            "two.py": "from deco import deco\n@deco(intro='b')\ndef f():\n    pass\n",
        },
        {"one": {"in_wrapper": False, "in_f": False}, "two": {}},
    ),
    "a callback is run for the one who passed it": (
        {
            "lib.py": "def call(f):\n    return f()\ndef keep(f):\n    return f\n",
            "one.py": f"from lib import call\n{USES_OF_A_CALLBACK}call(later)\n",
            "two.py": f"from lib import keep\n{USES_OF_A_CALLBACK}keep(later)\n",
        },
        {"one": {"in_callback": False}, "two": {}},
    ),
    "a text decides": (
        {
            "lib.py": "def load(name):\n    if name.startswith('x'):\n        import found\n",
            "one.py": "from lib import load\nload('x1')\n",
            "two.py": "from lib import load\nload('y1')\n",
            "three.py": "from lib import load\nload('x2')\n",
        },
        {"one": {"found": False}, "two": {}, "three": {"found": False}},
    ),
    "a text in a text decides": (
        {
            "lib.py": (
                "def load(name):\n"
                "    full = f'p.{name}' + '.q'\n"
                "    if full.split('.')[1] == 'x':\n"
                "        import found\n"
                "    elif full == 'p.y.q' or name in ('z', 'w'):\n"
                "        import other\n"
            ),
            "one.py": "from lib import load\nload('x')\n",
            "two.py": "from lib import load\nload('y')\n",
            "three.py": "from lib import load\nload('w')\n",
            "four.py": "from lib import load\nload('v')\n",
        },
        {"one": {"found": False}, "two": {"other": False}, "three": {"other": False}, "four": {}},
    ),
    "what the class of the caller defines decides": (
        {
            "lib.py": (
                "class Base:\n"
                "    def __init_subclass__(cls, **options):\n"
                "        if hasattr(cls, 'nothing'):\n"
                "            pass\n"
                "        cls.setup()\n"
                "    @classmethod\n"
                "    def setup(cls):\n"
                "        import in_base\n"
            ),
            "one.py": "from lib import Base\nclass A(Base):\n    pass\n",
            "two.py": (
                "from lib import Base\n"
                "class A(Base):\n"
                "    @classmethod\n"
                "    def setup(cls):\n"
                "        import in_own\n"
            ),
        },
        {"one": {"in_base": False}, "two": {"in_own": False}},
    ),
    "what a call writes is there afterwards": (
        {
            "lib.py": (
                "def mark(cls):\n"
                "    def load(self):\n"
                "        import in_load\n"
                "    cls.load = load\n"
                "    return cls\n"
                "def fill(items):\n"
                "    items.append(1)\n"
            ),
            "one.py": "from lib import mark\n@mark\nclass C:\n    pass\nC().load()\n",
            "two.py": (
                "from lib import fill\n"
                "items = []\n"
                "def load():\n"
                "    import found\n"
                "fill(items)\n"
                "for _ in items:\n"
                "    load()\n"
            ),
        },
        {"one": {"in_load": False}, "two": {"found": False}},
    ),
    "what is written to a shared class is not there for others": (
        {
            "lib.py": (
                "class Base:\n"
                "    def go(self):\n"
                "        if Base.hook:\n"
                "            import found\n"
                "    hook = False\n"
            ),
            "one.py": "from lib import Base\nBase.hook = True\n",
            "two.py": "from lib import Base\nBase().go()\n",
        },
        {"one": {}, "two": {}},
    ),
    "functions that call one another": (
        {
            "a.py": "import b\ndef f(x):\n    import in_f\n    return b.g(x)\n",
            "b.py": "import a\ndef g(x):\n    import in_g\n    return a.f(x)\n",
            "one.py": "from a import f\nf(1)\n",
            "two.py": "from b import g\ng(1)\n",
        },
        {"one": {"in_f": False, "in_g": False}, "two": {"in_f": False, "in_g": False}},
    ),
    "functions that ask one another": (
        {
            "a.py": "import b\ndef f(x):\n    if b.g(x) == 1:\n        import in_f\n    return 1\n",
            "b.py": "import a\ndef g(x):\n    if a.f(x) == 1:\n        import in_g\n    return 1\n",
            "one.py": "from a import f\nf(1)\n",
            "two.py": "from b import g\ng(1)\n",
            "three.py": "from b import g\nfrom a import f\nf(1)\ng(1)\n",
        },
        {
            "one": {"in_f": False, "in_g": True},
            "two": {"in_f": True, "in_g": False},
            "three": {"in_f": False, "in_g": False},
        },
    ),
    "an exception goes to the caller's handler": (
        {
            "lib.py": "class Wrong(Exception):\n    pass\ndef fail(x):\n    raise Wrong(x)\n",
            "one.py": (
                "from lib import Wrong, fail\n"
                "def fallback():\n"
                "    import found\n"
                "try:\n"
                "    fail('a')\n"
                "except Wrong:\n"
                "    fallback()\n"
            ),
            "two.py": "from lib import fail\ndef after():\n    import found\nfail('b')\nafter()\n",
        },
        {"one": {"found": False}, "two": {"found": False}},
    ),
    "under a test that is not known": (
        {
            "lib.py": "def load():\n    import found\n",
            "one.py": "import os\nfrom lib import load\nif os.environ:\n    load()\n",
            "two.py": "from lib import load\nload()\n",
        },
        {"one": {"found": True}, "two": {"found": False}},
    ),
}


@pytest.mark.parametrize("name", PROJECTS)
def test_surveys_do_not_depend_on_those_before(name: str) -> None:
    files, expected = PROJECTS[name]
    world = world_of(files)
    modules = sorted(path.removesuffix(".py") for path in files)
    alone = {}
    for module in modules:
        alone |= _surveys(world, [module], SurveyMemo())
    found = {module: _executed(alone[module], world) for module in expected}
    assert found == expected
    for order in permutations(modules):
        assert _surveys(world, order, SurveyMemo()) == alone, order


@pytest.mark.parametrize("name", PROJECTS)
def test_surveys_of_a_changed_text_are_those_of_a_new_memo(name: str) -> None:
    files, _ = PROJECTS[name]
    modules = sorted(path.removesuffix(".py") for path in files)
    before = world_of(files)
    for path, text in files.items():
        changed = text.replace("import in_", "pass  # ").replace("'x'", "'v'")
        changed = changed.replace("import found", "import changed").replace("Base", "Basis")
        module = before.layout.at_path(SourcePath(f"{ROOT}/{path}"))
        assert module is not None
        now = summarize(changed, TARGET)
        then = before.summaries[module.name]
        codes = {
            (module.name, number)
            for number in range(max(len(then.summary.codes), len(now.summary.codes)))
            if then.summary.codes[number : number + 1] != now.summary.codes[number : number + 1]
        }
        after = World(before.layout, {**before.summaries, module.name: now}, TARGET)
        memo = SurveyMemo()
        _surveys(before, modules, memo)
        resolved = () if then.summary.imports == now.summary.imports else (module.name,)
        memo.drop(after, codes, resolved)
        again = {each: survey(after, ModuleName(each), memo) for each in modules}
        assert again == _surveys(after, modules, SurveyMemo()), path


BOUND = {
    "assignment": "X = 1\n",
    "chain": "Y = X = 1\n",
    "unpacking": "X, Y = 1, 2\n",
    "unpacking of something unknown": "import os\n[Y, (*X, Z)] = os.environ\n",
    "augmented assignment": "X = 1\nX += 1\n",
    "annotation": "X: int = 1\n",
    "for": "import os\nfor X in os.environ:\n    pass\n",
    "for with unpacking": "for Y, X in ((1, 2), (3, 4)):\n    pass\n",
    "with": "import os\nwith os.scandir() as (X, *Y):\n    pass\n",
    "match": "import os\nmatch os.environ:\n    case {'a': X}:\n        pass\n",
    "match as": "import os\nmatch os.environ:\n    case [1, *X] | (2 as X):\n        pass\n",
    "except": "try:\n    raise ValueError\nexcept ValueError as error:\n    X = error\n",
    "walrus": "if (X := 1):\n    pass\n",
    "walrus in a comprehension": "[Y := (X := y) for y in (1, 2)]\n",
    "walrus in a default": "def f(a=(X := 1)):\n    pass\n",
    "global": "def f():\n    global X\n    X = 1\nf()\n",
    "global in a class": "class C:\n    global X\n    X = 1\n",
    "global by import": "def f():\n    def g():\n        global X\n        import os as X\n    g()\nf()\n",
    "star-import": "from other import *\n",
    "definition": "def X():\n    pass\n",
    "definition in a branch": "import os\nif os.environ:\n    class X:\n        pass\n",
    "deleted and bound again": "X = 1\ndel X\nX = 2\n",
    "import": "try:\n    import nowhere as X\nexcept ImportError:\n    X = None\n",
}


@pytest.mark.parametrize("way", BOUND)
def test_a_name_is_there_however_it_is_bound(way: str) -> None:
    load = "def load(x):\n    import found\n"
    files = {
        "lib.py": BOUND[way],
        "other.py": "X = 1\n",
        "one.py": f"import lib\n{load}load(lib.X)\n",
        "two.py": f"from lib import X\n{load}load(X)\n",
        "three.py": f"import lib\n{load}if hasattr(lib, 'X'):\n    load(1)\n",
        "four.py": f"import other\n{load}if hasattr(other, 'NOTHING'):\n    load(1)\n",
    }
    world = world_of(files)
    made = _surveys(world, ["one", "two", "three", "four"], SurveyMemo())
    assert {name: _executed(each, world) for name, each in made.items()} == {
        "one": {"found": False},
        "two": {"found": False},
        "three": {"found": False},
        "four": {},
    }


CALLED = {
    "unpacking": ("X, Y = a, b\n", {"in_a": False}),
    "unpacking with a star": ("*_, (X, Y) = b, (a, b)\n", {"in_a": False}),
    "unpacking of more than is written": ("import os\nX, *Y = a, *os.environ\n", {"in_a": False}),
    "for": ("for X in (b, a):\n    pass\n", {"in_a": False}),
    "match": ("match a:\n    case X:\n        pass\n", {"in_a": False}),
    "walrus": ("(X := a)\n", {"in_a": False}),
    "the last of several": ("X = b\nX = a\n", {"in_a": False}),
    "two branches": (
        "import os\nif os.environ:\n    X = a\nelse:\n    X = b\n",
        {"in_a": True, "in_b": True},
    ),
    "two branches that agree": (
        "import os\nif os.environ:\n    X = a\nelse:\n    X = a\n",
        {"in_a": False},
    ),
    "a branch that raises": (
        "import os\nif os.environ:\n    X = a\nelse:\n    raise ValueError\n",
        {"in_a": False},
    ),
    "a branch that may be taken": (
        "import os\nX = a\nif os.environ:\n    X = b\n",
        {"in_a": True, "in_b": True},
    ),
    "a branch that the target decides": (
        "import sys\nif sys.version_info >= (3, 10):\n    X = a\nelse:\n    X = b\n",
        {"in_a": False},
    ),
    "an expression with two ends": (
        "import os\nX = a if os.environ else b\n",
        {"in_a": True, "in_b": True},
    ),
    "an expression that the target decides": (
        "import sys\nX = b if sys.version_info < (3, 10) else a\n",
        {"in_a": False},
    ),
    "or": ("import os\nX = os.environ.get('X') or a\n", {"in_a": True}),
    "nothing or something": (
        "import os\nX = None\nif os.environ:\n    X = a\n",
        {"in_a": False},
    ),
    "a handler that is not needed": (
        "try:\n    from other import a as X\nexcept ImportError:\n    X = b\n",
        {"in_other": False},
    ),
    "a handler for what may be missing": (
        "try:\n    from nowhere import a as X\nexcept ImportError:\n    X = b\n",
        {"in_b": True},
    ),
    "a handler for what Python has": (
        "try:\n    from json import loads as X\nexcept ImportError:\n    X = b\n",
        {},
    ),
    "a handler for what is not there": (
        "try:\n    from other import missing as X\nexcept ImportError:\n    X = b\n",
        {"in_b": True},
    ),
    "a handler that gives up": (
        "try:\n    from nowhere import a as X\n    X = a\nexcept ImportError:\n    raise ValueError\n",
        {"in_a": False},
    ),
    "a function may bind it": (
        "X = a\ndef set_it(x):\n    global X\n    X = x\n",
        {"in_a": True},
    ),
    "a function only reads it": (
        "X = a\ndef get():\n    global X\n    return X\n",
        {"in_a": False},
    ),
    "a star-import after it": ("X = b\nfrom other import *\n", {"in_other": False}),
    "a star-import before it": ("from other import *\nX = b\n", {"in_b": False}),
    "a star-import that may bring it": (
        "X = b\nfrom listing import *\n",
        {"in_listing": True, "in_b": True},
    ),
    "what another branch makes is not there": (
        "import os\nif os.environ:\n    X = X()\nelse:\n    class X:\n        def __call__(self):\n"
        "            import in_call\n",
        {},
    ),
    "another value when it was passed on": (
        "f = a\nX = f\nf = b\n",
        {"in_a": True, "in_b": True},
    ),
    "a loop that may not run": (
        "import os\nX = a\nfor _ in os.environ:\n    X = b\n",
        {"in_a": True, "in_b": True},
    ),
    "more values than are followed": (
        "import os\n"
        + "".join(
            f"def f{n}():\n    import in_{n}\nif os.environ:\n    X = f{n}\n" for n in range(5)
        ),
        {},
    ),
    "a decorator among others": (
        "import os\nif os.environ:\n    def deco(f):\n        return f\nelse:\n"
        "    def deco(f):\n        return f\n@deco\ndef X():\n    import in_x\n",
        {"in_x": False},
    ),
    "a part of one of several": (
        "import os, other\nif os.environ:\n    import third as m\nelse:\n    m = other\nX = m.X\n",
        {"in_other": True, "in_third": True},
    ),
    "an object of one of several classes": (
        "import os\nclass A:\n    def __call__(self):\n        import in_A\n"
        "class B:\n    def __call__(self):\n        import in_B\n"
        "X = (A if os.environ else B)()\n",
        {"in_A": True, "in_B": True},
    ),
    "a method under a test": (
        "import os, sys\nclass C:\n    if sys.version_info < (3,):\n        m = b\n    else:\n"
        "        def m(self):\n            import in_m\n    def __call__(self):\n        self.m()\nX = C()\n",
        {"in_m": False},
    ),
    "one of two methods, which is not followed": (
        "import os\nclass C:\n    if os.environ:\n        def m(self):\n            import in_m\n    else:\n"
        "        def m(self):\n            import in_n\n    def __call__(self):\n        self.m()\nX = C()\n",
        {},
    ),
    "methods by unpacking": (
        "class C:\n    m, n = a, b\n    def __call__(self):\n        C.m()\nX = C()\n",
        {"in_a": False},
    ),
    "a class in a class": (
        "class C:\n    class D:\n        def m():\n            import in_m\n    def __call__(self):\n"
        "        C.D.m()\nX = C()\n",
        {"in_m": False},
    ),
}


@pytest.mark.parametrize("way", CALLED)
def test_what_a_name_stands_for(way: str) -> None:
    text, expected = CALLED[way]
    functions = "def a():\n    import in_a\ndef b():\n    import in_b\n"
    files = {
        "lib.py": functions + text,
        "other.py": "def a():\n    import in_other\nX = a\n",
        "third.py": "def X():\n    import in_third\n",
        "listing.py": "import os\n__all__ = [*os.environ]\ndef X():\n    import in_listing\n",
        "one.py": "import lib\nlib.X()\n",
        "two.py": "from lib import X as x\nx()\n",
    }
    world = world_of(files)
    alone = {
        name: _executed(_surveys(world, [name], SurveyMemo())[name], world)
        for name in ("one", "two")
    }
    together = _surveys(world, ["two", "one"], SurveyMemo())
    assert alone == {"one": expected, "two": expected}
    assert {name: _executed(each, world) for name, each in together.items()} == alone


def test_what_else_is_loaded_is_not_known() -> None:
    """A survey is to say the same whatever else was looked at before."""
    files = {
        "late.py": "",
        "other.py": "import sys\nif 'late' in sys.modules:\n    from names import *\n",
        "names.py": "def f():\n    import found\n",
        "uses.py": "import other\nother.f()\n",
        "first.py": "import late\nimport sys\nif 'late' in sys.modules:\n    late.x\n",
    }
    world = world_of(files)
    for order in (["uses"], ["first", "uses"]):
        made = _surveys(world, order, SurveyMemo())
        assert list(_executed(made["uses"], world)) == ["found"]


def test_a_call_is_worked_out_once_for_all_who_make_it() -> None:
    def effects(n_callers: int) -> int:
        files = {
            "deco.py": "def deco(f):\n    import found\n    f.mark = f.__name__\n    return f\n"
        }
        for number in range(n_callers):
            files[f"m{number}.py"] = (
                f"from deco import deco\n@deco\ndef f{number}():\n    return {number}\n"
            )
        memo = SurveyMemo()
        made = _surveys(world_of(files), [f"m{number}" for number in range(n_callers)], memo)
        assert all(each.executed for each in made.values())
        return memo.effects.made

    assert effects(30) == effects(2) == 1


def test_texts_that_are_put_into_other_texts_are_not_read() -> None:
    """A name in a message makes no call one of its own, only an answer that differs does."""
    deco = (
        "import inspect\n"
        "def deco(f, name='', doc=''):\n"
        "    f.doc = '{}: {n}'.format(doc, n=name) + '\\n'.join([name, doc])\n"
        "    inspect.unwrap(f)\n"
        "    if name.split(sep='.')[0] == 'x':\n"
        "        import found\n"
        "    return f\n"
    )

    def surveyed(n_callers: int, first: str) -> tuple[int, list[str]]:
        files = {"deco.py": deco}
        for number in range(n_callers):
            files[f"m{number}.py"] = (
                "from deco import deco\ndef f():\n    import in_f\n"
                f"deco(f, '{first}.{number}', 'About {number}')\n"
            )
        memo, world = SurveyMemo(), world_of(files)
        made = _surveys(world, [f"m{number}" for number in range(n_callers)], memo)
        (found,) = {tuple(_executed(each, world)) for each in made.values()}
        return memo.effects.made, list(found)

    assert surveyed(30, "x") == surveyed(2, "x") == (1, ["found"])
    assert surveyed(30, "y") == surveyed(2, "y") == (1, [])


def test_a_decorator_of_another_module_is_followed_farther_than_other_calls() -> None:
    long = "".join(f"    x = {number}\n" for number in range(LIMITS.effect_steps + 20))
    lib = f"def late():\n    import found\ndef deco(f):\n{long}    late()\n    return f\n"
    files = {
        "lib.py": lib,
        "call.py": "from lib import deco\ndef f():\n    pass\ndeco(f)\n",
        "decorated.py": "from lib import deco\n@deco\nclass C:\n    pass\n",
        "own.py": "from lib import deco\ndef mine(f):\n    return deco(f)\n@mine\nclass C:\n    pass\n",
    }
    world = world_of(files)
    for order in permutations(("call", "decorated", "own")):
        made = _surveys(world, order, SurveyMemo())
        found = {name: list(_executed(each, world)) for name, each in made.items()}
        assert found == {"call": [], "decorated": ["found"], "own": []}


def test_what_code_from_outside_may_import_by_name_is_asked_without_reading_the_text() -> None:
    """Calls that differ only in texts that name no module share what they do."""
    deco = (
        "import pkgutil\nfrom unknown import take\n"
        "def deco(cls, intro=''):\n"
        "    pkgutil.resolve_name(cls.__name__)\n    take(cls.__name__)\n    take(intro)\n"
        "    import found\n    return cls\n"
    )

    def surveyed(n_callers: int, named: str) -> tuple[int, list[bool]]:
        files = {"deco.py": deco, "late.py": ""}
        for number in range(n_callers):
            cls = named or f"C{number}"
            files[f"m{number}.py"] = (
                f"from deco import deco\nclass {cls}:\n    pass\n"
                f"deco({cls}, '{'It tells nothing about modules. ' * 9}{number}')\n"
            )
        memo = SurveyMemo()
        made = _surveys(world_of(files), [f"m{number}" for number in range(n_callers)], memo)
        assert all(each.executed for each in made.values())
        return memo.effects.made, [each.computes for each in made.values()]

    assert surveyed(30, "")[0] == surveyed(2, "")[0] == 1
    assert surveyed(1, "late")[1] == [True]
    assert surveyed(1, "C")[1] == [False]

"""Surveys share their work and tell what they would tell alone, in whatever order they are made.

Each project is surveyed module by module with one library, in several orders, and with a new
library for each module.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from itertools import permutations

import pytest

from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.resolve.layout import build_layout
from import_cycles.simulate.survey import Library, Survey, survey
from import_cycles.simulate.world import World
from import_cycles.syntax.summarize import Summarized, summarize
from import_cycles.syntax.target import PythonTarget

Files = Mapping[str, str]
TARGET = PythonTarget((3, 12), sys.platform)


def _world(files: Files) -> World:
    texts = {SourcePath(f"/p/{path}"): text for path, text in files.items()}
    layout = build_layout((SourcePath("/p"),), texts)
    summaries: dict[ModuleName, Summarized] = {}
    for path, text in texts.items():
        module = layout.at_path(path)
        assert module is not None
        summaries[module.name] = summarize(text, TARGET)
    return World(layout, summaries, TARGET)


def _surveys(world: World, modules: Iterable[str], library: Library) -> dict[str, Survey]:
    library.drop(world, (), ())
    return {module: survey(world, ModuleName(module), library) for module in modules}


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
    world = _world(files)
    modules = sorted(path.removesuffix(".py") for path in files)
    alone = {}
    for module in modules:
        alone |= _surveys(world, [module], Library())
    found = {module: _executed(alone[module], world) for module in expected}
    assert found == expected
    for order in permutations(modules):
        assert _surveys(world, order, Library()) == alone, order


@pytest.mark.parametrize("name", PROJECTS)
def test_surveys_of_a_changed_text_are_those_of_a_new_library(name: str) -> None:
    files, _ = PROJECTS[name]
    modules = sorted(path.removesuffix(".py") for path in files)
    before = _world(files)
    for path, text in files.items():
        changed = text.replace("import in_", "pass  # ").replace("'x'", "'v'")
        changed = changed.replace("import found", "import changed").replace("Base", "Basis")
        module = before.layout.at_path(SourcePath(f"/p/{path}"))
        assert module is not None
        now = summarize(changed, TARGET)
        then = before.summaries[module.name]
        codes = {
            (module.name, number)
            for number in range(max(len(then.summary.codes), len(now.summary.codes)))
            if then.summary.codes[number : number + 1] != now.summary.codes[number : number + 1]
        }
        after = World(before.layout, {**before.summaries, module.name: now}, TARGET)
        library = Library()
        _surveys(before, modules, library)
        resolved = () if then.summary.imports == now.summary.imports else (module.name,)
        library.drop(after, codes, resolved)
        again = {each: survey(after, ModuleName(each), library) for each in modules}
        assert again == _surveys(after, modules, Library()), path


def test_a_call_is_worked_out_once_for_all_who_make_it() -> None:
    def effects(n_callers: int) -> int:
        files = {
            "deco.py": "def deco(f):\n    import found\n    f.mark = f.__name__\n    return f\n"
        }
        for number in range(n_callers):
            files[f"m{number}.py"] = (
                f"from deco import deco\n@deco\ndef f{number}():\n    return {number}\n"
            )
        library = Library()
        made = _surveys(_world(files), [f"m{number}" for number in range(n_callers)], library)
        assert all(each.executed for each in made.values())
        return library.effects.made

    assert effects(30) == effects(2) == 1

"""What loading a module did is replayed exactly where executing it would do the same.

Each project is entered in an order in which something remembered is wrong for the last entry;
the run must equal one with a memory of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.worlds import world_of
from import_cycles.analysis.change import Change, Settings
from import_cycles.analysis.project import Project
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import replace
from import_cycles.resolve.layout import build_layout
from import_cycles.simulate import core, recorder, replay
from import_cycles.simulate.entries import Run, Runs, simulate_into
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.memory import Memory
from import_cycles.simulate.outcome import Loads
from import_cycles.simulate.world import World

Files = Mapping[str, str]


def _run(world: World, entry: str, memory: Memory) -> Run:
    runs = Runs()
    simulate_into(runs, world, [ModuleName(entry)], [], memory=memory)
    return runs.entries[ModuleName(entry)]


def _told(run: Run) -> object:
    return run.outcome, run.fallbacks, run.short_stars, frozenset(run.codes)


def _bodies(world: World, entry: str, memory: Memory) -> int:
    before = memory.bodies
    _run(world, entry, memory)
    return memory.bodies - before


DIFFERENT: dict[str, tuple[list[str], Files]] = {
    "a module still loading was met": (
        ["a", "b"],
        {
            "a.py": "import b\nx = 1\n",
            "b.py": "import a\nif not hasattr(a, 'x'):\n    import c\n",
            "c.py": "",
        },
    ),
    "another module had made the same name a builtin": (
        ["both", "one"],
        {
            "both.py": "import first\nimport second\n",
            "first.py": "import builtins\nbuiltins.tell = len\n",
            "second.py": "import builtins\nbuiltins.tell = len\n",
            "one.py": "import second\ntell('x')\n",
        },
    ),
    "another module's attribute was set": (
        ["reader", "first"],
        {
            "first.py": "import patch\nimport reader\n",
            "patch.py": "import target\ntarget.flag = True\n",
            "reader.py": "import target\nif hasattr(target, 'flag'):\n    import more\n",
            "target.py": "",
            "more.py": "",
        },
    ),
    "another module's list was appended to": (
        ["reader", "first"],
        {
            "first.py": "import adder\nimport reader\n",
            "adder.py": "import target\ntarget.ALL.append(1)\n",
            "reader.py": "import target\nif len(target.ALL) > 0:\n    import more\n",
            "target.py": "ALL = []\n",
            "more.py": "",
        },
    ),
    "the list was passed on": (
        ["reader", "first"],
        {
            "first.py": "import adder\nimport reader\n",
            "adder.py": "from target import ALL\nALL.append(1)\n",
            "reader.py": "from way import ALL\nfor each in ALL:\n    import more\n",
            "way.py": "from target import ALL\n",
            "target.py": "ALL = []\n",
            "more.py": "",
        },
    ),
    "a replayed load appends": (
        ["adder", "first"],
        {
            "first.py": "import adder\nimport reader\n",
            "adder.py": "import target\ntarget.ALL.append(1)\n",
            "reader.py": "import target\nif target.ALL:\n    import more\n",
            "target.py": "ALL = []\n",
            "more.py": "",
        },
    ),
    "a submodule was imported before": (
        ["reader", "first"],
        {
            "first.py": "import pkg.sub\nimport reader\n",
            "reader.py": "import pkg\nif hasattr(pkg, 'sub'):\n    import more\n",
            "pkg/__init__.py": "",
            "pkg/sub.py": "",
            "more.py": "",
        },
    ),
    "a submodule that was there is not": (
        ["first", "reader"],
        {
            "first.py": "import pkg.sub\nimport reader\n",
            "reader.py": "import pkg\nx = pkg.sub\n",
            "pkg/__init__.py": "",
            "pkg/sub.py": "",
        },
    ),
    "a package's names were listed": (
        ["reader", "first"],
        {
            "first.py": "import pkg.sub\nimport reader\n",
            "reader.py": "from pkg import *\nif 'sub' in globals():\n    import more\n",
            "pkg/__init__.py": "",
            "pkg/sub.py": "",
            "more.py": "",
        },
    ),
    "sys.modules was asked": (
        ["reader", "first"],
        {
            "first.py": "import other\nimport reader\n",
            "reader.py": "import sys\nif 'other' in sys.modules:\n    import more\n",
            "other.py": "",
            "more.py": "",
        },
    ),
    "sys.modules was changed": (
        ["away", "first"],
        {
            "first.py": "import other\nimport away\nimport sys\nx = sys.modules['other']\n",
            "away.py": "import sys\nsys.modules.pop('other', None)\n",
            "other.py": "",
        },
    ),
    "a fallback was taken": (
        ["j", "g"],
        {
            "g.py": "try:\n    import h\nexcept ImportError:\n    import i\n",
            "h.py": "from j import late\n",
            "i.py": "",
            "j.py": "import g\nlate = 1\n",
        },
    ),
    "it raised": (
        ["guard", "bad"],
        {
            "guard.py": "try:\n    import bad\nexcept ValueError:\n    pass\n",
            "bad.py": "import good\nraise ValueError\n",
            "good.py": "",
        },
    ),
    "a handler stands around": (
        ["lib", "guard"],
        {
            "guard.py": "try:\n    import lib\nexcept ImportError:\n    import more\n",
            "lib.py": "import outside\n",
            "more.py": "",
        },
    ),
    "an exception is being handled around": (
        ["bare", "first"],
        {
            "first.py": "try:\n    nowhere\nexcept NameError:\n    import bare\n",
            "bare.py": "try:\n    raise\nexcept RuntimeError:\n    import more\n",
            "more.py": "",
        },
    ),
    "an exception was kept": (
        ["keeper", "first"],
        {
            "first.py": "import keeper\nraise keeper.kept\n",
            "keeper.py": "try:\n    nowhere\nexcept NameError as error:\n    kept = error\n",
        },
    ),
    "a doubtful call was made before": (
        ["caller", "first"],
        {
            "first.py": "import other\nimport caller\n",
            "caller.py": "import tool\nimport sys\nif sys.argv:\n    tool.work()\n",
            "other.py": "import tool\nimport sys\nif sys.argv:\n    tool.work()\n",
            "tool.py": "def work():\n    import more\n",
            "more.py": "",
        },
    ),
    "a name was taken from its package": (
        ["pkg.late", "first"],
        {
            "first.py": "import pkg.late\nimport pkg\nx = pkg.late()\n",
            "pkg/__init__.py": "def late():\n    import more\n",
            "pkg/late.py": "",
            "more.py": "",
        },
    ),
    "sys.modules was changed where it showed": (
        ["before", "first"],
        {
            "before.py": "import other\nimport away\n",
            "first.py": "import other\nimport away\nimport sys\nx = sys.modules['other']\n",
            "away.py": "import sys\nsys.modules.pop('other', None)\n",
            "other.py": "",
        },
    ),
    "a list that others append to was read": (
        ["adder", "first", "reader"],
        {
            "first.py": "import adder\nimport reader\n",
            "adder.py": "import target\ntarget.ALL.append(1)\n",
            "reader.py": "import target\nif target.ALL:\n    import more\n",
            "target.py": "ALL = []\n",
            "more.py": "",
        },
    ),
    "a doubtful call had a result already": (
        ["first", "caller"],
        {
            "first.py": "import other\nimport caller\n",
            "caller.py": "import tool\nimport sys\nif sys.argv:\n    tool.work()\n",
            "other.py": "import tool\nimport sys\nif sys.argv:\n    tool.work()\n",
            "tool.py": "def work():\n    return 1\n",
        },
    ),
    "a variable of a function was changed by another module": (
        ["first", "changer", "reader", "both"],
        {
            "target.py": (
                "def make():\n    seen = None\n    def mark():\n        nonlocal seen\n        seen = 1\n"
                "    def look():\n        return seen\n    return mark, look\nmark, look = make()\n"
            ),
            "changer.py": "import target\ntarget.mark()\n",
            "reader.py": "import target\nif target.look():\n    import more\n",
            "first.py": "import reader\n",
            "both.py": "import changer\nimport reader\n",
            "more.py": "",
        },
    ),
    "all names of a package were read, with other submodules": (
        ["first", "second"],
        {
            "first.py": "import taker\n",
            "second.py": "import pkg.sub\nimport taker\ntaker.sub.missing\n",
            "taker.py": "from pkg import *\nimport sys\nif 'sub' in globals():\n    import more\n",
            "pkg/__init__.py": "x = 1\n",
            "pkg/sub.py": "",
            "more.py": "",
        },
    ),
    "a submodule had replaced a name of its package": (
        ["reader", "first", "second"],
        {
            "first.py": "import pkg.sub\nimport reader\n",
            "second.py": "import importer\nimport reader\n",
            "importer.py": "import pkg.sub\n",
            "reader.py": "import pkg\nif pkg.sub is None:\n    import more\n",
            "pkg/__init__.py": "sub = None\n",
            "pkg/sub.py": "",
            "more.py": "",
        },
    ),
    "a module had been put into sys.modules in place of another one": (
        ["user", "first", "user"],
        {
            "first.py": "import other\nimport user\n",
            "user.py": "import changed\nif hasattr(changed, 'x'):\n    import more\n",
            "changed.py": "import sys, other\nsys.modules[__name__] = other\n",
            "other.py": "x = 1\n",
            "more.py": "",
        },
    ),
    "calls inside one another were not followed": (
        ["deep", "far"],
        {
            "deep.py": "def f(n):\n    return f(n - 1) if n else 1\nx = f(30)\n",
            "far.py": (
                "def g(n):\n    if n:\n        g(n - 1)\n    else:\n        import deep\n"
                "        if deep.x == 1:\n            import more\ng(20)\n"
            ),
            "more.py": "",
        },
    ),
    "a module around was still to add the key that was lacking": (
        ["first", "second"],
        {
            "first.py": "import asker\n",
            "second.py": "import asker\nasker.table.TABLE['key'] = 1\n",
            "asker.py": "import table\ntable.look('key')\n",
            "table.py": "TABLE = {}\ndef look(key):\n    return TABLE[key]\n",
        },
    ),
    "no module was around that could add the key, and now one is": (
        ["asker", "second"],
        {
            "second.py": "import asker\nasker.TABLE['key'] = 1\n",
            "asker.py": "TABLE = {}\ndef look(key):\n    return TABLE[key]\nlook('key')\n",
        },
    ),
    "attributes of an object were read": (
        ["reader", "first"],
        {
            "first.py": "import setter\nimport reader\n",
            "setter.py": "import target\ntarget.ONE.flag = True\n",
            "reader.py": "import target\nif hasattr(target.ONE, 'flag'):\n    import more\n",
            "target.py": "class C:\n    pass\nONE = C()\n",
            "more.py": "",
        },
    ),
    "a dict was read by a function of another module": (
        ["reader", "first"],
        {
            "first.py": "import adder\nimport reader\n",
            "adder.py": "import target\ntarget.KNOWN['x'] = 1\n",
            "reader.py": "import target\nif target.knows('x'):\n    import more\n",
            "target.py": "KNOWN = {}\ndef knows(key):\n    return key in KNOWN\n",
            "more.py": "",
        },
    ),
    "under a test, a module was loaded that is not there afterwards": (
        ["e", "way", "user", "way"],
        {
            "way.py": "import sys\nif sys.argv:\n    import user\n    user.missing\nx = 'e' in sys.modules\n",
            "user.py": "import e\n",
            "e.py": "",
        },
    ),
    "under a test, a list was appended to": (
        ["adder", "first", "second"],
        {
            "first.py": "import way\nimport reader\n",
            "second.py": "import sys\nif sys.argv:\n    import adder\nelse:\n    import reader\n",
            "way.py": "import sys\nif sys.argv:\n    import adder\n",
            "adder.py": "import target\ntarget.ALL.append(1)\n",
            "reader.py": "import target\nif target.ALL:\n    import more\n",
            "target.py": "ALL = []\n",
            "more.py": "",
        },
    ),
    "under a test, a list was read that others change": (
        ["first", "second"],
        {
            "first.py": "import target\nimport way\n",
            "second.py": "import changer\nimport way\n",
            "way.py": "import sys\nif sys.argv:\n    import reader\n",
            "reader.py": "import target\nif target.ALL:\n    import more\n",
            "changer.py": "import target\ntarget.ALL.append(1)\n",
            "target.py": "ALL = []\n",
            "more.py": "",
        },
    ),
    "what was not certain under a test is without one": (
        ["way", "lacking"],
        {
            "way.py": "import sys\nif sys.argv:\n    import lacking\n",
            "lacking.py": "import pkg\npkg.missing\n",
            "pkg/__init__.py": "",
        },
    ),
    "a knot was entered elsewhere": (
        ["a", "user", "b", "user"],
        {
            "a.py": "import b\nx = 1\n",
            "b.py": "import a\ny = 1\nif hasattr(a, 'x'):\n    z = 1\n",
            "user.py": "import b\nimport a\nif hasattr(b, 'z'):\n    import more\n",
            "more.py": "",
        },
    ),
}


@pytest.mark.parametrize("name", list(DIFFERENT))
def test_is_not_replayed_where_it_would_be_wrong(name: str) -> None:
    entries, files = DIFFERENT[name]
    world, memory = world_of(files), Memory()
    for entry in entries:
        told = _told(_run(world, entry, memory))
        assert told == _told(_run(world, entry, Memory())), entry


def test_is_not_replayed_where_calls_are_not_followed_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = replace(LIMITS, steps=1000, call_steps=5, doubtful_steps=5)
    for module in (core, recorder, replay):
        monkeypatch.setattr(module, "LIMITS", few)
    world = world_of(
        {
            "first.py": "import spend\nimport lib\n",
            "spend.py": "def f():\n    x = 1\n    x = 2\n    x = 3\n    x = 4\nf()\nf()\n",
            "lib.py": "def g():\n    x = 1\ng()\ndef h():\n    return 1\nh()\n",
        }
    )
    memory = Memory()
    _run(world, "lib", memory)
    assert _told(_run(world, "first", memory)) == _told(_run(world, "first", Memory()))


def test_what_is_shared_is_executed_once() -> None:
    world = world_of(
        {
            "a.py": "import common\n",
            "b.py": "import common\n",
            "common.py": "import deep\nfrom deep import x\n",
            "deep.py": "x = []\nx.append(1)\n",
        }
    )
    memory = Memory()
    assert _bodies(world, "a", memory) == 3
    assert _bodies(world, "b", memory) == 1
    assert _bodies(world, "a", memory) == 0


def test_what_a_load_makes_a_builtin_itself_is_there_when_it_is_replayed() -> None:
    world = world_of(
        {
            "first.py": "import user\n",
            "second.py": "import user\n",
            "user.py": "import maker\ntell('x')\n",
            "maker.py": "import builtins\nbuiltins.tell = len\n",
        }
    )
    memory = Memory()
    assert _bodies(world, "first", memory) == 3
    assert _bodies(world, "second", memory) == 1
    assert _told(_run(world, "second", Memory())) == _told(_run(world, "second", memory))


def test_a_knot_is_replayed_as_a_whole() -> None:
    world = world_of(
        {
            "a.py": "import knot.one\n",
            "b.py": "import knot.two\n",
            "knot/__init__.py": "import knot.one\nimport knot.two\n",
            "knot/one.py": "import knot.two\nx = 1\n",
            "knot/two.py": "from knot import one\nif not hasattr(one, 'x'):\n    y = 1\n",
        }
    )
    memory = Memory()
    assert _bodies(world, "a", memory) == 4
    assert _bodies(world, "b", memory) == 1


def test_registering_is_replayed_in_any_order() -> None:
    files = {
        "registry.py": "ALL = []\ndef register(x):\n    ALL.append(x)\n",
        "one.py": "import registry\nregistry.register(1)\n",
        "two.py": "import registry\nregistry.register(2)\n",
        "forth.py": "import one\nimport two\n",
        "back.py": "import two\nimport one\n",
    }
    world, memory = world_of(files), Memory()
    assert _bodies(world, "forth", memory) == 4
    # `register` had not been seen to change another module's list before.
    assert _bodies(world, "back", memory) <= 3
    assert _bodies(world, "forth", memory) + _bodies(world, "back", memory) == 0


CYCLE = {
    "a.py": "import base\nimport b\n",
    "b.py": "import base\nimport a\n",
    "base.py": "import leaf\ndef unused():\n    return 1\ndef used():\n    return 2\nused()\n",
    "leaf.py": "",
}


def _project(files: Files) -> Project:
    texts = {SourcePath(f"/p/{path}"): text for path, text in files.items()}
    project = Project()
    layout = build_layout((SourcePath("/p"),), texts)
    project.apply(Change(dict(texts), layout=layout, settings=Settings()))
    return project


ONCE: dict[str, Files] = {
    "all names of a package": {
        "lib.py": "from pkg import *\n",
        "pkg/__init__.py": "x = 1\n",
    },
    "variables of a function": {
        "lib.py": "import target\ntarget.mark()\n",
        "target.py": (
            "def make():\n    seen = None\n    def mark():\n        nonlocal seen\n        seen = 1\n"
            "    return mark\nmark = make()\n"
        ),
    },
    "a load in a call": {
        "lib.py": "def f():\n    import deep\nf()\n",
        "deep.py": "",
    },
    "its own entry in sys.modules": {
        "lib.py": "import sys\nclass Proxy:\n    pass\nsys.modules[__name__] = Proxy()\n",
    },
    "another module for itself in sys.modules": {
        "lib.py": "import sys, other\nsys.modules[__name__] = other\n",
        "other.py": "",
    },
    "a load under a test": {
        "lib.py": "import sys\nif sys.argv:\n    import deep\n",
        "deep.py": "import target\ntarget.ALL.append(1)\n",
        "target.py": "ALL = []\n",
    },
    "loads in a loop over a set": {
        "lib.py": "for name in {'deep', 'target'}:\n    __import__(name)\n",
        "deep.py": "import target\ntarget.ALL.append(1)\n",
        "target.py": "ALL = []\n",
    },
    "a name of the package that a submodule replaces": {
        "lib.py": "import pkg.sub\n",
        "pkg/__init__.py": "sub = None\n",
        "pkg/sub.py": "",
    },
}


@pytest.mark.parametrize("name", list(ONCE))
def test_is_executed_once(name: str) -> None:
    world = world_of({"a.py": "import lib\n", "b.py": "import lib\n", **ONCE[name]})
    memory = Memory()
    _run(world, "a", memory)
    assert _bodies(world, "b", memory) <= 1
    assert _told(_run(world, "b", memory)) == _told(_run(world, "b", Memory()))


def test_what_was_loaded_under_a_test_is_replayed_under_one() -> None:
    files = {
        "one.py": "import sys\nif sys.argv:\n    import deep\n",
        "two.py": "import sys\nif len(sys.argv) > 1:\n    x = 1\nelse:\n    import deep\n",
        "deep.py": "import target\n",
        "target.py": "",
    }
    world, memory = world_of(files), Memory()
    assert _bodies(world, "one", memory) == 3
    assert _bodies(world, "two", memory) == 1
    assert _told(_run(world, "two", memory)) == _told(_run(world, "two", Memory()))


def test_two_ways_to_load_a_module_leave_one() -> None:
    files = {
        "one.py": "import sys\nif sys.argv:\n    import deep\nelse:\n    import deep\nimport deep\n",
        "deep.py": "import one\n",
    }
    run = _run(world_of(files), "one", Memory())
    assert run.outcome == Loads(tuple(map(ModuleName, ("one", "deep", "deep"))))


def test_what_was_not_read_may_be_changed_by_others() -> None:
    files = {
        "target.py": "ALL = []\nclass C:\n    pass\nONE = C()\n",
        "user.py": "import target\n",
        "changer.py": "import target\ntarget.ALL.append(1)\ntarget.ONE.x = 1\n",
        "first.py": "import user\n",
        "second.py": "import changer\nimport user\n",
    }
    world, memory = world_of(files), Memory()
    assert _bodies(world, "first", memory) == 3
    assert _bodies(world, "second", memory) == 2


def test_an_edit_executes_what_depends_on_it() -> None:
    project = _project(CYCLE)
    assert project.settle().work.bodies == 6

    def after(path: str, text: str) -> int:
        project.apply(Change({SourcePath(f"/p/{path}"): text}))
        return project.settle().work.bodies

    assert after("base.py", CYCLE["base.py"].replace("return 1", "return 3")) == 0
    assert after("a.py", "import base\nimport b\nx = 1\n") == 0
    assert after("a.py", "import base\nimport b\nx = 1\nprint(x)\n") == 4 + 1
    assert after("leaf.py", "x = 1\nprint(x)\n") == 6
    assert after("leaf.py", "x = 1\n") == 6
    assert after("leaf.py", "x = 1\ndef new():\n    return x\n") == 0
    assert after("leaf.py", "x = 1\nprint(x)\n") == 6

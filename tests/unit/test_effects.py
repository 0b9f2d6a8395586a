"""Modules that only define names are quiet; every other effect of loading is reported."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from import_cycles.base.names import ModuleName
from import_cycles.proposals.effects import effect_of_loading, registering
from import_cycles.syntax.steps import ModuleSummary
from import_cycles.syntax.summarize import summarize
from import_cycles.syntax.target import PythonTarget

OTHER = """
import abc

class Plain(abc.ABC): pass
class Hooked:
    def __init_subclass__(cls): print(cls)
class Below(Hooked): pass
class Made(metaclass=Registry): pass
def register(function): return function
"""

QUIET = {
    "definitions": "import os\nA = 1\nB: int = 2\ndef f(x=A): run()\nclass C(dict):\n  x = 1\n",
    "docstring": '"""Told."""\n',
    "logging": "import logging\nlogger = logging.getLogger(__name__)\n",
    "typing": "from typing import TypeVar as TV, NamedTuple\nT = TV('T')\nclass P(NamedTuple): x: int\n",
    "enum": "import enum\nclass E(enum.Enum):\n  A = enum.auto()\n",
    "dataclass": "from dataclasses import dataclass, field\n@dataclass(frozen=True)\nclass D:\n"
    "  x: list = field(default_factory=list)\n",
    "property": "class C:\n  @property\n  def x(self): pass\n  @x.setter\n  def x(self, v): pass\n",
    "own table": "TABLE = {}\nTABLE['a'] = 1\nTABLE.update(b=2)\n__all__ = ['A']\n__all__.extend(['B'])\n",
    "strings": "A = ', '.join(sorted({'a', 'b'})).upper()\n",
    "script": "def main(): pass\nif __name__ == '__main__':\n  main()\n",
    "guarded": "try:\n  import json\nexcept ImportError:\n  json = None\n",
    "base elsewhere": "from other import Plain\nclass C(Plain): pass\n",
    "base by its module": "import other\nclass C(other.Plain): pass\n",
    "exception": "class E(ValueError): pass\n",
    "generic": "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass C(Generic[T]): pass\n",
    "comprehension": "A = {k: v for k, v in {'a': 1}.items() if v}\n",
    "own heap": "import heapq\nQUEUE = []\nheapq.heappush(QUEUE, 1)\nfirst = next(iter(QUEUE))\n",
    "own list": "NAMES = ['b']\nNAMES.sort()\nNAMES.pop()\n",
    "texts of others": "import sys\nMAJOR = sys.version.split('.')\n",
    "metaclass of the library": "import abc\nclass C(metaclass=abc.ABCMeta): pass\n",
    "builtin metaclass": "class C(metaclass=type): pass\n",
    "script under a further test": "import sys\nif len(sys.argv) > 1 and '__main__' == __name__:\n  main()\n",
    "own base in a branch": (
        "import sys\nif sys.argv:\n  class A: pass\nelse:\n  class A: pass\nclass B(A): pass\n"
    ),
    "base with a fallback": (
        "try:\n  from other import Plain\nexcept ImportError:\n  class Plain: pass\nclass B(Plain): pass\n"
    ),
    "annotations": "import sys\nX: print(1) = 1\ndef f(x: print(2)) -> print(3): pass\n",
    "patterns": "match 1:\n  case [1, int(x)] | {'a': y, **z} if x: pass\n",
    "raises": "import sys\nif sys.platform == 'win32':\n  raise ImportError('no')\n",
}

LOUD = {
    "heap of another": (
        "import heapq\nfrom other import QUEUE\nheapq.heappush(QUEUE, 1)\n",
        "it changes QUEUE",
    ),
    "method of an unknown module": ("import requests\nrequests.get('x')\n", "requests.get"),
    "registered": ("import abc\nfrom other import A\nabc.ABCMeta.register(A, int)\n", "register"),
    "builtins of the site": ("help()\n", "it calls help"),
    "own name of a builtin metaclass": ("def type(*a): pass\nclass C(metaclass=type): pass\n", "C"),
    "name of a library": ("from . import attr\nattr.define(1)\n", "it calls attr.define"),
    "call": ("from other import register\nregister(1)\n", "it calls register"),
    "statement of a builtin": ("print('hello')\n", "it calls print"),
    "decorator": ("from other import register\n@register\ndef f(): pass\n", "it decorates f"),
    "route": ("from web import app\n@app.route('/')\ndef f(): pass\n", "with app.route"),
    "attribute of another": ("import other\nother.X = 1\n", "it changes other"),
    "item of another": ("from other import TABLE\nTABLE['x'] = 1\n", "it changes TABLE"),
    "append to another": ("from other import LIST\nLIST.append(1)\n", "it calls LIST.append"),
    "third-party base": (
        "from django.db import models\nclass M(models.Model): pass\n",
        "derives M",
    ),
    "hook": ("from other import Hooked\nclass C(Hooked): pass\n", "derives C from Hooked"),
    "hook further up": ("from other import Below\nclass C(Below): pass\n", "derives C from Below"),
    "hook by its module": (
        "import other as o\nclass C(o.Hooked): pass\n",
        "derives C from o.Hooked",
    ),
    "metaclass": ("from other import Made\nclass C(Made): pass\n", "derives C from Made"),
    "own metaclass": ("from other import M\nclass C(metaclass=M): pass\n", "it makes C with M"),
    "own instance": ("class App: pass\napp = App()\n", "it calls App"),
    "in a class": (
        "from other import register\nclass C:\n  x = register(1)\n",
        "it calls register",
    ),
    "in a default": (
        "from other import register\ndef f(x=register(1)): pass\n",
        "it calls register",
    ),
    "in a branch": ("import os, signal\nif os.name:\n  signal.signal(1, None)\n", "signal.signal"),
    "path": ("import sys\nsys.path.insert(0, 'x')\n", "it calls sys.path.insert"),
    "start of a chain": ("A = open('x').readline().split()\n", "it calls open"),
    "keyword of a decorator": (
        "import functools\n@functools.wraps(len, assigned=print(1))\ndef f(): pass\n",
        "it calls print",
    ),
    "not for scripts": (
        "if __name__ == '__main__':\n  pass\nelse:\n  print(1)\n",
        "it calls print",
    ),
    "not only for scripts": ("if __name__ == '__main__' or print(1):\n  pass\n", "it calls print"),
    "target of with": ("import other\nwith open as other.x:\n  pass\n", "it changes other"),
    "target of for": ("import other\nfor other.x in ():\n  pass\n", "it changes other"),
    "guard": ("match 1:\n  case x if print(1): pass\n", "it calls print"),
    "pattern": ("import other\nmatch 1:\n  case other.f: print(1)\n", "it calls print"),
    "else of a loop": ("while 0:\n  pass\nelse:\n  print(1)\n", "it calls print"),
    "handler": ("try:\n  pass\nexcept print(1):\n  pass\n", "it calls print"),
    "format": ("A = f'{1:{print(1)}}'\n", "it calls print"),
    "hook in a branch": (
        "import sys\nif sys.argv:\n  class A: pass\nelse:\n  class A:\n    def __init_subclass__(cls): pass\n"
        "class B(A): pass\n",
        "derives B from A",
    ),
    "hook by assignment": (
        "def hook(cls): pass\nclass A: __init_subclass__, x = hook, 1\nclass B(A): pass\n",
        "derives B from A",
    ),
    "base that may be another": (
        "from other import Plain, make\nclass A: pass\nfor A in make: pass\nclass B(A): pass\n",
        "derives B from A",
    ),
    "fallback of a base": (
        "try:\n  from other import Hooked\nexcept ImportError:\n  class Hooked: pass\nclass B(Hooked): pass\n",
        "derives B from Hooked",
    ),
    "shadowed builtin": ("from other import register as sorted\nA = sorted([])\n", "calls sorted"),
}


FILES = {
    "decorator": "from other import register\n@register\ndef f(): pass\n",
    "decorator from outside": "from web import app\n@app.route('/')\ndef f(): pass\n",
    "hook": "from other import Hooked\nclass C(Hooked): pass\n",
    "base from outside": "from django.db import models\nclass M(models.Model): pass\n",
    "call for the effect": "import codecs\ncodecs.register(f)\n",
    "own function for the effect": "def run(): pass\nrun()\n",
    "call of the project": "from other import register\nx = register(1)\n",
    "change of the project": "import other\nother.X = 1\n",
}

FILES_NOTHING = {
    "a value from outside": "import numpy\nA = numpy.array([1])\n",
    "own value": "class App: pass\napp = App()\n",
    "own change": "import web\napp = web.App()\napp.name = 'x'\n",
    "definitions": QUIET["definitions"],
}


@pytest.mark.parametrize("what", FILES)
def test_what_may_be_looked_up_elsewhere_is_told_apart(what: str) -> None:
    assert effect(FILES[what], registering)


@pytest.mark.parametrize("what", FILES_NOTHING)
def test_what_is_the_modules_own_files_nothing(what: str) -> None:
    assert effect(FILES_NOTHING[what], registering) == ""


def effect(text: str, asked: Callable[..., str] = effect_of_loading) -> str:
    texts = {"module": text, "other": OTHER}
    summaries = {name: summarize(each, PythonTarget()).summary for name, each in texts.items()}

    def summary_of(name: ModuleName) -> ModuleSummary | None:
        return summaries.get(name)

    def resolve(importer: ModuleName, dotted: str, level: int) -> ModuleName | None:
        return ModuleName(dotted) if dotted in texts else None

    return asked(ModuleName("module"), summary_of, resolve)


@pytest.mark.parametrize("what", QUIET)
def test_quiet(what: str) -> None:
    assert effect(QUIET[what]) == ""


@pytest.mark.parametrize("what", LOUD)
def test_loud(what: str) -> None:
    text, told = LOUD[what]
    assert told in effect(text)


def test_a_text_that_is_not_known_is_no_quiet_one() -> None:
    nothing = ModuleName("nothing")
    assert effect_of_loading(nothing, lambda name: None, lambda *_: None)
    assert registering(nothing, lambda name: None, lambda *_: None)

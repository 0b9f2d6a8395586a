"""After an edit that adds or removes names alone, a project shows what a fresh one shows.

Such an edit makes next to nothing stale, unless something speaks of the names or looks at all names
of the module. Random programs do both.
`IMPORT_CYCLES_FUZZ=500` tries that many programs.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from programs import random_project
from writer import Flavour

from import_cycles.analysis.change import Change
from import_cycles.analysis.project import Project
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.resolve.layout import build_layout
from import_cycles.simulate.entries import Run
from import_cycles.simulate.outcome import Spot
from import_cycles.syntax.silent_names import may_ask_for, silent_names
from import_cycles.syntax.steps import ModuleSummary
from import_cycles.syntax.summarize import summarize
from import_cycles.syntax.target import PythonTarget

SEEDS = range(int(os.environ.get("IMPORT_CYCLES_FUZZ", "0")) or 60)
TOP = SourcePath("/p")

_NAMES = ("new", "new", "other", "K0", "f0", "f1", "C0", "d0", "o0", "a", "b", "x", "len", "int")
_FORMS = (
    "def {name}(a=1, *, b: int = 2) -> None:\n    return {name}(a)\n",
    "def {name}(a=1):\n    import os\n",
    "{name} = 1\n",
    "{name} = second_{name} = 'text'\n",
    "class {name}:\n    size = 1\n    def grow(self):\n        return lambda: 1\n",
)
_USES = (
    "from {module} import {name}\n",
    "import {module}\ntry:\n    {module}.{name}(1)\nexcept Exception:\n    pass\n",
    "import {module}\nif hasattr({module}, '{name}'):\n    import {other}\n",
    "import {module}\nif getattr({module}, '{name}', None):\n    import {other}\n",
    "import {module}\nif '{name}' in {module}.__dict__:\n    import {other}\n",
    "import {module}, sys\nif sys.modules['{module}'].__dict__.get('{name}'):\n    import {other}\n",
    "import {module}, atexit\ndef use_{name}({name}=1):\n    return {name}, {module}\natexit.register(use_{name})\n",
    "import {module}\ndef ask_{name}():\n    # {name}\n    return {module}.{name}\nask_{name}()\n",
    "import {module}\ngetattr({module}, '{name}'[:1] + '{name}'[1:])\n",
    "import {module}\nif hasattr({module}, '{name}'[:1] + '{name}'[1:]):\n    import {other}\n",
)


def _project(texts: dict[SourcePath, str]) -> Project:
    project = Project()
    project.apply(Change(dict(texts), build_layout([TOP], texts)))
    _settle(project)
    return project


def _settle(project: Project) -> None:
    project.settle()
    project.settle_order()


def _ends(project: Project, runs: Mapping[ModuleName, Run]) -> dict[ModuleName, object]:
    return {
        name: _placed(project, (run.outcome, run.fallbacks, run.short_stars))
        for name, run in runs.items()
    }


def _placed(project: Project, thing: Any) -> object:
    """Plain data with places in the text for spots: after edits, numbers differ from those of a fresh project."""
    if isinstance(thing, Spot):
        found = project.snapshot.summaries[thing.module]
        return thing.module, found.site(thing.code, thing.mark)
    if isinstance(thing, (tuple, list)):
        return [_placed(project, each) for each in thing]
    if isinstance(thing, (set, frozenset)):
        return {repr(_placed(project, each)) for each in thing}
    if isinstance(thing, Mapping):
        return [(_placed(project, key), _placed(project, each)) for key, each in thing.items()]
    names = getattr(thing, "__match_args__", None)
    return (
        [type(thing), *(_placed(project, getattr(thing, each)) for each in names)]
        if names
        else thing
    )


def _shown(project: Project) -> object:
    told = project.snapshot
    crashing = project.crashing
    verdicts = map(project.verdict_of, told.components)
    ends = [_ends(project, verdict.members) for verdict in verdicts if verdict is not None]
    return (
        ends,
        told.findings,
        told.components,
        project.graph.edges(),
        _ends(project, crashing.entries),
        _ends(project, crashing.scripts),
    )


def _inserted(random: Random, text: str, modules: list[str]) -> str:
    """The text with one or two more names, or uses of one of another module.

    At its end, or before a statement of the top level.
    """
    for _ in range(random.choice((1, 1, 2))):
        form = random.choice(random.choice((_FORMS, _FORMS, _USES)))
        module, other = random.choice(modules), random.choice(modules)
        added = form.format(name=random.choice(_NAMES), module=module, other=other)
        lines = text.splitlines(keepends=True)
        places = [
            number
            for number, line in enumerate(lines)
            if line[:1].isalpha()
            and not line.startswith(("from __future__", "el", "except", "fin"))
            and not lines[number - 1].startswith("@")
        ]
        place = random.choice([len(lines), *places])
        text = "".join((*lines[:place], added, *lines[place:]))
    return text


def _without_some(random: Random, text: str, _modules: list[str]) -> str:
    """The text without one of the statements that bind names and do no more."""
    tree = ast.parse(text).body
    plain = [
        each
        for each in tree
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Constant)
    ]
    plain += [
        each for each in tree if isinstance(each, ast.FunctionDef) and not each.decorator_list
    ]
    if not plain:
        return text
    gone = random.choice(plain)
    lines = text.splitlines(keepends=True)
    return "".join((*lines[: gone.lineno - 1], *lines[gone.end_lineno or 0 :]))


@pytest.mark.parametrize("flavour", Flavour)
@pytest.mark.parametrize("seed", SEEDS)
def test_names_that_come_and_go(seed: int, flavour: Flavour) -> None:
    random = Random(f"{seed} {flavour}")
    files = random_project(random, flavour)
    texts = {SourcePath(f"{TOP}/{path}"): text for path, text in files.items()}
    project = _project(texts)
    first = dict(texts)
    modules = [path[:-3].replace("/", ".").removesuffix(".__init__") for path in files]
    for number in range(6):
        path = random.choice(sorted(texts))
        before = texts[path]
        edit = random.choice((_inserted, _without_some, _without_some))
        texts[path] = first[path] if number % 3 == 2 else edit(random, before, modules)
        project.apply(Change({path: texts[path]}))
        _settle(project)
        assert _shown(project) == _shown(_project(texts)), texts[path]


@pytest.mark.parametrize(
    "look",
    [
        "for each in dir(a):\n    if each[:2] == 'ne':\n        from a import late\n",
        "for each in vars(a):\n    if each.startswith('ne'):\n        from a import late\n",
        "if getattr(a, 'n' + 'ew', None) is not None:\n    from a import late\n",
        "if hasattr(a, 'n' + 'ew'):\n    from a import late\n",
        "if 'n' + 'ew' in a.__dict__:\n    from a import late\n",
        "if vars(a).get('n' + 'ew'):\n    from a import late\n",
        "from a import *\nif 'n' + 'ew' in globals():\n    from a import late\n",
        "from a import *\nfor each in [*globals()]:\n    if each.startswith('ne'):\n        from a import late\n",
        "from a import new\nfrom a import late\n",
        "try:\n    a.new\nexcept AttributeError:\n    pass\nelse:\n    from a import late\n",
    ],
)
@pytest.mark.parametrize("added", ["def new(): pass\n", "new = 1\n"])
def test_who_looks_at_all_names_notices_another_one(look: str, added: str) -> None:
    texts = {
        SourcePath(f"{TOP}/a.py"): "import b\nlate = 1\n",
        SourcePath(f"{TOP}/b.py"): f"import a\n{look}",
    }
    project = _project(texts)
    texts[SourcePath(f"{TOP}/a.py")] = f"{added}import b\nlate = 1\n"
    project.apply(Change({SourcePath(f"{TOP}/a.py"): texts[SourcePath(f"{TOP}/a.py")]}))
    _settle(project)
    expected = _project(texts)
    assert expected.crashing.entries
    assert _shown(project) == _shown(expected)


@pytest.mark.parametrize("added", ["def new(): pass\n", "new = 1\n"])
@pytest.mark.parametrize(
    "use", ["from base import new\n", "import base\ngetattr(base, 'n' + 'ew')\n"]
)
def test_who_speaks_of_a_name_later_finds_it_as_it_is_then(use: str, added: str) -> None:
    """What was remembered of a module does not outlive its names."""
    base, a = SourcePath(f"{TOP}/base.py"), SourcePath(f"{TOP}/a.py")
    texts = {
        base: "x = 1\ndef f(): pass\n",
        a: "import base, b\n",
        SourcePath(f"{TOP}/b.py"): "import base, a\nbase.f()\n",
    }
    project = _project(texts)
    for path, text in (
        (base, texts[base] + added),
        (a, texts[a] + use),
        (a, texts[a]),
        (base, texts[base]),
        (a, texts[a] + use),
    ):
        texts[path] = text
        project.apply(Change({path: text}))
        _settle(project)
        assert _shown(project) == _shown(_project(texts)), text


@pytest.mark.parametrize(
    ("texts", "changed", "after"),
    [
        # Why `late` is missing is read off a text that has not run.
        (
            {"a.py": "def f(x=late): pass\nfrom b import *\n", "b.py": "import a\nlate = 1\n"},
            "b.py",
            "import a\n",
        ),
        # What two threads would miss is read off texts, too.
        (
            {
                "a/__init__.py": "raise OSError\nfrom a.b import late\n",
                "a/b.py": "import a\nlate = 1\n",
            },
            "a/b.py",
            "import a\n",
        ),
    ],
)
def test_what_is_read_off_a_text_that_has_not_run(
    texts: dict[str, str], changed: str, after: str
) -> None:
    files = {SourcePath(f"{TOP}/{path}"): text for path, text in texts.items()}
    project = _project(files)
    before = _shown(project)
    path = SourcePath(f"{TOP}/{changed}")
    for text in (after, files[path]):
        project.apply(Change({path: text}))
        _settle(project)
        assert _shown(project) == _shown(_project({**files, path: text}))
        assert (_shown(project) == before) is (text == files[path])


_MODULE = "import os\nfrom a import b\ndef f(x):\n    return g(x)\nclass C:\n    pass\nK = f(1)\n"


@pytest.mark.parametrize(
    "added",
    [
        "def new(a=1): pass\n",
        "def new(a: int, *b) -> None: pass\n",
        "new = 1\n",
        "class new:\n    size = 1\n    def grow(self): pass\n",
    ],
)
def test_names_that_are_silent(added: str) -> None:
    found = silent_names(_summary(_MODULE), _summary(_MODULE + added))
    assert found is not None
    assert found.names == {"new"}
    assert not found.are_mentioned_beside


@pytest.mark.parametrize(
    "added",
    [
        "def new(a=f(2)): pass\n",
        "@f\ndef new(): pass\n",
        "def new(a: C): pass\n",
        "new = f\n",
        "new = f(1)\n",
        "new = []\n",
        "class new(C): pass\n",
        "class new:\n    size = f(2)\n",
        "from a import new\n",
        "def __getattr__(name): pass\n",
        "__all__ = 1\n",
        "new.a = 1\n",
        "new: int = 1\n",
        "f(2)\n",
        "if f:\n    new = 1\n",
        "del K\n",
    ],
)
def test_other_edits(added: str) -> None:
    assert silent_names(_summary(_MODULE), _summary(_MODULE + added)) is None


@pytest.mark.parametrize("added", ["def g(): pass\n", "def b(): pass\n", "K = 1\n", "x = 1\n"])
def test_names_that_the_module_speaks_of(added: str) -> None:
    found = silent_names(_summary(_MODULE), _summary(_MODULE + added))
    assert found is None or found.are_mentioned_beside


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("def f(new): return new\n", False),
        ("new = 1\n", False),
        ("f(new=1)\n", False),
        ("x = 'a new text'\n", False),
        ("def f():\n    new = g()\n    return new + 1  # new\n", False),
        ("class new:\n    new = 1\n", False),
        ("x = a.new\n", True),
        ("a.new = 1\n", True),
        ("def f():\n    return a.b.new\n", True),
        ("from a import new\n", True),
        ("from a import new as other\n", True),
        ("def f():\n    import a.new\n", True),
        ("def f(x: 'a.new'): pass\n", True),
        ("x = 'a:new'\n", True),
        ("from a import *\nnew\n", True),
        ("match x:\n    case a(new=1): pass\n", True),
    ],
)
def test_who_may_ask_a_module_for_a_name(text: str, asks: bool) -> None:
    assert may_ask_for(_summary(text), frozenset({"new"})) is asks


@pytest.mark.parametrize(
    ("added", "are_inert"),
    [
        ("def new(a): return a.y(1)\n", True),
        ("def new(a): return lambda: a\n", True),
        ("def new(a): return lambda: f\n", False),
        ("def new(a): return a.b(1)\n", False),
        ("new = 1\n", True),
        ("class new:\n    def m(self): return self.x\n", True),
        ("def new(a): return f(a)\n", False),
        ("def new(a):\n    global other\n    other = 1\n", False),
        ("class new:\n    def m(self): return K\n", False),
    ],
)
def test_names_that_stand_for_nothing_else_of_the_module(added: str, are_inert: bool) -> None:
    found = silent_names(_summary(_MODULE), _summary(_MODULE + added))
    assert found is None or found.are_inert is are_inert


def _summary(text: str) -> ModuleSummary:
    return summarize(text, PythonTarget()).summary

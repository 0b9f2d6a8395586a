"""How much is read and summarized, counted: what a project costs without a clock."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from import_cycles.analysis.change import Change
from import_cycles.analysis.project import Project
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.resolve.layout import build_layout

TOP = SourcePath("/p")
N_MODULES = 300


def _path(number: int) -> SourcePath:
    return SourcePath(f"{TOP}/m{number}.py")


class _Disk:
    """Texts by path, and how often each was asked for."""

    def __init__(self, texts: dict[SourcePath, str]) -> None:
        self.texts = texts
        self.reads: Counter[SourcePath] = Counter()

    def read(self, path: SourcePath) -> str | None:
        self.reads[path] += 1
        return self.texts.get(path)


def _layered() -> _Disk:
    """Each module imports the one before it; three in the middle are a ring."""
    texts = {_path(n): f"import m{n - 1}\n" if n else "" for n in range(N_MODULES)}
    texts[_path(100)] = "import m102\n"
    return _Disk(texts)


def _cold(disk: _Disk) -> tuple[Project, int]:
    project = Project(disk.read)
    layout = build_layout([TOP], disk.texts)
    update = project.apply(Change(layout=layout, unread=frozenset(disk.texts)))
    return project, update.work.summaries


def test_a_cold_start_summarizes_modules_in_cycles_only() -> None:
    disk = _layered()
    project, n_summaries = _cold(disk)
    assert [component.members for component in project.snapshot.components] == [
        ("m100", "m101", "m102")
    ]
    assert n_summaries == 3
    assert sum(disk.reads.values()) == N_MODULES + 3


def test_a_cold_start_parses_the_bodies_of_functions_that_are_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a large project: those of a small one are all parsed, for mistakes in them."""
    calls = {_path(100): "m102.f1()\nf2()\n"}
    texts = {
        path: text + "".join(_function(number) for number in range(20)) + calls.get(path, "")
        for path, text in _layered().texts.items()
    }
    disk = _Disk(texts)
    parsed: list[str] = []

    def parse(text: str) -> ast.Module:
        tree = ast_parse(text)
        parsed.extend(
            node.func.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        )
        return tree

    ast_parse = ast.parse
    monkeypatch.setattr(ast, "parse", parse)
    project, n_summaries = _cold(disk)
    project.settle()
    assert n_summaries == 3
    assert sorted(name for name in set(parsed) if name.startswith("made")) == ["made_1", "made_2"]
    monkeypatch.setattr("import_cycles.analysis.summaries.MOST_WITH_BODIES", N_MODULES)
    parsed.clear()
    _cold(disk)
    assert Counter(parsed).total() >= 3 * 20


def _function(number: int) -> str:
    return f"def f{number}():\n    x = made_{number}()\n    return x.something_that_takes_room\n"


def test_a_new_cycle_brings_in_what_lies_on_it() -> None:
    disk = _layered()
    project, _ = _cold(disk)
    disk.reads.clear()
    disk.texts[_path(200)] = "import m199\nimport m204\n"
    update = project.apply(Change(unread=frozenset({_path(200)})))
    assert update.work.summaries == 5
    assert [len(component.members) for component in project.snapshot.components] == [3, 5]
    assert sum(disk.reads.values()) == 6


def test_an_edit_reads_and_summarizes_one_file_however_large_the_project() -> None:
    disk = _layered()
    project, _ = _cold(disk)
    disk.reads.clear()
    update = project.apply(Change({_path(250): "import m249\nx = 1\n"}))
    assert update.work.summaries == 1
    assert not disk.reads


def test_what_somebody_waits_for_comes_first() -> None:
    disk = _layered()
    disk.texts[_path(200)] = "import m202\n"
    project = Project(disk.read)
    opened = _path(101)
    rest = frozenset(disk.texts) - {opened}
    layout = build_layout([TOP], disk.texts)
    text = disk.texts[opened] or ""
    update = project.apply(Change({opened: text}, layout, None, rest, is_urgent=True))
    assert not project.is_whole
    assert opened in update.touched
    assert [len(component.members) for component in project.snapshot.components] == [3]
    assert sum(disk.reads.values()) == 2 + 2
    assert update.work.summaries == 3
    project.finish()
    assert project.is_whole
    assert [len(component.members) for component in project.snapshot.components] == [3, 3]
    assert sum(disk.reads.values()) == N_MODULES - 1 + 2 + 3


def test_what_others_import_in_functions_comes_later() -> None:
    disk = _layered()
    doc, near, far = (SourcePath(f"/p/{name}.py") for name in ("doc", "near", "far"))
    disk.texts[doc] = "def f():\n    import near\n"
    disk.texts[near] = "import doc\ndef f():\n    import far\n"
    disk.texts[far] = f"import near\nimport m{N_MODULES - 1}\n"
    project = Project(disk.read)
    rest = frozenset(disk.texts) - {doc}
    change = Change(
        {doc: f"import near\n{disk.texts[doc]}"},
        build_layout([TOP], disk.texts),
        None,
        rest,
        is_urgent=True,
    )
    project.apply(change)
    assert [component.members for component in project.snapshot.components] == [("doc", "near")]
    # It is scanned, and then summarized.
    assert disk.reads == {near: 2}
    project.finish()
    assert set(disk.reads) == set(disk.texts) - {doc}


def test_edits_can_come_before_the_rest() -> None:
    disk = _layered()
    project = Project(disk.read)
    opened = _path(50)
    layout = build_layout([TOP], disk.texts)
    rest = frozenset(disk.texts) - {opened}
    project.apply(Change({opened: "import m49\n"}, layout, None, rest, is_urgent=True))
    assert not project.snapshot.components
    update = project.apply(Change({opened: "import m49\nimport m98\n"}))
    assert not update.touched
    project.finish()
    assert [len(component.members) for component in project.snapshot.components] == [3, 49]


def test_readers_keep_what_they_hold() -> None:
    disk = _layered()
    project, _ = _cold(disk)
    before = project.snapshot
    for number in range(200):
        project.apply(Change({_path(101): f"import m100\nx{number} = 1\n"}))
    held, now = before.summaries[before.components[0].members[1]], project.snapshot
    assert held.summary.codes[0].local_names == {"m100"}
    assert "x199" in now.summaries[now.components[0].members[1]].summary.codes[0].local_names


def test_who_is_asked_about_during_the_verdicts_leaves_nothing_open() -> None:
    texts: dict[SourcePath, str] = {
        SourcePath(f"{TOP}/{name}.py"): text
        for name, text in {
            "a": "from b import x\ny = 1\n",
            "b": "from a import y\nx = 1\n",
            "c": "def f():\n    import a\n",
            "l": "import m\nimport c\nc.f()\n",
            "m": "import l\n",
        }.items()
    }
    project = Project(texts.get)
    project.apply(Change(layout=build_layout([TOP], texts), unread=frozenset(texts)))
    project.settle()
    assert project.is_settled


def test_what_a_trial_finds_out_is_shown_afterwards() -> None:
    a, b, c = (SourcePath(f"{TOP}/{name}.py") for name in "abc")
    texts = {
        a: "import b\nb.f()\n",
        b: "import c\ndef f():\n    c.g()\n",
        c: "def g():\n    pass\n",
    }
    project = Project()
    project.apply(Change(dict(texts), build_layout([TOP], texts)))
    project.settle()
    assert not project.snapshot.components
    texts[c] = "def g():\n    import a\n"
    project.apply(Change({c: texts[c]}))
    with project.trial({a: texts[a]}, {a: ""}):
        pass
    project.settle()
    fresh = Project()
    fresh.apply(Change(dict(texts), build_layout([TOP], texts)))
    fresh.settle()
    assert project.snapshot.components == fresh.snapshot.components
    assert project.snapshot.findings == fresh.snapshot.findings


def test_opening_a_file_whose_text_is_known_makes_its_edges() -> None:
    a, b = (SourcePath(f"{TOP}/{name}.py") for name in "ab")
    texts = {a: "import b\n", b: ""}
    project = Project(texts.get)
    project.apply(Change(layout=build_layout([TOP], texts), unread=frozenset(texts)))
    project.understand()
    project.apply(Change({a: texts[a]}))
    assert [edge.imported for edge in project.graph.edges_from(ModuleName("a"))] == ["b"]
    project.apply(Change({b: "import a\n"}))
    assert len(project.snapshot.components) == 1


def test_only_texts_with_a_mistake_are_summarized_to_find_all() -> None:
    disk = _layered()
    broken, mended = _path(200), _path(201)
    disk.texts[broken] += "def f(\n"
    project, _ = _cold(disk)
    _settle(project)
    before = set(project.snapshot.summaries)
    project.find_mistakes()
    assert set(project.snapshot.summaries) == before | {"m200"}
    assert list(project.snapshot.problems) == [broken]
    # What is known to have no mistake is not read again, unless it has changed.
    reads = disk.reads.total()
    project.find_mistakes()
    assert disk.reads.total() == reads
    disk.texts[broken], disk.texts[mended] = "import m199\n", "import m200\nreturn\n"
    project.apply(Change(unread=frozenset({broken, mended})))
    assert list(project.snapshot.problems) == [mended]


def test_at_rest_a_project_knows_no_more_than_a_fresh_one() -> None:
    """Whatever was opened, edited and closed; what is open stays known."""
    disk = _layered()
    project, _ = _cold(disk)
    _settle(project)
    fresh = set(project.snapshot.summaries)
    assert len(fresh) < 5
    for number in range(120, 200):
        path, text = _path(number), disk.texts[_path(number)]
        for edited in (
            f"{text}x = (\n",
            f"{text}import m{number + 3}\n",
            f"{text}m{number - 1}.x\n",
        ):
            project.apply(Change({path: edited}))
        project.apply(Change(unread=frozenset({path})))
    _settle(project)
    assert len(project.snapshot.summaries) > 80
    project.apply(Change({_path(250): disk.texts[_path(250)]}))
    _settle(project)
    before = project.snapshot
    project.rest()
    assert set(project.snapshot.summaries) == fresh | {"m250"}
    assert project.snapshot.findings == before.findings
    project.apply(Change({_path(199): "import m198\nimport m201\n"}))
    _settle(project)
    assert len(project.snapshot.components) == 2


def test_at_rest_a_project_goes_on_to_know_what_its_findings_rest_on() -> None:
    """A module outside of all cycles decides how a first import ends, and changes later."""
    disk = _Disk(
        {
            SourcePath("/p/a.py"): "import flag\nif flag.ON:\n    import b\nlate = 1\n",
            SourcePath("/p/b.py"): "from a import late\n",
            SourcePath("/p/flag.py"): "ON = True\n",
        }
    )
    project, _ = _cold(disk)
    flag = SourcePath("/p/flag.py")

    def crashes() -> bool:
        _settle(project)
        project.rest()
        codes = {each.code for found in project.snapshot.findings.values() for each in found}
        return "cycle-order-dependent" in codes

    assert crashes()
    project.apply(Change({flag: "ON = True\nx = 1\n"}))
    assert crashes()
    project.apply(Change(unread=frozenset({flag})))
    assert crashes()
    disk.texts[flag] = "ON = False\n"
    project.apply(Change(unread=frozenset({flag})))
    assert not crashes()


def _settle(project: Project) -> None:
    project.settle()
    project.settle_order()


def test_what_names_mean_is_known_for_as_long_as_the_files_stay() -> None:
    disk = _layered()
    project, _ = _cold(disk)
    world = project.world
    assert world.find("m7", None) is not None
    project.apply(Change({_path(250): "import m249\nimport m7\n"}))
    _settle(project)
    assert project.world is world
    assert world.find("new", None) is None
    new = SourcePath("/p/new.py")
    project.apply(Change({new: "import m0\n"}, build_layout([TOP], {**disk.texts, new: ""})))
    assert project.world.find("new", None) is not None


_EDITED = """\
import b
def first(): pass
class C:
    def one(self): return first()
K = [b]
def last():
    import late
    return lambda: K
"""
_OTHER = """\
import a
a.first()
a.last()()
a.C().one()
def other(new=1):
    '''Another new word.'''
    print("something new", new)
    return [new for new in range(3)]
other(new=2)
"""


@pytest.mark.parametrize("place", ["def first", "class C", "K =", "def last"])
@pytest.mark.parametrize(
    "added",
    ["def new(x: int = 1): return lambda: x\n", "new = 1\n", "class new:\n    def m(self): pass\n"],
)
def test_a_name_that_comes_anywhere_makes_nothing_stale(place: str, added: str) -> None:
    """What stands below has the numbers by which results know it, as before."""
    a = SourcePath(f"{TOP}/a.py")
    texts = {
        a: _EDITED,
        SourcePath(f"{TOP}/b.py"): _OTHER,
        SourcePath(f"{TOP}/late.py"): "import b\n",
    }
    project = Project()
    project.apply(Change(texts, build_layout([TOP], texts)))
    project.settle()
    assert project.crashing.entries
    before = project.snapshot.findings
    broken = _EDITED.replace(place, f"def new(:\n{place}")
    for text in (broken, _EDITED.replace(place, f"{added}{place}"), broken, _EDITED):
        project.apply(Change({a: text}))
        assert project.is_settled
    assert project.snapshot.findings == before


def test_in_a_large_knot_the_shortest_ways_come_first() -> None:
    """Two ways lead back to the document: the shorter one is summarized, the knot around it later."""
    n_modules = 120
    texts = {
        _path(n): f"import m{n - 1}\n" if n else f"import m{n_modules - 1}\n"
        for n in range(n_modules)
    }
    doc, near = _path(60), _path(59)
    texts[near] += "import m61\n"
    texts[_path(61)] += "import m40\n"
    # What the document does not load is read later.
    texts[SourcePath(f"{TOP}/apart.py")] = ""
    disk = _Disk(texts)
    project = Project(disk.read)
    layout = build_layout([TOP], disk.texts)
    rest = frozenset(disk.texts) - {doc}
    update = project.apply(Change({doc: texts[doc]}, layout, None, rest, is_urgent=True))
    # The document, what it imports, and what leads back from there.
    assert update.work.summaries == 3
    (first,) = project.snapshot.findings[doc]
    assert first.cycle == ("m60", "m59", "m61", "m60")
    assert "import one another" not in first.message
    project.finish()
    whole, _ = _cold(disk)
    assert project.snapshot.findings == whole.snapshot.findings
    (last,) = project.snapshot.findings[doc]
    assert last.message.startswith(first.message)
    assert last.message.endswith(f"({n_modules} modules here all import one another)")

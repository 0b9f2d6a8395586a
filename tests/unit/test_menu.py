"""`fix`, `plan`, menus and hovers agree about a finding: which fixes there are, and which is first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

import pytest

from harness.fixes import CaseTexts
from harness.project import build, setup_of
from import_cycles.analysis.change import ShownFinding
from import_cycles.analysis.cuts import Cuts
from import_cycles.analysis.project import Project
from import_cycles.findings.rule import Subject
from import_cycles.proposals.fix import FixSettings
from import_cycles.repair.applying import Repair, Wish, repairing
from import_cycles.repair.fix_registry import fixes
from import_cycles.repair.fixing import Fixer
from import_cycles.repair.menu import Menu, menu
from import_cycles.repair.outlook import outlook, what_to_do
from import_cycles.repair.planning import Planner

_PACKAGE = {"p/__init__.py": ""}

PROGRAMS: Mapping[str, dict[str, str]] = {
    "a guard": {
        "p/a.py": "from p.b import B\ndef f(b: 'B'): ...\nclass A: ...\n",
        "p/b.py": "from p.a import A\nclass B(A): ...\n",
    },
    "the other file": {
        "p/a.py": "from p.b import B\nclass A(B): ...\n",
        "p/b.py": "from p.a import A\nclass B:\n    def f(self): return A\n",
    },
    "nothing is safe": {
        "p/a.py": "from p.b import B\nLIMIT = 1\ndef f(): return B\n",
        "p/b.py": "from p.a import LIMIT\nclass B:\n    limit = LIMIT\n",
        "p/patches.py": "PATCHED = 'p.a.B'\n",
    },
    "nothing can be done": {
        "p/a.py": "from p.b import B\nclass A(B): ...\n",
        "p/b.py": "from p.a import A\nclass B:\n    a = A\n",
    },
    "three modules": {
        "p/a.py": "from p import b\ndef f(): return b.g\nA = 1\n",
        "p/b.py": "from p import c\ndef g(): return c.C\n",
        "p/c.py": "from p.a import A\nC = A\n",
    },
    "a small one that is safe before a large one": {
        "p/__init__.py": "from p.a import A\nfrom p.b import B\n",
        "p/a.py": "from p import B\nclass A: ...\ndef f(): return B\n",
        "p/b.py": "class B: ...\n",
    },
    "the task after the signal": {
        "p/a.py": "import p.b\nclass A: ...\n",
        "p/b.py": "from p.a import A\nimport p.c\ndef f(): return A, p.c.g\n",
        "p/c.py": "from p.a import A\ndef g(): return A\n",
    },
    "a hot place": {
        "p/a.py": "from p.b import B\ndef f(): return B\ndef g(rows): return [f() for row in rows]\n",
        "p/b.py": "import p.a\nclass B: ...\ndef h(): return p.a.g\n",
    },
    "many functions": {
        "p/a.py": "from p.b import B\nclass A: ...\n"
        + "".join(f"def f{number}(): return B\n" for number in range(9)),
        "p/b.py": "from p.a import A\nclass B: ...\ndef g(a: 'A'): ...\n",
    },
}


@pytest.fixture(params=PROGRAMS)
def files(request: pytest.FixtureRequest) -> dict[str, str]:
    return {**_PACKAGE, **PROGRAMS[request.param]}


def _project(files: dict[str, str]) -> tuple[Project, Fixer]:
    project, _ = build(files, setup_of(files))
    return project, Fixer(project, CaseTexts(files), FixSettings())


def _shown(project: Project) -> Iterable[list[ShownFinding]]:
    """The findings of each line that has some."""
    for _, found in sorted(project.snapshot.findings.items()):
        for line in sorted({each.place.range.start.line for each in found}):
            yield [each for each in found if each.place.range.start.line == line]


def _first(found: Menu, *, takes_unsafe: bool) -> str | None:
    for entry in found.entries:
        if entry.candidate.kind.ends_cycles and (entry.is_safe or takes_unsafe):
            return entry.title
    return None


def _wish(finding: ShownFinding, *, takes_unsafe: bool) -> Wish:
    return Wish(
        repairing(fixes()),
        lambda each: (each.module, each.key) == (finding.module, finding.key),
        lambda path: True,
        takes_unsafe,
    )


@pytest.mark.parametrize("takes_unsafe", [False, True])
def test_they_agree_on_what_comes_first(files: dict[str, str], *, takes_unsafe: bool) -> None:
    project, fixer = _project(files)
    for shown in _shown(project):
        for finding in shown:
            found = menu(project, fixer, Cuts(), [finding])
            first = _first(found, takes_unsafe=takes_unsafe)
            wish = _wish(finding, takes_unsafe=takes_unsafe)
            if finding.subject is Subject.CRASH:
                other, _ = _project(files)
                planner = Planner(other, Repair(other, CaseTexts(files), FixSettings()), wish, 1)
                plan = planner.for_crashes()
                planned = next((step.fix.proposal.full_title for step in plan.steps), None)
                assert planned == first
            other, _ = _project(files)
            repaired = Repair(other, CaseTexts(files), FixSettings()).run(wish)
            done = next((step.fix.proposal.full_title for step in repaired.steps), None)
            is_elsewhere = any(
                each.title == first and each.candidate.proposal.elsewhere for each in found.entries
            )
            if finding.subject is Subject.CRASH or not is_elsewhere:
                # Of a cycle, `fix` takes the finding's own import; others have their own.
                assert done == first
            told = outlook(project, fixer, Cuts(), finding)
            hover = what_to_do(project, fixer, Cuts(), finding, lambda: True)
            best = _first(found, takes_unsafe=True)
            for remarks in (told, hover):
                named = remarks[0].startswith("Quick fixes:") if remarks else False
                assert named == (best is not None)
                if best is not None:
                    assert remarks[0].startswith(f"Quick fixes: {best} (ends")


def test_one_entry_for_each_edit(files: dict[str, str]) -> None:
    project, fixer = _project(files)
    for shown in _shown(project):
        found = menu(project, fixer, Cuts(), shown)
        edits = [each.candidate.proposal.edits for each in found.entries]
        assert all(one != other for one, other in pairwise(sorted(edits, key=str)))
        titles = [each.title for each in found.entries] + [t.title for t in found.unavailable]
        assert len(set(titles)) == len(titles)
        assert found.entries[-1].title == "Accept the cycle with a comment"
        (preferred,) = [each for each in found.entries if each.is_preferred] or [None]
        if preferred is not None:
            assert found.entries[0] is preferred
            assert preferred.is_safe
        assert sum(not each.candidate.kind.ends_cycles for each in found.entries) == 1


def test_all_imports_that_keep_a_cycle_alive_are_one_entry() -> None:
    files = {
        **_PACKAGE,
        "p/a.py": "import p.b\nclass A: ...\n",
        "p/b.py": "import p.a\nimport p.c\ndef f(): return p.a.A, p.c.g\n",
        "p/c.py": "import p.a\ndef g(): return p.a.A\n",
    }
    project, fixer = _project(files)
    (path,) = (each for each in project.snapshot.findings if each.endswith("b.py"))
    shown = project.snapshot.findings[path][0]
    found = menu(project, fixer, Cuts(), [shown])
    titles = [each.title for each in found.entries]
    assert titles[:2] == ["Import `p.a` in `f`", "Import `p.a` in functions in 2 files"]
    alone, everywhere = found.entries[:2]
    assert alone.fix is not None
    assert everywhere.fix is not None
    assert set(alone.fix.ended.cycles) < set(everywhere.fix.ended.cycles)
    assert len(everywhere.fix.after) == 2


def test_the_same_import_in_other_files_is_one_entry() -> None:
    files = {
        "p/__init__.py": "from p.b import B\nfrom p.c import C\nfrom p.d import D\n",
        "p/base.py": "class Base: ...\nLIMIT = 1\n",
        **{
            f"p/{name}.py": f"import p.base\nfrom p import Base\nclass {name.upper()}(Base): ...\n"
            for name in "bc"
        },
        "p/d.py": "from p import Base, B\nclass D(Base): b = B\n",
    }
    files["p/__init__.py"] = "from p.base import Base\n" + files["p/__init__.py"]
    project, fixer = _project(files)
    (path,) = (each for each in project.snapshot.findings if each.endswith("b.py"))
    found = menu(project, fixer, Cuts(), project.snapshot.findings[path][:1])
    titles = [each.title for each in found.entries]
    assert titles[:2] == [
        "Import `Base` from p.base",
        "Import `Base` from p.base in 2 files",
    ]


def test_a_hot_place_is_named_and_loses_against_others() -> None:
    project, fixer = _project({**_PACKAGE, **PROGRAMS["a hot place"]})
    (path,) = (each for each in project.snapshot.findings if each.endswith("a.py"))
    found = menu(project, fixer, Cuts(), project.snapshot.findings[path][:1])
    first, *others = found.entries
    assert first.title == "Import `p.a` in `h` of p.b"
    (hot,) = [each for each in others if each.title == "Import `B` in `f`"]
    assert "`f` is called in a loop, in line 3, and looks for the import each time." in hot.effect


def test_without_time_the_preferred_one_is_still_looked_for() -> None:
    project, fixer = _project({**_PACKAGE, **PROGRAMS["a guard"]})
    for shown in _shown(project):
        hurried = menu(project, fixer, Cuts(), shown, lambda: False)
        unhurried = menu(project, fixer, Cuts(), shown)
        assert hurried.preferred is not None
        assert unhurried.preferred is not None
        assert hurried.preferred.title == unhurried.preferred.title
        assert not any(
            each.fix
            for each in hurried.entries
            if each.candidate.kind.ends_cycles and not (each.is_safe or each.is_preferred)
        )
        rushed = menu(project, fixer, Cuts(), shown, lambda: False, lambda: False)
        assert rushed.preferred is None
        assert rushed.entries

"""What sorting imports would break is found out with few first imports, and with none for most edits."""

from __future__ import annotations

import pytest

from harness.project import apply_settled, build, findings_of, setup_of, source_path
from import_cycles.analysis import sorting_trials
from import_cycles.analysis.change import Change
from import_cycles.analysis.project import Project
from import_cycles.analysis.sorting_trials import Trials

SIM = {
    "sim/__init__.py": "from sim.base import Kind\nfrom sim.atom import Atom\n",
    "sim/atom.py": "from sim import Kind\nclass Atom(Kind): pass\ndef later(): return 1\n",
    "sim/base.py": "class Kind: pass\n",
    "other.py": "import sim\nx = 1\n",
}


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The first imports of each trial."""
    seen: list[list[str]] = []
    run = Trials.run

    def counting(self: Trials, summaries: object, entries: object, *rest: object) -> object:
        names = sorted(entries)  # type: ignore[call-overload]
        seen.append(names)
        return run(self, summaries, names, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Trials, "run", counting)
    return seen


def lines(project: Project) -> list[str]:
    return [
        f"{each.path}:{each.stretch.line}"
        for each in findings_of(project)
        if each.code == "order-matters"
    ]


def edit(project: Project, path: str, text: str) -> None:
    apply_settled(project, Change({source_path(path): text}))


def test_the_pair_is_found_and_typing_elsewhere_tries_nothing(trials: list[list[str]]) -> None:
    project, _ = build(SIM, setup_of(SIM))
    both = ["sim/__init__.py:1", "sim/__init__.py:2"]
    assert lines(project) == both
    n_trials = len(trials)
    assert 0 < n_trials <= 4
    edit(project, "sim/atom.py", SIM["sim/atom.py"].replace("return 1", "return 2"))
    edit(project, "other.py", "import sim\nx = 2\n")
    edit(project, "sim/__init__.py", f"# moved\n\n{SIM['sim/__init__.py']}")
    assert len(trials) == n_trials
    assert lines(project) == ["sim/__init__.py:3", "sim/__init__.py:4"]


def test_sorted_imports_cost_nothing(trials: list[list[str]]) -> None:
    files = {**SIM, "sim/__init__.py": "from sim.a0 import Kind\nfrom sim.atom import Atom\n"}
    files["sim/a0.py"] = files.pop("sim/base.py")
    project, _ = build(files, setup_of(files))
    assert project.snapshot.components
    assert not trials
    edit(project, "sim/atom.py", "from sim import Kind\nclass Atom(Kind): x = 1\n")
    assert not trials


def test_components_are_tried_together(trials: list[list[str]]) -> None:
    files: dict[str, str] = {}
    for name in "abcdefgh":
        files[f"{name}/__init__.py"] = f"from {name}.z import Z\nfrom {name}.y import Y\n"
        files[f"{name}/z.py"] = "class Z: pass\n"
        files[f"{name}/y.py"] = f"import {name}\nclass Y: pass\n"
    project, _ = build(files, setup_of(files))
    assert len(project.snapshot.components) == 8
    assert len(trials) == 1
    assert lines(project) == []
    trials.clear()
    edit(project, "c/y.py", "import c\nclass Y:\n    x = 1\n")
    (entries,) = trials
    assert {name.partition(".")[0] for name in entries} == {"c"}


def test_a_module_sorted_for_another_component_counts(trials: list[list[str]]) -> None:
    """Whether `top` is sorted depends on its own cycle, and what that means for the other does, too."""
    files = {
        "top/__init__.py": "import top.z\nimport top.a\n",
        "top/z.py": "import top\nimport low\n",
        "top/a.py": "import top\n",
        "low/__init__.py": "from low.z import Z\nfrom low.y import Y\n",
        "low/z.py": "class Z: pass\n",
        "low/y.py": "from low import Z\nclass Y: pass\n",
    }
    project, _ = build(files, setup_of(files))
    edit(project, "top/a.py", "x = 1\n")
    cold, _ = build({**files, "top/a.py": "x = 1\n"}, setup_of(files))
    assert lines(project) == lines(cold) == ["low/__init__.py:1", "low/__init__.py:2"]


def test_it_is_cut_short_and_taken_up_again() -> None:
    project = Project()
    full, _ = build(SIM, setup_of(SIM))
    layout, settings = full.snapshot.layout, full.snapshot.settings
    texts: dict[object, str | None] = {source_path(path): text for path, text in SIM.items()}
    project.apply(Change(texts, layout, settings))  # type: ignore[arg-type]
    project.settle()
    assert project.is_settled
    assert not project.is_order_settled
    assert lines(project) == []
    project.settle_order(lambda: True)
    assert not project.is_order_settled
    update = project.settle_order()
    assert project.is_order_settled
    assert update.touched == (source_path("sim/__init__.py"),)
    assert lines(project) == lines(full)


def test_nothing_is_tried_for_a_rule_that_is_off(trials: list[list[str]]) -> None:
    off = {"pyproject.toml": "[tool.import-cycles]\nseverity = { order-matters = 'off' }\n"}
    project, _ = build({**SIM, **off}, setup_of({**SIM, **off}))
    assert project.is_order_settled
    assert not trials
    apply_settled(project, Change(settings=setup_of(SIM).settings))
    assert lines(project) == ["sim/__init__.py:1", "sim/__init__.py:2"]


_TAIL = [f"m{number:02}" for number in range(12)]

LONG = {
    "long/__init__.py": "".join(f"from long.{name} import *\n" for name in ("zero", *_TAIL)),
    "long/zero.py": "class Zero: pass\n",
    "long/m07.py": "from long import Zero\nclass M07(Zero): pass\n",
    **{f"long/{name}.py": "import long\n" for name in _TAIL if name != "m07"},
}


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many first imports each trial made, of those that made some."""
    seen: list[int] = []
    simulate = sorting_trials.simulate_into

    def counting(runs: object, world: object, entries: object, *rest: object) -> None:
        names = list(entries)  # type: ignore[call-overload]
        seen.append(len(names))
        simulate(runs, world, names, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(sorting_trials, "simulate_into", counting)
    return seen


def test_a_long_block_is_not_searched_swap_by_swap(
    trials: list[list[str]], executed: list[int]
) -> None:
    project, _ = build(LONG, setup_of(LONG))
    assert lines(project) == ["long/__init__.py:1", "long/__init__.py:9"]
    assert len(executed) <= 2, "all sorted, and the neighbours just before the exchange"
    assert len(trials) > len(executed), executed

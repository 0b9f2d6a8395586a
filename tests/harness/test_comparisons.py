"""The comparisons of the runners see what differs: each is given something that does."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands import run_check
from harness.cpython import (
    Failure,
    InterpreterProcess,
    Observation,
    Statements,
    StaticEdge,
    Touch,
    differences,
    running_version,
)
from harness.interpreters import Interpreter, chosen_interpreters
from harness.outcomes import outcome_differences, shown_differences
from harness.project import build, findings_of, marker_differences, setup_of
from harness.reader import parse_case
from harness.runners import (
    equality_report,
    run_cold,
    run_cpython,
    run_incremental,
    write_files,
)
from harness.update import updated_text

CYCLE = {"a.py": "import b\n", "b.py": "import a\n"}


def edge(when: str = "runtime", flags: str = "", line: int = 1) -> StaticEdge:
    return StaticEdge("a", line, "b", when, frozenset(flags.split()), "a")


def seen(*, sure: bool = True, line: int = 1) -> Observation:
    return Observation("a", None, frozenset({"a", "b"}), (Touch("a", line, False, "b", sure),))


NOTHING_SEEN = Observation("a", None, frozenset({"a", "b"}), ())
STATEMENTS = {"a": Statements.of("from b import (\n  c,\n  d)\ntry: pass\nexcept X:\n  import b\n")}


@pytest.mark.parametrize(
    ("edges", "observation", "part"),
    [
        ([edge()], NOTHING_SEEN, "not seen: a -> b runtime"),
        ([edge("deferred")], seen(), "should not run: a -> b deferred"),
        ([edge("typing")], seen(), "should not run: a -> b typing"),
        ([], seen(), "no runtime edge: a -> b"),
        ([edge(line=6)], seen(), "no runtime edge: a -> b (line 1)"),
    ],
)
def test_cpython_disagrees(edges: list[StaticEdge], observation: Observation, part: str) -> None:
    report = differences(edges, [observation], STATEMENTS)
    assert any(part in line for line in report), report


@pytest.mark.parametrize(
    ("edges", "observation"),
    [
        ([edge()], seen()),
        ([edge(line=3)], seen()),
        ([edge(flags="conditional")], NOTHING_SEEN),
        ([edge(flags="guarded")], NOTHING_SEEN),
        ([edge(line=6)], NOTHING_SEEN),
        ([edge("deferred")], NOTHING_SEEN),
        ([edge("deferred"), edge()], seen()),
        ([], seen(sure=False)),
        ([edge(flags="lazy")], seen(line=6)),
        ([edge()], Observation("a", None, frozenset(), ())),
    ],
)
def test_cpython_agrees(edges: list[StaticEdge], observation: Observation) -> None:
    assert differences(edges, [observation], STATEMENTS) == ()


def test_markers_missing_and_surplus() -> None:
    case = parse_case(
        "Why.\n\n--- a.py\nimport b\n#      ^ info[cycle]\n--- b.py\nimport a\nX = 1\n"
        "#   ^ info[cycle]\n",
        Path("x.case"),
        "x",
    )
    project, _ = build(case.states[0].texts, setup_of({}))
    missing, surplus = marker_differences(case.states[0].expected((3, 13)), findings_of(project))
    assert [str(m) for m in missing] == ["b.py:2:4-5 info[cycle]"]
    assert [str(s).partition(" ")[0] for s in surplus] == ["b.py:1:7-8"]


@pytest.mark.parametrize(
    "files", [{"a.py": "import b\n", "b.py": ""}, {**CYCLE, "b.py": "\nimport a\n"}, {"a.py": ""}]
)
def test_projects_that_differ(files: dict[str, str]) -> None:
    project, _ = build(files, setup_of({}))
    cold, _ = build(CYCLE, setup_of({}))
    assert equality_report(project, cold)
    assert not equality_report(cold, build(CYCLE, setup_of({}))[0])


def test_runners_fail_on_wrong_cases() -> None:
    text = "Why.\n\n--- a.py\nimport b\n--- b.py\n--- edges\na -> b typing\n--- work\n"
    case = parse_case(text + "summaries 9, components 9, simulations 9\n", Path("x.case"), "x")
    with pytest.raises(AssertionError, match="missing edge  a -> b typing"):
        run_cold(case)
    with pytest.raises(AssertionError, match="work expected  summaries 9"):
        run_incremental(case)


def test_update_writes_what_is_found(tmp_path: Path) -> None:
    text = (
        "Why.\n\n--- a.py\nimport b\n--- b.py\nimport a  # info: [cycle]\nimport \\\n    a\n"
        '--- edges\n\n=== edit "none"\n--- b.py\n--- work\nsummaries 0, components 0,'
        " simulations 0\n"
    )
    case = parse_case(text, Path("x.case"), "x")
    updated = updated_text(case, text, tmp_path)
    assert updated == (
        "Why.\n\n--- a.py\nimport b\n#      ^ info[cycle]\n--- b.py\nimport a\n"
        "#      ^ info[cycle]\nimport \\\n    a\n#   ^ info[cycle]\n"
        "--- edges\na -> b runtime\nb -> a runtime\nb -> a runtime\n\n"
        '=== edit "none"\n--- b.py\n--- work\nsummaries 1, components 0, simulations 0\n'
        "--- expect\na.py clean\n"
    )
    again = parse_case(updated, Path("x.case"), "x")
    run_cold(again)
    run_incremental(again)
    assert updated_text(again, updated, tmp_path) == updated


def test_a_real_interpreter_is_asked(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "__init__.py").write_text("from .a import A\n")
    (tmp_path / "p" / "a.py").write_text("import p.b\nfrom p import (\n    b,\n    LATE,\n)\n")
    (tmp_path / "p" / "b.py").write_text("def f():\n    import p.a\nf()\n")
    interpreter = next(
        found for found in chosen_interpreters() if found.version == running_version()
    )
    (observation,) = _observe(interpreter, tmp_path)
    assert observation.touches == (
        Touch("p", 1, False, "p.a", True),
        Touch("p.a", 1, False, "p", False),
        Touch("p.a", 1, False, "p.b", True),
        Touch("p.a", 2, False, "p", False),
        Touch("p.a", 2, False, "p", True),
        Touch("p.a", 2, False, "p.b", True),
        Touch("p.b", 2, True, "p", False),
        Touch("p.b", 2, True, "p.a", True),
    )
    failure = observation.failure
    assert failure is not None
    assert (failure.type, failure.path, failure.line, failure.name, failure.chain) == (
        "ImportError",
        "p/a.py",
        2,
        "LATE",
        ("p", "p.a"),
    )
    assert observation.finished == {"p.b"}


def _observe(interpreter: Interpreter, folder: Path) -> tuple[Observation, ...]:
    with InterpreterProcess(interpreter) as python:
        return python.observe(folder, ["."], ["p.a"])


def test_installed_libraries_are_not_of_the_project(tmp_path: Path) -> None:
    """CPython finds them; a look at the project's files alone does not."""
    text = "Why.\n\n--- .venv/tool.py\nsize = 1\n--- a.py\nfrom tool import size\n--- outcomes\na: loads\n"
    case = parse_case(text, Path("some.case"), "some")
    project, _ = build(case.track[0].texts, setup_of({}))
    assert set(project.snapshot.layout.modules()) == {"a"}
    run_cold(case)
    with InterpreterProcess(chosen_interpreters()[0]) as python:
        run_cpython(case, python, tmp_path / "cpython")
    write_files(case.track[0].texts, tmp_path / "check")
    run_check(case.track[0], tmp_path / "check")


# --- outcomes -------------------------------------------------------------------------------

CRASHING = {"a.py": "from b import B\nA = 1\n", "b.py": "from a import A\nB = 1\n"}


def failed(entry: str, name: str, line: int = 1, kind: str = "ImportError") -> Observation:
    other = "b" if entry == "a" else "a"
    failure = Failure(kind, f"{other}.py", line, name, "", (entry, other))
    return Observation(entry, failure, frozenset(), ())


def loaded(entry: str) -> Observation:
    return Observation(entry, None, frozenset({"a", "b"}), ())


TRUTH = (failed("a", "A"), failed("b", "B"))


@pytest.mark.parametrize(
    ("observations", "differing"),
    [
        (TRUTH, []),
        ((loaded("a"), TRUTH[1]), ["a"]),
        ((TRUTH[0], failed("b", "A")), ["b"]),
        ((TRUTH[0], failed("b", "B", line=2)), ["b"]),
        ((failed("a", "A", kind="AttributeError"), TRUTH[1]), ["a"]),
    ],
)
def test_outcomes_differ(observations: tuple[Observation, ...], differing: list[str]) -> None:
    project, _ = build(CRASHING, setup_of({}))
    report = outcome_differences(project, observations)
    assert [line.partition(" first: ")[0] for line in report] == differing


def test_undecided_agrees_with_everything() -> None:
    files = {"a.py": "import b\nA = 1\n", "b.py": "import a, os\nif os.environ: a.A\n"}
    project, _ = build(files, setup_of({}))
    assert not outcome_differences(project, [failed("a", "A", kind="AttributeError")])
    assert not outcome_differences(project, [loaded("a")])


def test_shown_differs() -> None:
    project, _ = build(CRASHING, setup_of({}))
    statements = dict.fromkeys("ab", Statements({}, frozenset(), frozenset()))
    assert not shown_differences(project, TRUTH, statements)
    (surplus,) = shown_differences(project, (TRUTH[0], loaded("b")), statements)
    assert surplus.startswith("no import fails at a.py:1")
    elsewhere = shown_differences(project, (TRUTH[0], failed("b", "B", line=2)), statements)
    assert [line.partition(" at ")[0] for line in elsewhere] == [
        "no import fails",
        "b first: nothing is shown",
    ]


def test_cold_sees_a_wrong_outcome() -> None:
    text = "Why.\n\n--- a.py\nimport a  # info: [self-import]\n--- outcomes\na: undecided\n"
    with pytest.raises(AssertionError, match="outcome found  a: loads"):
        run_cold(parse_case(text, Path("some.case"), "some"))

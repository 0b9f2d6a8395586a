"""`import-cycles baseline`, and `check` beside a baseline."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from import_cycles.findings.identity import Identity
from import_cycles.workspace.baseline import BASELINE, baseline_text, read_baseline

Write = Callable[[Mapping[str, str]], Path]

RING = {
    "pyproject.toml": "[tool.import-cycles]\n",
    "shop/__init__.py": "",
    "shop/orders.py": "import shop.users\n\n\ndef order():\n    return shop.users\n",
    "shop/users.py": "import shop.orders\n",
}
CRASH = {
    "pyproject.toml": "[tool.import-cycles]\n",
    "a.py": "import b\nx = 1\n",
    "b.py": "import a\n",
}


def entries(folder: Path) -> list[dict[str, str]]:
    known = json.loads((folder / BASELINE).read_text())["known"]
    assert isinstance(known, list)
    return known


def test_what_is_found_now_is_known_from_then_on(project: Write, run: Any) -> None:
    folder = project(RING)
    assert run("check").status == 1
    made = run("baseline")
    assert (made.status, made.out) == (0, f"{BASELINE}: 2 entries\n")
    assert (folder / BASELINE).read_text().splitlines() == [
        "{",
        '  "version": 1,',
        '  "known": [',
        '    {"importer": "shop.orders", "imported": "shop.users", "kind": "cycle"},',
        '    {"importer": "shop.users", "imported": "shop.orders", "kind": "cycle"}',
        "  ]",
        "}",
    ]
    checked = run("check")
    assert checked.status == 0
    assert checked.out == (
        "no new findings, 3 modules analysed\n"
        f"Known, in {BASELINE}: 2 imports of cycles; `--no-baseline` shows them\n"
    )
    assert run("check", "--no-baseline").status == 1
    assert run("check", "--fail-on", "hint").status == 0


def test_lines_and_local_names_do_not_matter(project: Write, run: Any) -> None:
    project(RING)
    run("baseline")
    project(
        {
            "shop/orders.py": '"""Doc."""\n\nfrom shop import users as people\n\n\n'
            "def place():\n    return people\n",
        }
    )
    assert run("check").status == 0
    assert run("baseline").status == 0


def test_new_import_among_known_ones_is_told_alone(project: Write, run: Any) -> None:
    project(RING)
    run("baseline")
    project({"shop/users.py": "import shop.orders, shop.tax\n", "shop/tax.py": "import shop.users"})
    checked = run("check", "--verbose")
    assert checked.status == 1
    told = [line for line in checked.out.splitlines() if "[cycle]" in line]
    assert [line.partition(": ")[0] for line in told] == [
        "shop/tax.py:1:8",
        "shop/users.py:1:21",
    ]
    assert "1 cycle in 1 knot" in checked.out
    # What to cut is what is new.
    cut = json.loads(run("check", "--format", "json").out)["knots"][0]["cut"]
    assert {(each["importer"], each["imported"]) for each in cut} <= {
        ("shop.tax", "shop.users"),
        ("shop.users", "shop.tax"),
    }


def test_new_import_on_the_line_of_a_known_crash_is_shown(project: Write, run: Any) -> None:
    project(CRASH | {"b.py": "from a import x; import c\n", "c.py": ""})
    run("baseline")
    project({"c.py": "import b\n"})
    told = run("check", "--quiet").out.splitlines()
    assert [line.split()[0] for line in told] == ["b.py:1:25:", "c.py:1:8:"]


def test_new_crash_in_a_known_cycle_is_new(project: Write, run: Any) -> None:
    project(CRASH)
    run("baseline")
    assert run("check").status == 0
    project({"b.py": "from a import x\n"})
    checked = run("check", "--quiet")
    assert checked.status == 1
    assert "[cycle-order-dependent]" in checked.out
    assert len(checked.out.splitlines()) == 1


def test_crash_for_another_name_is_new(project: Write, run: Any) -> None:
    project(CRASH | {"a.py": "import b\nx = 1\ny = 2\n", "b.py": "from a import x\n"})
    run("baseline")
    assert run("check").status == 0
    project({"b.py": "from a import y\n"})
    checked = run("check", "--quiet")
    assert checked.status == 1
    assert "has no y yet" in checked.out


def test_crash_that_became_less_bad_is_known_and_the_reverse_is_new(
    project: Write, run: Any
) -> None:
    always = "from b import y\nx = 1\n"
    folder = project(CRASH | {"a.py": always, "b.py": "from a import x\ny = 1\n"})
    run("baseline")
    assert {each["kind"] for each in entries(folder)} == {"cycle", "cycle-crash"}
    project({"a.py": "import b\nx = 1\n"})
    # b.py's crash is one from some first imports only now; a.py's has gone.
    checked = run("check")
    assert "no new findings" in checked.out
    assert "a imports b [cycle-crash] (y)" not in checked.out.partition("Gone")[0]
    run("baseline", "--update")
    assert {each["kind"] for each in entries(folder)} == {"cycle", "cycle-order-dependent"}
    project({"a.py": always})
    assert "[cycle-crash]" in run("check", "--quiet").out


def test_hidden_findings_are_known_too(project: Write, run: Any) -> None:
    """The import of a crash line is in a cycle as well, which is reported once the crash is gone."""
    project(CRASH | {"b.py": "from a import x\n"})
    run("baseline")
    project({"b.py": "import a\n"})
    checked = run("check")
    assert "no new findings" in checked.out
    assert "Gone, so 1 entry" in checked.out


def test_what_is_gone_must_leave_and_new_needs_a_word(project: Write, run: Any) -> None:
    folder = project(RING)
    run("baseline")
    project({"shop/users.py": "", "a.py": "import b\n", "b.py": "import a\n"})
    checked = run("check")
    assert checked.status == 1
    assert f"2 entries of {BASELINE} must leave it: shop.orders imports shop.users [cycle]" in (
        checked.out
    )
    assert "2 entries that hold no more" in run("check", "--format", "json").err
    before = (folder / BASELINE).read_bytes()
    asked = run("baseline")
    assert asked.status == 1
    assert "2 new (`--grow` adds them), 2 gone (`--update` takes them out)" in asked.out
    assert (folder / BASELINE).read_bytes() == before
    shrunk = run("baseline", "--update")
    assert shrunk.status == 1
    assert entries(folder) == []
    assert "2 findings more that it does not have" in shrunk.out
    assert run("baseline", "--grow").status == 0
    assert len(entries(folder)) == 2
    assert run("check").status == 0


def test_part_of_a_project_says_nothing_of_what_is_gone(project: Write, run: Any) -> None:
    project(RING | {"other/__init__.py": "", "other/a.py": ""})
    run("baseline")
    assert run("check", "other").status == 0
    assert "a baseline is of a whole project" in run("baseline", "other").err
    assert run("check", "--select", "self-import").status == 0


def broken() -> Iterator[Any]:
    entry = {"importer": "a", "imported": "b", "kind": "cycle"}
    yield pytest.param("{", ":1: is not valid JSON", id="json")
    yield pytest.param(
        '{"version": 1,\n<<<<<<< HEAD\n',
        ":2: has a merge conflict that is not resolved",
        id="merge",
    )
    yield pytest.param('["a"]', "must be an object with a list", id="list")
    yield pytest.param('{"version": 9, "known": []}', "has version 9", id="version")
    yield pytest.param(
        json.dumps({"version": 1, "known": [entry, {"importer": "a"}]}), "entry 2 must", id="entry"
    )
    yield pytest.param(
        json.dumps({"version": 1, "known": [entry | {"line": "3"}]}), "entry 1 must", id="key"
    )
    yield pytest.param("[" * 100_000, "is not valid JSON", id="deep")


@pytest.mark.parametrize(("text", "told"), list(broken()))
def test_broken_file_gets_an_answer_and_counts_as_empty(
    project: Write, run: Any, text: str, told: str
) -> None:
    folder = project(RING | {BASELINE: text})
    checked = run("check")
    assert checked.status == 2
    assert told in checked.err
    assert "[cycle]" in checked.out
    for options in ((), ("--update",)):
        assert run("baseline", *options).status == 2
        assert (folder / BASELINE).read_text() == text
    assert run("baseline", "--grow").status == 0
    assert run("check").status == 0


def test_file_is_the_same_whatever_the_order() -> None:
    known = [Identity(f"m{number}", "n", "cycle") for number in range(20)]
    assert baseline_text(known) == baseline_text(reversed(known))
    assert len(baseline_text(known).splitlines()) == len(known) + 5


def test_any_names_survive(tmp_path: Path) -> None:
    known = {
        Identity('a"b', "ü\udc80\n", "cycle"),
        Identity("conftest@tests/api", "", "unused-suppression", "x, y"),
    }
    (tmp_path / BASELINE).write_text(baseline_text(known))
    assert read_baseline(tmp_path).known == known


def test_each_project_has_its_own(project: Write, run: Any) -> None:
    folder = project({f"{name}/{path}": text for name in "pq" for path, text in RING.items()})
    assert run("baseline", "p", "q").status == 0
    assert len(entries(folder / "p")) == len(entries(folder / "q")) == 2
    assert run("check", "p", "q").status == 0


def test_large_debt_is_adopted_and_only_what_is_new_fails(project: Write, run: Any) -> None:
    pairs = range(150)
    files = {f"a{n}.py": f"import b{n}\nX = 1\n" for n in pairs}
    files |= {f"b{n}.py": f"import a{n}\n" for n in pairs if n % 10}
    files |= {f"b{n}.py": f"from a{n} import X\n" for n in pairs if not n % 10}
    project(files | {"pyproject.toml": "[tool.import-cycles]\n"})
    assert "150 cycles in 150 knots" in run("check").out
    assert run("baseline").status == 0
    assert run("check").status == 0
    project({"b1.py": "import a1, a2\n", "b2.py": "import a2, b1\n"})
    result = run("check", "--format", "markdown")
    assert result.status == 1
    comment = result.out.splitlines()
    assert comment[2].startswith("**1 cycle in 1 knot, ")
    assert comment[4].startswith("- Cycle `b1 → a2 → b2 → b1`; to end it, cut `b2.py:1`")
    assert len(comment) == 5

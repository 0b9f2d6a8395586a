"""`import-cycles check`: exit statuses, formats, filters."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from import_cycles.cli.main import SHOW_TRACEBACKS

Write = Callable[[Mapping[str, str]], Path]

CYCLE = {
    "shop/__init__.py": "",
    "shop/orders.py": "import shop.users\n",
    "shop/users.py": "import sys\n\nfrom shop import (\n    sub,\n    orders,\n)\n",
    "shop/sub.py": "",
}
CLEAN = {"shop/__init__.py": "", "shop/orders.py": "import shop.users\n", "shop/users.py": ""}


def test_clean_project_exits_with_0(project: Write, run: Any) -> None:
    project(CLEAN)
    result = run("check")
    assert (result.status, result.err) == (0, "")
    assert result.out == "no findings, 3 modules analysed\n"


def test_text_underlines_the_line_and_draws_the_cycle(project: Write, run: Any) -> None:
    project(CYCLE)
    result = run("check", "--verbose")
    assert result.status == 1
    blocks = result.out.split("\n\n")
    headline, *rest = blocks[0].splitlines()
    assert re.match(r"shop/orders\.py:1:8: information\[cycle\] .*shop\.users", headline)
    assert rest == [
        "   1 | import shop.users",
        "     |        ^^^^^^^^^^",
        "     ┌▶ shop.orders  shop/orders.py:1  import shop.users",
        "     └─ shop.users   shop/users.py:5   from shop import orders",
    ]
    assert blocks[-1] == "1 cycle in 1 knot, 4 modules analysed\n"


def test_statements_are_shown_without_comments_and_other_names(project: Write, run: Any) -> None:
    project(
        {
            "a.py": "from b import x  # noqa: import later\n",
            "b.py": "import sys; import c\n",
            "c.py": "import d \\\n    , sys\n",
            "d.py": "from importlib import import_module\nimport_module('e')\n",
            "e.py": "from sys import (  # all\n    path,\n)\nimport a as a_\n",
        }
    )
    drawing = run("check", "--verbose").out.split("\n\n")[0].splitlines()[3:]
    assert [line.rpartition("  ")[2] for line in drawing] == [
        "from b import x",
        "import sys; import c",
        "import d \\",
        "import_module('e')",
        "import a as a_",
    ]


def test_import_in_a_called_function_says_who_calls(project: Write, run: Any) -> None:
    project(
        {
            "a.py": "import b\n",
            "b.py": "from c import go\ngo()\n",
            "c.py": "def go():\n    import a\n",
        }
    )
    out = run("check").out
    assert re.search(r"└─ b  c\.py:2  import a  \(b calls a function of c .*\)\n", out)
    edges = json.loads(run("graph").out)["edges"]
    called = next(edge for edge in edges if edge["importer"] == "c")
    assert (called["kind"], called["flags"]) == ("runtime", ["called"])
    assert (called["imported"], called["called_by"]) == ("a", ["b"])


def test_underline_follows_tabs_and_wide_characters(project: Write, run: Any) -> None:
    project({"a.py": "if 'ü𝒳':\n\timport b\n", "b.py": "x = 'ü𝒳'; import a\n"})
    lines = run("check", "--verbose").out.splitlines()
    assert lines[1:3] == ["   2 | \timport b", "     | \t       ^"]
    underlined = next(line for line in lines if "import a" in line and "|" in line)
    assert lines[lines.index(underlined) + 1].index("^") == underlined.rindex("a")


def test_quiet_prints_one_line_per_finding(project: Write, run: Any) -> None:
    project(CYCLE)
    lines = run("check", "--quiet").out.splitlines()
    assert [line.split(" ")[0] for line in lines] == ["shop/orders.py:1:8:", "shop/users.py:5:5:"]


def test_statistics_counts_rules(project: Write, run: Any) -> None:
    project({**CYCLE, "shop/me.py": "import shop.me\n"})
    assert run("check", "--statistics").out.splitlines()[:2] == [
        "     2  cycle",
        "     1  self-import",
    ]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([], 1),
        (["--exit-zero"], 0),
        (["--fail-on", "information"], 1),
        (["--fail-on", "hint"], 1),
        (["--fail-on", "warning"], 0),
        (["--fail-on", "error"], 0),
        (["--select", "self-import,unused-suppression"], 0),
        (["--ignore", "cycle"], 0),
        (["--ignore", "self-import", "--ignore", "unused-suppression"], 1),
        (["--format", "json"], 1),
    ],
)
def test_exit_status(project: Write, run: Any, arguments: list[str], status: int) -> None:
    project(CYCLE)
    assert run("check", *arguments).status == status


@pytest.mark.parametrize("fail_on", ["warning", "error"])
def test_configured_severity_decides(project: Write, run: Any, fail_on: str) -> None:
    project({**CYCLE, "pyproject.toml": '[tool.import-cycles]\nseverity = { cycle = "warning" }\n'})
    result = run("check", "--fail-on", fail_on)
    assert "warning[cycle]" in result.out
    assert result.status == (fail_on == "warning")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["check", "--format", "xml"],
        ["check", "--fail-on", "off"],
        ["check", "missing"],
        ["check", "--select", "no-such-rule"],
        ["wrong"],
        ["--", "server"],
    ],
)
def test_wrong_usage_exits_with_2(project: Write, run: Any, arguments: list[str]) -> None:
    project(CYCLE)
    result = run(*arguments)
    assert (result.status, result.out) == (2, "")
    assert "import-cycles" in result.err


def test_unknown_rule_is_named_with_the_known_ones(project: Write, run: Any) -> None:
    project(CYCLE)
    assert re.search(r"no rule cycl;.* self-import", run("check", "--ignore", "cycl").err)


def test_broken_configuration_exits_with_2_after_the_findings(project: Write, run: Any) -> None:
    project({**CYCLE, "pyproject.toml": "[tool.import-cycles]\nrots = ['src']\n"})
    result = run("check", "--exit-zero")
    assert result.status == 2
    assert "1 cycle in 1 knot" in result.out
    assert re.fullmatch(r"import-cycles: pyproject\.toml\S* .*rots.*\n", result.err)
    assert "rots" in json.loads(run("check", "--format", "json").out)["problems"][0]["message"]


def test_syntax_error_is_said_once_and_the_rest_analysed(project: Write, run: Any) -> None:
    project({**CYCLE, "shop/broken.py": "x = 1\ndef (:\n"})
    result = run("check", "--format", "json")
    assert result.status == 1
    assert re.fullmatch(r"import-cycles: shop/broken\.py:2: .*\n", result.err)
    document = json.loads(result.out)
    assert [(each["path"], each["line"]) for each in document["problems"]] == [
        ("shop/broken.py", 2)
    ]
    assert len(document["findings"]) == 2


def test_syntax_error_in_no_cycle_of_a_large_project_is_not_looked_for(
    project: Write, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("import_cycles.cli.projects.MOST_READ_WHOLE", 2)
    project({**CYCLE, "shop/broken.py": "x = 1\ndef (:\n"})
    result = run("check", "--format", "json")
    assert result.err == ""
    assert len(json.loads(result.out)["findings"]) == 2
    assert re.fullmatch(r"import-cycles: shop/broken\.py:2: .*\n", run("graph").err)


_BROKEN_BODY = f"import shop.orders\ndef f():\n    return (] + {'a' * 40}\n"


def test_a_syntax_error_in_a_body_is_told_of_in_a_small_project(project: Write, run: Any) -> None:
    project({**CYCLE, "shop/broken.py": _BROKEN_BODY})
    assert re.fullmatch(r"import-cycles: shop/broken\.py:3: .*\n", run("check").err)


@pytest.mark.parametrize("command", ["graph", "entries", "verify"])
def test_in_a_large_project_it_is_told_of_by_commands_that_read_all_of_every_text(
    project: Write, run: Any, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr("import_cycles.analysis.summaries.MOST_WITH_BODIES", 2)
    project({**CYCLE, "shop/broken.py": _BROKEN_BODY})
    alone = run("check", "--format", "json")
    assert alone.err == ""
    assert len(json.loads(alone.out)["findings"]) == 2
    assert re.search(r"^import-cycles: shop/broken\.py:3: ", run(command).err, re.MULTILINE)
    # The cache keeps them apart.
    assert run("check", "--format", "json") == alone


def test_a_syntax_error_in_a_body_that_runs_while_its_module_loads(
    project: Write, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("import_cycles.analysis.summaries.MOST_WITH_BODIES", 2)
    project({**CYCLE, "shop/broken.py": f"{_BROKEN_BODY}f()\n"})
    result = run("check", "--format", "json")
    assert result.err == ""
    assert len(json.loads(result.out)["findings"]) == 2


def test_json_tells_what_the_text_tells(project: Write, run: Any) -> None:
    project(CYCLE)
    document = json.loads(run("check", "--format", "json").out)
    assert document["version"] == 1
    assert document["summary"] == {
        "findings": 2,
        "cycles": 1,
        "components": 1,
        "crash_lines": 0,
        "modules": 4,
    }
    first, second = document["findings"]
    assert first["code"] == "cycle"
    assert first["module"] == "shop.orders"
    assert first["cycle"] == ["shop.orders", "shop.users", "shop.orders"]
    assert first["component_size"] == 2
    assert first["url"].endswith("/rules/#cycle")
    assert _position(first) == ("shop/orders.py", 1, 8, 1, 18)
    assert _position(second) == ("shop/users.py", 5, 5, 5, 11)
    assert list(map(_position, first["related"])) == [_position(first), _position(second)]


def _position(place: dict[str, Any]) -> tuple[object, ...]:
    return tuple(place[key] for key in ("path", "line", "column", "end_line", "end_column"))


def test_github_annotations(project: Write, run: Any) -> None:
    project({f"odd,%/{path}": text for path, text in CYCLE.items()})
    result = run("check", "--format", "github")
    assert result.status == 1
    assert result.out.splitlines()[0].startswith(
        "::notice title=import-cycles (cycle),file=odd%2C%25/shop/orders.py,"
        "line=1,endLine=1,col=8,endColumn=18::"
    )


_SARIF = json.loads((Path(__file__).parent / "data" / "sarif-schema-2.1.0.json").read_text("utf-8"))
"""The schema of OASIS (github.com/oasis-tcs/sarif-spec, sarif-2.1/schema), which wants draft 4."""


def _validate_sarif(document: Any) -> None:
    checker = jsonschema.Draft4Validator.FORMAT_CHECKER
    jsonschema.Draft4Validator(_SARIF, format_checker=checker).validate(document)


def test_sarif_has_the_required_shape(project: Write, run: Any) -> None:
    project({f"ä b/{path}": text for path, text in CYCLE.items()})
    document = json.loads(run("check", "--format", "sarif").out)
    _validate_sarif(document)
    result = document["runs"][0]["results"][0]
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "%C3%A4%20b/shop/orders.py"
    assert result["level"] == "note"


def test_sarif_has_the_way_round_as_a_code_flow(project: Write, run: Any) -> None:
    project(CYCLE | {"bad.py": "def\n"})
    (sarif,) = json.loads(run("check", "--format", "sarif").out)["runs"]
    (flow,) = sarif["results"][0]["codeFlows"]
    (thread,) = flow["threadFlows"]
    assert [each["location"]["message"]["text"] for each in thread["locations"]] == [
        "shop.orders imports shop.users",
        "shop.users imports shop.orders",
    ]
    (notification,) = sarif["invocations"][0]["toolExecutionNotifications"]
    where = notification["locations"][0]["physicalLocation"]
    assert where == {"artifactLocation": {"uri": "bad.py"}, "region": {"startLine": 1}}


def test_sarif_has_fixes_that_end_what_it_tells(project: Write, run: Any) -> None:
    files = {
        "a.py": "from b import b  # ü\n\n\ndef f():\n    return b\n",
        "b.py": "import a\n\nb = a\n",
    }
    folder = project(files)
    document = json.loads(run("check", "--format", "sarif", "--fixes").out)
    _validate_sarif(document)
    results = document["runs"][0]["results"]
    (fix,) = results[0]["fixes"]
    assert fix["description"]["text"].startswith("Import `b` in `f`")
    for change in fix["artifactChanges"]:
        path = folder / change["artifactLocation"]["uri"]
        lines = path.read_text("utf-8").splitlines(keepends=True)
        for each in reversed(change["replacements"]):
            region = each["deletedRegion"]
            before = lines[region["startLine"] - 1][: region["startColumn"] - 1]
            last = lines[region["endLine"] - 1] if region["endLine"] <= len(lines) else ""
            after = last[region["endColumn"] - 1 :]
            new = before + each["insertedContent"]["text"] + after
            lines[region["startLine"] - 1 : region["endLine"]] = [new]
        path.write_text("".join(lines), "utf-8")
    assert run("check").status == 0
    assert "fixes" not in json.loads(run("check", "--format", "sarif").out)


def test_fingerprints_do_not_follow_lines(project: Write, run: Any) -> None:
    def fingerprints() -> list[str]:
        document = json.loads(run("check", "--format", "sarif").out)
        return [each["partialFingerprints"] for each in document["runs"][0]["results"]]

    project(CYCLE)
    before = fingerprints()
    project({path: f"\n# moved\n{text}" for path, text in CYCLE.items()})
    assert fingerprints() == before


# --- the overview ----------------------------------------------------------------------------


def _knots(n_knots: int, size: int) -> dict[str, str]:
    return {
        f"p{knot}m{number}.py": f"import p{knot}m{(number + 1) % size}\nx = 1\n"
        for knot in range(n_knots)
        for number in range(size)
    }


def _large_knot(n_modules: int) -> dict[str, str]:
    """A package that loads all its modules; each asks the package for another one."""
    inner = {f"hub/m{number}.py": f"import hub.m{number + 1}\n" for number in range(n_modules - 1)}
    names = "".join(f"from hub import m{number}\n" for number in range(n_modules))
    return {"hub/__init__.py": names, f"hub/m{n_modules - 1}.py": "from hub import x\n", **inner}


def test_cycles_that_load_are_told_by_knot(project: Write, run: Any) -> None:
    project({**_knots(14, 3), "s.py": "import s\n"})
    lines = run("check").out.splitlines()
    assert lines[0].startswith("s.py:1:8: information[self-import] ")
    assert lines[2] == "Modules that all import one another, and the imports to cut:"
    told = [line for line in lines if line.startswith("  information[cycle]")]
    assert len(told) == 10
    assert told[0] == (
        "  information[cycle] p0m0, p0m1, p0m2: 1 cycle, loads whichever is imported first"
    )
    assert "  and 4 knots more with 4 cycles" in lines
    assert "     ┌▶ p0m0  p0m0.py:1  import p0m1" in lines
    assert lines[-1] == (
        "14 cycles in 14 knots, 1 other finding, 43 modules analysed;"
        " `--verbose` shows 42 import lines of cycles one by one"
    )
    first = lines[-2]
    assert first.startswith("First: p")
    assert first.endswith("`import-cycles plan --all` tries fixes for all.")


@pytest.mark.parametrize(
    "arguments", [["--verbose"], ["-v", "."], ["--select", "cycle"], ["p0m0.py", "."]]
)
def test_each_import_of_a_cycle_is_shown_when_asked_for(
    project: Write, run: Any, arguments: list[str]
) -> None:
    project(_knots(3, 3))
    out = run("check", *arguments).out
    assert out.count("information[cycle] Importing ") == 9
    assert out.endswith("\n\n3 cycles in 3 knots, 9 modules analysed\n")


def test_formats_for_programs_have_every_finding(project: Write, run: Any) -> None:
    project(_knots(14, 3))
    assert len(json.loads(run("check", "--format", "json").out)["findings"]) == 42
    assert len(run("check", "--format", "github").out.splitlines()) == 42
    (sarif,) = json.loads(run("check", "--format", "sarif").out)["runs"]
    assert len(sarif["results"]) == 42
    (rule,) = sarif["tool"]["driver"]["rules"]
    assert rule["id"] == "cycle"
    assert rule["defaultConfiguration"] == {"level": "note"}
    assert rule["shortDescription"]["text"].startswith("An import closes a cycle")
    assert len(run("check", "--quiet").out.splitlines()) == 42


def test_crashes_come_first_and_say_what_to_do(project: Write, run: Any) -> None:
    project(
        {
            **_knots(1, 2),
            "z/__init__.py": "",
            "z/a.py": "from z.b import x\ny = 1\n",
            "z/b.py": "from z.a import y\nx = 1\n",
        }
    )
    for arguments in ([], ["--verbose"]):
        out = run("check", *arguments).out
        assert out.startswith("z/a.py:1:17: error[cycle-crash] ")
        assert out.index("z/b.py:1:17: error[cycle-crash]") < out.index("[cycle] ")
    lines = run("check", "z", ".").out.splitlines()
    assert lines[-2] == (
        "First: end the crash at z/a.py:1; `import-cycles plan . z` says with which fixes."
    )
    assert lines[-1].startswith("2 crash lines, 2 cycles in 2 knots, 5 modules analysed; ")


def test_many_crashes_are_drawn_up_to_a_number_and_all_listed(project: Write, run: Any) -> None:
    project(
        {
            f"p{number}{side}.py": f"from p{number}{other} import {other}\n{side} = 1\n"
            for number in range(9)
            for side, other in ("ab", "ba")
        }
    )
    out = run("check").out
    assert out.count("error[cycle-crash]") == 18
    assert out.count("└─") == 10
    assert "18 crash lines, 9 cycles in 9 knots" in out


def test_large_knots_are_told_in_a_few_lines(project: Write, run: Any) -> None:
    project(_large_knot(60))
    lines = run("check").out.splitlines()
    assert len(lines) < 15
    assert any("hub, hub.m0, hub.m1 and 58 more: " in line for line in lines)
    assert all(len(line) < 400 for line in lines)


def test_what_several_lines_of_a_function_bring_about_is_said_once(
    project: Write, run: Any
) -> None:
    project(
        {
            "a.py": "def go():\n    from b import x\n    from b import y\n    import b\ngo()\n",
            "b.py": "x = y = 1\nimport a\n",
        }
    )
    (line,) = (line for line in run("check").out.splitlines() if "deferred-runs-at-import" in line)
    assert line.startswith("a.py:2:10: warning[deferred-runs-at-import] Importing b inside a.go ")
    assert line.endswith(" (and on 2 more lines)")


def test_severity_of_knots_is_shown(project: Write, run: Any) -> None:
    configuration = "[tool.import-cycles]\nseverity = { cycle = 'error' }\n"
    project({**_knots(1, 3), "pyproject.toml": configuration})
    assert "  error[cycle] p0m0, p0m1, p0m2: 1 cycle" in run("check").out


@pytest.mark.parametrize("arguments", [[], ["-v"]])
def test_paths_outside_of_the_working_directory_start_at_the_project(
    project: Write, run: Any, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(
        {
            "src/shop/__init__.py": "",
            "src/shop/a.py": "import shop.b\n",
            "src/shop/b.py": "import shop.a\n",
            "pyproject.toml": "[project]\nname = 'shop'\n",
            "else/x": "",
        }
    )
    monkeypatch.chdir(root / "else")
    out = run("check", "..", *arguments).out
    assert out.startswith(f"Paths are relative to {root}.\n\n")
    assert "src/shop/a.py:1" in out
    assert str(root) not in out.partition("\n")[2]
    monkeypatch.chdir(root / "src")
    assert "Paths are relative" not in run("check", "..", *arguments).out
    documents = json.loads(run("check", "..", "--format", "json").out)
    assert {each["path"] for each in documents["findings"]} == {"shop/a.py", "shop/b.py"}


def test_a_crash_outside_of_all_knots_counts_without_them(project: Write, run: Any) -> None:
    project(
        {
            "fury/__init__.py": (
                "import importlib\n"
                "_WHERE = {'sphere': 'actor', 'show': 'window'}\n"
                "def __getattr__(name):\n"
                "    if name in _WHERE:\n"
                "        module = importlib.import_module(f'{__name__}.{_WHERE[name]}')\n"
                "        return getattr(module, name)\n"
                "    raise AttributeError(name)\n"
            ),
            "fury/window.py": "from fury import sphere\ndef show(): return sphere()\n",
            "fury/actor.py": "from fury import window\ndef sphere(): return window.show\n",
        }
    )
    lines = run("check").out.splitlines()
    assert lines[0].startswith("fury/window.py:1:18: ")
    assert lines[-2].startswith("First: end the crash at fury/window.py:1; ")
    assert lines[-1] == "1 crash line, 3 modules analysed"


def test_a_mistake_of_ours_is_no_traceback(
    project: Write, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project({"a.py": "import b\n", "b.py": "import a\n"})

    class EscapeError(BaseException):
        pass

    def fail(*arguments: object, **options: object) -> None:
        raise EscapeError("x")

    monkeypatch.setattr("import_cycles.cli.check.analyse", fail)
    monkeypatch.delenv(SHOW_TRACEBACKS, raising=False)
    result = run("check")
    assert (result.status, result.out) == (2, "")
    assert result.err.count("\n") == 1
    assert (
        "mistake in import-cycles, not in your project: EscapeError: x (test_cli_check"
        in result.err
    )
    monkeypatch.setenv(SHOW_TRACEBACKS, "1")
    with pytest.raises(EscapeError):
        run("check")


def test_a_return_outside_of_functions_is_a_syntax_error(project: Write, run: Any) -> None:
    project({"a.py": "import b\nreturn\n", "b.py": "import a\n"})
    result = run("check", "-q")
    assert result.status == 1
    assert result.err == "import-cycles: a.py:2: syntax error: 'return' outside function\n"


def test_imports_that_must_keep_their_order_take_one_line(project: Write, run: Any) -> None:
    project(
        {
            "sim/__init__.py": "from sim.base import Kind\nfrom sim.atom import Atom\n",
            "sim/atom.py": "from sim import Kind\nclass Atom(Kind): pass\n",
            "sim/base.py": "class Kind: pass\n",
        }
    )
    out = run("check").out
    assert out.startswith("sim/__init__.py:1:6: hint[order-matters] Importing sim.base has to stay")
    assert out.count("hint[order-matters]") == 1
    assert run("check", "--verbose").out.count("hint[order-matters]") == 2

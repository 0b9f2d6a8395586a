"""The formats of `check` that services read, several at once, and into files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

Write = Callable[[Mapping[str, str]], Path]

CYCLE = {"a.py": "import b\n", "b.py": "import a\n"}
CRASH = {"a.py": "from b import y\nx = 1\n", "b.py": "from a import x\ny = 1\n"}


def test_concise_has_a_line_for_each_finding(project: Write, run: Any) -> None:
    project(CRASH)
    lines = run("check", "--format", "concise").out.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["a.py:1:15:", "b.py:1:15:"]
    assert all(re.match(r"\S+:\d+:\d+: error\[cycle-crash\] \S", line) for line in lines)


def test_gitlab_report_has_what_gitlab_asks_for(project: Write, run: Any) -> None:
    project({f"ä b/{path}": text for path, text in CRASH.items()})
    report = json.loads(run("check", "--format", "gitlab").out)
    assert [each["check_name"] for each in report] == ["cycle-crash", "cycle-crash"]
    for each in report:
        assert set(each) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert each["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert each["location"]["path"] in ("ä b/a.py", "ä b/b.py")
        assert each["location"]["lines"] == {"begin": 1}
    assert len({each["fingerprint"] for each in report}) == len(report)


def test_fingerprints_of_two_imports_of_one_module_differ(project: Write, run: Any) -> None:
    project({"a.py": "import b\nfrom b import *\n", "b.py": "import a\n"})
    report = json.loads(run("check", "--format", "gitlab").out)
    same = [each for each in report if each["location"]["path"] == "a.py"]
    assert len(same) == 2
    assert len({each["fingerprint"] for each in same}) == 2


@pytest.mark.parametrize("format_name", ["gitlab", "concise", "github"])
def test_nothing_found_is_a_whole_report(project: Write, run: Any, format_name: str) -> None:
    project({"a.py": ""})
    out = run("check", "--format", format_name).out
    assert out == ("[]\n" if format_name == "gitlab" else "")


def test_junit_has_a_failed_test_for_each_finding(project: Write, run: Any) -> None:
    project(CRASH)
    root = ElementTree.fromstring(run("check", "--format", "junit").out)
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuites", "2", "2")
    cases = root.findall("testsuite/testcase")
    assert [case.get("file") for case in cases] == ["a.py", "b.py"]
    failure = cases[0].find("failure")
    assert failure is not None
    assert "from b import y" in (failure.text or "")


def test_junit_of_a_clean_project_has_a_test_that_passes(project: Write, run: Any) -> None:
    project({"a.py": ""})
    root = ElementTree.fromstring(run("check", "--format", "junit").out)
    assert (root.get("tests"), root.get("failures")) == ("1", "0")
    assert len(root.findall("testsuite/testcase")) == 1


def test_junit_is_xml_whatever_stands_in_the_code(project: Write, run: Any) -> None:
    files = {
        "a.py": "import b  # <&\x0c\x1b ]]> \ufffe\n",
        "b.py": "import a\n",
    }
    project(files)
    out = run("check", "--format", "junit").out
    assert ElementTree.fromstring(out).get("tests") == "2"


def test_markdown_is_short_and_holds_no_markup_of_the_code(project: Write, run: Any) -> None:
    project(
        {
            **CRASH,
            "`x`_y/__init__.py": "",
            **{f"k{n}a.py": f"import k{n}b\n" for n in range(30)},
            **{f"k{n}b.py": f"import k{n}a\n" for n in range(30)},
        }
    )
    out = run("check", "--format", "markdown").out
    assert out.startswith("### Import cycles\n\n**2 crash lines, 31 cycles in 31 knots, ")
    assert len(out.splitlines()) < 40
    assert "- and 21 more knots\n" in out
    assert re.search(r"- `a\.py:1` \[cycle-crash\]\(https://\S+\): .*", out)


def test_several_formats_at_once(project: Write, run: Any) -> None:
    folder = project(CYCLE)
    result = run(
        "check", "--format", "concise", "--format=sarif=s.sarif", "--format", "junit=j.xml"
    )
    assert result.status == 1
    assert len(result.out.splitlines()) == 2
    assert json.loads((folder / "s.sarif").read_text())["version"] == "2.1.0"
    assert ElementTree.parse(folder / "j.xml").getroot().tag == "testsuites"


def test_output_file_has_what_would_be_printed(project: Write, run: Any) -> None:
    folder = project(CYCLE)
    printed = run("check", "--no-color").out
    result = run("check", "--color", "--output-file", "out.txt")
    assert (result.status, result.out) == (1, "")
    assert (folder / "out.txt").read_text("utf-8") == printed


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--format", "json", "--format", "sarif"], "two formats would go to standard output"),
        (["--format", "json=x", "--format", "sarif=x"], "two formats would go to x"),
        (["--format", "json=x", "-o", "y"], "no format is left for --output-file y"),
        (["--format", "xml"], "there is no format xml"),
        (["--format", "json="], "say which file json is to go to"),
        (["-o", "no/such/folder"], "no/such/folder: cannot be written"),
    ],
)
def test_wrong_outputs_are_said(project: Write, run: Any, arguments: list[str], told: str) -> None:
    project(CYCLE)
    result = run("check", *arguments)
    assert result.status == 2
    assert told in result.err

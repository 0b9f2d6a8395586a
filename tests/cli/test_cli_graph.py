"""`import-cycles graph`: what the JSON says of modules, edges and components; pictures."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Write = Callable[[Mapping[str, str]], Path]

FILES = {
    "p/__init__.py": "",
    "p/a.py": (
        "from typing import TYPE_CHECKING\n"
        "import p.b, os\n"
        "if TYPE_CHECKING:\n    import p.c\n"
        "def later():\n    from p.other import d\n"
    ),
    "p/b.py": (
        "try:\n    from p.a import *\nexcept ImportError:\n    pass\n"
        "import importlib\nimportlib.import_module('p.c')\n"
    ),
    "p/c.py": "ü = 1; import p.other.d\n",
    "p/other/__init__.py": "",
    "p/other/d.py": "import p.c  # import-cycles: ignore\n",
    "p/stub.pyi": "import p.a\n",
    "p/space/e.py": "",
}


def _document(run: Any, *arguments: str) -> Any:
    result = run("graph", *arguments)
    assert result.status == 0
    return json.loads(result.out)


def test_modules_have_a_kind(project: Write, run: Any) -> None:
    project(FILES)
    document = _document(run)
    assert document["version"] == 1
    assert document["problems"] == []
    kinds = {each["name"]: (each["kind"], each["is_package"]) for each in document["modules"]}
    assert kinds["p"] == ("source", True)
    assert kinds["p.a"] == ("source", False)
    assert kinds["p.stub"] == ("stub", False)
    assert kinds["p.space"] == ("namespace", True)
    assert {"name": "p.a", "path": "p/a.py", "kind": "source", "is_package": False} in document[
        "modules"
    ]


def test_edges_have_place_kind_and_flags(project: Write, run: Any) -> None:
    project(FILES)
    edges = {
        (edge["importer"], edge["imported"]): (
            f"{edge['file']}:{edge['line']}:{edge['column']}",
            edge["kind"],
            edge["flags"],
        )
        for edge in _document(run)["edges"]
    }
    assert edges[("p.a", "p.b")] == ("p/a.py:2:8", "runtime", [])
    assert edges[("p.a", "p.c")] == ("p/a.py:4:12", "typing", [])
    assert edges[("p.a", "p.other.d")][1:] == ("deferred", [])
    assert edges[("p.b", "p.a")] == ("p/b.py:2:10", "runtime", ["guarded", "star"])
    assert edges[("p.b", "p.c")][1:] == ("runtime", ["dynamic"])
    assert edges[("p.c", "p.other.d")] == ("p/c.py:1:15", "runtime", [])
    assert edges[("p.c", "p.other")][1:] == ("runtime", ["implied"])
    assert edges[("p.other.d", "p.c")][1:] == ("runtime", ["suppressed"])
    assert not any(imported == "os" for _, imported in edges)


def test_components_leave_out_accepted_cycles(project: Write, run: Any) -> None:
    project(FILES)
    assert _document(run)["components"] == [{"members": ["p.a", "p.b"], "edges": 2}]


def test_only_cycles(project: Write, run: Any) -> None:
    project(FILES)
    document = _document(run, "--cycles")
    assert [module["name"] for module in document["modules"]] == ["p.a", "p.b"]
    assert {(each["importer"], each["imported"]) for each in document["edges"]} == {
        ("p.a", "p.b"),
        ("p.b", "p.a"),
    }


def test_mistake_in_the_configuration_is_told(project: Write, run: Any) -> None:
    project({**FILES, "pyproject.toml": "[tool.import-cycles]\nrots = 1\n"})
    result = run("graph")
    assert result.status == 2
    assert "rots" in json.loads(result.out)["problems"][0]["message"]


def test_dot_draws_components_as_boxes(project: Write, run: Any) -> None:
    project({"a.py": "import b\nb.x", "b.py": "import a\ndef f(): import c; a\n", "c.py": ""})
    assert run("graph", "--format", "dot").out.splitlines() == [
        "digraph imports {",
        "  node [shape=box];",
        "  subgraph cluster_1 {",
        "    color=red;",
        '    "a";',
        '    "b";',
        "  }",
        '  "c";',
        '  "a" -> "b" [style=solid];',
        '  "b" -> "a" [style=solid, color=red, penwidth=2];',
        '  "b" -> "c" [style=dashed];',
        "}",
    ]


ODD_NAMES = [
    "ends\\",
    'quo"te',
    "<img src=x onerror=y>",
    "a&lt;b",
    "#quot;",
    "`code`",
    "two\nlines",
]


@pytest.mark.skipif(os.name == "nt", reason="file names there cannot be so odd")
def test_no_name_ends_its_string(project: Write, run: Any) -> None:
    project({f"{name}/a.py": "import os\n" for name in ODD_NAMES})
    names = [name.replace("\n", r"\n") for name in ODD_NAMES]
    shown = {*names, *(f"{name}.a" for name in names)}
    # What Graphviz and Mermaid make of strings again.
    dot = re.findall(r'^  "((?:[^"\\]|\\.)*)";$', run("graph", "--format", "dot").out, re.M)
    assert {html.unescape(re.sub(r"\\(.)", r"\1", each)) for each in dot} == shown
    labels = re.findall(r'\["([^"]*)"\]$', run("graph", "--format", "mermaid").out, re.M)
    assert not any(re.search("[<>`&\\\\]", each) for each in labels)
    entities = (re.sub(r"#(\d*)(\w*);", _html_entity, each) for each in labels)
    assert {html.unescape(each) for each in entities} == shown


def _html_entity(found: re.Match[str]) -> str:
    return f"&#{found[1]};" if found[1] else f"&{found[2]};"


def test_mermaid_keeps_names_out_of_its_grammar(project: Write, run: Any) -> None:
    project({"end.py": "import b\ndef f(): b\n", "b.py": "import end\nend.x"})
    assert run("graph", "--format", "mermaid").out.splitlines() == [
        "flowchart LR",
        '  subgraph c1 ["2 modules"]',
        '    m0["b"]',
        '    m1["end"]',
        "  end",
        "  m0 --> m1",
        "  m1 --> m0",
        "  linkStyle 1 stroke:red,stroke-width:3px",
    ]

"""Findings of a long cycle are short, and those of all its imports together at most linear."""

from __future__ import annotations

import pickle

import pytest

from harness.project import build, setup_of
from import_cycles.analysis.change import ShownFinding
from import_cycles.analysis.cuts import Cuts
from import_cycles.analysis.explain import explain
from import_cycles.analysis.project import Project
from import_cycles.base.names import SourcePath
from import_cycles.cli.console import Paint
from import_cycles.cli.places import Places
from import_cycles.cli.render import check_report, sarif
from import_cycles.cli.report import Report
from import_cycles.findings.cycle_path import MOST_HOPS, drawn, path_key
from import_cycles.findings.rule import Subject
from import_cycles.lsp.convert import ClientFacts, diagnostics_of
from import_cycles.lsp.hover import markdown_hover, plain_hover

LOADING = "import m{onward:04}\nx = 1\n"
CRASHING = "from m{onward:04} import x\nx = 1\n"


def ring(n_modules: int, line: str) -> Project:
    texts = {
        f"m{number:04}.py": line.format(onward=(number + 1) % n_modules)
        for number in range(n_modules)
    }
    return build(texts, setup_of(texts))[0]


def shown(project: Project) -> list[ShownFinding]:
    return [each for found in project.snapshot.findings.values() for each in found]


def places() -> Places:
    return Places("/case", lambda path: None)


@pytest.mark.parametrize(
    ("names", "drawing"),
    [
        ("a b a", "a → b → a"),
        ("a b c d e f a", "a → b → c → d → e → f → a"),
        ("a b c d e f g h a", "a → b → c → … 3 more … → g → h → a"),
        ("a b c d e f g h", "a → b → c → … 3 more … → g → h"),
        ("a b c d e f", "a → b → c → d → e → f"),
        ("", ""),
    ],
)
def test_long_paths_are_drawn_by_their_ends(names: str, drawing: str) -> None:
    assert drawn(names.split()) == drawing


def test_keys_of_long_paths_are_short_and_differ() -> None:
    path = tuple(f"module{number}" for number in range(300))
    assert len(path_key((*path, path[0]))) < 100
    other = (*path[:150], "other", *path[151:])
    assert path_key((*path, path[0])) != path_key((*other, other[0]))
    assert path_key(("a", "b", "a")) == "a>b>a"


@pytest.mark.parametrize("line", [LOADING, CRASHING])
def test_each_finding_of_a_ring_is_short(line: str) -> None:
    project = ring(40, line)
    found = shown(project)
    assert len(found) >= 40
    assert len({id(finding.cycle) for finding in found if finding.cycle}) == 1
    for finding in found:
        assert len(finding.message) < 400
        assert "m00" in finding.message
        assert " more … → " in finding.message
        assert len(finding.related) == MOST_HOPS
        assert all(len(note) < 400 for note in finding.notes)
        assert len(finding.path) == 41
        assert finding.path[0] == finding.path[-1]
        assert finding.related[0].hop == finding.path[:2]
        assert finding.related[-1].hop == finding.path[-2:]
        (told,) = (each.message for each in finding.related if "not listed" in each.message)
        assert "20 more imports" in told
        if finding.subject is Subject.CYCLE:
            assert finding.path[0] == finding.module


@pytest.mark.parametrize("line", [LOADING, CRASHING])
def test_a_ring_of_twice_the_size_says_twice_as_much(line: str) -> None:
    facts = ClientFacts(related_information=True, code_description=True, diagnostic_data=True)

    def sizes(n_modules: int) -> dict[str, int]:
        project = ring(n_modules, line)
        found = shown(project)
        report = Report(tuple(found), (), n_modules, 1, 1)
        sent = diagnostics_of(found, (), facts, lambda path: f"file://{path}")
        return {
            "snapshot": len(pickle.dumps(dict(project.snapshot.findings))),
            "messages": sum(len(finding.message) for finding in found),
            "diagnostics": len(repr(sent)),
            "sarif": len(sarif.render(report, places())),
            "text": len(check_report.full(report, places(), Paint())),
        }

    few, many = sizes(30), sizes(60)
    assert {what: many[what] / few[what] < 2.2 for what in few} == dict.fromkeys(few, True)


def test_an_explanation_has_the_whole_way_and_a_hover_its_beginning() -> None:
    project = ring(40, LOADING)
    found = project.snapshot.findings["/case/m0007.py"]
    explained = explain(project.snapshot, Cuts(), found[0], SourcePath("/case"))
    assert [(hop.importer, hop.imported) for hop in explained.hops] == list(
        zip(found[0].path, found[0].path[1:], strict=False)
    )
    assert [hop.place.path for hop in explained.hops][:2] == ["/case/m0007.py", "/case/m0008.py"]
    for hover in (plain_hover, markdown_hover):
        said = hover([explained], "/case")
        assert " → … 20 more imports …" in said.splitlines()[0], "the way has one line"
        assert said.count("m00") < 60

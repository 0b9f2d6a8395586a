"""The repository keeps its own rules: style, types, layers, documentation, and no import cycle."""

from __future__ import annotations

import graphlib
import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

import import_cycles
from import_cycles.__main__ import main
from import_cycles.analysis.registry import rules
from import_cycles.findings.rule import DOCS_URL, Rule
from import_cycles.proposals.fix import FixKind
from import_cycles.repair.fix_registry import fixes
from import_cycles.workspace.config import load_config
from import_cycles.workspace.toml import parse_toml

ROOT = Path(__file__).parents[1]
SERVER = ROOT / "server"
PACKAGE = SERVER / "import_cycles"
SCHEMA = PACKAGE / "import-cycles.schema.json"

_TOOLS = {
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "mypy": ["-m", "mypy"],
    "import-linter": ["-c", "from importlinter.cli import lint_imports_command as run; run()"],
    "pre-commit": ["-m", "pre_commit", "validate-config", ".pre-commit-config.yaml"],
    "pre-commit hooks": ["-m", "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml"],
}
_SECTIONS = ("What it finds:", "When it bites:", "Example:", "What to do:", "When we stay silent:")
_FIX_SECTIONS = ("What it does:", "When it is offered:", "Example:")
_GENERATED = {"build", "dist", "node_modules"}


@pytest.mark.parametrize("tool", _TOOLS)
def test_tools_agree(tool: str) -> None:
    done = subprocess.run(
        [sys.executable, *_TOOLS[tool]],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(SERVER)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{tool} says:\n{done.stdout}{done.stderr}"


def test_we_have_no_cycle_of_any_kind(capsys: pytest.CaptureFixture[str]) -> None:
    """Not even one that goes through deferred imports, or through imports for type checkers."""
    assert main(["check", str(SERVER)]) == 0, capsys.readouterr().out
    capsys.readouterr()
    assert main(["graph", str(SERVER)]) == 0
    graph = json.loads(capsys.readouterr().out)
    names = {module["name"] for module in graph["modules"]}
    assert {"import_cycles.__main__", "import_cycles.lsp.server"} <= names
    importers: dict[str, set[str]] = {name: set() for name in names}
    for edge in graph["edges"]:
        importers[edge["imported"]].add(edge["importer"])
    assert "import_cycles.__main__" in importers["import_cycles.lsp.server"]
    graphlib.TopologicalSorter(importers).prepare()  # raises CycleError, which names one


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_rules_are_documented_and_have_cases(rule: Rule) -> None:
    places = [rule.docs.find(section) for section in _SECTIONS]
    assert -1 not in places
    assert places == sorted(places)
    assert (PACKAGE / "rules" / f"{rule.code.replace('-', '_')}.py").is_file()
    assert list((ROOT / "tests" / "cases" / "rules" / rule.code).glob("*.case"))
    anchors = re.findall(r"^## (\S+)$", _read(ROOT / "docs" / "rules.md"), re.MULTILINE)
    assert anchors.count(rule.code) == 1


@pytest.mark.parametrize("fix", fixes(), ids=lambda fix: fix.code)
def test_fixes_are_documented_and_have_cases(fix: FixKind) -> None:
    places = [fix.docs.find(section) for section in _FIX_SECTIONS]
    assert -1 not in places
    assert places == sorted(places)
    assert list((ROOT / "tests" / "cases" / "fixes" / fix.code).glob("*.case"))


def test_codes_link_to_the_page_of_rules(site: Path) -> None:
    """Where the links of findings lead is a page of the site, with an anchor for each rule."""
    (url,) = re.findall(r"^site_url: (\S+)$", _read(ROOT / "mkdocs.yml"), re.MULTILINE)
    page = site / DOCS_URL.removeprefix(url).removesuffix("#") / "index.html"
    anchors = set(re.findall(r'id="([\w-]+)"', _read(page)))
    assert {rule.code for rule in rules()} <= anchors


def test_the_site_has_all_pages(site: Path) -> None:
    for page in (ROOT / "docs").glob("*.md"):
        name = "" if page.stem == "index" else page.stem
        assert (site / name / "index.html").is_file()
    schema = json.loads(_read(site / SCHEMA.name))
    assert schema["$id"].endswith(f"/{SCHEMA.name}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation as a site; a broken link is an error."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"mkdocs says:\n{done.stdout}{done.stderr}"
    return folder


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("", True),
        ('roots = ["src", "services/*/src"]', True),
        ('roots = "src"', False),
        ('exclude = ["gen/**"]\nrespect-gitignore = false\ncache = false\nbaseline = false', True),
        ("cache = 1", False),
        ('target-version = "3.12"', True),
        ('target-version = "py312"', True),
        ('target-version = "2.7"', False),
        ("target-version = 3.12", False),
        ('platform = "win32"\ntype-checking = true\nlazy-imports = "all"', True),
        ('lazy-imports = "some"', False),
        ('severity = { cycle = "off", cycle-crash = "warning" }', True),
        ('severity = { cycle = "loud" }', False),
        ('severity = { no-such-rule = "off" }', False),
        ("rots = []", False),
    ],
)
def test_schema_of_the_configuration_judges_as_the_program(
    text: str, is_right: bool, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.import-cycles]\n{text}\n", encoding="utf-8")
    table = parse_toml(_read(tmp_path / "pyproject.toml"))["tool"]["import-cycles"]
    validator = jsonschema.Draft7Validator(json.loads(_read(SCHEMA)))
    assert validator.is_valid(table) is is_right
    assert (not load_config(tmp_path).problems) is is_right


def test_schema_of_the_configuration_has_all_keys(tmp_path: Path) -> None:
    """A key that does not exist is answered with those that do."""
    (problem,) = load_config(tmp_path, {"zzzzzz": 1}).problems
    known = problem.message.partition("known are ")[2].split(", ")
    assert sorted(known) == sorted(json.loads(_read(SCHEMA))["properties"])


def test_generated_pages_are_fresh() -> None:
    generate = runpy.run_path(str(ROOT / "docs" / "generate.py"))
    for page, fresh in generate["pages"]().items():
        assert _read(page) == fresh, f"{page} is stale: run `python docs/generate.py`"


@pytest.mark.parametrize("folder", ["certainty", "limits"])
def test_what_is_certain_and_what_is_not_seen_has_cases(folder: str) -> None:
    """docs/simulation.md names each of these cases, and no other."""
    named = re.findall(rf"`{folder}/([\w-]+)`", _read(ROOT / "docs" / "simulation.md"))
    there = (ROOT / "tests" / "cases" / "simulate" / folder).glob("*.case")
    assert sorted(set(named)) == sorted(path.stem for path in there)


def test_continuous_integration_runs_the_commands_of_the_readme() -> None:
    """Command one and command two, in this order, as they stand in the README."""
    commands = re.findall(r"^(?:python3|\.venv/bin/).* && .*$", _read(ROOT / "README.md"), re.M)
    assert len(commands) == 2
    assert commands[0].endswith("import-cycles check examples/shop --exit-zero")
    assert commands[1].endswith(".venv/bin/pytest")
    lines = [line for line in _read(ROOT / ".ci" / "run").splitlines() if line.strip()]
    assert [line for line in lines if line in commands] == commands
    assert lines[-1] == commands[1]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_version_stands_in_one_place() -> None:
    version = re.compile(rf"(?<![\d.]){re.escape(import_cycles.__version__)}(?![\d.])")
    holders = [
        path.relative_to(ROOT).as_posix()
        for path in _texts(ROOT / "server", ROOT / "docs")
        if version.search(_read(path))
    ]
    assert holders == ["server/import_cycles/__init__.py"]
    assert not version.search(_read(ROOT / "pyproject.toml"))
    assert not version.search(_read(ROOT / "README.md"))


def test_nothing_is_left_for_later() -> None:
    leftover = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in _texts(ROOT)
        for number, line in enumerate(_read(path).splitlines(), start=1)
        if leftover.search(line)
    ]
    assert not found


def test_links_of_the_documentation_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in _texts(ROOT)
        if page.suffix == ".md"
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", _read(page))
        if not (page.parent / target).exists()
    ]
    assert not broken


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _texts(*folders: Path) -> Iterator[Path]:
    """Our text files below the folders; generated and hidden folders are left out."""
    for folder in folders:
        for place, inner, files in os.walk(folder):
            inner[:] = sorted(
                name
                for name in inner
                if name == ".ci"
                or not (name in _GENERATED or name.startswith((".", "__")) or "egg-info" in name)
            )
            for name in sorted(files):
                path = Path(place, name)
                if path.suffix in {".py", ".md", ".toml", ".yaml", ".lua", ".case", ".ts", ".json"}:
                    yield path

"""Builds the project of a case in memory, and says in the case's words what is found in it.

Files live under an invented folder; nothing is read or written. The three settings that change
what is found (`roots`, `target-version`, `lazy-imports`, `platform`) and `severity` are taken from the case's
`pyproject.toml`; reading configuration as such is not tested here, so what cannot be understood
is left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.markers import Expected, TextStretch, Version
from import_cycles.analysis.change import Change, Settings, ShownFinding, ShownPlace, Update
from import_cycles.analysis.project import Project
from import_cycles.base.names import SourcePath
from import_cycles.base.record import replace
from import_cycles.base.text import Position
from import_cycles.findings.rule import Place, Severity
from import_cycles.graph.edges import ImportEdge
from import_cycles.resolve.layout import Layout, build_layout
from import_cycles.syntax.imports import ImportFlag
from import_cycles.syntax.target import LazyMode, PythonTarget
from import_cycles.workspace.entry_points import entry_points, programs
from import_cycles.workspace.toml import parse_toml

FOLDER = "/case"
LIBRARIES = ".venv"
"""The folder of a case that holds what is installed: CPython finds it, the analysis does not."""
_MODULE_ENDINGS = (".py", ".pyi", ".so", ".pyd")
_TEXT_ENDINGS = (".py", ".pyi")
SEVERITY_WORDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "info",
    Severity.HINT: "hint",
}


@dataclass(frozen=True, slots=True)
class Setup:
    """What of the configuration matters to the core."""

    roots: tuple[str, ...] = (".",)
    settings: Settings = field(default_factory=Settings)
    names_target: bool = False
    """Whether the case insists on one target version."""

    def for_target(self, version: Version, platform: str | None = None) -> Setup:
        """The same for another Python."""
        own = self.settings.target
        target = replace(own, version=version, platform=platform or own.platform)
        settings = replace(self.settings, target=target)
        return Setup(self.roots, settings, self.names_target)


@dataclass(frozen=True, slots=True)
class Actual:
    """One diagnostic as it is shown; compare with `Expected`."""

    path: str
    stretch: TextStretch
    severity: str
    code: str
    message: str

    def __str__(self) -> str:
        return f'{self.path}:{self.stretch} {self.severity}[{self.code}]: "{self.message}"'


def setup_of(files: Mapping[str, str]) -> Setup:
    """Read the case's `pyproject.toml`, and `setup.cfg` for its console scripts."""
    document = parse_toml(files.get("pyproject.toml", ""))
    table = document.get("tool", {}).get("import-cycles", {})
    target = PythonTarget()
    version = table.get("target-version")
    if version is not None:
        major, minor = version.split(".")
        target = PythonTarget((int(major), int(minor)))
    target = PythonTarget(
        target.version,
        table.get("platform", target.platform),
        table.get("type-checking", False),
        LazyMode(table.get("lazy-imports", LazyMode.NORMAL.value)),
    )
    words = {severity.value: severity for severity in Severity}
    chosen = table.get("severity", {}).items()
    severity = {code: words[word] for code, word in chosen if word in words}
    roots = tuple(table.get("roots", ["."]))
    declared = entry_points(document, files.get("setup.cfg", ""))
    settings = Settings(target, severity, programs(declared), declared)
    return Setup(roots, settings, version is not None)


def source_path(path: str) -> SourcePath:
    """The path that a file of the case has in memory."""
    return SourcePath(f"{FOLDER}/{path}")


def case_path(path: SourcePath) -> str:
    """The inverse of `source_path`."""
    return path.removeprefix(f"{FOLDER}/")


def layout_of(paths: Iterable[str], roots: Sequence[str]) -> Layout:
    """The layout of all files that can be modules."""
    folders = [SourcePath(FOLDER if root == "." else f"{FOLDER}/{root}") for root in roots]
    modules = [source_path(path) for path in sorted(paths) if is_module(path)]
    return build_layout(folders, modules, base=SourcePath(FOLDER))


def texts_of(files: Mapping[str, str | None]) -> dict[SourcePath, str | None]:
    """The files that have something to analyse."""
    return {
        source_path(path): text
        for path, text in files.items()
        if path.endswith(_TEXT_ENDINGS) and is_module(path)
    }


def is_module(path: str) -> bool:
    """Whether a file of that name takes part in the layout."""
    return path.endswith(_MODULE_ENDINGS) and not path.startswith(f"{LIBRARIES}/")


def build(files: Mapping[str, str], setup: Setup) -> tuple[Project, Update]:
    """A new project, all files in one transaction."""
    project = Project()
    change = Change(texts_of(files), layout_of(files, setup.roots), setup.settings)
    return project, apply_settled(project, change)


def apply_settled(project: Project, change: Change) -> Update:
    """Apply a change, work out its verdicts and which imports must keep their order."""
    return project.apply(change).then(project.settle()).then(project.settle_order())


def findings_of(project: Project) -> tuple[Actual, ...]:
    """Everything that is shown, sorted by place."""
    found = [
        _actual(path, finding)
        for path, findings in project.snapshot.findings.items()
        for finding in findings
    ]
    return tuple(sorted(found, key=str))


def _actual(path: SourcePath, finding: ShownFinding) -> Actual:
    place = finding.place
    return Actual(
        path=case_path(path),
        stretch=stretch_of(place),
        severity=SEVERITY_WORDS[finding.severity],
        code=finding.code,
        message=finding.message,
    )


def stretch_of(place: ShownPlace) -> TextStretch:
    """A shown range in the units of cases: lines from 1, columns in code points."""
    start, end = place.range.start, place.range.end
    return TextStretch(_line(start), start.utf32, _line(end), end.utf32)


def _line(position: Position) -> int:
    return position.line + 1


def edge_lines(project: Project) -> tuple[str, ...]:
    """Every edge as an `--- edges` section has it, sorted; parallel edges are repeated."""
    return tuple(sorted(edge_text(edge) for edge in project.graph.edges()))


def edge_text(edge: ImportEdge) -> str:
    """One edge; the text's owner stands on the left, a caller that is another one at the end."""
    flags = " ".join(flag_words(edge.flags))
    kind = edge.when.value
    by = f" by {edge.importer}" if edge.importer != edge.holder else ""
    return f"{edge.holder} -> {edge.imported} {kind}" + (f" [{flags}]" if flags else "") + by


def flag_words(flags: ImportFlag) -> tuple[str, ...]:
    """The names of the flags that are set, in the order of their definition."""
    return tuple(flag.name.lower() for flag in ImportFlag if flag in flags and flag.name and flag)


def edge_line(project: Project, edge: ImportEdge) -> int:
    """The line (from 1) of the text that is responsible for an edge."""
    place = project.snapshot.locate(Place(edge.holder, edge.site))
    assert place is not None, f"{edge} stands nowhere"
    return _line(place.range.start)


# --- comparing markers ----------------------------------------------------------------------


def marker_differences(
    expected: Sequence[Expected], actual: Sequence[Actual]
) -> tuple[list[Expected], list[Actual]]:
    """What is missing and what is surplus. Exact ranges are matched before mere lines."""
    surplus = list(actual)
    missing: list[Expected] = []
    for wanted in sorted(expected, key=lambda e: (e.stretch is None, e.part is None, str(e))):
        match = next((found for found in surplus if matches(wanted, found)), None)
        if match is None:
            missing.append(wanted)
        else:
            surplus.remove(match)
    return sorted(missing, key=str), surplus


def matches(wanted: Expected, found: Actual) -> bool:
    """Whether a diagnostic is what a marker asks for."""
    where = (
        wanted.line == found.stretch.line
        if wanted.stretch is None
        else wanted.stretch == found.stretch
    )
    return (
        where
        and wanted.path == found.path
        and wanted.severity == found.severity
        and wanted.code == found.code
        and (wanted.part or "") in found.message
    )


def list_differences(expected: Iterable[str], actual: Iterable[str]) -> tuple[list[str], list[str]]:
    """Lines that are missing and lines that are surplus, counting repetitions."""
    wanted, found = Counter(expected), Counter(actual)
    return sorted((wanted - found).elements()), sorted((found - wanted).elements())

"""The predictions of `entries` beside CPython, for every module of released packages.

    python -m tests.real.first_imports FOLDER [PACKAGE ...] [--jobs N] [--whole] [--verify]
                                       [--again] [--write]

PACKAGE is what pip installs (`django`, `mindee==4.14.1`), `+` before what else it needs
(`py42==1.18.1+setuptools<70`); without one, those in `PACKAGES`. Each is installed below FOLDER,
once, and each of its own modules is imported first by CPython, once: what happened is kept beside
it (`--again` asks CPython once more). The predictions are made for the package alone, its
dependencies outside the project, as they are for whoever works on it; with `--whole`, for all that
is installed with it.

`first_import_server.py` does the imports. With `--verify` the processes of `import-cycles verify`
do, one for each module: the referee of the referee, ten times as slow.

Printed is a row for each package, why nothing certain was said of some modules, then every
difference. `--write` puts table and reasons into docs/real-packages.md, which says what the columns
mean. Executes what it installs.
"""

from __future__ import annotations

import io
import multiprocessing
import re
import subprocess
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.real import packages
from tests.real.observed import observed_imports
from tests.real.packages import Package, installed

from import_cycles.analysis.first_imports import entries, first_imports
from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.cli.console import Console
from import_cycles.cli.projects import AnalysedProject, Depth, analyse
from import_cycles.simulate.outcome import Crashes, Loads, Unsure
from import_cycles.tracebacks.comparison import Agreement, Comparison, Observed, compare
from import_cycles.tracebacks.diagnosis import Files
from import_cycles.tracebacks.diagnostician import Diagnostician
from import_cycles.workspace.files import read_source
from import_cycles.workspace.interpreters import interpreter_at

PACKAGES = (
    # Of these, modules are known to crash because of cycles.
    "clerk-backend-api==3.0.0",
    "kuna==0.4.1",
    "mindee==4.14.1",
    "py42==1.18.1+setuptools<70",
    "pyminion==0.2.0",
    "sphinx-needs==4.2.0",
    "tryceratops==0.2.3",
    # These do much while they load: metaclasses, code from text, registries, computed imports.
    "altair==6.3.0",
    "ansible-core==2.19.14",
    "astroid==4.3.4",
    "asyncua==2.1.0",
    "attrs==26.1.0",
    "beartype==0.23.1",
    "black==26.10.1",
    "bokeh==3.9.2",
    "boltons==26.2.0",
    "botocore==1.44.8",
    "capstone==5.0.9",
    "celery==5.7.0",
    "construct==2.10.70",
    "django==5.2.19",
    "docutils==0.23",
    "ezdxf==1.4.5",
    "faker==40.63.0",
    "google-api-core==2.44.0",
    "ipython==9.18.1",
    "kubernetes==37.0.2",
    "marshmallow==4.4.0",
    "mitmproxy==11.0.2",
    "mongoengine==0.29.3",
    "music21==10.5.1",
    "networkx==3.6.1",
    "openpyxl==3.1.5",
    "peewee==4.5.3",
    "pincer==0.8.0",
    "pip==26.3",
    "pony==0.7.20",
    "prompt_toolkit==3.0.53",
    "pydantic==2.14.4",
    "pygments==2.21.0",
    "pylint==4.1.4",
    "pymongo==4.20.1",
    "pyocd==0.46.0",
    "pyomo==6.10.1",
    "pyparsing==3.3.3",
    "reportlab==5.1.0",
    "scapy==2.8.0",
    "scrapy==2.19.0",
    "setuptools==84.2.1",
    "sly==0.5",
    "sphinx==9.0.4",
    "sqlalchemy==2.1.9",
    "stripe==16.1.0",
    "sympy==1.14.0",
    "textual==8.2.8",
    "traits==7.3.0",
    "trio==0.35.0",
    "twisted==26.10.0",
    "typer==0.29.2",
    "typing_inspection==0.4.5",
    "wagtail==8.0.1",
    "web3==8.0.0",
    "xonsh==0.25.0",
    "zope.component==7.1",
    "zope.interface==8.7",
    "zope.schema==8.1",
)

PAGE = Path(__file__).parents[2] / "docs" / "real-packages.md"
BEGIN, END = "<!-- Written by tests.real.first_imports -->", "<!-- Until here -->"


@dataclass
class Score:
    """What the comparison of one package counted."""

    package: str
    modules: int = 0
    loading: int = 0
    """Modules that CPython loads."""
    false: int = 0
    """Those that are predicted to crash."""
    unsure: int = 0
    """Those without a certain prediction."""
    circular: int = 0
    """Modules that CPython fails to import because of a cycle."""
    found: int = 0
    """Those of them whose exception, file and line are predicted."""
    circular_unsure: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    differences: dict[str, list[ModuleName]] = field(default_factory=dict)
    """The modules by prediction and by result."""

    def row(self) -> str:
        """A row of the table."""
        counts = (
            self.modules,
            self.loading,
            self.false,
            self.unsure,
            self.circular,
            self.found,
            self.circular_unsure,
        )
        return f"| {self.package} | {' | '.join(map(str, counts))} |"

    def count(self, comparison: Comparison) -> None:
        """Add one module."""
        outcome, observed = comparison.predicted.outcome, comparison.observed
        self.modules += 1
        is_loading = observed.failure is None and not observed.trouble
        self.loading += is_loading
        self.false += is_loading and isinstance(outcome, Crashes)
        self.unsure += is_loading and isinstance(outcome, Unsure)
        if comparison.is_circular:
            self.circular += 1
            self.found += comparison.agreement is Agreement.AGREES
            self.circular_unsure += isinstance(outcome, Unsure)
        if isinstance(outcome, Unsure) and (is_loading or comparison.is_circular):
            self.reasons[_kind_of(outcome.reason)] += 1
        if comparison.agreement is Agreement.DIFFERS or (
            comparison.is_circular and comparison.agreement is not Agreement.AGREES
        ):
            alike = self.differences.setdefault(_difference(comparison), [])
            alike.append(comparison.predicted.entry)


def total(scores: Iterable[Score]) -> Score:
    """All together."""
    whole = Score("together")
    for score in scores:
        whole.modules += score.modules
        whole.loading += score.loading
        whole.false += score.false
        whole.unsure += score.unsure
        whole.circular += score.circular
        whole.found += score.found
        whole.circular_unsure += score.circular_unsure
        whole.reasons += score.reasons
    return whole


HEAD = (
    "| package | modules | load | said to crash | unsure | circular crashes | found | unsure |"
    "\n|---|---|---|---|---|---|---|---|"
)


def _kind_of(reason: str) -> str:
    """A reason without the names in it."""
    without = re.sub(r"\s*\(/[^()]*\)", "", reason)
    return re.sub(r"'[^']*'|\b\w+(?:\.\w+)+\b", "…", without)


def _difference(comparison: Comparison) -> str:
    predicted = comparison.predicted
    match predicted.outcome:
        case Loads():
            said = "loads"
        case Unsure(reason):
            said = f"unsure: {reason}"
        case Crashes() as crash:
            kind = "circular" if predicted.is_circular else "not circular"
            said = f"{crash.error}: {crash.message} ({kind})"
    if predicted.path is not None and predicted.line is not None:
        said += f" at {predicted.path}:{predicted.line + 1}"
    failed = comparison.observed.failure
    really = "loads" if failed is None else f"{failed.error}: {failed.message[:200]}"
    if comparison.path is not None and comparison.line is not None:
        really += f" at {comparison.path}:{comparison.line + 1}"
    return f"    said: {said}\n    CPython: {really}"


def score(package: Package, options: Namespace) -> Score:
    """Ask CPython, unless its answers are there already, and compare."""
    observed = observed_imports(
        package,
        whole=options.whole,
        is_verified=options.verify,
        again=options.again,
    )
    folder = package.site if options.whole else package.own
    quiet = Console(io.StringIO(), io.StringIO())
    settings = {"target-version": options.version, "respect-gitignore": False}
    analysis = analyse([str(folder)], quiet, None, settings, verdicts=False, depth=Depth.TEXTS)
    counted = Score(" ".join(package.requirements))
    for project in analysis.projects:
        _count(project, observed, counted)
    return counted


def _count(project: AnalysedProject, observed: dict[str, Observed], counted: Score) -> None:
    layout = project.snapshot.layout
    names = [name for name in entries(project.snapshot) if dotted_name(name) in observed]
    diagnostician = Diagnostician((layout,), Files(read_source))
    for predicted in first_imports(project.snapshot, names):
        seen = observed[dotted_name(predicted.entry)]
        counted.count(compare(predicted, seen, layout, diagnostician))


def _scored(job: tuple[str, Namespace]) -> Score | str:
    """The work of one process: one package."""
    requirements, options = job
    try:
        package = installed(options.folder.resolve(), requirements.split("+"))
    except subprocess.CalledProcessError as error:
        return f"{requirements}: cannot be installed: {error.stderr.decode()[-300:]}"
    return score(package, options)


def report(scores: Sequence[Score]) -> str:
    """The table, and the reasons for missing certain predictions."""
    whole = total(scores)
    lines = [HEAD, *(each.row() for each in scores), whole.row(), ""]
    lines.append(
        f"{len(scores)} packages, {whole.modules:,} modules. Of {whole.loading:,} that load"
        f" {whole.false:,} are said to crash and {whole.unsure:,} are unsure."
        f" {whole.found:,} of {whole.circular:,} circular crashes are found."
    )
    if whole.reasons:
        lines += ["", "| unsure because | modules |", "|---|---|"]
        lines += [f"| {reason} | {count} |" for reason, count in whole.reasons.most_common()]
    return "\n".join(lines)


def write(text: str) -> None:
    """Put the report into the page."""
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", "utf-8")


def main() -> None:
    """Install, ask, compare, print."""
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--verify", action="store_true")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.write and options.packages is not PACKAGES:
        parser.error("--write is for the whole table")
    options.folder.mkdir(parents=True, exist_ok=True)
    options.version = ".".join(map(str, interpreter_at(packages.PYTHON).version))
    scores = []
    # A process for each package: what is read of one is not kept for the next.
    with multiprocessing.get_context("spawn").Pool(options.jobs, maxtasksperchild=1) as pool:
        print(HEAD, flush=True)
        for scored in pool.imap(_scored, [(each, options) for each in options.packages], 1):
            print(scored if isinstance(scored, str) else scored.row(), flush=True)
            if isinstance(scored, Score):
                scores.append(scored)
    text = report(scores)
    print(f"\n{text.partition(chr(10) * 2)[2]}")
    for each in scores:
        for difference, names in each.differences.items():
            print(f"\n{each.package}: {len(names)} modules, such as {names[0]}\n{difference}")
    if options.write:
        write(text)


if __name__ == "__main__":
    main()

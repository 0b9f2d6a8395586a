"""The predictions of `entries` beside CPython, for every module of released packages.

    python -m tests.real.first_imports FOLDER [SPEC ...] [--python EXE] [--jobs N]

SPEC is what pip installs (`django`, `mindee==4.14.1`); without one, those in `PACKAGES`. Each is
installed with its dependencies below FOLDER, once; then `import-cycles verify` imports each of its
own modules first, in a fresh process of EXE, and compares. The dependencies are outside the
project, as they are for whoever works on the package. Executes what it installs.

Printed is a row for each package, then every difference. A prediction counts as *right* when
outcome, exception, file and line are CPython's. Precision is right crashes among predicted ones;
recall is right crashes among those that CPython ends in because of a cycle. Modules that need what
is not installed cannot be compared, and count nowhere. docs/real-packages.md shows the last run.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from dataclasses import dataclass, field
from pathlib import Path

PACKAGES = (
    "django",
    "sqlalchemy",
    "celery",
    "flask",
    "pydantic",
    "sphinx",
    "sympy",
    "apache-airflow-core",
    "kuna==0.4.1",
    "py42==1.18.1 setuptools<70",
    "sphinx-needs==4.2.0",
    "tryceratops==0.2.3",
    "mindee==4.14.1",
    "clerk-backend-api==3.0.0",
    "pyminion==0.2.0",
    "pincer==0.8.0",
)


@dataclass
class Score:
    """What the comparison of one package counted."""

    spec: str
    modules: int = 0
    comparable: int = 0
    unsure: int = 0
    circular: int = 0
    """Modules that CPython fails to import because of a cycle."""
    predicted: int = 0
    """Modules predicted to crash, of the comparable ones."""
    right: int = 0
    """Those that crash just so."""
    found: int = 0
    """Circular crashes that are predicted just so."""
    differences: list[str] = field(default_factory=list)

    def row(self) -> str:
        """A row of the table."""
        columns = (
            self.spec,
            self.modules,
            self.comparable,
            self.unsure,
            self.circular,
            self.found,
            self.predicted,
            self.right,
            len(self.differences),
        )
        return "| " + " | ".join(map(str, columns)) + " |"


HEAD = (
    "| package | modules | comparable | unsure | circular crashes | found | predicted crashes"
    " | right | differences |\n|---|---|---|---|---|---|---|---|---|"
)


def install(folder: Path, spec: str, python: str) -> tuple[Path, Path]:
    """The folder with the package's own code alone, and an interpreter with all that it needs."""
    first = spec.split()[0]
    home = folder / first.replace("==", "-")
    source, environment = home / "src", home / "env"
    executable = environment / "bin" / "python"
    if (home / "done").exists():
        return source, executable
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([python, "-m", "venv", str(environment)], check=True)
    pip = [str(executable), "-m", "pip", "install", "-q", "--no-warn-script-location"]
    subprocess.run([*pip, *spec.split()], check=True, stderr=subprocess.DEVNULL)
    (site,) = environment.glob("lib/python*/site-packages")
    name = first.split("==")[0]
    tops = _own_tops(executable, name)
    source.mkdir()
    for top in tops:
        shutil.move(site / top, source / top)
    for cache in source.rglob("__pycache__"):
        shutil.rmtree(cache)
    (home / "done").touch()
    return source, executable


def _own_tops(executable: Path, name: str) -> list[str]:
    """Folders and files at the top of site-packages that a distribution brings."""
    code = (
        "import importlib.metadata as m, sys\n"
        "for f in m.files(sys.argv[1]):\n"
        "    if f.suffix in ('.py', '.so') and '..' not in f.parts: print(f.parts[0])"
    )
    printed = subprocess.run(
        [str(executable), "-c", code, name], check=True, capture_output=True, text=True
    )
    return sorted(set(printed.stdout.split()))


def compare(spec: str, source: Path, executable: Path, jobs: int) -> Score:
    """The score of one package."""
    command = [
        sys.executable, "-m", "import_cycles", "verify", str(source),
        "--python", str(executable), "--jobs", str(jobs), "--timeout", "60", "--format", "json",
    ]  # fmt: skip
    printed = subprocess.run(command, capture_output=True, text=True, check=False)
    score = Score(spec)
    for module in json.loads(printed.stdout)["modules"]:
        _count(score, module)
    return score


def _count(score: Score, module: dict[str, object]) -> None:
    predicted, observed = module["predicted"], module["observed"]
    assert isinstance(predicted, dict) and isinstance(observed, dict)
    score.modules += 1
    is_circular = bool(observed.get("circular"))
    score.circular += is_circular
    if module["agreement"] == "incomparable":
        return
    score.comparable += 1
    score.unsure += module["agreement"] == "unsure"
    score.predicted += predicted["outcome"] == "crashes"
    is_right = module["agreement"] == "agrees" and predicted["outcome"] == "crashes"
    score.right += is_right
    score.found += is_right and is_circular
    if module["agreement"] == "differs" or (module["agreement"] == "unsure" and is_circular):
        score.differences.append(f"{module['module']}: {predicted}\n    CPython: {observed}")


def main() -> None:
    """Install, compare, print."""
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("specs", nargs="*", default=PACKAGES)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    scores = []
    print(HEAD, flush=True)
    for spec in options.specs:
        try:
            source, executable = install(options.folder.resolve(), spec, options.python)
        except subprocess.CalledProcessError as error:
            print(f"{spec}: cannot be installed: {error}", flush=True)
            continue
        scores.append(compare(spec, source, executable, options.jobs))
        print(scores[-1].row(), flush=True)
    circular, found = sum(each.circular for each in scores), sum(each.found for each in scores)
    predicted, right = sum(each.predicted for each in scores), sum(each.right for each in scores)
    print(f"\n{sum(each.modules for each in scores)} modules, {circular} circular crashes")
    print(f"precision {right}/{predicted}, recall {found}/{circular}")
    for score in scores:
        for difference in score.differences:
            print(f"\n{score.spec}: {difference}")


if __name__ == "__main__":
    main()

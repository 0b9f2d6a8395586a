"""Is each fix of one kind that is offered in a real package harmless, by CPython and by the package's own tests?

`python -m tests.real.carry_out_fixes WORK CODE PACKAGE[+MORE REQUIREMENTS …] …` installs each package below
WORK and asks for all fixes of that CODE at every finding. Each that is offered is carried out in a copy of
its own, whose modules are then all imported first, as are those of the package as it is. `--limit N` takes the first
N fixes of a package. Exit status 1 when a module that loaded before does not any more.

`--source FOLDER --tests "COMMAND"` does the same with a folder of sources and what runs their tests: each fix is carried out
in a copy of FOLDER, where the command must end as it does in an untouched copy. The command is run by a
shell in the copy; `{python}` in it is the interpreter that runs this.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from tests.real.packages import first_imports, in_a_line, installed

from import_cycles.findings.rule import Subject
from import_cycles.repair.fix_registry import fixes
from import_cycles.repair.fixing import Refused
from import_cycles.repair.verify import VerifiedFix
from import_cycles.workspace.fixing import fixer_of
from import_cycles.workspace.workspace import Workspace


def offers(folder: Path, code: str, told: Counter[str]) -> Iterator[VerifiedFix]:
    """Every fix of that kind in a folder, once; `told` counts the reasons against the others."""
    workspace = Workspace(folder)
    workspace.index()
    workspace.settle()
    fixer = fixer_of(workspace)
    kinds = [kind for kind in fixes() if kind.code == code]
    seen: set[tuple[tuple[str, str], ...]] = set()
    tried: set[tuple[str, str]] = set()
    for _, findings in sorted(workspace.snapshot.findings.items()):
        for shown in findings:
            for finding in workspace.project.findings_behind(shown.module, shown.key):
                # Every import of a cycle has a finding of its own.
                own = [pair for pair in pairwise(finding.cycle) if pair[0] == shown.module]
                only = own if finding.subject is Subject.CYCLE else None
                for candidate in fixer.candidates(finding, kinds, only=only):
                    if isinstance(candidate, Refused):
                        if (candidate.hop.importer, candidate.hop.imported) not in tried:
                            tried.add((candidate.hop.importer, candidate.hop.imported))
                            told[_without_names(candidate.reason)] += 1
                        continue
                    answer = fixer.verified(candidate)
                    if isinstance(answer, Refused):
                        told[_without_names(answer.reason)] += 1
                        continue
                    key = tuple(sorted((str(path), text) for path, text in answer.after.items()))
                    if key not in seen:
                        seen.add(key)
                        yield answer


def _without_names(reason: str) -> str:
    return re.sub(r"`[^`]*`|\d+|[\w.]*\.[\w.]+", "…", reason)


def carried_out(fix: VerifiedFix, folder: Path, copy: Path) -> None:
    """A copy of a folder with the fix in it."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for path, text in fix.after.items():
        target = copy / Path(path).relative_to(folder.resolve())
        target.write_bytes(text.encode())


def check_package(work: Path, wanted: str, code: str, limit: int) -> bool:
    """Every fix in one package, by first imports."""
    package = installed(work, wanted.split("+"))
    own, copy = package.own, Path(tempfile.mkdtemp(prefix="carried-out-")) / "own"
    told: Counter[str] = Counter()
    before: dict[str, str] | None = None
    n_tried = n_broken = n_better = 0
    for fix in offers(own, code, told):
        if n_tried >= limit:
            break
        n_tried += 1
        if before is None:
            before = _endings(own, package.site, package.modules)
        carried_out(fix, own, copy)
        after = _endings(copy, package.site, package.modules)
        worse = [name for name in before if before[name] == "loads" != after[name]]
        n_better += any(after[name] == "loads" != before[name] for name in before)
        n_broken += bool(worse)
        for name in worse:
            print(f"  BROKEN {name}: {after[name]}\n    by {fix.title} at {fix.hop.importer}")
    reasons = "; ".join(f"{n} × {reason}" for reason, n in told.most_common(4))
    print(
        f"{package.name}: {n_tried} offered, {n_broken} broken, {n_better} mend a crash ({reasons})",
        flush=True,
    )
    shutil.rmtree(copy.parent, ignore_errors=True)
    return not n_broken


def _endings(own: Path, site: Path, modules: list[str]) -> dict[str, str]:
    roots = [own, site]
    return {name: in_a_line(each, roots) for name, each in first_imports(roots, modules).items()}


def check_tests(work: Path, source: Path, code: str, command: str, limit: int) -> bool:
    """Every fix in a folder of sources, by their own tests."""
    untouched, copy = work / "untouched", work / "carried-out"
    shutil.rmtree(untouched, ignore_errors=True)
    shutil.copytree(source, untouched, symlinks=True)
    wanted = _verdict(untouched, command)
    print(f"{source.name}: untouched: {wanted}", flush=True)
    is_good = True
    n_tried = 0
    for fix in offers(source.resolve(), code, Counter()):
        if n_tried >= limit:
            break
        n_tried += 1
        carried_out(fix, source, copy)
        found = _verdict(copy, command)
        is_good &= found == wanted
        mark = "same" if found == wanted else f"DIFFERS: {found}"
        print(f"  {mark}: {fix.title} at {fix.hop.importer}", flush=True)
    print(f"{source.name}: {n_tried} carried out", flush=True)
    return is_good


def _verdict(folder: Path, command: str) -> str:
    """The last line that the tests print, without times."""
    done = subprocess.run(
        command.replace("{python}", sys.executable),
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.strip()] or [done.stderr[-300:]]
    failed: Iterable[str] = sorted(line for line in lines if line.startswith(("FAILED", "ERROR")))
    summary = re.sub(r" in [\d.]+s.*|=+", "", lines[-1]).strip()
    return f"{done.returncode} {summary} {' '.join(failed)}"


def main() -> int:
    """Check all that is named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=Path)
    parser.add_argument("code")
    parser.add_argument("packages", nargs="*")
    parser.add_argument("--limit", type=int, default=10_000)
    parser.add_argument("--source", type=Path)
    parser.add_argument("--tests", default="{python} -m pytest -q -x")
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    results = [check_package(work, each, options.code, options.limit) for each in options.packages]
    if options.source is not None:
        source = options.source.resolve()
        results.append(check_tests(work, source, options.code, options.tests, options.limit))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Files whose imports are sorted are sorted after a fix as well, as ruff and isort's profiles sort.

Every fix of the first state of every case is looked at, with the imports of all its files sorted before.
What moves an import below other code is left out: no sorter likes that.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from harness.case import Case
from harness.fixes import CaseTexts, fix_states
from harness.markers import is_caret_line, without_line_markers
from harness.project import build, case_path, setup_of
from harness.reader import load_case
from import_cycles.proposals.fix import FixSettings
from import_cycles.repair.fixing import Fixer, Refused

CASES = Path(__file__).parent / "cases/fixes"
PATHS = [path for path in sorted(CASES.rglob("*.case")) if path.parent.name != "move-import-down"]


def _sorted(texts: dict[str, str]) -> dict[str, str]:
    """The texts with their imports sorted; those that ruff cannot read as they are."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for path, text in texts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(text.encode())
        subprocess.run(
            [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "I", "--fix", "-q",
             "--no-cache", str(folder)],
            check=False, capture_output=True, cwd=folder,
        )  # fmt: skip
        return {path: (folder / path).read_bytes().decode() for path in texts}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_sorted_files_stay_sorted(path: Path) -> None:
    case: Case = load_case(path, path.stem)
    base, _ = next(fix_states(case))
    report = unsorted_after(base.texts)
    assert not report, "\n".join(report)


def unsorted_after(files: dict[str, str]) -> list[str]:
    """The fixes after which a file that was sorted is not."""
    texts = {path: _plain(text) for path, text in files.items() if path.endswith(".py")}
    before = {**files, **_sorted(texts)}
    project, _ = build(before, setup_of(before))
    fixer = Fixer(project, CaseTexts(before), FixSettings())
    done: dict[str, dict[str, str]] = {}
    for shown in project.snapshot.findings.values():
        for each in shown:
            for finding in project.findings_behind(each.module, each.key):
                for offer in fixer.offers(finding):
                    if isinstance(offer, Refused) or not offer.kind.ends_cycles:
                        continue
                    if not offer.kind.is_last_resort:
                        after = {case_path(path): text for path, text in offer.after.items()}
                        done[f"{offer.kind.code}: {offer.proposal.full_title}"] = after
    report = []
    for title, after in done.items():
        for path, text in _sorted({**texts, **_only_python(before), **after}).items():
            if path in after and text != after[path]:
                report.append(f"{title}\n--- {path}\n{after[path]}--- sorted\n{text}")
    return report


def _plain(text: str) -> str:
    """Without markers, some of which stand between imports."""
    lines = (line for line in text.split("\n") if not is_caret_line(line))
    return "\n".join(map(without_line_markers, lines))


def _only_python(files: dict[str, str]) -> dict[str, str]:
    return {path: text for path, text in files.items() if path.endswith(".py")}

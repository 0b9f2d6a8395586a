"""What `check` says of a project is the same in each process, whatever order sets have in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import hypothesis


def test_check_says_the_same_whatever_the_hashes_of_texts_are(tmp_path: Path) -> None:
    # A package with so many calls while it loads that budgets of surveys end.
    package = Path(hypothesis.__file__).parent
    shutil.copytree(package, tmp_path / "hypothesis", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "import_cycles", "check", ".", "--exit-zero", "--no-cache"]
    running = [
        subprocess.Popen(
            [*command, "--format", "json"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
        )
        for seed in ("0", "6")
    ]
    one, other = (process.communicate()[0] for process in running)
    assert len(one) > 10_000
    assert one == other

"""Texts as ruff sorts their imports: the order that order-matters is about."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def sorted_by_ruff(texts: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Each text with its imports sorted, without any configuration; one process for all of them."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "-q", "--select", "I",
         "--fix", "--exit-zero", str(folder)],
        check=True,
    )  # fmt: skip
    return {name: (folder / name).read_text(encoding="utf-8") for name in texts}

"""A tree of files from a few words, for tests that need a disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Write files below a fresh folder: space-separated empty ones, and some with a text."""

    def write(empty: str = "", texts: Mapping[str, str] | None = None) -> Path:
        top = tmp_path / "top"
        for name, text in {**dict.fromkeys(empty.split(), ""), **(texts or {})}.items():
            path = top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        top.mkdir(exist_ok=True)
        return top

    return write

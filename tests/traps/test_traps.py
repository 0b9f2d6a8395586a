"""Programs that a careless quick fix breaks: they print the same before and after `fix`.

A trap is a small project with a cycle, written as in docs/cases.md: files, of which `program.py`
is run, and `--- changed` with the files that `import-cycles fix` may change or make, or `nothing`.
`--- options` are further arguments of `fix`. With `--- mended`, the program ends in a circular import
before, and prints this afterwards. With `--- typed`, mypy knows all names in these files
afterwards.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.reader import blocks_of
from import_cycles.__main__ import main

TRAPS = sorted(Path(__file__).parent.glob("*.trap"))


def _run(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-B", "program.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def _misses_of_names(folder: Path, files: list[str]) -> str:
    """What mypy says of unknown names in the files; it need not know the types of libraries."""
    options = ["--ignore-missing-imports", "--follow-imports=silent", "--cache-dir=/dev/null"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *files],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return "".join(
        line for line in done.stdout.splitlines(keepends=True) if "[name-defined]" in line
    )


@pytest.mark.parametrize("trap", TRAPS, ids=lambda path: path.stem)
def test_program_prints_the_same(
    trap: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, blocks = blocks_of(trap.read_text(encoding="utf-8"))
    texts = {block.header: "\n".join(block.body) + "\n" for block in blocks}
    changed = texts.pop("changed").split()
    options = texts.pop("options", "").split()
    mended, typed = texts.pop("mended", None), texts.pop("typed", "").split()
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    before = _run(tmp_path)
    if mended is None:
        assert before[0] == 0, f"the trap itself does not run:\n{before[1]}"
    else:
        assert before[0] and "circular import" in before[1], f"nothing to mend:\n{before[1]}"
        before = 0, mended

    main(["fix", str(tmp_path), *options])
    told = capsys.readouterr().out

    assert _run(tmp_path) == before, told
    touched = [name for name, text in texts.items() if (tmp_path / name).read_text("utf-8") != text]
    sources = (path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.py"))
    touched += sorted(set(sources) - texts.keys())
    assert touched == ([] if changed == ["nothing"] else changed), told
    if typed:
        assert _misses_of_names(tmp_path, typed) == ""


def test_there_are_traps() -> None:
    assert len(TRAPS) > 40

"""Does `import-cycles fix` leave real packages as they were, but for their cycles?

`python -m tests.real.fix_packages WORK PACKAGE[=IMPORT NAME][+MORE REQUIREMENTS …] … [-- OPTIONS]`
installs each package below WORK, fixes a copy with the OPTIONS, imports every module of both first
in a fresh process, and prints what ended otherwise. Exit status 1 when a module that loaded before
does not any more. With `IMPORT_CYCLES_PYTHON` another interpreter installs and imports.

The fixed copy stays, for the package's own tests, and beside it the report of the fixes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_SERVER = Path(__file__).with_name("first_import_server.py")
_PYTHON = os.environ.get("IMPORT_CYCLES_PYTHON", sys.executable)


def installed(work: Path, requirements: Sequence[str]) -> Path:
    """The folder with the package and what it needs; installed once."""
    folder = work / requirements[0] / "before"
    if not folder.exists():
        command = [_PYTHON, "-m", "pip", "install", "-q", "--target", str(folder), *requirements]
        subprocess.run(command, check=True)
    return folder


def modules_of(folder: Path, package: str) -> list[str]:
    """Every module of the package that can be imported by name."""
    names = []
    for path in sorted((folder / package).rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        if all(part.isidentifier() for part in parts) and parts[-1] != "__main__":
            names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def first_imports(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """How the first import of each module ends."""
    done = subprocess.run(
        [_PYTHON, "-B", str(_SERVER), str(folder)],
        input="\n".join(names),
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    return dict(line.split("\t", 1) for line in done.stdout.splitlines() if "\t" in line)


def check(work: Path, wanted: str, options: Sequence[str]) -> bool:
    """Fix one package; whether nothing that loaded before fails now."""
    requirements = wanted.split("+")
    requirements[0], _, package = requirements[0].partition("=")
    package = package or requirements[0].replace("-", "_")
    before = installed(work, requirements)
    after = before.with_name("after")
    shutil.rmtree(after, ignore_errors=True)
    shutil.copytree(before, after)
    started = time.monotonic()
    fixed = subprocess.run(
        [sys.executable, "-m", "import_cycles", "fix", str(after / package), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.monotonic() - started
    (after.parent / "fix.txt").write_text(fixed.stdout + fixed.stderr, encoding="utf-8")
    names = modules_of(before, package)
    with ThreadPoolExecutor(2) as pool:
        old, new = pool.map(first_imports, (before, after), (names, names))
    worse = [name for name in names if old[name] == "loads" != new[name]]
    better = [name for name in names if new[name] == "loads" != old[name]]
    other = [name for name in names if old[name] != "loads" != new[name] and old[name] != new[name]]
    n_loading = sum(ended == "loads" for ended in old.values())
    summary = fixed.stdout.strip().rsplit("\n", 1)[-1] or fixed.stderr.strip()[-300:]
    print(f"{requirements[0]}: {summary} ({took:.0f} s)")
    print(f"  {len(names)} modules, {n_loading} loaded before, {len(better)} more do now")
    for title, group in (("BROKEN", worse), ("differs", other)):
        for name in group:
            print(f"  {title} {name}: {old[name]} -> {new[name]}")
    return not worse


def main() -> int:
    """Check every package that is named."""
    arguments = sys.argv[1:]
    options: list[str] = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, options = arguments[:at], arguments[at + 1 :]
    work = Path(arguments[0]).resolve()
    results = [check(work, wanted, options) for wanted in arguments[1:]]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Does `import-cycles fix` leave real packages as they were, but for their cycles?

`python -m tests.real.fix_packages WORK PACKAGE[+MORE REQUIREMENTS …] … [-- OPTIONS]` installs each
package below WORK, fixes a copy of it with the OPTIONS, imports every module of both first, and
prints what ended otherwise. Exit status 1 when a module that loaded before does not any more. With
`IMPORT_CYCLES_PYTHON` another interpreter installs and imports.

The fixed copy stays, for the package's own tests, and beside it the report of the fixes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.real.packages import Package, first_imports, in_a_line, installed


def endings(package: Package, own: Path) -> dict[str, str]:
    """How the first import of each module ends, the package's own files being those of `own`."""
    roots = [own, package.site]
    ended = first_imports(roots, package.modules)
    return {name: in_a_line(each, roots) for name, each in ended.items()}


def check(work: Path, wanted: str, options: Sequence[str]) -> bool:
    """Fix one package; whether nothing that loaded before fails now."""
    package = installed(work, wanted.split("+"))
    before, after = package.own, package.home / "after"
    shutil.rmtree(after, ignore_errors=True)
    shutil.copytree(before, after)
    started = time.monotonic()
    fixed = subprocess.run(
        [sys.executable, "-m", "import_cycles", "fix", str(after), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.monotonic() - started
    (package.home / "fix.txt").write_text(fixed.stdout + fixed.stderr, encoding="utf-8")
    with ThreadPoolExecutor(2) as pool:
        old, new = pool.map(endings, (package, package), (before, after))
    worse = [name for name in old if old[name] == "loads" != new[name]]
    better = [name for name in old if new[name] == "loads" != old[name]]
    other = [name for name in old if old[name] != "loads" != new[name] and old[name] != new[name]]
    n_loading = sum(ended == "loads" for ended in old.values())
    summary = fixed.stdout.strip().rsplit("\n", 1)[-1] or fixed.stderr.strip()[-300:]
    print(f"{package.name}: {summary} ({took:.0f} s)")
    print(f"  {len(old)} modules, {n_loading} loaded before, {len(better)} more do now")
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

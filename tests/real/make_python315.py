"""Makes a CPython 3.15 out of Debian's packages, for the cases of tests/cases (docs/cases.md).

    python tests/real/make_python315.py FOLDER

FOLDER gets a minimal system of Debian's next release, and in `FOLDER/usr/bin/python3.15` a program that
runs its Python with its own libraries; the machine itself is left alone. Needs Debian or Ubuntu,
root, `debootstrap`, and the network; some 300 MB. Then:

    IMPORT_CYCLES_PYTHONS=FOLDER/usr/bin/python3.15 pytest tests/test_cases.py -k test_cpython
    IMPORT_CYCLES_PYTHONS=FOLDER/usr/bin/python3.15 pytest --update-cases -k NAME

Not part of CI, which has no such Python.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

SUITE = "forky"
MIRROR = "http://deb.debian.org/debian"
PACKAGES = "python3.15-minimal,libpython3.15-stdlib"
LOADERS = {"x86_64": "lib64/ld-linux-x86-64.so.2", "aarch64": "lib/ld-linux-aarch64.so.1"}

START = """#!/bin/sh
R={folder}
exec "$R/{loader}" --library-path "$R/usr/lib/{triple}:$R/lib/{triple}" \\
    --argv0 "$R/usr/bin/python3.15" "$R/usr/bin/python3.15-program" "$@"
"""


def main() -> int:
    """Make it; prints what it is."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    folder = Path(sys.argv[1]).resolve()
    program = folder / "usr/bin/python3.15"
    debootstrap = shutil.which("debootstrap")
    if debootstrap is None:
        print("there is no debootstrap: apt-get install debootstrap")
        return 1
    if not program.exists():
        # Every release is made like the one that is always the newest.
        script = "/usr/share/debootstrap/scripts/sid"
        subprocess.run(
            [
                debootstrap, "--variant=minbase", f"--include={PACKAGES}", SUITE, str(folder),
                MIRROR, script,
            ],
            check=True,
        )  # fmt: skip
        machine = platform.machine()
        program.rename(program.with_name("python3.15-program"))
        program.write_text(
            START.format(folder=folder, loader=LOADERS[machine], triple=f"{machine}-linux-gnu"),
            encoding="utf-8",
        )
        program.chmod(0o755)
    subprocess.run(
        [program, "-I", "-c", "import sys; print(sys.executable, sys.version)"], check=True
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

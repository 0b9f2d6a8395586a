"""Starts the language server of the bundle, or the one of this interpreter if asked to.

The editor runs `python launch.py STRATEGY [argument …]`. With `useBundled`, the packages in
`libs` come before everything else; with `fromEnvironment`, they are used only when this
interpreter has no package import-cycles.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

LIBS = Path(__file__).resolve().parent / "libs"


def main() -> int:
    """The exit status of the server."""
    strategy, *arguments = sys.argv[1:]
    if strategy == "fromEnvironment" and find_spec("import_cycles") is None:
        sys.stderr.write(f"{sys.executable} has no import-cycles: the bundled one is used\n")
        strategy = "useBundled"
    if strategy == "useBundled":
        sys.path.insert(0, str(LIBS))
    from import_cycles.__main__ import main as import_cycles

    return import_cycles(["server", *arguments])


if __name__ == "__main__":
    sys.exit(main())

"""Looks at a folder of packages: pure Python, complete for every Python that is supported, and a server.

`npm run bundle` runs it with the folder as its argument; it ends with status 1 and says what is wrong.
"""

import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

NATIVE = (".so", ".pyd", ".dylib", ".dll", ".exe", ".a", ".o")
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
NEEDED = ("pygls>=2.1,<3", "lsprotocol", "jedi", "parso", "pathspec", "tomli")


def mistakes(libs: Path) -> list[str]:
    """Everything that is wrong, in sentences."""
    found = [
        f"{path.relative_to(libs)} is native code"
        for path in sorted(libs.rglob("*"))
        if path.name.lower().endswith(NATIVE)
    ]
    here = {canonicalize_name(each.name): each for each in distributions(path=[str(libs)])}
    for each in here.values():
        if "Root-Is-Purelib: true" not in (each.read_text("WHEEL") or ""):
            found.append(f"{each.name} is not a pure wheel")
        found += unmet(each.name, each.requires or [], here)
    found += unmet("import-cycles", NEEDED, here)
    if not (libs / "import_cycles" / "__main__.py").is_file():
        found.append("the server is not there")
    return found


def unmet(
    asker: str, needs: list[str] | tuple[str, ...], here: dict[str, Distribution]
) -> list[str]:
    """What somebody needs on some Python and does not find."""
    found = []
    for need in map(Requirement, needs):
        markers = [{"python_version": version, "extra": ""} for version in VERSIONS]
        if need.marker is not None and not any(map(need.marker.evaluate, markers)):
            continue
        there = here.get(canonicalize_name(need.name))
        if there is None or not need.specifier.contains(there.version):
            found.append(f"{asker} needs {need}, which is not there")
    return found


if __name__ == "__main__":
    wrong = mistakes(Path(sys.argv[1]))
    sys.stderr.writelines(f"{each}\n" for each in wrong)
    sys.exit(1 if wrong else 0)

"""Looks at a .vsix: what has to be in it is, and what must not be is not.

`npm run package` runs it with the file as its argument; it ends with status 1 and says what is
wrong.
"""

import json
import sys
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

NATIVE = {".so", ".pyd", ".dylib", ".dll", ".exe", ".a", ".o", ".node", ".wasm"}
NEEDED = (
    "extension/package.json",
    "extension/dist/extension.js",
    "extension/dist/graph.js",
    "extension/dist/ThirdPartyNotices.txt",
    "extension/dist/server/launch.py",
    "extension/dist/server/libs/import_cycles/__main__.py",
    "extension/dist/server/libs/pygls/__init__.py",
    "extension/media/icon.png",
    "extension/LICENSE.txt",
    "extension/readme.md",
    "extension/changelog.md",
)
TOP = {"package.json", "dist", "media", "LICENSE.txt", "readme.md", "changelog.md"}
GENERATED = {"node_modules", "__pycache__"}
LARGEST = 12_000_000
MACHINE_CODE = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\0asm")


def mistakes(package: Path) -> list[str]:
    """Everything that is wrong, in sentences."""
    with ZipFile(package) as archive:
        names = archive.namelist()
        lowered = {name.lower() for name in names}
        found = [f"{name} is missing" for name in NEEDED if name.lower() not in lowered]
        for name in names:
            path = PurePosixPath(name)
            if path.suffix.lower() in NATIVE:
                found.append(f"{name} is native code")
            elif archive.open(name).read(4).startswith(MACHINE_CODE):
                found.append(f"{name} is native code by its first bytes")
            if GENERATED & set(path.parts) or (
                path.parts[0] == "extension" and path.parts[1] not in TOP
            ):
                found.append(f"{name} does not belong there")
        manifest = json.loads(archive.read("extension/package.json"))
        if manifest["main"].removeprefix("./") != "dist/extension.js":
            found.append("main is not dist/extension.js")
        if b"TargetPlatform" in archive.read("extension.vsixmanifest"):
            found.append("it is for one platform only")
    if package.stat().st_size > LARGEST:
        found.append(f"it has {package.stat().st_size} bytes, more than {LARGEST}")
    return found


if __name__ == "__main__":
    wrong = mistakes(Path(sys.argv[1]))
    sys.stderr.writelines(f"{each}\n" for each in wrong)
    sys.exit(1 if wrong else 0)

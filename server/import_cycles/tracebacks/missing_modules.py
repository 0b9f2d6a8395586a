"""The imported module does not exist, though CPython speaks of "a circular import".

`from . import const` asks the package for `const`, and tries to import `package.const` if the
package has none (importlib._bootstrap, `_handle_fromlist`; a failure of that import is no error
yet). So when a message says that a package lacks a name, there is no submodule of that name either.
While the package loads, CPython words that as "most likely due to a circular import"
(Python/ceval.c, `import_from`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Final

from import_cycles.base.names import SourcePath
from import_cycles.resolve.filenames import read_file_name
from import_cycles.resolve.layout import ModuleKind
from import_cycles.tracebacks.diagnosis import Scene, Story, Verdict
from import_cycles.tracebacks.modules import FoundModule, is_installed
from import_cycles.tracebacks.wordings import Symptom

_NOT_FOUND: Final = re.compile(r"No module named '(?P<name>[^']+)'$")
_COMPILED_FROM: Final = (".pyx", ".c", ".cpp", ".cc", ".rs", ".f90", ".pxd")
_MOST: Final = 3


def missing_module(scene: Scene) -> Story | None:
    """The story of a module, or a name, that is not there; None where that is not known."""
    failure = scene.failure
    found = _NOT_FOUND.match(failure.message)
    if failure.error == "ModuleNotFoundError" and found is not None:
        return _not_found(scene, found["name"])
    if failure.symptom is not Symptom.CANNOT_IMPORT_NAME:
        return None
    owner = _owner(scene)
    if owner is None:
        return None
    asking = scene.asking
    is_own = asking is not None and asking.module.path == owner.path
    lacks = scene.lacks(owner, failure.name, asking.line if asking and is_own else 0)
    if lacks is None and is_own and owner.is_package and failure.says_circular:
        # A definition below the import does not explain why the import above fails.
        lacks = scene.text(owner) is None
    if not lacks:
        return None
    there = scene.finder.named(f"{owner.name}.{failure.name}")
    if there is not None and there.file is not None:
        return _only_here(scene, owner, there)
    if not owner.is_package and not failure.says_circular:
        return None
    return _absent(scene, owner, failure.name)


def _owner(scene: Scene) -> FoundModule | None:
    failure = scene.failure
    position = scene.position(failure.module)
    if position is not None:
        return scene.chain[position].module
    if failure.path and not failure.blamed:
        found = scene.finder.at(failure.path)
        if found is not None:
            return found
    return scene.finder.named(failure.module) if failure.module else None


def _not_found(scene: Scene, dotted: str) -> Story | None:
    """A ModuleNotFoundError for a module in a package of the project, or beside the importing module."""
    package, _, name = dotted.rpartition(".")
    owner = scene.finder.named(package) if package else None
    if owner is not None and owner.file is not None:
        if owner.file.kind is ModuleKind.NAMESPACE:
            # Another distribution may hold the missing module.
            return None
        there = scene.finder.named(dotted)
        if there is not None and there.file is not None:
            return _only_here(scene, owner, there)
        return _absent(scene, owner, name)
    asking = scene.asking
    here = scene.finder.named(dotted)
    if here is not None and here.file is not None:
        return _not_on_path(scene, here)
    if package or asking is None or not asking.module.package:
        return None
    sibling = scene.finder.named(f"{asking.module.package}.{name}")
    if sibling is None or sibling.file is None:
        return None
    return Story(
        Verdict.NO_SUCH_MODULE,
        (
            f"No module {name} is on sys.path; there is {sibling.name}, in the package of"
            f" {asking.module.name}.",
        ),
        (f"Write `from . import {name}`, or `import {sibling.name}`.",),
    )


def _not_on_path(scene: Scene, there: FoundModule) -> Story:
    assert there.file is not None, "the project has it"
    frames = scene.failure.frames
    script = scene.finder.in_project(frames[0].path) if frames else None
    remedies = [f"Put {there.file.root} on sys.path (PYTHONPATH), or install the project."]
    if script is not None and "." in script.name:
        remedies.insert(0, f"Run the program as `python -m {script.name}` in {there.file.root}.")
    return Story(
        Verdict.UNRELATED,
        (
            f"Not a circular import: {there.name} is {there.path} here, but its folder was not on"
            " sys.path. Python puts the folder of the script there, not the one around.",
        ),
        tuple(remedies),
    )


def _only_here(scene: Scene, owner: FoundModule, there: FoundModule) -> Story:
    return Story(
        Verdict.NO_SUCH_MODULE,
        (
            f"Where this traceback comes from, {owner.name} had no submodule {scene.failure.name or there.name}."
            f" Here there is one: {there.path}.",
        ),
        (
            "See why it was not there: an older version, a file that is not in the package that was"
            " built or copied, or a name that differs in upper and lower case.",
        ),
    )


def _absent(scene: Scene, owner: FoundModule, name: str) -> Story:
    if not owner.is_package:
        what = f"No line of {owner.name} binds {name}, so it has none when it is loaded either"
    elif scene.text(owner) is None:
        what = f"{owner.name} has no submodule {name}"
    else:
        what = f"{owner.name} has no submodule {name}, and no line of it binds {name}"
    sentences = [f"{what}."]
    if scene.failure.says_circular:
        sentences.append(
            "Python guesses a circular import because it was still loading; without any cycle it"
            " would fail as well."
        )
    remedies: list[str] = []
    files = _lying(scene, owner, name)
    if files:
        shown = " and ".join(files)
        verb = "lie" if len(files) > 1 else "lies"
        sentences.append(f"In its folder {verb} {shown}.")
        remedies += _remedies_of_files(files, name)
    nearest = _nearest(scene, owner, name)
    if nearest:
        sentences.append(f"The nearest names that it has: {', '.join(nearest)}.")
    elsewhere = [
        each for each in scene.finder.called(name) if not each.startswith(f"{owner.name}.")
    ]
    if elsewhere:
        sentences.append(f"Elsewhere there is {' and '.join(elsewhere[:_MOST])}.")
    if not files:
        remedies.append("Correct the name." if nearest or elsewhere else _add_it(owner, name))
    return Story(Verdict.NO_SUCH_MODULE, tuple(sentences), tuple(remedies))


def _add_it(owner: FoundModule, name: str) -> str:
    if is_installed(owner.path):
        return (
            f"{owner.name} is installed: its installation is not complete, or another version is"
            " needed. Install it anew."
        )
    return f"Add {name} to {owner.name}, correct the name, or take the import out."


def _lying(scene: Scene, owner: FoundModule, name: str) -> list[str]:
    """Files of the package's folder that are called like the missing module, but are none."""
    if not owner.is_package:
        return []
    entries = scene.files.listed(SourcePath(owner.path.rpartition("/")[0]))
    wanted = name.casefold()
    return sorted(
        entry for entry in entries if entry.partition(".")[0].casefold() == wanted and "." in entry
    )[:_MOST]


def _remedies_of_files(files: Sequence[str], name: str) -> Iterator[str]:
    endings = {entry.partition(".")[2] for entry in files}
    if any(f".{ending}".endswith((".so", ".pyd")) for ending in endings):
        yield (
            "The compiled module is for another version of Python or another platform: build it"
            " anew, or install a version that fits."
        )
    elif any(f".{ending}" in _COMPILED_FROM for ending in endings):
        yield (
            "It is not compiled: build the project in place (`pip install -e .`), or install it"
            " and run it from another folder than that of the sources."
        )
    elif any(entry.partition(".")[0] != name for entry in files):
        yield "Write the name as the file is called: upper and lower case differ."
    elif endings == {"pyi"}:
        yield "The stub is for type checkers only: the module itself is missing."
    else:
        yield f"Python does not take it for a module: that would be {name}.py."


def _nearest(scene: Scene, owner: FoundModule, name: str) -> list[str]:
    known = set(scene.names(owner).all_bound()) - {name}
    if owner.is_package:
        for entry in scene.files.listed(SourcePath(owner.path.rpartition("/")[0])):
            file = read_file_name(entry)
            known.add(entry if file is None and "." not in entry else entry.partition(".")[0])
    known -= {name, "__init__", "__pycache__"}
    close = get_close_matches(name, sorted(each for each in known if each), _MOST)
    cased = [each for each in known if each.casefold() == name.casefold()]
    return list(dict.fromkeys([*cased, *close]))[:_MOST]

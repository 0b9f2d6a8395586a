"""A file of the program that hides a library: `queue.py` beside a script that needs `queue`.

Python takes the first file on `sys.path`, and the folder of the script comes first. The importing
module can be in a library: `concurrent.futures` needs `queue`, too.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from import_cycles.base.names import SourcePath
from import_cycles.base.words import printable
from import_cycles.tracebacks.diagnosis import Scene, Story, Verdict
from import_cycles.tracebacks.modules import FoundModule, is_installed, with_slashes
from import_cycles.tracebacks.wordings import MODULE_LEVEL, Symptom, TracebackFrame

_NOT_A_PACKAGE: Final = re.compile(
    r"No module named '(?P<name>[^']+)'; '(?P<parent>[^'.]+)' is not a package"
)


def hidden_library(scene: Scene) -> Story | None:
    """The story of a file that hides a library; None where the failure has another cause."""
    failure = scene.failure
    not_a_package = _NOT_A_PACKAGE.match(failure.message)
    if not_a_package is not None:
        name = not_a_package["parent"]
        hiding = _file_named(scene, name)
        if hiding is None:
            return None
        return _story(
            scene, hiding, name, f"and is a plain module: no {not_a_package['name']} can be in it"
        )
    if failure.symptom in (Symptom.CANNOT_IMPORT_NAME, Symptom.NO_ATTRIBUTE):
        hiding = _file_named(scene, failure.module)
        if hiding is not None and _is_meant_for_library(scene, hiding):
            return _story(scene, hiding, failure.module, f"and has no {failure.name}")
        return None
    return _found_by_library(scene)


def _is_meant_for_library(scene: Scene, hiding: FoundModule) -> bool:
    """Whether the wrong file lacks the name, rather than one that is still loading."""
    failure = scene.failure
    asking = scene.asking
    is_own = asking is not None and asking.module.path == hiding.path
    lacks = scene.lacks(hiding, failure.name, asking.line if asking and is_own else 0)
    is_standard = failure.module in sys.stdlib_module_names or failure.blames_stdlib
    if is_standard:
        return lacks is True or (lacks is None and (failure.blames_stdlib or _library_asks(scene)))
    is_self_import = scene.position(failure.module) == len(scene.chain) - 1 and is_own
    if hiding.is_package:
        # If a package asks itself for a name that it lacks, a submodule is meant.
        return False
    if is_self_import:
        return lacks is True or (lacks is None and bool(failure.blamed))
    return lacks is True and bool(failure.blamed) and scene.position(failure.module) is None


def _library_asks(scene: Scene) -> bool:
    frames = scene.failure.frames
    return bool(frames) and is_installed(frames[-1].path)


def _file_named(scene: Scene, name: str) -> FoundModule | None:
    """The file of the program that Python takes for a top-level name."""
    if not name or "." in name:
        return None
    failure, finder = scene.failure, scene.finder
    told = with_slashes(failure.blamed or failure.path)
    if told and _is_called(told, name):
        return None if is_installed(told) else finder.at(told)
    for stop in reversed(scene.chain):
        if stop.module.name == name or _is_called(stop.module.path, name):
            return stop.module
    for folder in _script_folders(failure.frames):
        for path in (f"{folder}/{name}.py", f"{folder}/{name}/__init__.py"):
            found = finder.at(path)
            if found is not None:
                return found
    return finder.named(name)


def _is_called(path: str, name: str) -> bool:
    return f"/{path}".endswith((f"/{name}.py", f"/{name}/__init__.py"))


def _script_folders(frames: tuple[TracebackFrame, ...]) -> Iterator[str]:
    """The first folder of `sys.path`, if the program is a script."""
    if frames and frames[0].function == MODULE_LEVEL and not frames[0].path.startswith("<"):
        yield with_slashes(frames[0].path).rpartition("/")[0] or "."


def _found_by_library(scene: Scene) -> Story | None:
    """A library imports a standard module and gets a file of the program."""
    frames = scene.failure.frames
    for above, below in pairwise(frames):
        if below.function != MODULE_LEVEL or not is_installed(above.path):
            continue
        module = scene.finder.at(below.path)
        stem = with_slashes(below.path).rpartition("/")[2].removesuffix(".py")
        if module is not None and stem in sys.stdlib_module_names:
            return _story(scene, module, stem, f"which {_shown(above)} imports")
    return None


def _story(scene: Scene, hiding: FoundModule, name: str, fault: str) -> Story:
    failure = scene.failure
    is_standard = name in sys.stdlib_module_names or failure.blames_stdlib
    kind = f"the standard module {name}" if is_standard else f"a library named {name}"
    path = failure.blamed or hiding.path
    sentences = [f"{path} hides {kind}: Python finds this file first, {fault}."]
    innermost = failure.frames[-1] if failure.frames else None
    if innermost is not None and is_installed(innermost.path):
        sentences.append(f"{_shown(innermost)} asks for it: a library that needs the real one.")
    return Story(
        Verdict.NAME_CLASH,
        tuple(sentences),
        (f"Rename {path}.", *_run_as_module(scene, hiding)),
    )


def _run_as_module(scene: Scene, hiding: FoundModule) -> Iterator[str]:
    """A file in a package hides a library only for scripts beside it."""
    frames = scene.failure.frames
    script = scene.finder.in_project(frames[0].path) if frames else None
    is_beside = script is not None and _folder(script.path) == _folder(hiding.path)
    if script is not None and is_beside and "." in script.name:
        yield (
            f"Or run the program as `python -m {script.name}`: then not the folder of the file comes"
            " first on sys.path, but the one in which you are."
        )


def _folder(path: SourcePath) -> str:
    return path.rpartition("/")[0]


def _shown(frame: TracebackFrame) -> str:
    """A place in a library, from where libraries start."""
    path = with_slashes(frame.path)
    for mark in ("/site-packages/", "/dist-packages/"):
        path = path.rpartition(mark)[2]
    return f"{printable(path)}:{frame.line}"

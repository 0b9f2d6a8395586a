"""Makes diagnoses: tries the patterns that failures of imports follow, the most telling first."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from import_cycles.base.names import resolve_relative
from import_cycles.resolve.layout import Layout
from import_cycles.tracebacks.diagnosis import Diagnosis, Files, Scene, Story, Verdict
from import_cycles.tracebacks.frameworks import framework_story
from import_cycles.tracebacks.hidden_libraries import hidden_library
from import_cycles.tracebacks.missing_modules import missing_module
from import_cycles.tracebacks.modules import FoundModule, KnownFiles
from import_cycles.tracebacks.names_in_source import SourceNames
from import_cycles.tracebacks.other_faces import (
    endless_hook,
    module_instead_of_name,
    name_too_early,
    through_hook,
    type_checking_set,
)
from import_cycles.tracebacks.wordings import Failure, Symptom

_FROM: Final = re.compile(r"\s*from\s+(?P<dots>\.*)(?P<module>[\w.]*)\s+import\b")

_PATTERNS: Final[tuple[Callable[[Scene], Story | None], ...]] = (
    hidden_library,
    type_checking_set,
    missing_module,
    through_hook,
    module_instead_of_name,
    endless_hook,
    name_too_early,
    framework_story,
)


class Diagnostician:
    """Diagnoses the failures of one text."""

    def __init__(self, layouts: Sequence[Layout], files: Files) -> None:
        self._known = KnownFiles(layouts)
        self._files = files

    def diagnose(self, failure: Failure) -> Diagnosis:
        """The cause of one failure. Never raises."""
        scene = Scene(failure, self._known, self._files)
        owner = failure.module or _asked_module(scene)
        if failure.symptom is Symptom.UNDEFINED_NAME:
            owner = _short_star(scene)
        waiting, start = _start(scene, owner)
        module = _owner_module(scene, owner)
        story = next(filter(None, (pattern(scene) for pattern in _PATTERNS)), None)
        if story is not None and story.start is not None:
            start = story.start
        return Diagnosis(
            failure,
            story.verdict if story else _verdict(scene, owner, start),
            scene.frames,
            scene.chain,
            failure.name,
            owner,
            waiting,
            start,
            scene.names(module).bindings(failure.name) if failure.name else (),
            _closing_line(scene, waiting),
            scene.text(module) is not None,
            story,
            module,
        )

    def names_of(self, module: FoundModule | None) -> SourceNames:
        """Answers about the text of a module; about an empty one when it is not available."""
        text = None if module is None else self._files.read(module.path)
        return SourceNames(text, module.package if module else "")


def _owner_module(scene: Scene, owner: str) -> FoundModule | None:
    if not owner:
        return None
    position = scene.position(owner)
    if position is not None:
        return scene.chain[position].module
    told = scene.finder.at(scene.failure.path) if scene.failure.path else None
    return told if told and told.name == owner else scene.finder.named(owner)


def _asked_module(scene: Scene) -> str:
    """From which module a line imports, for messages that do not say (before 3.7)."""
    chain = scene.chain
    found = _FROM.match(chain[-1].source) if chain else None
    if found is None or scene.failure.symptom is not Symptom.CANNOT_IMPORT_NAME:
        return ""
    if not found["dots"]:
        return found["module"]
    return resolve_relative(chain[-1].module.package, len(found["dots"]), found["module"]) or ""


def _short_star(scene: Scene) -> str:
    """The loading module of which a star-import brought less than it would have later."""
    chain = scene.chain
    if not chain:
        return ""
    here = chain[-1]
    for line, origin in scene.names(here.module).stars():
        for stop in chain[:-1]:
            if stop.module.name == origin and line <= here.line:
                later = scene.names(stop.module).bindings(scene.failure.name)
                if any(each.line > stop.line for each in later):
                    return origin
    return ""


def _closing_line(scene: Scene, waiting: str) -> int | None:
    chain = scene.chain
    if not chain:
        return None
    last = chain[-1]
    found = scene.names(last.module).import_of(waiting, last.line)
    if found is None and scene.failure.symptom is Symptom.CANNOT_IMPORT_NAME:
        return last.line
    return found


def _start(scene: Scene, owner: str) -> tuple[str, int | None]:
    """The module that has to finish first, and its place in the chain."""
    failure = scene.failure
    submodule = f"{owner}.{failure.name}"
    if failure.symptom in (Symptom.NO_ATTRIBUTE, Symptom.NO_SUBMODULE):
        position = scene.position(submodule)
        if position is not None:
            return submodule, position
        if failure.symptom is Symptom.NO_SUBMODULE:
            return submodule, None
    return owner, scene.position(owner)


def _verdict(scene: Scene, owner: str, start: int | None) -> Verdict:
    failure = scene.failure
    if start is not None or (owner and failure.says_circular):
        return Verdict.CIRCULAR
    if failure.error == "ModuleNotFoundError":
        return Verdict.UNRELATED
    if not owner or failure.symptom is Symptom.OTHER or not failure.frames:
        return Verdict.OPEN
    return Verdict.UNRELATED

"""Cycles that fail otherwise than by a name that cannot be imported.

A function that a loading module calls, a `__getattr__` that imports, a submodule found in place of
the function of its name: each is recognized from the frames and the texts together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from import_cycles.tracebacks.diagnosis import Scene, Stop, Story, Verdict
from import_cycles.tracebacks.modules import FoundModule
from import_cycles.tracebacks.wordings import Symptom

_IS_MODULE: Final = re.compile(r"'module' object (?:is not \w+|does not support|has no len)")


def through_hook(scene: Scene) -> Story | None:
    """A finished package gives a name when it is asked (PEP 562), from a module still loading."""
    failure = scene.failure
    asking = scene.asking
    is_missing = failure.symptom in (Symptom.CANNOT_IMPORT_NAME, Symptom.NO_ATTRIBUTE)
    if not is_missing or asking is None or scene.position(failure.module) is not None:
        return None
    owner = scene.finder.named(failure.module)
    hook = scene.names(owner).bindings("__getattr__")
    if owner is None or not hook:
        return None
    for position, stop in enumerate(scene.chain):
        later = [
            each
            for each in scene.names(stop.module).bindings(failure.name)
            if each.line > stop.line
        ]
        if later and stop.module.path not in (owner.path, asking.module.path):
            return Story(
                Verdict.CIRCULAR,
                (
                    f"{asking.module.name} asks {owner.name} for {failure.name}, whose `__getattr__`"
                    f" (line {hook[0].line}) has it from {stop.module.name}. That is still loading (it"
                    f" has come to its line {stop.line}): line {later[0].line} would bind it.",
                ),
                (
                    f"Import {stop.module.name} later in the module that is loaded first, or let"
                    f" {asking.module.name} import {failure.name} inside the functions that need it.",
                ),
                position,
            )
    return None


def module_instead_of_name(scene: Scene) -> Story | None:
    """A line gets a submodule where a package will bind something else to its name."""
    asking, failure = scene.asking, scene.failure
    is_lacking = failure.symptom is Symptom.NO_ATTRIBUTE
    if asking is None or not (is_lacking or _IS_MODULE.match(failure.message)):
        return None
    for package, module in _modules_on(scene, asking):
        if is_lacking and module.name != failure.module:
            continue
        name = module.name.rpartition(".")[2]
        bindings = scene.names(package).bindings(name)
        others = [each for each in bindings if each.origin != package.name]
        if not others:
            continue
        position = scene.position(package.name)
        binding = others[-1]
        where = f"line {binding.line} of {package.name} binds something else to the name {name}"
        better = f"Import it from where it is defined: `from {module.name} import {name}`."
        if position is not None and binding.line > scene.chain[position].line:
            return Story(
                Verdict.CIRCULAR,
                (
                    f"{package.name}.{name} is the module {module.name} here: {where}, but"
                    f" {package.name} is still loading (it has come to its line"
                    f" {scene.chain[position].line}).",
                ),
                (better,),
                position,
            )
        if is_lacking:
            return None
        return Story(
            Verdict.UNRELATED,
            (
                "Not a circular import:"
                f" {package.name}.{name} is the module {module.name} here. Though {where}, an import"
                " of the module sets the name again.",
            ),
            (better,),
        )
    return None if is_lacking else _plain_module(scene, asking)


def _modules_on(scene: Scene, asking: Stop) -> Iterator[tuple[FoundModule, FoundModule]]:
    """The modules that a line may have got by their names, each with the package around it."""
    for dotted in scene.names(asking.module).dotted_on(asking.line):
        module = scene.finder.named(dotted)
        package = scene.finder.named(dotted.rpartition(".")[0])
        if module is not None and package is not None and package.is_package:
            yield package, module


def _plain_module(scene: Scene, asking: Stop) -> Story | None:
    for dotted in scene.names(asking.module).dotted_on(asking.line):
        module = scene.finder.named(dotted)
        name = dotted.rpartition(".")[2]
        if module is not None and not scene.lacks(module, name):
            return Story(
                Verdict.UNRELATED,
                (
                    f"Not a circular import: {dotted} is the module itself in line {asking.line} of"
                    f" {asking.module.name}, and what is in it was meant.",
                ),
                (f"Write `from {dotted} import {name}`.",),
            )
    return None


def endless_hook(scene: Scene) -> Story | None:
    """A `__getattr__` of a package asks the package itself, and so calls itself."""
    asking = scene.asking
    if scene.failure.error != "RecursionError":
        return None
    again = [stop for stop in scene.frames if stop.function == "__getattr__"]
    if len(again) < 2 or asking is None:
        return None
    hook = again[-1]
    source = scene.source(hook)
    owner = hook.module
    found = re.match(r"\s*from\s+(?P<of>\.+|[\w.]+)\s+import\s+(?P<name>\w+)", source)
    text = source.strip() or f"line {hook.line}"
    name = found["name"] if found else "the submodule"
    told = owner.name if owner.is_package else "the module"
    return Story(
        Verdict.OPEN,
        (
            f"The `__getattr__` of {owner.name} calls itself: `{text}` (line {hook.line}) asks {told} for"
            f" {name}, which it does not have yet, and so Python calls `__getattr__` again. A module"
            " that is still loading, or an import in another order, can be why it does not have it.",
        ),
        (
            f"Import the submodule in a way that does not ask the package:"
            f' `importlib.import_module(f"{{__name__}}.{name}")` in `__getattr__`.',
        ),
    )


def name_too_early(scene: Scene) -> Story | None:
    """A function of a module that is still loading reads a name that is bound further down."""
    failure, asking = scene.failure, scene.asking
    if failure.symptom is not Symptom.UNDEFINED_NAME or asking is None:
        return None
    names = scene.names(asking.module)
    guarded = names.guarded_import_of(failure.name)
    if guarded is not None and not names.bindings(failure.name):
        return Story(
            Verdict.UNRELATED,
            (
                f"Line {guarded} of {asking.module.name} imports {failure.name} for type checkers only,"
                " and it was needed at run time.",
            ),
            (
                f"If an annotation needs it: import it for real where the annotations are read, or"
                f" import the module instead of {failure.name} outside of `if TYPE_CHECKING:`.",
            ),
        )
    later = names.bindings(failure.name)
    if not asking.is_in_function:
        own = [each for each in later if each.line > asking.line]
        if own:
            return Story(
                Verdict.UNRELATED,
                (
                    f"Not a circular import: line {own[0].line} of {asking.module.name} binds"
                    f" {failure.name}, below line {asking.line}, which needs it.",
                ),
                (f"Move line {asking.line} below line {own[0].line}.",),
            )
        return None
    position = scene.position(asking.module.name)
    if position is None or position == len(scene.chain) - 1:
        return None
    reached = scene.chain[position].line
    after = [each for each in later if each.line > reached]
    if not after:
        return None
    return Story(
        Verdict.CIRCULAR,
        (
            f"{asking.function} of {asking.module.name} needs {failure.name}, but {asking.module.name} is"
            f" still loading (it has come to its line {reached}): line {after[0].line} would bind it.",
        ),
        (
            f"Move the binding of {failure.name} above line {reached} of {asking.module.name}, or that"
            " import below it.",
        ),
        position,
    )


def type_checking_set(scene: Scene) -> Story | None:
    """An import for type checkers ran: the program has set `typing.TYPE_CHECKING`."""
    position = scene.position(scene.failure.module)
    if position is None:
        return None
    frames = [
        stop for stop in scene.frames if scene.names(stop.module).is_for_type_checkers(stop.line)
    ]
    if not frames:
        return None
    ran = frames[-1]
    setters = [
        f"line {line} of {stop.module.name}"
        for stop in scene.frames
        if (line := scene.names(stop.module).sets_type_checking()) is not None
    ]
    who = f"{setters[0]} sets" if setters else "something in the program has set"
    return Story(
        Verdict.CIRCULAR,
        (
            f"Line {ran.line} of {ran.module.name} stands under `if TYPE_CHECKING:` and ran all the"
            f" same: {who} `typing.TYPE_CHECKING`. Tools for documentation do that.",
        ),
        (
            "Leave `typing.TYPE_CHECKING` as it is. If a documentation build needs it, set it only after"
            " the project has been imported.",
            "Or let no import for type checkers close a cycle; `import-cycles entries --type-checking`"
            " tells which modules fail so.",
        ),
        position,
    )

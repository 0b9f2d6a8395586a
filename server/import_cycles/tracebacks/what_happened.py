"""A diagnosis in plain sentences: what happened. `remedies` says what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from import_cycles.tracebacks.diagnosis import Diagnosis, Verdict
from import_cycles.tracebacks.wordings import MODULE_LEVEL, Symptom

_NOT_A_PACKAGE = re.compile(r"No module named '(?P<name>[^']+)'; '(?P<parent>[^']+)' is not a")


def remarks(diagnosis: Diagnosis) -> tuple[str, ...]:
    """What happened."""
    if diagnosis.story is not None:
        first = [_first(diagnosis)] if diagnosis.verdict is Verdict.CIRCULAR else []
        return (*first, *diagnosis.story.sentences)
    if diagnosis.verdict is Verdict.CIRCULAR:
        return tuple(_circular(diagnosis))
    if diagnosis.verdict is Verdict.OPEN:
        return tuple(_open(diagnosis))
    return tuple(_unrelated(diagnosis))


def _circular(diagnosis: Diagnosis) -> Iterator[str]:
    chain = diagnosis.chain
    if chain:
        yield _first(diagnosis)
    yield _missing(diagnosis)
    if diagnosis.is_readable and not diagnosis.bindings and not diagnosis.waits_for_submodule:
        yield (
            f"No line of {diagnosis.owner} binds {diagnosis.name}: it may come from a"
            " star-import, or have been renamed; then breaking the cycle is not enough."
        )
    if diagnosis.failure.blamed:
        yield (
            f"Python's advice to rename {diagnosis.failure.blamed} is wrong here: no other module"
            " of that name was meant, the right one is just not finished. Python 3.13 words a"
            " circular import so when the module lies in the first folder of sys.path."
        )
    names = [stop.module.name for stop in chain]
    if names and names.count(names[0]) > 1:
        yield (
            f"{names[0]} runs twice: once as the program (`__main__`) and once more because it"
            " is imported by its name."
        )


def _first(diagnosis: Diagnosis) -> str:
    first, outermost = diagnosis.chain[0], diagnosis.failure.frames[0]
    # With no module above it, it was the program itself, or the top of the traceback was cut off.
    is_outermost = outermost.line == first.line and outermost.function == MODULE_LEVEL
    how = "came" if is_outermost else "was imported"
    return f"{first.module.name} {how} first."


def _missing(diagnosis: Diagnosis) -> str:
    name, owner, asking = diagnosis.name, diagnosis.owner, diagnosis.asking
    if asking is None and "." not in owner and not diagnosis.failure.path.endswith("__init__.py"):
        where = f" ({diagnosis.failure.path})" if diagnosis.failure.path else ""
        return (
            f"{owner}{where} was still loading when its {name} was asked for. It imports what imports it,"
            " or itself: a script that is called like the library it wants does that, and has to be"
            " renamed."
        )
    asker = asking.module.name if asking else "Some module"
    if diagnosis.failure.error == "ImportCycleError":
        resolved = diagnosis.failure.message.split("'")[1]
        return (
            f"{asker} needs {resolved} while a lazy import of it is being carried out, which is what"
            f" loads {diagnosis.waiting}{_reached(diagnosis)}."
        )
    if diagnosis.waits_for_submodule:
        return (
            f"{asker} uses {owner}.{name}, but Python sets a submodule as attribute of its package"
            f" only when it has finished loading, and {diagnosis.waiting} has not"
            f"{_reached(diagnosis)}."
        )
    if asker == owner and diagnosis.start == len(diagnosis.chain) - 1:
        return (
            f"{owner} imports itself and asks for {name}, which is not bound yet{_when(diagnosis)}."
        )
    how = "imports * from" if is_star(diagnosis) else f"asks for {name} of"
    return (
        f"{asker} {how} {owner}, which is still loading{_reached(diagnosis)}:"
        f" {name} is not bound yet{_when(diagnosis)}."
    )


def is_star(diagnosis: Diagnosis) -> bool:
    """Whether a star-import came too early."""
    asking = diagnosis.asking
    is_undefined = diagnosis.failure.symptom is Symptom.UNDEFINED_NAME
    return is_undefined or (asking is not None and asking.source.endswith("import *"))


def _reached(diagnosis: Diagnosis) -> str:
    if diagnosis.start is None:
        return ""
    return f" (it has come to its line {diagnosis.chain[diagnosis.start].line})"


def _when(diagnosis: Diagnosis) -> str:
    binding = diagnosis.later_binding
    return "" if binding is None else f", line {binding.line} would bind it"


def _unrelated(diagnosis: Diagnosis) -> Iterator[str]:
    failed = diagnosis.failure
    if failed.error == "ModuleNotFoundError":
        clash = _NOT_A_PACKAGE.match(failed.message)
        if clash is not None:
            yield (
                f"Not a circular import: {clash['parent']} is a plain module, so nothing can be in"
                " it. Perhaps a file of that name hides the package that was meant."
            )
            return
        yield (
            "Not a circular import: no module of that name was found. It is not installed, not on"
            " sys.path, or spelled otherwise."
        )
        return
    lacking = (
        f"Not a circular import: {diagnosis.owner} was not loading at that time, it just has no"
        f" {failed.name}."
    )
    module = diagnosis.owner_module
    if module is not None and module.file is not None and "." not in module.name:
        yield (
            f"{lacking} It is {module.path} of this program: if a library named {module.name} was"
            " meant, the file hides it and has to be renamed; else the name is spelled otherwise."
        )
        return
    yield f"{lacking} The name is spelled otherwise, or another version was expected."


def _open(diagnosis: Diagnosis) -> Iterator[str]:
    failed = diagnosis.failure
    if diagnosis.owner and not failed.frames:
        yield (
            f"The message alone does not tell whether {diagnosis.owner} was still loading;"
            " give the whole traceback."
        )
    elif failed.symptom is Symptom.UNDEFINED_NAME:
        yield (
            "Nothing here shows a circular import: one shows itself so when `import *` brought too"
            " little from a module that was still loading, or when a function needs a name of one."
        )
    elif len(diagnosis.chain) > 1:
        waiting = " → ".join(stop.module.name for stop in diagnosis.chain)
        yield (
            f"It failed while modules were loading ({waiting}), which does not show whether a"
            " cycle is the reason."
        )
    else:
        yield "Nothing in this traceback shows a circular import: no module waited for another one."

"""A diagnosis in plain sentences: what happened, and what to do about it, the best first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from import_cycles.analysis.names_in_source import Moment, SourceNames
from import_cycles.analysis.traceback_diagnosis import Diagnosis, Stop, Verdict
from import_cycles.analysis.traceback_reading import MODULE_LEVEL, Symptom

_NOT_A_PACKAGE = re.compile(r"No module named '(?P<name>[^']+)'; '(?P<parent>[^']+)' is not a")


def remarks(diagnosis: Diagnosis) -> tuple[str, ...]:
    """What happened."""
    match diagnosis.verdict:
        case Verdict.CIRCULAR:
            return tuple(_circular(diagnosis))
        case Verdict.NAME_CLASH:
            return tuple(_clash(diagnosis))
        case Verdict.UNRELATED:
            return (_unrelated(diagnosis),)


def advice(diagnosis: Diagnosis, asking_names: SourceNames) -> tuple[str, ...]:
    """What to do; `asking_names` are those of the module that asked for the name."""
    match diagnosis.verdict:
        case Verdict.CIRCULAR:
            return tuple(dict.fromkeys(_remedies(diagnosis, asking_names)))
        case Verdict.NAME_CLASH:
            return (f"Rename {diagnosis.failure.blamed or 'the file'}.",)
        case Verdict.UNRELATED:
            return ()


# --- what happened ---------------------------------------------------------------------------


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
    # Nothing above it: then it was the program itself, or the top was cut off.
    is_outermost = outermost.line == first.line and outermost.function == MODULE_LEVEL
    how = "came" if is_outermost else "was imported"
    return f"{first.module.name} {how} first."


def _missing(diagnosis: Diagnosis) -> str:
    name, owner, asking = diagnosis.name, diagnosis.owner, diagnosis.asking
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
    how = "imports * from" if _is_star(diagnosis) else f"asks for {name} of"
    return (
        f"{asker} {how} {owner}, which is still loading{_reached(diagnosis)}:"
        f" {name} is not bound yet{_when(diagnosis)}."
    )


def _is_star(diagnosis: Diagnosis) -> bool:
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


def _clash(diagnosis: Diagnosis) -> Iterator[str]:
    yield (
        f"{diagnosis.owner} here is a file of this program, which hides a library of that name:"
        f" the file has no {diagnosis.name}, and would have none without any cycle."
    )


def _unrelated(diagnosis: Diagnosis) -> str:
    failed = diagnosis.failure
    if failed.error == "ModuleNotFoundError":
        clash = _NOT_A_PACKAGE.match(failed.message)
        if clash is not None:
            return (
                f"Not a circular import: {clash['parent']} is a plain module, so nothing can be in"
                " it. Perhaps a file of that name hides the package that was meant."
            )
        return (
            "Not a circular import: no module of that name was found. It is not installed, not on"
            " sys.path, or spelled otherwise."
        )
    is_of_module = failed.symptom in (Symptom.CANNOT_IMPORT_NAME, Symptom.NO_ATTRIBUTE)
    if is_of_module and diagnosis.owner:
        if not failed.frames:
            return (
                f"The message alone does not tell whether {diagnosis.owner} was still loading;"
                " give the whole traceback."
            )
        return (
            f"Not a circular import: {diagnosis.owner} was not loading at that time, it just has no"
            f" {failed.name}. The name is spelled otherwise, or another version was expected."
        )
    if failed.symptom is Symptom.UNDEFINED_NAME:
        return (
            "Not a circular import, as far as can be seen: one shows itself so only when `import *`"
            " brought too little from a module that was still loading."
        )
    return f"Not a circular import: no cycle shows itself as {failed.error}."


# --- what to do ------------------------------------------------------------------------------


def _remedies(diagnosis: Diagnosis, names: SourceNames) -> Iterator[str]:
    asking = diagnosis.asking
    if asking is None:
        yield f"Give the whole traceback, or `import-cycles explain {diagnosis.owner}`."
        return
    if diagnosis.waits_for_submodule:
        yield from _submodule_remedies(diagnosis, asking)
    elif diagnosis.failure.symptom is Symptom.CANNOT_IMPORT_NAME:
        yield from _import_remedies(diagnosis, asking, names)
    else:
        yield from _attribute_remedies(diagnosis, asking, names)
    yield from _order_remedies(diagnosis, asking)


def _import_remedies(diagnosis: Diagnosis, asking: Stop, names: SourceNames) -> Iterator[str]:
    name, owner, asker = diagnosis.name, diagnosis.owner, asking.module.name
    yield from _at_the_source(diagnosis, asker)
    uses = names.uses(names.bound_as(asking.line, name))
    loading = next((use for use in uses if use.moment is Moment.LOADING), None)
    moments = {use.moment for use in uses}
    if loading is not None:
        yield (
            f"{asker} needs {name} while it loads (line {loading.line}), so importing later does"
            f" not help: move {name} to a module that imports neither of the two, or move what"
            f" line {loading.line} does into a function."
        )
        return
    if moments == {Moment.ANNOTATION}:
        future = (
            ""
            if names.postpones_annotations()
            else " and, before Python 3.14, add `from __future__ import annotations`"
        )
        yield (
            f"{asker} uses {name} in annotations only: put the import under"
            f" `if TYPE_CHECKING:`{future}."
        )
        return
    when = f"{asker} uses {name} only inside functions"
    yield (
        f"{when if uses else f'If {when}'}: import the module instead of the name"
        f" (`{_import_module(owner)}`, then `{_called(owner)}.{name}` in the functions), or move"
        " the import into the functions that need it."
    )
    if Moment.ANNOTATION in moments:
        yield (
            f"The annotations with {name} must then not be evaluated: `from __future__ import"
            " annotations`, and the import under `if TYPE_CHECKING:` for type checkers."
        )


def _attribute_remedies(diagnosis: Diagnosis, asking: Stop, names: SourceNames) -> Iterator[str]:
    name, owner, asker = diagnosis.name, diagnosis.owner, asking.module.name
    if _is_star(diagnosis):
        yield (
            f"Import the module instead of `*`: `{_import_module(owner)}` in {asker}, and use"
            f" `{_called(owner)}.{name}` inside functions."
        )
        return
    yield (
        f"Line {asking.line} of {asker} needs {owner}.{name} while loading: move that line's work"
        f" into a function, or move {name} to a module that imports neither of the two."
    )


def _submodule_remedies(diagnosis: Diagnosis, asking: Stop) -> Iterator[str]:
    owner, name = diagnosis.owner, diagnosis.name
    yield (
        f"Write `from {owner} import {name}` or `import {owner}.{name} as {name}` in"
        f" {asking.module.name}: both find the module although it is still loading. Use what is in"
        " it inside functions only."
    )
    yield f"If line {asking.line} needs it while loading, move what it needs to a module of its own."


def _at_the_source(diagnosis: Diagnosis, asker: str) -> Iterator[str]:
    """A name that the owner has from elsewhere can be had there, without the owner."""
    binding = diagnosis.later_binding
    if binding is not None and binding.origin and binding.origin != asker:
        yield (
            f"{diagnosis.owner} itself imports {diagnosis.name} from {binding.origin} (line"
            f" {binding.line}): import it from there in {asker}."
        )


def _order_remedies(diagnosis: Diagnosis, asking: Stop) -> Iterator[str]:
    binding = diagnosis.later_binding
    if diagnosis.start is None or diagnosis.waits_for_submodule or binding is None:
        return
    owner = diagnosis.chain[diagnosis.start]
    if binding.origin or binding.line < owner.line or owner.module.name == asking.module.name:
        return
    following = diagnosis.cycle[1]
    yield (
        f"If {diagnosis.name} (line {binding.line}) does not need {following}, move it above the"
        f" import in line {owner.line} of {diagnosis.owner}."
    )
    yield (
        f"Or break the cycle in {diagnosis.owner}: if it needs {following} only inside functions,"
        f" import it there instead of in line {owner.line}."
    )


def _import_module(dotted: str) -> str:
    package, _, name = dotted.rpartition(".")
    return f"from {package} import {name}" if package else f"import {name}"


def _called(dotted: str) -> str:
    return dotted.rpartition(".")[2]

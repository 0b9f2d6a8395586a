"""What to do about a circular import, as far as the texts of the modules in the traceback tell.

If the project is at hand, `verified_advice` says which change of an import is verified to help.
Then only the advice here on moving code is of use; see `moves`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from import_cycles.tracebacks.diagnosis import Diagnosis, Stop, Verdict
from import_cycles.tracebacks.modules import FoundModule, is_installed
from import_cycles.tracebacks.names_in_source import Moment, SourceNames
from import_cycles.tracebacks.what_happened import is_star
from import_cycles.tracebacks.wordings import Symptom

NamesOf = Callable[["FoundModule | None"], SourceNames]
"""Answers about the text of a module."""


def advice(diagnosis: Diagnosis, names_of: NamesOf) -> tuple[str, ...]:
    """Changes of imports that may help, and code to move, the best first."""
    if diagnosis.story is not None:
        return diagnosis.story.remedies
    if diagnosis.verdict is not Verdict.CIRCULAR:
        return ()
    asking = diagnosis.asking
    if asking is None:
        return (f"Give the whole traceback, or `import-cycles explain {diagnosis.owner}`.",)
    if asking.module.file is None and is_installed(asking.module.path):
        return (_of_library(diagnosis),)
    found = (*_import_changes(diagnosis, asking, names_of), *moves(diagnosis, names_of))
    return tuple(dict.fromkeys(found))


def _of_library(diagnosis: Diagnosis) -> str:
    top = diagnosis.owner.partition(".")[0]
    return (
        f"The cycle is inside of {top}, which is installed: install another version of it, or import first"
        f" what its documentation imports."
    )


def moves(diagnosis: Diagnosis, names_of: NamesOf) -> tuple[str, ...]:
    """Which code has to move where no change of an import helps."""
    if diagnosis.story is not None:
        return diagnosis.story.remedies
    asking = diagnosis.asking
    if asking is None or diagnosis.verdict is not Verdict.CIRCULAR:
        return ()
    return tuple(_moves(diagnosis, asking, names_of))


def _moves(diagnosis: Diagnosis, asking: Stop, names_of: NamesOf) -> Iterator[str]:
    name, owner, asker = diagnosis.name, diagnosis.owner, asking.module.name
    if asking.is_in_function:
        yield from _call_later(diagnosis, asking)
        return
    if diagnosis.waits_for_submodule:
        yield (
            f"If line {asking.line} needs it while loading, move what it needs to a module of its own."
        )
        return
    if is_star(diagnosis):
        return
    line = _loading_line(diagnosis, asking, names_of)
    if line is None:
        yield from _unused(diagnosis, asking, names_of(asking.module))
        yield from _in_annotations(diagnosis, asking, names_of(asking.module))
        return
    into = f"move what line {line} does into a function"
    needed = names_of(diagnosis.owner_module).needs_while_loading(name)
    if needed.isdisjoint(diagnosis.cycle):
        into = f"move {name} to a module that imports neither of the two, or {into}"
    yield f"{asker} needs {name} of {owner} while it loads (line {line}), so importing later does not help: {into}."


def _unused(diagnosis: Diagnosis, asking: Stop, names: SourceNames) -> Iterator[str]:
    name = diagnosis.name
    if names.is_import(asking.line) and not names.uses(names.bound_as(asking.line, name)):
        yield (
            f"Nothing in {asking.module.name} uses {name}: take the import out, unless others import"
            f" {name} from there."
        )


def _in_annotations(diagnosis: Diagnosis, asking: Stop, names: SourceNames) -> Iterator[str]:
    name = diagnosis.name
    moments = {use.moment for use in names.uses(names.bound_as(asking.line, name))}
    if moments == {Moment.ANNOTATION}:
        yield (
            f"{asking.module.name} uses {name} in annotations only, but something may read"
            f" them at run time: put both into one module, or move {name} to a module that imports"
            " neither of the two."
        )


def _call_later(diagnosis: Diagnosis, asking: Stop) -> Iterator[str]:
    calling = diagnosis.chain[-1] if diagnosis.chain else None
    if calling is None:
        return
    what = "The import" if diagnosis.failure.symptom is Symptom.CANNOT_IMPORT_NAME else "What"
    what += f" in `{asking.function}` (line {asking.line} of {asking.module.name})"
    code = f" (`{calling.source}`)" if calling.source else ""
    yield (
        f"{what} runs while modules load, because line {calling.line} of {calling.module.name}{code}"
        " leads there: do that later, inside a function that is called when everything has loaded, or"
        " move it to a module that none of these imports."
    )


def _loading_line(diagnosis: Diagnosis, asking: Stop, names_of: NamesOf) -> int | None:
    """The line that needs the name while its module loads; None without one."""
    if diagnosis.failure.symptom is not Symptom.CANNOT_IMPORT_NAME:
        return asking.line
    names = names_of(asking.module)
    uses = names.uses(names.bound_as(asking.line, diagnosis.name))
    return next((use.line for use in uses if use.moment is Moment.LOADING), None)


def _import_changes(diagnosis: Diagnosis, asking: Stop, names_of: NamesOf) -> Iterator[str]:
    if asking.is_in_function:
        yield from _order(diagnosis, asking, names_of)
        return
    if diagnosis.waits_for_submodule:
        owner, name = diagnosis.owner, diagnosis.name
        yield (
            f"Write `from {owner} import {name}` or `import {owner}.{name} as {name}` in"
            f" {asking.module.name}: both find the module although it is still loading. Use what is"
            " in it inside functions only."
        )
    elif is_star(diagnosis):
        owner = diagnosis.owner
        yield (
            f"Import the module instead of `*`: `{_import_module(owner)}` in {asking.module.name}, and"
            f" use `{_called(owner)}.{diagnosis.name}` inside functions."
        )
    elif diagnosis.failure.symptom is Symptom.CANNOT_IMPORT_NAME:
        yield from _of_import(diagnosis, asking, names_of(asking.module))
    yield from _order(diagnosis, asking, names_of)


def _of_import(diagnosis: Diagnosis, asking: Stop, names: SourceNames) -> Iterator[str]:
    name, owner, asker = diagnosis.name, diagnosis.owner, asking.module.name
    yield from _at_the_source(diagnosis, asker)
    uses = names.uses(names.bound_as(asking.line, name))
    moments = {use.moment for use in uses}
    if Moment.LOADING in moments:
        return
    if not uses and names.is_parsed():
        return
    if moments == {Moment.ANNOTATION}:
        future = (
            ""
            if names.postpones_annotations()
            else " and, before Python 3.14, add `from __future__ import annotations`"
        )
        yield (
            f"{asker} uses {name} in annotations only: unless something reads them at run time (as"
            f" pydantic, SQLAlchemy and many decorators do), put the import under `if TYPE_CHECKING:`{future}."
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


def _at_the_source(diagnosis: Diagnosis, asker: str) -> Iterator[str]:
    """A name that the owner imports from elsewhere can be imported from there, without the owner."""
    binding = diagnosis.later_binding
    if binding is not None and binding.origin and binding.origin != asker:
        yield (
            f"{diagnosis.owner} itself imports {diagnosis.name} from {binding.origin} (line"
            f" {binding.line}): import it from there in {asker}."
        )


def _order(diagnosis: Diagnosis, asking: Stop, names_of: NamesOf) -> Iterator[str]:
    binding = diagnosis.later_binding
    if diagnosis.start is None or diagnosis.waits_for_submodule or binding is None:
        return
    owner = diagnosis.chain[diagnosis.start]
    if binding.origin or binding.line < owner.line or owner.module.name == asking.module.name:
        return
    following = diagnosis.cycle[1]
    names = names_of(owner.module)
    if following in names.needs_while_loading(diagnosis.name):
        return
    if not names.is_import(owner.line):
        yield (
            f"Line {owner.line} of {diagnosis.owner} leads to {following} before line {binding.line}"
            f" binds {diagnosis.name}: do what it does later."
        )
        return
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

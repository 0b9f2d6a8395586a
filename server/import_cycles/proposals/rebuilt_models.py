"""Annotations in quotes for pydantic, and `model_rebuild()` where both models are defined.

Pydantic tries to evaluate a model's annotations when the class is made. Where a name is missing, the
model stays unfinished until `model_rebuild()` finds the name, in the module of the class or around
the call (pydantic/main.py, `BaseModel.model_rebuild`). The module that defines the missing class,
and imports the model, has both when it has been executed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import ModuleName, ancestors, child, dotted_name
from import_cycles.base.text import Span
from import_cycles.proposals.fix import Refusal
from import_cycles.proposals.origins import (
    External,
    Origin,
    OwnClass,
    step_parts,
)
from import_cycles.proposals.text_references import Place, Reference, is_of_top_level, loads
from import_cycles.source.insertion import (
    Lines,
    NotPossible,
    below_statement,
    has_future_annotations,
    quoted,
)
from import_cycles.source.scopes import AnnotationPlace
from import_cycles.source.uses import FileUses, Moment, moment
from import_cycles.syntax import steps as s
from import_cycles.syntax.imports import ImportFlag, When
from import_cycles.syntax.walk import steps_of_scope

_DEPTH: Final = 12

_MODELS: Final = frozenset(
    {"pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic_settings.BaseSettings"}
)


def rebuilt_reference(place: Place) -> Reference | Refusal | None:
    """The quotes for a class in a field's annotation; None where the read is in no such field."""
    read, annotation = place.read, place.read.annotation
    if (
        annotation is None
        or annotation.place is not AnnotationPlace.CLASS_VARIABLE
        or read.in_metadata
        or read.for_type_checkers
    ):
        return None
    around = list(place.surroundings.classes(annotation.owner))
    model = place.origins.of(place.importer, (around[0].name,)) if len(around) == 1 else None
    if not isinstance(model, OwnClass) or not _is_model(place, model, _DEPTH):
        return None
    defining = place.context.hop.imported
    refusal = (
        _not_found(place, defining)
        or _confused(place, defining, around[0])
        or _used_before(place, model)
        or _used_in(place, defining)
    )
    if refusal is not None:
        return refusal
    written = _name_in(place, defining, model)
    uses = place.context.uses(defining)
    if written is None or uses is None:
        return Refusal(
            f"{dotted_name(defining)} does not import `{model.step.name}`, so there is no place where"
            " both are defined"
        )
    file = place.uses.file
    try:
        is_text = read.is_quoted or has_future_annotations(file)
        edits = () if is_text else (quoted(file, annotation.root),)
    except NotPossible as error:
        return Refusal(error.reason)
    path = place.context.path_of(defining)
    return Reference(
        (read,),
        read.name,
        edits,
        "a name in quotes",
        _caution(place, model, defining),
        is_seen_by_type_checkers=True,
        elsewhere={path: (_rebuilding(uses, f"{written}.model_rebuild()"),)},
    )


def _is_model(place: Place, origin: Origin, depth: int) -> bool:
    match origin:
        case External(dotted=dotted):
            return dotted in _MODELS
        case OwnClass(module=module, step=step) if depth:
            bases = (place.origins.of(module, step_parts(base)) for base in step.bases)
            return any(_is_model(place, base, depth - 1) for base in bases)
        case _:
            return False


def _not_found(place: Place, defining: ModuleName) -> Refusal | None:
    """Whether the other module would not have the class under this name."""
    there, here = place.origins.of(defining, (place.read.name,)), place.meaning
    is_known = (
        isinstance(here, OwnClass)
        and isinstance(there, OwnClass)
        and there.step is here.step
        and not place.read.attributes
        and is_of_top_level(place.origins, here)
    )
    if is_known:
        return None
    return Refusal(f"{dotted_name(defining)} may have no class that is called {place.told}")


def _confused(place: Place, defining: ModuleName, node: ast.ClassDef) -> Refusal | None:
    """Whether a name of the model's annotations means something else in the other module.

    The names around the call of `model_rebuild` come before those of the model's module.
    """
    summary = place.context.summary(defining)
    for name in _names_in(node):
        if name == place.read.name or summary is None or not summary.may_bind(name):
            continue
        if place.origins.of(defining, (name,)) != place.origins.of(place.importer, (name,)):
            return Refusal(f"`{name}` means something else in {dotted_name(defining)}")
    return None


def _names_in(node: ast.ClassDef) -> Iterator[str]:
    for each in node.body:
        if not isinstance(each, ast.AnnAssign):
            continue
        for inner in ast.walk(each.annotation):
            if isinstance(inner, ast.Name):
                yield inner.id
            elif isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                try:
                    tree = ast.parse(inner.value.strip(), mode="eval")
                except SyntaxError:
                    continue
                yield from (each.id for each in ast.walk(tree) if isinstance(each, ast.Name))


def _used_before(place: Place, model: OwnClass) -> Refusal | None:
    """Whether code needs the finished model while modules load: an instance, a class below it."""
    name, context = model.step.name, place.context
    for read in place.uses.of(name).reads:
        if moment(read) is Moment.LOADING:
            return Refusal(f"`{name}` is used while its module loads, and would not be finished")
    for reader in context.readers(place.importer, name):
        summary = context.summary(reader)
        for step in () if summary is None else steps_of_scope(summary.codes[0].body):
            if isinstance(step, s.DefineClass):
                bases = (place.origins.of(reader, step_parts(base)) for base in step.bases)
                if any(isinstance(base, OwnClass) and base.step is model.step for base in bases):
                    return Refusal(
                        f"`{step.name}` of {dotted_name(reader)} derives from `{name}`, and would not"
                        " be finished"
                    )
    return None


def _used_in(place: Place, module: ModuleName) -> Refusal | None:
    """Whether the other module needs finished models while it loads, as for an instance."""
    uses = place.context.uses(module)
    if uses is None:
        return Refusal(f"the text of {dotted_name(module)} cannot be read")
    bases = {
        id(inner)
        for node in ast.walk(uses.file.tree)
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        for inner in ast.walk(base)
    }
    for read in uses.scopes.reads:
        if moment(read) is not Moment.LOADING or id(read.node) in bases:
            continue
        origin = place.origins.of(module, (read.name, *read.attributes))
        if isinstance(origin, OwnClass) and _is_model(place, origin, _DEPTH):
            return Refusal(
                f"{dotted_name(module)} uses `{read.name}` while it loads, when it is not finished"
            )
    return None


def _name_in(place: Place, module: ModuleName, model: OwnClass) -> str | None:
    """How a module names the model at its end, because it surely imports it; None if it does not."""
    context, name = place.context, model.step.name
    summary = context.summary(module)
    unsure = ImportFlag.CONDITIONAL | ImportFlag.GUARDED | ImportFlag.DYNAMIC | ImportFlag.LAZY
    for each in () if summary is None else summary.imports:
        if each.code != 0 or each.when is not When.RUNTIME or each.flags & unsure:
            continue
        found = context.resolve(module, each.module, each.level)
        if found is None:
            continue
        if each.names is None:
            if found == place.importer:
                return f"{each.bound_as or each.module}.{name}"
            continue
        for item in each.names:
            if child(found, item.name) == place.importer:
                return f"{item.bound_as}.{name}"
            if item.name == name and place.origins.of(module, (item.bound_as,)) == model:
                return item.bound_as
    return None


def _rebuilding(uses: FileUses, statement: str) -> TextEdit:
    """The call at the end of a module, above what runs only in a script."""
    file = uses.file
    body = file.tree.body
    last = body[-1]
    if _is_main_block(last) and len(body) > 1:
        last = body[-2]
    if statement in (ast.unparse(each) for each in body):
        end = len(file.text)
        return TextEdit(Span(end, end), "")
    return below_statement(file, last, (Lines((statement,)),))


def _is_main_block(node: ast.stmt) -> bool:
    match node:
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
        case _:
            return False


def _caution(place: Place, model: OwnClass, defining: ModuleName) -> str:
    told = f"pydantic finishes `{model.step.name}` at the end of {dotted_name(defining)}"
    if any(loads(place.context, package, defining) for package in ancestors(place.importer)):
        return told
    return f"{told}, and it cannot be used unless that is loaded"

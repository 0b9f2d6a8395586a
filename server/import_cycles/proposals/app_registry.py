"""Getting a model from Django's app registry in a function: `apps.get_model("shop", "Order")`.

The registry has all models once Django is set up (django/apps/registry.py, `Apps.get_model`), so
this serves signal handlers, tasks and views, and nothing that runs while modules load.
"""

from __future__ import annotations

from import_cycles.base.edits import TextEdit
from import_cycles.base.record import record
from import_cycles.proposals.django_models import is_migration, is_model, model_label
from import_cycles.proposals.fix import FixContext, Refusal
from import_cycles.proposals.function_imports import FunctionUses
from import_cycles.proposals.origins import External, Origins, OwnClass
from import_cycles.proposals.text_references import in_quotes
from import_cycles.source.file import SourceFile
from import_cycles.source.insertion import FunctionNode, Lines, at_function_start, below_imports

_REGISTRY = External("django.apps.apps")


@record
class RegistryUses:
    """What takes the place of imports in functions."""

    edits: tuple[TextEdit, ...]
    names: tuple[str, ...]
    """The models, as the functions know them."""


def registry_uses(
    context: FixContext, file: SourceFile, placed: FunctionUses
) -> RegistryUses | Refusal:
    """The edits that get models from the registry in the functions that use them.

    Raises `NotPossible`.
    """
    origins = Origins(context.summary, context.resolve)
    if is_migration(context.hop.importer):
        return Refusal("a migration gets models as they were")
    spelled = _spelling(context, origins, file)
    if spelled is None:
        return Refusal("`apps` means something else in this file")
    registry, is_known = spelled
    edits: list[TextEdit] = []
    if not is_known:
        own = "" if registry == "apps" else f" as {registry}"
        edits.append(below_imports(file, f"from django.apps import apps{own}"))
    lines: dict[FunctionNode, list[Lines]] = {}
    names: dict[str, None] = {}
    for function, needed in placed.users.items():
        for each in needed:
            model = origins.of(context.hop.importer, (each.uses.name,))
            is_plain = each.name == each.uses.name and is_model(origins, model)
            if not is_plain or not isinstance(model, OwnClass):
                return Refusal(f"`{each.name}` is no model of Django", applies=False)
            label = model_label(context, origins, model)
            if isinstance(label, Refusal):
                return label
            app, _, name = label.partition(".")
            texts = ", ".join(in_quotes(file, part) for part in (app, name))
            text = f"{each.name} = {registry}.get_model({texts})"
            lines.setdefault(function, []).append(Lines((text,)))
            names[each.name] = None
    edits += [at_function_start(file, function, each) for function, each in lines.items()]
    return RegistryUses(tuple(edits), tuple(names))


def _spelling(context: FixContext, origins: Origins, file: SourceFile) -> tuple[str, bool] | None:
    """What the file calls the registry, and whether it does already; None if no name is free."""
    for name in ("apps", "django_apps"):
        if origins.of(context.hop.importer, (name,)) == _REGISTRY:
            return name, True
    free = (name for name in ("apps", "django_apps") if name not in file.identifiers)
    return next(((name, False) for name in free), None)

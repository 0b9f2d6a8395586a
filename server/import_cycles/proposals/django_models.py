"""The text by which Django's app registry finds a model: `"app_label.Model"`.

A model's label is that of `Meta.app_label`, else that of the app whose package is around its module
(django/db/models/base.py, `ModelBase.__new__`; django/apps/registry.py,
`get_containing_app_config`). An app has the label that its `AppConfig` says, else the last part of
its name (django/apps/config.py). Fields look the text up once all models are loaded
(django/db/models/fields/related.py, `lazy_related_operation`), so the model's module must be one
that Django loads: `models` of an app, or what that imports.
"""

from __future__ import annotations

from typing import Final

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import ModuleName, ancestors, child, dotted_name
from import_cycles.base.record import record
from import_cycles.libraries.facts import Registry
from import_cycles.proposals.fix import OF_APPS, FixContext, Refusal
from import_cycles.proposals.origins import External, Origin, Origins, OwnClass, step_parts
from import_cycles.proposals.text_references import (
    Place,
    Reference,
    class_binders,
    constant,
    in_quotes,
    is_of_top_level,
    loads,
)
from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import binders

_DEPTH: Final = 12


_CAUTION: Final = (
    "Django finds {} by this text once all models are loaded, so what asks the field for its model"
    " before that fails"
)


def field_reference(place: Place) -> Reference | Refusal | None:
    """The text for a model that a field is given; None where the read is no such model."""
    read = place.read
    argument = next(place.surroundings.arguments(place.whole), None)
    if argument is None or argument.value is not place.whole or read.function is not None:
        return None
    takes = place.takes_texts(argument.call.func)
    if takes is None or takes.registry is not Registry.APPS or argument.place not in takes.places:
        return None
    if is_migration(place.importer):
        return Refusal("a migration names models as they were")
    model = place.meaning
    if not isinstance(model, OwnClass) or read.chain is None:
        return Refusal(f"it is not clear which model {place.told} is")
    label = model_label(place.context, place.origins, model)
    if isinstance(label, Refusal):
        return label
    text = in_quotes(place.uses.file, label)
    return Reference(
        (read,), place.name, (TextEdit(read.chain, text),), text, _CAUTION.format(place.told)
    )


# --- which classes are models ------------------------------------------------------------------

_MODEL: Final = frozenset({"django.db.models.Model", "django.db.models.base.Model"})


def is_model(origins: Origins, origin: Origin, depth: int = _DEPTH) -> bool:
    """Whether a class surely is a model, abstract ones included."""
    match origin:
        case External(dotted=dotted):
            package, _, name = dotted.rpartition(".")
            is_abstract = name.startswith("Abstract") and not name.endswith("Manager")
            is_contributed = package.startswith("django.contrib.") and is_abstract
            return dotted in _MODEL or is_contributed
        case OwnClass(module=module, step=step) if depth:
            bases = (origins.of(module, step_parts(base)) for base in step.bases)
            return any(is_model(origins, base, depth - 1) for base in bases)
        case _:
            return False


# --- labels ------------------------------------------------------------------------------------


@record
class App:
    """An app of the project."""

    package: ModuleName
    label: str


def is_migration(module: ModuleName) -> bool:
    """Whether a module is one of Django's migrations, which name models as they were."""
    return "migrations" in dotted_name(module).split(".")


def model_label(context: FixContext, origins: Origins, model: OwnClass) -> str | Refusal:
    """The text for a model, `app_label.Model`; a refusal where the registry may not find it."""
    name = model.step.name
    if not is_of_top_level(origins, model):
        return Refusal(f"`{name}` is not defined once and for all in {dotted_name(model.module)}")
    options = _Options(context, origins)
    for option, told in (
        ("abstract", "is an abstract model, which is in no registry"),
        ("swappable", "may be swapped for another model, which a setting names"),
    ):
        value = options.own(model, option)
        if isinstance(value, Refusal):
            return value
        if value is not None and value.value is not False:
            return Refusal(f"`{name}` {told}")
    app = app_of(context, model.module)
    if isinstance(app, Refusal):
        return app
    if not _is_loaded_with(context, app, model.module):
        return Refusal(
            f"the models of {dotted_name(app.package)} do not load {dotted_name(model.module)}"
        )
    label = options.inherited(model, "app_label", _DEPTH)
    if isinstance(label, Refusal):
        return label
    if label is not None and not isinstance(label.value, str):
        return Refusal(f"the `app_label` of `{name}` is no text")
    return f"{app.label if label is None else label.value}.{name}"


# --- options of models -------------------------------------------------------------------------


@record
class _Options:
    """What `Meta` says of models: a constant, nothing, or a refusal where it is not clear."""

    context: FixContext
    origins: Origins

    def own(self, model: OwnClass, option: str) -> s.Constant | Refusal | None:
        """What the model's own `Meta` says."""
        meta = self._meta(model)
        if meta is None or isinstance(meta, Refusal):
            return meta
        return self._in_meta(meta, option, 1 if option == "abstract" else _DEPTH)

    def inherited(self, model: OwnClass, option: str, depth: int) -> s.Constant | Refusal | None:
        """What its own `Meta` says, or that of an abstract base if it has none."""
        meta = self._meta(model)
        if isinstance(meta, Refusal):
            return meta
        if meta is not None:
            return self._in_meta(meta, option, _DEPTH)
        for base in model.step.bases:
            found = self.origins.of(model.module, step_parts(base))
            if isinstance(found, External):
                continue
            if not isinstance(found, OwnClass) or not depth:
                return Refusal(f"the bases of `{model.step.name}` are not known")
            value = self.inherited(found, option, depth - 1)
            if value is not None:
                return value
        return None

    def _meta(self, model: OwnClass) -> OwnClass | Refusal | None:
        match class_binders(self.context, model).get("Meta", []):
            case []:
                return None
            case [(s.DefineClass() as step, None)]:
                return OwnClass(model.module, step)
            case _:
                return Refusal(f"the `Meta` of `{model.step.name}` is not written out")

    def _in_meta(self, meta: OwnClass, option: str, depth: int) -> s.Constant | Refusal | None:
        """`depth`: how many classes are looked into, of which one is `meta` itself."""
        bound = class_binders(self.context, meta).get(option)
        if bound is not None:
            return constant(bound) or Refusal(f"`{option}` of a model is not written out")
        if depth == 1:
            return None
        for base in meta.step.bases:
            found = self.origins.of(meta.module, step_parts(base))
            if isinstance(found, External):
                continue
            if not isinstance(found, OwnClass) or not depth:
                return Refusal("the bases of a model's `Meta` are not known")
            value = self._in_meta(found, option, depth - 1 or 1)
            if value is not None:
                return value
        return None


# --- apps --------------------------------------------------------------------------------------


def app_of(context: FixContext, module: ModuleName) -> App | Refusal:
    """The app that a module belongs to: that of the nearest package around it that is one."""
    for package in (module, *reversed(list(ancestors(module)))):
        file = context.layout.module(package)
        if file is None or not file.is_package:
            continue
        app = _configured(context, package) or _unconfigured(context, package)
        if app is not None:
            return app
    return Refusal(f"{dotted_name(module)} stands in no app of Django")


def _configured(context: FixContext, package: ModuleName) -> App | Refusal | None:
    """What `apps.py` says of a package."""
    module = child(package, "apps")
    summary = context.summary(module)
    if summary is None or context.layout.module(module) is None:
        return None
    dotted = dotted_name(package)
    labels: set[str] = set()
    for steps in binders(summary.codes[0].body, summary.imports).values():
        for step, _ in steps:
            if isinstance(step, s.DefineClass) and step.bases:
                config = OwnClass(module, step)
                named = class_binders(context, config).get("name")
                if named is None:
                    continue
                name = constant(named)
                label = _label(context, config, dotted)
                if name is None or name.value != dotted or label is None:
                    return Refusal(f"the name and the label of the app {dotted} are not clear")
                labels.add(label)
    if len(labels) > 1:
        return Refusal(f"the app {dotted} has labels to choose from")
    return App(package, labels.pop()) if labels else None


def _label(context: FixContext, config: OwnClass, dotted: str) -> str | None:
    """The label that a configuration gives its app; None when it is not clear."""
    origins = Origins(context.summary, context.resolve)
    found: OwnClass | None = config
    for _ in range(_DEPTH):
        if found is None:
            break
        bound = class_binders(context, found).get("label")
        if bound is not None:
            label = constant(bound)
            return label.value if label is not None and isinstance(label.value, str) else None
        bases = [origins.of(found.module, step_parts(base)) for base in found.step.bases]
        if not all(isinstance(base, External | OwnClass) for base in bases):
            return None
        found = next((base for base in bases if isinstance(base, OwnClass)), None)
    return dotted.rpartition(".")[2]


def _unconfigured(context: FixContext, package: ModuleName) -> App | Refusal | None:
    """An app that the settings name by its package, or that has models and migrations."""
    layout, dotted = context.layout, dotted_name(package)
    if layout.module(child(package, "models")) is None:
        return None
    is_listed = bool(context.patched(f"{OF_APPS}{dotted}"))
    if not is_listed and layout.module(child(package, "migrations")) is None:
        return None
    summary = context.summary(package)
    if summary is None or summary.may_bind("default_app_config"):
        return Refusal(f"the label of the app {dotted} is not clear")
    return App(package, dotted.rpartition(".")[2])


# --- what is loaded ----------------------------------------------------------------------------


def _is_loaded_with(context: FixContext, app: App, wanted: ModuleName) -> bool:
    """Whether loading the models of an app loads a module, without the import that is to go."""
    return loads(context, child(app.package, "models"), wanted)

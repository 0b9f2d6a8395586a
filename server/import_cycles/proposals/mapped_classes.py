"""The texts by which SQLAlchemy finds mapped classes and tables: `relationship("Order")`.

A relationship evaluates texts when mappers are configured, with the names of the classes of its
own declarative base, of the tables of that base's `MetaData`, and of what `sqlalchemy` itself
exports (sqlalchemy/orm/clsregistry.py, `_class_resolver`). A name that two classes have is an
error. So both classes must have one base, and the project must have one class of that name.
"""

from __future__ import annotations

import ast
import re
from typing import Final, TypeAlias

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import ModuleName, ancestors, dotted_name
from import_cycles.libraries.facts import Registry
from import_cycles.proposals.fix import OF_CLASSES, Refusal
from import_cycles.proposals.origins import (
    External,
    Origin,
    OwnClass,
    OwnValue,
    UnknownOrigin,
    dotted_parts,
    step_parts,
)
from import_cycles.proposals.text_references import (
    Argument,
    Place,
    Reference,
    class_binders,
    constant,
    in_quotes,
    is_of_top_level,
    loads,
)
from import_cycles.source.insertion import NotPossible, has_future_annotations, quoted
from import_cycles.source.scopes import AnnotationPlace
from import_cycles.syntax import steps as s

_DEPTH: Final = 12

_BASES: Final = frozenset(
    {"sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta"}
)
_MAKERS: Final = frozenset(
    {
        "sqlalchemy.orm.declarative_base",
        "sqlalchemy.ext.declarative.declarative_base",
        "sqlalchemy.ext.declarative.api.declarative_base",
    }
)
_EXTENSION: Final = "flask_sqlalchemy.SQLAlchemy"
"""What makes the base `db.Model` and tables with `db.Table`."""
_MAPPED: Final = frozenset(
    f"sqlalchemy.orm.{name}" for name in ("Mapped", "DynamicMapped", "WriteOnlyMapped")
)
_COLUMNS: Final = frozenset({"Column", "mapped_column"})
_KNOWN_IN_TEXTS: Final = frozenset({"sqlalchemy.orm.foreign", "sqlalchemy.orm.remote"})
"""What texts may name beside the names of the package `sqlalchemy` itself."""

Base: TypeAlias = "tuple[ModuleName, object]"
"""A declarative base: the module and the statement that make it."""


def mapped_reference(place: Place) -> Reference | Refusal | None:
    """The text for a class or a table that a relationship is given or annotated with.

    None where the read stands in no relationship.
    """
    if place.read.annotation is not None:
        return _in_annotation(place)
    for argument in place.surroundings.arguments(place.read.node):
        takes = place.takes_texts(argument.call.func)
        if takes is None or takes.registry is not Registry.MAPPERS:
            continue
        value = _evaluated(argument)
        function = place.read.function
        if function is not None and function is not argument.value:
            return None
        if argument.place not in takes.places:
            return None
        return _in_argument(place, argument, value)
    return None


def _evaluated(argument: Argument) -> ast.expr:
    """What the argument stands for: SQLAlchemy calls a lambda when it evaluates texts."""
    match argument.value:
        case ast.Lambda(args=ast.arguments(args=[], kwonlyargs=[], vararg=None), body=body):
            return body
        case value:
            return value


# --- arguments ---------------------------------------------------------------------------------


def _in_argument(place: Place, argument: Argument, value: ast.expr) -> Reference | Refusal:
    base = _own_base(place, argument.call)
    if isinstance(base, Refusal):
        return base
    file, name = place.uses.file, place.read.name
    if argument.place == "secondary":
        table = _table(place, base, place.meaning) if value is place.whole else None
        if table is None:
            return Refusal(f"it is not clear which table {place.told} is")
        text = in_quotes(file, table)
    elif argument.place in (0, "argument"):
        if value is not place.whole:
            return Refusal(f"it is not clear which class {place.told} is")
        name = place.name
        found = _mapped_class(place, base, place.meaning)
        if isinstance(found, Refusal):
            return found
        text = in_quotes(file, found.step.name)
    else:
        refusal = _not_evaluable(place, base, argument.call, value)
        if refusal is not None:
            return refusal
        try:
            text = quoted(file, value).new_text
        except NotPossible as error:
            return Refusal(error.reason)
    edit = TextEdit(file.span(argument.value), text)
    return Reference((place.read,), name, (edit,), text, _caution(place))


def _not_evaluable(place: Place, base: Base, call: ast.Call, value: ast.expr) -> Refusal | None:
    """Why an expression could mean something else as a text."""
    owner = _class_around(place, call)
    own = class_binders(place.context, owner) if owner is not None else {}
    parents = {child: node for node in ast.walk(value) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(value):
        if not isinstance(node, _EVALUABLE):
            return Refusal("an expression of this kind cannot be a text")
        if not isinstance(node, ast.Name):
            continue
        origin = place.origins.of(place.importer, (node.id,))
        if node.id in own:
            return Refusal(f"`{node.id}` is a name of the class, which a text does not see")
        if isinstance(origin, External):
            dotted = origin.dotted
            if dotted == f"sqlalchemy.{node.id}" or (
                dotted in _KNOWN_IN_TEXTS and dotted.endswith(f".{node.id}")
            ):
                continue
            return Refusal(f"a text does not see `{node.id}`")
        found = _mapped_class(place, base, origin)
        if isinstance(found, Refusal):
            return found
        above = parents.get(node)
        if found.step.name != node.id or not isinstance(above, ast.Attribute):
            return Refusal(f"a text does not see `{node.id}`")
        if not _has_column(place, found, above.attr, _DEPTH):
            return Refusal(f"it is not clear that `{above.attr}` is a column of `{node.id}`")
    return None


_EVALUABLE: Final = (
    ast.Name, ast.Attribute, ast.Call, ast.keyword, ast.Constant, ast.List, ast.Tuple, ast.Compare,
    ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.cmpop, ast.expr_context,
)  # fmt: skip


def _has_column(place: Place, found: OwnClass, name: str, depth: int) -> bool:
    """Whether an attribute of a class is a column that is mapped under this name."""
    match class_binders(place.context, found).get(name):
        case [(s.Assign() | s.AnnotatedAssign(), s.Call() as call)]:
            return (step_parts(call) or ("",))[-1] in _COLUMNS
        case None if _is_annotated_only(place, found, name):
            return True
        case None if depth:
            bases = [place.origins.of(found.module, step_parts(base)) for base in found.step.bases]
            return any(
                isinstance(base, OwnClass) and _has_column(place, base, name, depth - 1)
                for base in bases
            )
        case _:
            return False


def _is_annotated_only(place: Place, found: OwnClass, name: str) -> bool:
    """Whether a class of the top level has `name: Mapped[…]`, which makes a column."""
    uses = place.context.uses(found.module)
    for node in () if uses is None else uses.file.tree.body:
        if isinstance(node, ast.ClassDef) and node.name == found.step.name:
            for each in node.body:
                match each:
                    case ast.AnnAssign(
                        target=ast.Name(id=target), annotation=ast.Subscript(value=form), value=None
                    ) if target == name:
                        return place.origins.of(found.module, dotted_parts(form)) == External(
                            "sqlalchemy.orm.Mapped"
                        )
                    case _:
                        pass
    return False


def _table(place: Place, base: Base, origin: Origin) -> str | None:
    """The name of a `Table` in the metadata of a base; None where it is not clear."""
    match origin:
        case OwnValue(
            module=module,
            attributes=(),
            value=s.Call(function=function, arguments=(s.Constant(value=str(name)), *rest)) as call,
        ) if name.isidentifier() and all(keyword != "schema" for keyword, _ in call.keywords):
            pass
        case _:
            return None
    match place.origins.of(module, step_parts(function)):
        case External(dotted=dotted) if dotted in ("sqlalchemy.Table", "sqlalchemy.schema.Table"):
            parts = step_parts(rest[0]) if rest else ()
            if parts[-1:] != ("metadata",):
                return None
            return name if base_of(place, place.origins.of(module, parts[:-1])) == base else None
        case OwnValue(attributes=("Table",)) as made if _is_extension(place, made):
            return name if (made.module, made.value) == base else None
        case _:
            return None


# --- annotations -------------------------------------------------------------------------------


def _in_annotation(place: Place) -> Reference | Refusal | None:
    read, annotation = place.read, place.read.annotation
    if annotation is None or annotation.place is not AnnotationPlace.CLASS_VARIABLE:
        return None
    match annotation.owner:
        case ast.AnnAssign(annotation=ast.Subscript(value=mapped), value=ast.Call() as call) if (
            not read.for_type_checkers
        ):
            pass
        case _:
            return None
    takes = place.takes_texts(call.func)
    if takes is None or takes.registry is not Registry.MAPPERS:
        return None
    form = place.origins.of(place.importer, dotted_parts(mapped))
    base = _own_base(place, call)
    if isinstance(base, Refusal):
        return base
    found = _mapped_class(place, base, place.meaning)
    if isinstance(found, Refusal):
        return found
    is_named = not read.attributes and found.step.name == read.name
    if not isinstance(form, External) or form.dotted not in _MAPPED or not is_named:
        return Refusal(f"it is not clear what SQLAlchemy makes of {place.told} here")
    edits: tuple[TextEdit, ...] = ()
    if not read.is_quoted and not has_future_annotations(place.uses.file):
        try:
            edits = (quoted(place.uses.file, _joined(place)),)
        except NotPossible as error:
            return Refusal(error.reason)
    told = f'"{read.name}"'
    return Reference(
        (read,), read.name, edits, told, _caution(place), is_seen_by_type_checkers=True
    )


def _joined(place: Place) -> ast.expr:
    """The name, with what `|` joins to it: a text cannot stand beside that."""
    node: ast.expr = place.read.node
    for above in place.surroundings.around(node):
        if not isinstance(above, ast.BinOp):
            break
        node = above
    return node


# --- classes and their bases -------------------------------------------------------------------


def _caution(place: Place) -> str:
    target, importer = place.meaning, place.importer
    told = f"SQLAlchemy finds {place.told} by its name, once mappers are configured"
    module = (
        target.module if isinstance(target, OwnClass | OwnValue) else place.context.hop.imported
    )
    if any(loads(place.context, package, module) for package in ancestors(importer)):
        return told
    return f"{told}, which fails unless {dotted_name(module)} is loaded by then"


def _class_around(place: Place, node: ast.AST) -> OwnClass | None:
    """The class of the top level that a node stands in, if it stands in no other."""
    around = list(place.surroundings.classes(node))
    if len(around) != 1:
        return None
    found = place.origins.of(place.importer, (around[0].name,))
    return found if isinstance(found, OwnClass) and found.module == place.importer else None


def _own_base(place: Place, call: ast.Call) -> Base | Refusal:
    owner = _class_around(place, call)
    base = None if owner is None else base_of(place, owner)
    return base or Refusal("the declarative base of the class is not clear")


def _mapped_class(place: Place, base: Base, origin: Origin) -> OwnClass | Refusal:
    """A class that the registry of a base has under a name of its own."""
    if not isinstance(origin, OwnClass) or not is_of_top_level(place.origins, origin):
        return Refusal(f"it is not clear which class {place.told} is")
    name, context = origin.step.name, place.context
    if base_of(place, origin) != base:
        return Refusal(f"`{name}` may have another declarative base")
    abstract = class_binders(context, origin).get("__abstract__")
    if abstract is not None and (constant(abstract) or s.Constant(True)).value is not False:
        return Refusal(f"`{name}` is an abstract class, which is in no registry")
    path = context.path_of(origin.module)
    text = context.text(origin.module) or ""
    n_here = len(re.findall(rf"^[ \t]*class[ \t]+{name}\b", text, re.MULTILINE))
    others = [each for each in context.patched(f"{OF_CLASSES}{name}") if each != path]
    if others or n_here != 1:
        return Refusal(f"more than one class is called `{name}`")
    return origin


def base_of(place: Place, origin: Origin, depth: int = _DEPTH) -> Base | None:
    """The declarative base that a class derives from, or is; None unless there is exactly one."""
    match origin:
        case OwnClass(module=module, step=step) if depth:
            bases = [place.origins.of(module, step_parts(base)) for base in step.bases]
            if any(isinstance(base, External) and base.dotted in _BASES for base in bases):
                return module, step.name
            if any(isinstance(base, UnknownOrigin) for base in bases):
                return None
            if not {"registry", "metadata"}.isdisjoint(class_binders(place.context, origin)):
                return None
            found = {
                known for base in bases if (known := base_of(place, base, depth - 1)) is not None
            }
            return found.pop() if len(found) == 1 else None
        case OwnValue(module=module, value=s.Call(function=function) as value) as made:
            maker = place.origins.of(module, step_parts(function))
            is_base = (
                not made.attributes and isinstance(maker, External) and maker.dotted in _MAKERS
            )
            if is_base or (made.attributes == ("Model",) and _is_extension(place, made)):
                return module, value
            return None
        case OwnValue(module=module, value=s.Name() | s.Attribute() as value) if depth:
            parts = (*step_parts(value), *origin.attributes)
            return base_of(place, place.origins.of(module, parts), depth - 1)
        case _:
            return None


def _is_extension(place: Place, made: OwnValue) -> bool:
    maker = place.origins.of(made.module, step_parts(made.value))
    return isinstance(made.value, s.Call) and maker == External(_EXTENSION)

"""The annotation by which strawberry finds a type: `Annotated["User", strawberry.lazy("shop.users")]`.

Strawberry imports the module when a schema is built (strawberry/types/lazy_type.py, `LazyType`).
Type checkers take the first part, so the name is imported for them.
"""

from __future__ import annotations

import ast
from typing import Final

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import dotted_name
from import_cycles.base.text import Span
from import_cycles.proposals.fix import Refusal
from import_cycles.proposals.origins import External, OwnClass, dotted_parts
from import_cycles.proposals.text_references import Place, Reference, is_of_top_level
from import_cycles.source.insertion import has_future_annotations
from import_cycles.source.scopes import AnnotationPlace
from import_cycles.source.statements import ImportStatement

_TYPES: Final = frozenset(
    f"{package}.{name}"
    for package in ("strawberry", "strawberry.federation", "strawberry_django")
    for name in ("type", "interface", "input")
)
"""Decorators that make a type of a class, which looks at its annotations."""
_FIELDS: Final = frozenset(
    f"{package}.{name}"
    for package in ("strawberry", "strawberry.federation", "strawberry_django")
    for name in ("field", "mutation")
)
"""Decorators that make a field of a method, which looks at what it returns."""
_ANNOTATED: Final = frozenset({"typing.Annotated", "typing_extensions.Annotated"})


def lazy_reference(place: Place) -> Reference | Refusal | None:
    """The lazy annotation for a type of a field; None where the read is no such type."""
    read, annotation = place.read, place.read.annotation
    if annotation is None or read.in_metadata or read.for_type_checkers:
        return None
    owner = annotation.owner
    if annotation.place is AnnotationPlace.RETURN:
        if not _is_decorated(place, owner, _FIELDS):
            return None
    elif annotation.place is not AnnotationPlace.CLASS_VARIABLE:
        return None
    around = next(place.surroundings.classes(owner), None)
    if around is None or not _is_decorated(place, around, _TYPES):
        return None
    found = place.meaning
    if (
        not isinstance(found, OwnClass)
        or not is_of_top_level(place.origins, found)
        or read.attributes
        or found.step.name != read.name
    ):
        return Refusal(f"it is not clear which type {place.told} is")
    module = _spelled(place, found)
    if module is None or place.origins.of(place.importer, ("strawberry",)) != External(
        "strawberry"
    ):
        return Refusal(f"this file cannot name the module of {place.told} for strawberry")
    span = _span(place)
    if span is None:
        return Refusal(f"{place.told} stands in an annotation with more in quotes")
    text = f'Annotated["{read.name}", strawberry.lazy("{module}")]'
    edits = [TextEdit(span, text)]
    form = place.origins.of(place.importer, ("Annotated",))
    if not isinstance(form, External) or form.dotted not in _ANNOTATED:
        added = _annotated_import(place)
        if added is None:
            return Refusal("`Annotated` means something else in this file")
        edits.append(added)
    return Reference(
        (read,),
        read.name,
        tuple(edits),
        f'strawberry.lazy("{module}")',
        f"strawberry imports {dotted_name(found.module)} when a schema is built",
        is_seen_by_type_checkers=True,
    )


def _is_decorated(place: Place, node: ast.AST, wanted: frozenset[str]) -> bool:
    """Whether something is decorated by one of these."""
    origins = (
        place.origins.of(place.importer, dotted_parts(decorator))
        for decorator in getattr(node, "decorator_list", ())
    )
    return any(isinstance(each, External) and each.dotted in wanted for each in origins)


def _span(place: Place) -> Span | None:
    """What the new annotation takes the place of: the name, with its quotes if it has any."""
    read = place.read
    if not read.is_quoted:
        return read.span
    root = read.annotation.root if read.annotation is not None else None
    if isinstance(root, ast.Constant) and str(root.value) == read.name:
        return place.uses.file.span(root)
    return None


def _spelled(place: Place, found: OwnClass) -> str | None:
    """How the file names the module of a class, with dots if its import statement has them."""
    context, importer = place.context, place.importer
    for statement in place.uses.statements:
        written = _relative(statement, place.read.name)
        if (
            written is not None
            and not has_future_annotations(place.uses.file)
            and context.resolve(importer, written.lstrip("."), _level(written)) == found.module
        ):
            return written
    dotted = dotted_name(found.module)
    return dotted if context.resolve(importer, dotted, 0) == found.module else None


def _relative(statement: ImportStatement, name: str) -> str | None:
    """The module of a relative import of the top level that binds a name."""
    node = statement.node
    if not isinstance(node, ast.ImportFrom) or not node.level or not node.module:
        return None
    binds = statement.is_top_level and name in statement.bound_names()
    return f"{'.' * node.level}{node.module}" if binds else None


def _level(written: str) -> int:
    return len(written) - len(written.lstrip("."))


def _annotated_import(place: Place) -> TextEdit | None:
    """An edit that makes `Annotated` known; None where the name is taken."""
    file = place.uses.file
    if "Annotated" in file.identifiers:
        return None
    for node in file.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "typing" and not node.level:
            end = file.span(node.names[-1]).end
            return TextEdit(Span(end, end), ", Annotated")
    for node in file.tree.body:
        if (
            isinstance(node, ast.Import)
            and file.begins_line(node)
            and any(alias.name == "strawberry" for alias in node.names)
        ):
            start = file.line_start(file.span(node).start)
            return TextEdit(Span(start, start), f"from typing import Annotated{file.newline}")
    return None

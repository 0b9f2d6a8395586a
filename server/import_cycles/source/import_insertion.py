"""Write an import into the imports of the top level, where an import sorter would have it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence

from import_cycles.base.edits import TextEdit
from import_cycles.base.record import record
from import_cycles.base.text import Span
from import_cycles.source.file import SourceFile
from import_cycles.syntax.import_order import import_key, import_section

IsOfProject = Callable[[str], bool]
"""Whether an absolute dotted name means a module of the project."""


def import_run(file: SourceFile, before: int) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """The last imports that stand together above a statement of the top level, by its position.

    Those from `__future__` are no such imports.
    """
    run: list[ast.Import | ast.ImportFrom] = []
    last = before
    for position in range(before - 1, -1, -1):
        node = file.tree.body[position]
        is_import = isinstance(node, ast.Import) or (
            isinstance(node, ast.ImportFrom) and node.module != "__future__"
        )
        if is_import and (not run or position == last - 1):
            assert isinstance(node, ast.Import | ast.ImportFrom)
            run.insert(0, node)
            last = position
        elif run:
            break
    return tuple(run)


def sorted_into(
    file: SourceFile,
    run: Iterable[ast.Import | ast.ImportFrom],
    module: str,
    names: Sequence[str] | None,
    text: str,
    is_of_project: IsOfProject,
) -> TextEdit:
    """Insert `from module import names`, or `import module`, whose lines are `text`, into a run of imports.

    It stands below the last one that a sorter puts above it, in a paragraph of its own where
    its section has none yet. `module` is written as in the statement, dots included.
    """
    nodes = list(run)
    assert nodes, "there is no import to stand beside"
    rest, level = _split(module)
    of_project = not level and is_of_project(rest)
    ours = import_key(rest, level, names, is_of_project=of_project)
    section = import_section(rest, level, is_of_project=of_project)
    n_above = max(
        (number for number, node in enumerate(nodes, 1) if _key(node, is_of_project) < ours),
        default=0,
    )
    above, below = nodes[:n_above][-1:], nodes[n_above:][:1]
    is_at_home = any(_section(node, is_of_project) == section for node in above)
    if not is_at_home and any(_section(node, is_of_project) == section for node in below):
        at = file.line_start(file.span(below[0]).start)
        return TextEdit(Span(at, at), text)
    if not above:
        at = file.line_start(file.span(below[0]).start)
        return TextEdit(Span(at, at), f"{text}{file.newline}")
    at = file.next_line(file.span(above[0]).end)
    opening = "" if file.text[:at].endswith(("\n", "\r")) else file.newline
    return TextEdit(Span(at, at), f"{opening}{'' if is_at_home else file.newline}{text}")


@record
class NewImport:
    """An import statement to be written."""

    module: str
    """As in the statement, dots included."""
    names: tuple[str, ...] | None
    """The `from` list without `as`; None for `import module`."""
    text: str
    """Its lines, with their ends."""


def all_sorted_into(
    file: SourceFile,
    run: Sequence[ast.Import | ast.ImportFrom],
    imports: Iterable[NewImport],
    is_of_project: IsOfProject,
) -> list[TextEdit]:
    """As `sorted_into`, for several imports; those of a section that is new make one paragraph."""
    there = {_section(node, is_of_project) for node in run}
    waiting: dict[int, list[NewImport]] = {}
    edits = []
    for each in sorted(imports, key=lambda new: _key_of(new, is_of_project)):
        section = _section_of(each, is_of_project)
        if section in there:
            edits.append(sorted_into(file, run, each.module, each.names, each.text, is_of_project))
        else:
            waiting.setdefault(section, []).append(each)
    for group in waiting.values():
        text = "".join(each.text for each in group)
        edits.append(sorted_into(file, run, group[0].module, group[0].names, text, is_of_project))
    return edits


def _split(module: str) -> tuple[str, int]:
    rest = module.lstrip(".")
    return rest, len(module) - len(rest)


def _key_of(new: NewImport, is_of_project: IsOfProject) -> tuple[object, ...]:
    rest, level = _split(new.module)
    return import_key(rest, level, new.names, is_of_project=not level and is_of_project(rest))


def _section_of(new: NewImport, is_of_project: IsOfProject) -> int:
    rest, level = _split(new.module)
    return import_section(rest, level, is_of_project=not level and is_of_project(rest))


def _parts(node: ast.Import | ast.ImportFrom) -> tuple[str, int, list[str] | None, str]:
    if isinstance(node, ast.ImportFrom):
        return node.module or "", node.level, [alias.name for alias in node.names], ""
    return node.names[0].name, 0, None, node.names[0].asname or ""


def _key(node: ast.Import | ast.ImportFrom, is_of_project: IsOfProject) -> tuple[object, ...]:
    module, level, names, alias = _parts(node)
    return import_key(
        module, level, names, alias, is_of_project=not level and is_of_project(module)
    )


def _section(node: ast.Import | ast.ImportFrom, is_of_project: IsOfProject) -> int:
    module, level, _, _ = _parts(node)
    return import_section(module, level, is_of_project=not level and is_of_project(module))

"""The text of a module that takes over definitions, and where it can stand.

Units keep their text; only relative imports inside them get the dots that the new place needs. The
module imports what the units use, each import in its old form, sorted as `ruff check --select I`
does.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterable, Iterator
from typing import Final

from import_cycles.base.edits import TextEdit, apply_edits
from import_cycles.base.names import (
    ModuleName,
    SourcePath,
    child,
    dotted_name,
    resolve_relative,
    split_root,
    with_root,
)
from import_cycles.base.record import record
from import_cycles.base.text import Span
from import_cycles.proposals.fix import FixContext, Refusal
from import_cycles.proposals.moving_code import Extraction, Part, TakenImport
from import_cycles.resolve.layout import ModuleKind
from import_cycles.resolve.targets import package_of
from import_cycles.source.file import SourceFile
from import_cycles.source.import_insertion import NewImport, all_sorted_into, import_run
from import_cycles.source.insertion import Lines, guarded, has_future_annotations
from import_cycles.source.statements import module_span
from import_cycles.source.top_level import TopLevel, Unit, UnitKind
from import_cycles.syntax.import_order import import_key, import_section, name_key

NAMES: Final = ("_shared", "_common", "_base", "_shared_2", "_shared_3")
"""Names for a new module: the first free one is taken."""

LINE_LENGTH: Final = 88
"""Longer imports are written with one name a line. That of black and of ruff by default."""


@record
class Place:
    """Where a new module stands."""

    module: ModuleName
    path: SourcePath
    package: str
    """Dotted; empty for a module of the top level."""
    is_new: bool = True

    @property
    def last_name(self) -> str:
        """Its name without its package."""
        return dotted_name(self.module).rpartition(".")[2]


def place_of(
    context: FixContext, moving: Extraction, users: Iterable[ModuleName]
) -> Place | Refusal:
    """The deepest package that the users have in common, and a module there.

    A module that an earlier move has made takes further definitions in if it can; otherwise a new
    one with a free name is made.
    """
    files = [file for each in users if (file := context.layout.module(each)) is not None]
    if len({file.root for file in files}) != 1 or len({split_root(f.name)[1] for f in files}) != 1:
        return Refusal("the modules lie in different source roots")
    root_mark = split_root(files[0].name)[1]
    packages = [package_of(file).split(".") if package_of(file) else [] for file in files]
    shared = []
    for parts in zip(*packages, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    package = ".".join(shared)
    folder = files[0].root.rstrip("/")
    around = None
    if package:
        around = context.layout.module(with_root(package, root_mark))
        if around is None or not around.is_package:
            return Refusal(f"{package} is no package that a module can be added to")
        is_folder = around.kind is ModuleKind.NAMESPACE
        folder = around.path if is_folder else around.path.rpartition("/")[0]
    taken = _names_in(context, None if around is None else around.name)
    if context.new_name and not is_module_name(context.new_name):
        return Refusal(f"`{context.new_name}` is no name that can be imported")
    for name in (context.new_name,) if context.new_name else NAMES:
        module = child(around.name, name) if around is not None else with_root(name, root_mark)
        path = SourcePath(f"{folder}/{name}.py")
        known = context.layout.module(module)
        if known is not None and context.new_name:
            return Refusal(f"{dotted_name(module)} is there already")
        if known is not None:
            is_file = known.path == path and module not in context.knot
            place = Place(module, path, package, is_new=False)
            if is_file and addition(context, moving, place) is not None:
                return place
            continue
        if name in taken or context.text_at(path) is not None:
            continue
        found = context.layout.with_files(added=[path]).at_path(path)
        if found is not None and found.name == module:
            return Place(module, path, package)
    if context.new_name:
        return Refusal(f"`{context.new_name}` means something there already")
    return Refusal("no name is free for a new module")


def is_module_name(name: str) -> bool:
    """Whether an import statement can name a module so."""
    return name.isidentifier() and not keyword.iskeyword(name)


def _names_in(context: FixContext, package: ModuleName | None) -> frozenset[str]:
    """The names that a package binds, which its new submodule would take."""
    summary = None if package is None else context.summary(package)
    return frozenset() if summary is None else frozenset(summary.codes[0].local_names)


# --- how a module is named from another ----------------------------------------------------------


def relative_name(package: str, dotted: str) -> str | None:
    """A module as an import inside of a package names it with dots; None when they share no package."""
    own, target = package.split(".") if package else [], dotted.split(".")
    shared = 0
    while shared < min(len(own), len(target)) and own[shared] == target[shared]:
        shared += 1
    if not shared:
        return None
    return "." * (len(own) - shared + 1) + ".".join(target[shared:])


def name_from(context: FixContext, importer: ModuleName, place: Place) -> str:
    """How an old module names the new one: as it names the project's other modules."""
    file = context.layout.module(importer)
    uses = context.uses(importer)
    dotted = dotted_name(place.module)
    if file is None or uses is None:
        return dotted
    for statement in uses.statements:
        node = statement.node
        if not isinstance(node, ast.ImportFrom):
            names = [(alias.name, 0) for alias in node.names]
        else:
            names = [(node.module or "", node.level)]
        for name, level in names:
            found = context.resolve(importer, name, level)
            if found is None:
                continue
            if level:
                return relative_name(package_of(file), dotted) or dotted
            # In a folder of scripts, names lack the folders around it.
            missing = dotted_name(found).removesuffix(name)
            if missing and dotted_name(found) != name:
                return dotted.removeprefix(missing)
            return dotted
    return dotted


# --- the text ------------------------------------------------------------------------------------


def module_text(
    context: FixContext, moving: Extraction, place: Place, users: Iterable[ModuleName]
) -> str:
    """The whole text of the new module; `users` are the modules that will import it."""
    parts = moving.parts
    file = parts[0].level.file
    blocks = []
    licence = next((part.level.licence for part in parts if part.level.licence), "")
    blocks.append(f'{licence}"""What {_both(users)} need."""\n')
    if moving.postpones_annotations:
        blocks.append("from __future__ import annotations\n")
    imports, guards = _imports(context, moving, place)
    guard = _guard_name(moving)
    if guards and guard is None:
        imports.append(ImportLine("typing", 0, ("TYPE_CHECKING",)))
    if imports:
        blocks.append(_written(imports, ""))
    if guards:
        blocks.append(f"if {guard or 'TYPE_CHECKING'}:\n{_written(guards, file.indent_unit)}")
    head = "\n".join(blocks)
    body = "".join(_units(context, moving, place))
    return (head + body).replace("\r\n", "\n").replace("\r", "\n").replace("\n", file.newline)


def addition(context: FixContext, moving: Extraction, place: Place) -> tuple[TextEdit, ...] | None:
    """The edits that add everything to an existing module; None where that could change its meaning."""
    level = context.level(place.module)
    if level is None or level.uses.dynamic or level.uses.has_star_import:
        return None
    file = level.file
    if has_future_annotations(file) != moving.postpones_annotations:
        return None
    imports, guards = _imports(context, moving, place)
    own = set(moving.names) | {
        name for part in moving.parts for unit in part.copied for name in unit.names
    }
    if any(level.binding(name) for name in own) or "__all__" in file.identifiers:
        return None
    missing: list[list[ImportLine]] = []
    for lines in (imports, guards):
        needed = [line for line in lines if not is_there(context, level, place.module, line)]
        if any(level.binding(name) for line in needed for name in line.bound):
            return None
        missing.append(needed)
    first = next(
        (unit.position for unit in level.units if unit.kind is UnitKind.CODE and unit.names), 0
    )
    run = import_run(file, first)
    if missing[0] and not run:
        return None
    edits = all_sorted_into(
        file,
        run,
        [line.as_new_import(file.newline) for line in missing[0]],
        lambda dotted: context.resolve(place.module, dotted, 0) is not None,
    )
    if missing[1]:
        edits += guarded(file, [Lines((line.text("").rstrip("\n"),)) for line in missing[1]])
    body = "".join(_units(context, moving, place))
    opening = "" if file.text.endswith(("\n", "\r")) else "\n"
    if not body.startswith("\n\n"):
        last = level.units[-1] if level.units else None
        opening += "\n" if last is not None and is_block(level.statement(last)) else ""
    end = Span(len(file.text), len(file.text))
    edits.append(TextEdit(end, (opening + body).replace("\n", file.newline)))
    return tuple(edits)


def is_there(context: FixContext, level: TopLevel, module: ModuleName, line: ImportLine) -> bool:
    """Whether a module has just what an import brings."""
    for unit in level.units:
        node = level.statement(unit)
        if unit.kind is UnitKind.IMPORT and isinstance(node, ast.ImportFrom) and line.names:
            items = {
                alias.name if not alias.asname else f"{alias.name} as {alias.asname}"
                for alias in node.names
            }
            is_same = (node.module or "", node.level) == (line.module, line.level)
            if is_same and items.issuperset(line.names):
                return True
        if isinstance(node, ast.Import) and line.names is None:
            for alias in node.names:
                if (alias.name, alias.asname or "") == (line.module, line.alias):
                    return True
    return False


def _both(users: Iterable[ModuleName]) -> str:
    names = sorted(map(dotted_name, users))
    *first, last = names
    told = f"{', '.join(first)} and {last}"
    return f"{told} both" if len(names) == 2 else told


@record
class ImportLine:
    """One import statement to be written."""

    module: str
    level: int
    names: tuple[str, ...] | None
    """As they are written, `a as b`; None for `import module`."""
    alias: str = ""
    is_of_project: bool = False
    is_lazy: bool = False
    comment: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        names = None if self.names is None else [each.split()[0] for each in self.names]
        return import_key(
            self.module, self.level, names, self.alias, is_of_project=self.is_of_project
        )

    @property
    def bound(self) -> tuple[str, ...]:
        """The names that it binds."""
        if self.names is None:
            return (self.alias or self.module.partition(".")[0],)
        return tuple(each.split()[-1] for each in self.names)

    @property
    def section(self) -> int:
        return import_section(self.module, self.level, is_of_project=self.is_of_project)

    def as_new_import(self, newline: str) -> NewImport:
        """It, to be sorted into the imports of a file whose lines end so."""
        names = None if self.names is None else tuple(each.split()[0] for each in self.names)
        text = self.text("").replace("\n", newline)
        return NewImport("." * self.level + self.module, names, text)

    def text(self, indent: str) -> str:
        lazy = "lazy " if self.is_lazy else ""
        comment = f"  {self.comment}" if self.comment else ""
        if self.names is None:
            alias = f" as {self.alias}" if self.alias else ""
            return f"{indent}{lazy}import {self.module}{alias}{comment}\n"
        return from_import(
            f"{lazy}from {'.' * self.level}{self.module}", self.names, indent, comment
        )


def from_import(start: str, names: Iterable[str], indent: str = "", comment: str = "") -> str:
    """A `from` import with its line end, over several lines if it is long; `start` ends before `import`."""
    ordered = sorted(dict.fromkeys(names), key=lambda each: name_key(each.split()[0]))
    line = f"{indent}{start} import {', '.join(ordered)}"
    if len(line) <= LINE_LENGTH:
        return f"{line}{comment}\n"
    inner = "".join(f"{indent}    {name},\n" for name in ordered)
    return f"{indent}{start} import ({comment}\n{inner}{indent})\n"


def _written(lines: Iterable[ImportLine], indent: str) -> str:
    merged: dict[object, ImportLine] = {}
    for line in lines:
        where: object = (
            line.module,
            line.level,
            line.is_lazy,
            line.names is None,
            line.alias,
            line.comment,
        )
        known = merged.get(where)
        if known is not None and known.names is not None and line.names is not None:
            names = tuple(dict.fromkeys((*known.names, *line.names)))
            line = ImportLine(
                line.module, line.level, names, "", line.is_of_project, line.is_lazy, line.comment
            )
        merged[where] = line
    text = ""
    section = None
    for line in sorted(merged.values(), key=lambda each: each.key):
        if section is not None and line.section != section:
            text += "\n"
        section = line.section
        text += line.text(indent)
    return text


def _imports(
    context: FixContext, moving: Extraction, place: Place
) -> tuple[list[ImportLine], list[ImportLine]]:
    """Those that execute, and those for type checkers."""
    imports: list[ImportLine] = []
    guards: list[ImportLine] = []
    for taken in moving.imports:
        (guards if taken.is_guarded else imports).append(taken_line(context, taken, place))
    is_relative = bool(place.package) and any(
        isinstance(node, ast.ImportFrom) and node.level
        for part in moving.parts
        for node in part.level.file.tree.body
    )
    for name, module, there in moving.passed_on:
        item = name if name == there else f"{there} as {name}"
        imports.append(_project_line(place, module, item, is_relative=is_relative))
    for module, name in moving.guards:
        guards.append(_project_line(place, module, name, is_relative=is_relative))
    return imports, guards


def _project_line(place: Place, module: ModuleName, item: str, *, is_relative: bool) -> ImportLine:
    dotted = dotted_name(module)
    relative = relative_name(place.package, dotted) if is_relative else None
    if relative is None:
        return ImportLine(dotted, 0, (item,), is_of_project=True)
    rest = relative.lstrip(".")
    return ImportLine(rest, len(relative) - len(rest), (item,), is_of_project=True)


def taken_line(context: FixContext, taken: TakenImport, place: Place) -> ImportLine:
    node, alias = taken.node, taken.node.names[taken.alias]
    of_project = context.resolve(taken.module, getattr(node, "module", None) or alias.name, 0)
    comment = _pragma(context, taken)
    if isinstance(node, ast.Import):
        return ImportLine(
            alias.name, 0, None, alias.asname or "", of_project is not None, taken.is_lazy, comment
        )
    module, level = node.module or "", node.level
    if level:
        module, level = _moved_name(context, taken.module, node, place)
    item = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
    return ImportLine(module, level, (item,), "", of_project is not None, taken.is_lazy, comment)


_PRAGMA: Final = re.compile(r"#\s*(?:noqa|type:\s*ignore|pylint|pyright|mypy|nosec)\b.*")


def _pragma(context: FixContext, taken: TakenImport) -> str:
    """What a comment behind the statement tells tools, if it is on one line."""
    uses = context.uses(taken.module)
    node = taken.node
    if uses is None or node.lineno != node.end_lineno:
        return ""
    rest = uses.file.rest_of_line(uses.file.span(node).end).strip()
    return rest if _PRAGMA.match(rest) else ""


def _moved_name(
    context: FixContext, module: ModuleName, node: ast.ImportFrom, place: Place
) -> tuple[str, int]:
    """Module and dots of a relative import of an old module, as the new one has to write them."""
    file = context.layout.module(module)
    package = "" if file is None else package_of(file)
    absolute = resolve_relative(package, node.level, node.module or "")
    if absolute is None:
        return node.module or "", node.level
    relative = relative_name(place.package, absolute)
    if relative is None:
        return absolute, 0
    rest = relative.lstrip(".")
    return rest, len(relative) - len(rest)


def _guard_name(moving: Extraction) -> str | None:
    """How an import that is taken along spells the constant for type checkers."""
    for taken in moving.imports:
        if taken.name == "TYPE_CHECKING" and not taken.is_guarded:
            return "TYPE_CHECKING"
    return None


# --- units ---------------------------------------------------------------------------------------


def _units(context: FixContext, moving: Extraction, place: Place) -> Iterator[str]:
    before: tuple[Part, Unit] | None = None
    for part, unit in moving.order:
        yield "\n" * _gap(before, part, unit)
        text = unit_text(context, part, unit, place)
        yield text if text.endswith(("\n", "\r")) else f"{text}\n"
        before = part, unit


def _gap(before: tuple[Part, Unit] | None, part: Part, unit: Unit) -> int:
    """How many blank lines stand above a unit."""
    level = part.level
    if before is not None and before[0] is part and before[1].position + 1 == unit.position:
        between = level.file.text[level.span(before[1]).end : level.span(unit).start]
        return min(len(between.splitlines()), 2)
    if is_block(level.statement(unit)):
        return 2
    return 2 if before is not None and is_block(before[0].level.statement(before[1])) else 1


def is_block(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def unit_text(context: FixContext, part: Part, unit: Unit, place: Place) -> str:
    """A unit as it is written, its relative imports with the dots that they need now."""
    span = part.level.span(unit)
    edits = relative_again(context, part, unit, place)
    return edited_slice(part.level.file, span, edits)


def relative_again(context: FixContext, part: Part, unit: Unit, place: Place) -> Iterator[TextEdit]:
    """The edits that give the relative imports inside of a unit the dots that they need now."""
    file = context.layout.module(part.module)
    if file is None or package_of(file) == place.package:
        return
    for node in ast.walk(part.level.statement(unit)):
        if isinstance(node, ast.ImportFrom) and node.level:
            module, dots = _moved_name(context, part.module, node, place)
            yield TextEdit(module_span(part.level.file, node), "." * dots + module)


def edited_slice(file: SourceFile, span: Span, edits: Iterable[TextEdit]) -> str:
    """A stretch of a text after edits that lie within it."""
    moved = [
        TextEdit(Span(edit.span.start - span.start, edit.span.end - span.start), edit.new_text)
        for edit in edits
    ]
    return apply_edits(file.slice(span), moved)

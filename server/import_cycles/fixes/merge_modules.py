"""Make one module of two that need each other.

What it does: the larger of the two modules takes the smaller one in: its code, word for word, where
the code of the larger one does not need it yet or needs it already, and the imports that it uses.
The imports between the two go, and `other.name` becomes `name`. The old module stays and passes its
names on, with its docstring and its `__all__`: every other importer, string, pickle and entry
point goes on working.

When it is offered: for two modules that import each other while they load, the smaller one with at
most 200 lines of code and both with at most 1000, in an order in which the code runs. Not for the
`__init__` of a package; not when the smaller one has a name that is bound a second time, set from
outside or replaced by a string (`mock.patch`), when the modules use one name for two things, star-imports,
`global`, `__name__` or `__file__` (loggers are told), or have a part for running as a script, nor when
only one of them postpones annotations. It is always marked unsafe, because the `__module__` of what
moves changes.

Example:

```
--- shop/__init__.py
--- shop/orders.py
from shop.users import User
#                      ^^^^ error[cycle-crash]
LIMIT = 10


class Order:
    buyer = User("nobody")
    limit = LIMIT
--- shop/users.py
from shop.orders import LIMIT
#                       ^^^^^ error[cycle-crash]


class User:
    def __init__(self, name): self.name = name[:LIMIT]
=== fix merge-modules at shop/users.py "Merge shop.users into shop.orders" unsafe
--- shop/orders.py
LIMIT = 10


class User:
    def __init__(self, name): self.name = name[:LIMIT]


class Order:
    buyer = User("nobody")
    limit = LIMIT
--- shop/users.py
\"\"\"Its names are in shop.orders.\"\"\"

from shop.orders import LIMIT, User  # noqa: F401
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from import_cycles.base.edits import TextEdit
from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.text import Span
from import_cycles.findings.rule import CYCLE_SUBJECTS, Subject
from import_cycles.proposals.fix import FixContext, FixKind, Proposal, Refactoring, Refusal, Safety
from import_cycles.proposals.merging import MOST_TAKEN, MOST_TOGETHER, Merge, merge, n_lines
from import_cycles.proposals.moved_frameworks import told_by_frameworks
from import_cycles.proposals.new_module import (
    Place,
    edited_slice,
    from_import,
    is_block,
    name_from,
    relative_again,
    taken_line,
)
from import_cycles.resolve.layout import ModuleKind
from import_cycles.resolve.targets import package_of
from import_cycles.source.import_insertion import all_sorted_into, import_run
from import_cycles.source.insertion import Lines, NotPossible, guarded
from import_cycles.source.removal import remove_names, without_blank_top
from import_cycles.source.top_level import TopLevel, Unit, UnitKind

CODE = "merge-modules"

_SUBJECTS = CYCLE_SUBJECTS - {Subject.STAR}

_BLANK_LINE: Final = re.compile(r"^[ \t]*\r?$", re.MULTILINE)


def propose(context: FixContext) -> Iterable[Proposal | Refusal]:
    """One proposal: the larger module takes the smaller one in, or the other way round."""
    hop = context.hop
    pair = (hop.importer, hop.imported)
    if set(context.finding.cycle) != set(pair) or hop.importer == hop.imported:
        yield Refusal("more modules than two make the cycle", applies=False)
        return
    for module in pair:
        file = context.layout.module(module)
        if file is None or file.kind is not ModuleKind.SOURCE or file.is_package:
            yield Refusal(f"{dotted_name(module)} is a package", applies=False)
            return
    yield _proposal(context, *pair)


def _proposal(context: FixContext, one: ModuleName, other: ModuleName) -> Proposal | Refusal:
    lines = {module: n_lines(context, module) for module in (one, other)}
    smaller, larger = sorted((one, other), key=lambda each: (lines[each], each))
    if lines[smaller] > MOST_TAKEN:
        return Refusal(f"{dotted_name(smaller)} has more than {MOST_TAKEN} lines of code")
    if lines[smaller] + lines[larger] > MOST_TOGETHER:
        return Refusal(f"both have more than {MOST_TOGETHER} lines of code together")
    refusal: Refusal | None = None
    for taker, taken in ((larger, smaller), (smaller, larger)):
        if lines[taken] > MOST_TAKEN:
            continue
        merged = merge(context, taker, taken)
        if not isinstance(merged, Refusal):
            try:
                answer = _Writer(context, merged).proposal()
            except NotPossible as error:
                answer = Refusal(error.reason)
            if isinstance(answer, Proposal):
                return answer
            merged = answer
        refusal = refusal or merged
    assert refusal is not None
    return refusal


class _Writer:
    """Writes the two texts."""

    def __init__(self, context: FixContext, merged: Merge) -> None:
        self._context = context
        self._merged = merged
        file = context.layout.module(merged.taker)
        level = context.level(merged.taker)
        assert file is not None and level is not None, "both modules have been read before"
        self._place = Place(merged.taker, file.path, package_of(file), is_new=False)
        self._level: TopLevel = level
        self._old: TopLevel = merged.part.level

    def proposal(self) -> Proposal | Refusal:
        """The whole."""
        merged, context = self._merged, self._context
        noticed = told_by_frameworks(context, (merged.part,), self._place.package)
        if isinstance(noticed, Refusal):
            return noticed
        taker, taken = dotted_name(merged.taker), dotted_name(merged.taken)
        caution = (f"`__module__` of what moves is {taker} then", *merged.cautions, *noticed)
        old = self._old.file
        return Proposal(
            f"Merge {taken} into {taker}",
            {
                context.path_of(merged.taker): self._taker_edits(),
                context.path_of(merged.taken): (
                    TextEdit(Span(0, len(old.text)), self._old_text()),
                ),
            },
            Safety.UNSAFE,
            "; ".join(caution),
            served=merged.in_taker.served,
            joint="",
        )

    # --- the module that stays -------------------------------------------------------------

    def _taker_edits(self) -> tuple[TextEdit, ...]:
        file, own = self._level.file, self._merged.in_taker
        emptied = self._emptied_guards()
        inside = {id(node) for unit in emptied for node in ast.walk(self._level.statement(unit))}
        removed = [each for each in own.removed if id(each[0].node) not in inside]
        edits = [
            *remove_names(file, removed),
            *self._level.without(emptied),
            *own.edits,
            *self._import_edits(),
            *self._groups(),
        ]
        return without_blank_top(file, edits)

    def _emptied_guards(self) -> list[Unit]:
        """Blocks for type checkers that have imported nothing but the other module."""
        gone = {
            (id(statement.node), number)
            for statement, items in self._merged.in_taker.removed
            for number in items
        }
        return [
            unit
            for unit in self._level.units
            if unit.kind is UnitKind.TYPING
            and all(
                (id(node), number) in gone
                for node in ast.walk(self._level.statement(unit))
                if isinstance(node, ast.Import | ast.ImportFrom)
                for number in range(len(node.names))
            )
        ]

    def _import_edits(self) -> Iterator[TextEdit]:
        file = self._level.file
        lines = [
            (taken.is_guarded, taken_line(self._context, taken, self._place))
            for taken in self._merged.imports
        ]
        first = next(
            (
                unit.position
                for unit in self._level.units
                if unit.kind is UnitKind.CODE and unit.names
            ),
            len(self._level.units),
        )
        run = import_run(file, first)
        if not run and any(not is_guarded for is_guarded, _ in lines):
            raise NotPossible(f"{dotted_name(self._merged.taker)} has no imports to add others to")
        guards = [Lines((line.text("").rstrip("\n"),)) for is_guarded, line in lines if is_guarded]
        wanted = [
            line.as_new_import(file.newline)
            for is_guarded, line in lines
            if not is_guarded and not (guards and line.names == ("TYPE_CHECKING",))
        ]
        yield from all_sorted_into(
            file,
            run,
            wanted,
            lambda dotted: self._context.resolve(self._merged.taker, dotted, 0) is not None,
        )
        if guards:
            yield from guarded(file, guards)

    # --- the code that moves ---------------------------------------------------------------

    def _groups(self) -> Iterator[TextEdit]:
        file = self._level.file
        for above, units in self._merged.groups:
            text = self._group_text(units)
            if above is not None:
                start = self._level.span(above).start
                gap = self._gap(units[-1], self._level.statement(above))
                written = f"{self._missing_gap(units[0], above)}{text}{gap}"
            else:
                start = len(file.text)
                opening = "" if file.text.endswith(("\n", "\r")) or not file.text else "\n"
                last = self._level.file.tree.body[-1:]
                gap = "\n\n" if not last else self._gap(units[0], last[0])
                written = f"{opening}{gap}{text}"
            yield TextEdit(Span(start, start), written.replace("\n", file.newline))

    def _missing_gap(self, unit: Unit, above: Unit) -> str:
        """The blank lines that lack above what is written above a unit."""
        if not above.position:
            return ""
        start = self._level.span(above).start
        before = self._level.statement(self._level.units[above.position - 1])
        text = self._level.file.text[:start].replace("\r\n", "\n").replace("\r", "\n")
        n_there = len(text) - len(text.rstrip("\n")) - 1
        return self._gap(unit, before)[max(n_there, 0) :]

    def _gap(self, unit: Unit, neighbour: ast.stmt) -> str:
        is_tight = not (is_block(self._old.statement(unit)) or is_block(neighbour))
        return "\n" if is_tight else "\n\n"

    def _group_text(self, units: Sequence[Unit]) -> str:
        """Units as they are written, those that are neighbours with all that is between them."""
        runs: list[list[Unit]] = []
        for unit in units:
            if runs and runs[-1][-1].position + 1 == unit.position:
                runs[-1].append(unit)
            else:
                runs.append([unit])
        texts = [self._run_text(run) for run in runs]
        joined = texts[0]
        for run, before, text in zip(runs[1:], runs, texts[1:], strict=False):
            gap = self._gap(before[-1], self._old.statement(run[0]))
            joined += f"{gap}{text}"
        return joined

    def _run_text(self, units: Sequence[Unit]) -> str:
        file = self._old.file
        span = Span(self._start(units[0]), self._old.span(units[-1]).end)
        own = self._merged.in_taken
        removed = [
            edit
            for edit in remove_names(file, [each for each in own.removed if each[0].around])
            if span.start <= edit.span.start < span.end
        ]
        relative = [
            edit
            for unit in units
            for edit in relative_again(self._context, self._merged.part, unit, self._place)
            if not any(each.span.start <= edit.span.start < each.span.end for each in removed)
        ]
        reads = [edit for edit in own.edits if span.start <= edit.span.start < span.end]
        text = edited_slice(file, span, [*removed, *relative, *reads])
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text if text.endswith("\n") else f"{text}\n"

    def _start(self, unit: Unit) -> int:
        """Where a unit begins with all comments above it, those with blank lines below included.

        What stands directly below the statement before belongs to that.
        """
        start = self._old.span(unit).start
        if unit.position == 0:
            return start
        try:
            above = self._old.span(self._old.units[unit.position - 1]).end
        except NotPossible:
            return start
        between = self._old.file.text[above:start]
        gap = _BLANK_LINE.search(between)
        stripped = "" if gap is None else between[gap.end() :].lstrip("\r\n \t\f")
        return start - len(stripped) if stripped.startswith("#") else start

    # --- the old module --------------------------------------------------------------------

    def _old_text(self) -> str:
        merged, file = self._merged, self._old.file
        first = file.tree.body[0]
        head = file.text[: file.line_start(file.statement_start(first))]
        if ast.get_docstring(file.tree) is not None:
            end = file.next_line(file.span(first).end)
            head = file.text[:end]
        else:
            head += f'"""Its names are in {dotted_name(merged.taker)}."""\n'
        head = head if head.endswith(("\n", "\r")) else f"{head}\n"
        uses = self._old.uses
        is_silent = uses.exported.issuperset(merged.passed_on)
        name = name_from(self._context, merged.taken, self._place)
        text = head
        if merged.passed_on:
            comment = "" if is_silent else "  # noqa: F401"
            text += "\n" + from_import(f"from {name}", merged.passed_on, comment=comment)
        for unit in merged.stays:
            text += "\n" + file.slice(self._old.span(unit))
        text = text if text.endswith(("\n", "\r")) else f"{text}\n"
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text.replace("\n", file.newline)


FIX = FixKind(CODE, __doc__ or "", _SUBJECTS, propose, rank=47, refactoring=Refactoring.INLINE)

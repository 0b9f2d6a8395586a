"""Whether one module can take another one in, and what the order of the two bodies is then.

Everything that the module taken in does while it loads moves, in its own order: definitions, their
completions, effects. Its imports move as well; those between the two modules go. The old module
stays and passes its names on, so it must not have a state of its own: names that are bound again,
set from outside or replaced by strings are a refusal. So is code that asks where it stands
(`__name__`, `__file__`, frames), and a name that means two things in the two modules. The bodies
are put in an order in which each statement stands below what it reads while it is executed, as far
as the texts tell; whether it works is decided by `repair.verify`.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from import_cycles.base.names import ModuleName, dotted_name, split_root
from import_cycles.base.record import record
from import_cycles.proposals.definitions import (
    Origin,
    set_from_outside,
    takes_all_names,
    value_changes,
)
from import_cycles.proposals.fix import FixContext, Refusal
from import_cycles.proposals.moving_code import (
    ALWAYS_THERE,
    OWN_NAMES,
    Part,
    TakenImport,
    acts,
    check_module_readers,
    check_place,
    first_bound,
    has_annotations,
    import_meaning,
    imports_of,
    is_logger,
    patching,
)
from import_cycles.proposals.own_names import OwnNames, own_names
from import_cycles.source.insertion import NotPossible, has_future_annotations
from import_cycles.source.scopes import Read
from import_cycles.source.top_level import TopLevel, Unit, UnitKind
from import_cycles.source.uses import FileUses, Moment, moment

MOST_TAKEN: Final = 200
"""Lines of code that the smaller module may have: a larger one is seldom a part of another."""

MOST_TOGETHER: Final = 1000
"""Lines of code that both may have. That of pylint's `max-module-lines` (C0302) by default."""

Placed = tuple[ModuleName, Unit]


@record
class Merge:
    """One module taken into another."""

    taker: ModuleName
    taken: ModuleName
    part: Part
    """What moves: `units`, in the order of the text."""
    groups: tuple[tuple[Unit | None, tuple[Unit, ...]], ...]
    """Units that move, and the unit of the taker that they stand above; None: at the end."""
    imports: tuple[TakenImport, ...]
    """The imports that the taker lacks."""
    in_taker: OwnNames
    in_taken: OwnNames
    passed_on: tuple[str, ...]
    """The names that the old module has from the taker, sorted."""
    stays: tuple[Unit, ...]
    """Units of the old module that stay there: its `__all__`."""
    cautions: tuple[str, ...]


def n_lines(context: FixContext, module: ModuleName) -> int:
    """How many lines a module has without its imports, docstring and comments; 0 without a text."""
    level = context.level(module)
    if level is None:
        return 0
    statements = (
        (unit, level.statement(unit)) for unit in level.units if unit.kind is UnitKind.CODE
    )
    return sum(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for unit, node in statements
        if not _is_docstring(unit, node)
    )


def merge(context: FixContext, taker: ModuleName, taken: ModuleName) -> Merge | Refusal:
    """How `taker` takes `taken` in; the reason where it cannot.

    Cost: the trees of both modules, and who reads the names.
    """
    try:
        return _Merger(context, taker, taken).merge()
    except NotPossible as error:
        return Refusal(error.reason)


class _Merger:
    def __init__(self, context: FixContext, taker: ModuleName, taken: ModuleName) -> None:
        self._context = context
        self._taker = taker
        self._taken = taken
        self._cautions: dict[str, None] = {}
        self._levels = {module: self._level(module) for module in (taker, taken)}

    def merge(self) -> Merge:
        self._check_modules()
        in_taker = own_names(self._context, self._taker, self._taken)
        in_taken = own_names(self._context, self._taken, self._taker)
        moving, copies, stays = self._sorted_units()
        self._check_names(moving, in_taker, in_taken)
        imports = self._imports(in_taken)
        bound = {name for unit in moving for name in unit.names}
        bound |= {taken.name for taken in imports}
        self._check_clashes(moving, bound, in_taker)
        part = Part(self._taken, self._levels[self._taken], moving, ())
        known = {name for unit in (*moving, *copies) for name in unit.names} - {"_"}
        order = _Order(self._levels, self._taker, self._taken, (in_taker, in_taken))
        return Merge(
            self._taker,
            self._taken,
            part,
            order.groups(moving),
            tuple(imports),
            in_taker,
            in_taken,
            tuple(sorted(known | set(self._wanted_imports(known, in_taken)))),
            stays,
            tuple(self._cautions),
        )

    # --- the modules -----------------------------------------------------------------------

    def _level(self, module: ModuleName) -> TopLevel:
        level, name = self._context.level(module), dotted_name(module)
        if level is None:
            raise NotPossible(f"the text of {name} cannot be read")
        if level.uses.dynamic:
            raise NotPossible(f"`{level.uses.dynamic}` in {name} may read any name")
        if level.uses.has_star_import:
            raise NotPossible(f"{name} has a star-import")
        for unit in level.units:
            statement = level.statement(unit)
            if isinstance(statement, ast.If) and "'__main__'" in ast.dump(statement.test):
                raise NotPossible(f"{name} has a part for when it is run as a script")
        return level

    def _check_modules(self) -> None:
        files = [self._context.layout.module(each) for each in (self._taker, self._taken)]
        roots = {(file.root, split_root(file.name)[1]) for file in files if file is not None}
        if len(roots) != 1:
            raise NotPossible("the modules lie in different source roots")
        own, other = self._levels[self._taker], self._levels[self._taken]
        if has_future_annotations(own.file) != has_future_annotations(other.file) and any(
            has_annotations(other.statement(unit)) for unit in other.units
        ):
            raise NotPossible(
                "one module postpones the evaluation of annotations, the other does not"
            )
        if "__all__" not in own.uses.scopes.module.bound:
            for reader in self._context.readers(self._taker, "*"):
                if takes_all_names(self._context, reader, self._taker):
                    told = f"{dotted_name(reader)} star-imports {dotted_name(self._taker)}"
                    raise NotPossible(f"{told}, which has no `__all__`")

    # --- what moves ------------------------------------------------------------------------

    def _sorted_units(self) -> tuple[tuple[Unit, ...], tuple[Unit, ...], tuple[Unit, ...]]:
        """The units that move, those that the taker has too, and those that stay."""
        level = self._levels[self._taken]
        moving: list[Unit] = []
        copies: list[Unit] = []
        stays: list[Unit] = []
        for unit in level.units:
            statement = level.statement(unit)
            if unit.kind in (UnitKind.FUTURE, UnitKind.IMPORT, UnitKind.TYPING):
                continue
            if _is_docstring(unit, statement):
                continue
            if self._is_about_all(level, unit):
                stays.append(unit)
            elif self._has_taker(level, unit):
                copies.append(unit)
            else:
                moving.append(unit)
            if is_logger(statement):
                told = f"`{unit.names[0]}` logs under the name of {dotted_name(self._taker)} then"
                self._cautions[told] = None
        return tuple(moving), tuple(copies), tuple(stays)

    def _is_about_all(self, level: TopLevel, unit: Unit) -> bool:
        names = {read.name for read in level.reads(unit)} | set(unit.names)
        if "__all__" not in names:
            return False
        if names != {"__all__"}:
            line = level.statement(unit).lineno
            raise NotPossible(f"line {line} of {dotted_name(self._taken)} makes `__all__` of names")
        level.span(unit)
        return True

    def _has_taker(self, level: TopLevel, unit: Unit) -> bool:
        """Whether the taker has the same logger, or the same choice between modules."""
        statement = level.statement(unit)
        if unit.kind is not UnitKind.CHOICE and not is_logger(statement):
            return False
        own = self._levels[self._taker]
        return any(
            each.names == unit.names and ast.dump(own.statement(each)) == ast.dump(statement)
            for each in own.units
        )

    # --- names -----------------------------------------------------------------------------

    def _check_names(self, moving: Sequence[Unit], in_taker: OwnNames, in_taken: OwnNames) -> None:
        context, level = self._context, self._levels[self._taken]
        names = {name for unit in moving for name in unit.names}
        for unit in moving:
            check_place(level, unit)
            for read in level.reads(unit):
                self._check_read(level, unit, read)
        for name in sorted(level.uses.scopes.module.bound - {"__all__"}):
            if name.startswith("__"):
                raise NotPossible(f"`{name}` belongs to {dotted_name(self._taken)} itself")
            setter = set_from_outside(context, self._taken, name)
            if setter:
                raise NotPossible(setter)
            holder = patching(context, self._taken, name)
            if holder:
                told = f"{dotted_name(self._taken)}.{name}"
                raise NotPossible(f"{holder} replaces `{told}`, and the moved code would miss that")
        for module, needed in (
            (self._taken, (names | in_taker.names) - {"_"}),
            (self._taker, in_taken.names),
        ):
            for name in sorted(needed):
                if self._is_import(module, name):
                    continue
                changes = value_changes(context, Origin(module, name, ((module, name),)))
                if changes:
                    raise NotPossible(changes)
        check_module_readers(context, self._taken, sorted(names))

    def _is_import(self, module: ModuleName, name: str) -> bool:
        """Whether a module has a name by an import, which makes it the same thing in both."""
        units = self._levels[module].binding(name)
        return bool(units) and all(unit.kind is not UnitKind.CODE for unit in units)

    def _check_read(self, level: TopLevel, unit: Unit, read: Read) -> None:
        if level.uses.scopes.resolve(read.name, read.scope) is not None or read.is_quoted:
            return
        line, module = level.statement(unit).lineno, dotted_name(self._taken)
        if read.name in OWN_NAMES:
            if not (read.name == "__name__" and is_logger(level.statement(unit))):
                told = f"line {line} of {module} reads `{read.name}`"
                raise NotPossible(f"{told}, which another module has its own of")
        elif read.name not in ALWAYS_THERE:
            raise NotPossible(
                f"where `{read.name}` in line {line} of {module} comes from is not clear"
            )
        elif read.name in self._levels[self._taker].uses.scopes.module.bound:
            raise NotPossible(f"`{read.name}` means something else in {dotted_name(self._taker)}")

    def _check_clashes(self, moving: Sequence[Unit], bound: set[str], in_taker: OwnNames) -> None:
        own, name_of_taker = self._levels[self._taker], dotted_name(self._taker)
        for unit in moving:
            for name in unit.names:
                if own.binding(name) and name not in in_taker.served and name != "_":
                    raise NotPossible(f"both modules bind `{name}`")
        scopes = own.uses.scopes
        for read in scopes.reads:
            if read.name in bound and scopes.resolve(read.name, read.scope) is None:
                line = read.node.lineno
                raise NotPossible(f"line {line} of {name_of_taker} reads another `{read.name}`")

    # --- imports ---------------------------------------------------------------------------

    def _imports(self, in_taken: OwnNames) -> list[TakenImport]:
        """The imports of the old module that the taker lacks."""
        level = self._levels[self._taken]
        gone = {
            (id(statement.node), number)
            for statement, items in in_taken.removed
            for number in items
        }
        lazy = {id(each.node) for each in level.uses.statements if each.is_lazy}
        found = []
        for unit in level.units:
            if unit.kind not in (UnitKind.IMPORT, UnitKind.TYPING):
                continue
            for node in imports_of(level.statement(unit)):
                for number in range(len(node.names)):
                    if (id(node), number) not in gone:
                        taken = TakenImport(
                            self._taken, unit, node, number, id(node) in lazy,
                            unit.kind is UnitKind.TYPING,
                        )  # fmt: skip
                        if not self._has_import(taken):
                            found.append(taken)
        return found

    def _has_import(self, taken: TakenImport) -> bool:
        """Whether the taker imports the same; raises NotPossible if the name is another thing there."""
        own = self._levels[self._taker]
        alias = taken.node.names[taken.alias]
        meaning = import_meaning(self._context, self._taken, taken.node, alias)
        is_there = False
        for unit in own.binding(taken.name):
            if unit.kind not in (UnitKind.IMPORT, UnitKind.TYPING):
                raise NotPossible(f"both modules bind `{taken.name}`")
            for node in imports_of(own.statement(unit)):
                for each in node.names:
                    if (each.asname or first_bound(node, each)) != taken.name:
                        continue
                    if import_meaning(self._context, self._taker, node, each) != meaning:
                        raise NotPossible(f"both modules bind `{taken.name}`")
                    is_whole = isinstance(node, ast.ImportFrom) or each.name == alias.name
                    is_executed = unit.kind is UnitKind.IMPORT or taken.is_guarded
                    is_there |= is_whole and is_executed
        return is_there

    def _wanted_imports(self, known: set[str], in_taken: OwnNames) -> Iterator[str]:
        """The names that the old module has from elsewhere and that others may take from it.

        Those of the project, and others if a module of the project reads them.
        """
        level = self._levels[self._taken]
        uses: FileUses = level.uses
        modules = {
            statement.bound_name(number)
            for statement, items in in_taken.removed
            for number in items
        } - in_taken.served
        for name in sorted(uses.scopes.module.bound - known - modules - {"__all__"}):
            units = level.binding(name)
            if all(unit.kind is UnitKind.TYPING for unit in units):
                continue
            is_read = name in uses.exported or bool(self._context.readers(self._taken, name))
            if is_read or any(self._is_of_project(level, unit, name) for unit in units):
                yield name

    def _is_of_project(self, level: TopLevel, unit: Unit, name: str) -> bool:
        """Whether a unit imports a public name from a module of the project."""
        return not name.startswith("_") and any(
            isinstance(node, ast.ImportFrom)
            and any((alias.asname or alias.name) == name for alias in node.names)
            and self._context.resolve(self._taken, node.module or "", node.level) is not None
            for node in imports_of(level.statement(unit))
        )


def _is_docstring(unit: Unit, statement: ast.stmt) -> bool:
    return unit.position == 0 and isinstance(statement, ast.Expr) and isinstance(
        statement.value, ast.Constant
    ) and isinstance(statement.value.value, str)  # fmt: skip


# --- order -------------------------------------------------------------------------------------


class _Order:
    """Puts the statements of two modules in one order in which they can be executed."""

    def __init__(
        self,
        levels: dict[ModuleName, TopLevel],
        taker: ModuleName,
        taken: ModuleName,
        own: tuple[OwnNames, OwnNames],
    ) -> None:
        self._levels = levels
        self._taker = taker
        self._taken = taken
        self._homes: defaultdict[str, list[Placed]] = defaultdict(list)
        self._gone = {(taker, name) for name in own[0].served} | {
            (taken, name) for name in own[1].served
        }
        self._read_as = {id(read): name for each in own for read, name in each.chains}
        for module, level in levels.items():
            for unit in level.units:
                if unit.kind is UnitKind.CODE:
                    for name in unit.names:
                        self._homes[name].append((module, unit))

    def groups(self, moving: Sequence[Unit]) -> tuple[tuple[Unit | None, tuple[Unit, ...]], ...]:
        """The units that move, each group with the unit of the taker that it stands above.

        First everything counts that a called function may read; if that leaves no order, only what
        the statements read themselves.
        """
        for is_deep in (True, False):
            order = self._in_order(moving, is_deep=is_deep)
            if order is not None:
                return tuple(_grouped(order, self._taker))
        raise NotPossible("the two bodies have no order in which they can be executed")

    def _in_order(self, moving: Sequence[Unit], *, is_deep: bool) -> list[Placed] | None:
        level = self._levels[self._taker]
        own = [(self._taker, unit) for unit in level.units]
        head = next(
            (number for number, (_, unit) in enumerate(own) if self._is_body(level, unit)),
            len(own),
        )
        queues = {
            self._taker: own[head:],
            self._taken: [(self._taken, unit) for unit in moving],
        }
        needs = {
            (module, unit.position): self._needs(module, unit, is_deep=is_deep)
            for queue in queues.values()
            for module, unit in queue
        }
        there: set[Placed] = set(own[:head])
        order = own[:head]
        # What moves stands as low as the taker lets it, and stays together.
        current = self._taker
        while any(queues.values()):
            for module in (current, self._taken if current == self._taker else self._taker):
                queue = queues[module]
                if queue and needs[module, queue[0][1].position] <= there:
                    there.add(queue[0])
                    order.append(queue.pop(0))
                    current = module
                    break
            else:
                return None
        return order

    def _is_body(self, level: TopLevel, unit: Unit) -> bool:
        return unit.kind is UnitKind.CODE and not _is_docstring(unit, level.statement(unit))

    def _needs(self, module: ModuleName, unit: Unit, *, is_deep: bool) -> set[Placed]:
        """The units of the other module that a unit needs to have been executed."""
        found: set[Placed] = set()
        seen: set[Placed] = {(module, unit)}
        waiting = [(module, unit, _NOW)]
        is_deep = is_deep and acts(self._levels[module].statement(unit))
        while waiting:
            where, each, moments = waiting.pop()
            for name in self._names_read(where, each, moments):
                for home in self._homes[name]:
                    if home[0] != module:
                        found.add(home)
                    if is_deep and home not in seen:
                        seen.add(home)
                        waiting.append((*home, _NOW | _LATER))
        return found

    def _names_read(
        self, module: ModuleName, unit: Unit, moments: frozenset[Moment]
    ) -> Iterator[str]:
        level = self._levels[module]
        scopes = level.uses.scopes
        is_lazy = has_future_annotations(level.file)
        for read in level.reads(unit):
            at = moment(read)
            if at not in moments or (at is Moment.ANNOTATION and is_lazy):
                continue
            if id(read) in self._read_as:
                yield self._read_as[id(read)]
            elif scopes.resolve(read.name, read.scope) in (scopes.module, None):
                yield read.name


_NOW: Final = frozenset({Moment.LOADING, Moment.ANNOTATION})
_LATER: Final = frozenset({Moment.LATER})


def _grouped(
    order: Sequence[Placed], taker: ModuleName
) -> Iterator[tuple[Unit | None, tuple[Unit, ...]]]:
    group: list[Unit] = []
    for module, unit in order:
        if module != taker:
            group.append(unit)
        elif group:
            yield unit, tuple(group)
            group = []
    if group:
        yield None, tuple(group)

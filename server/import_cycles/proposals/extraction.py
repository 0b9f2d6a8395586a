"""Which definitions can leave the modules of a cycle together, and what they take along.

It starts from the names that an import asks for. It adds everything that the moved code reads of
the cycle's modules, while it loads or when it is called: helpers, constants, bases, decorators, and
statements that complete what is moved (`Order.label = …`). Names from elsewhere are imported anew
in the new module. Loggers, and `try` statements that choose between modules, exist in both modules
afterwards. Names that only type checkers need are imported for them alone.

Code that would behave otherwise after the move is a refusal: names that are bound a second time,
set or patched from outside; `global`, `globals()`, `__name__`, `__file__` and the like; frames that
are inspected. Whether the cycle ends is not decided here: `repair.verify` does that.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.proposals.definitions import (
    Origin,
    is_bound_once,
    is_submodule,
    origin_of,
    set_from_outside,
    value_changes,
)
from import_cycles.proposals.fix import FixContext, Refusal
from import_cycles.proposals.moving_code import (
    ALWAYS_THERE,
    OWN_NAMES,
    Definition,
    Extraction,
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
from import_cycles.proposals.runtime_annotations import LAZY_SINCE, AnnotationConcerns
from import_cycles.source.insertion import NotPossible, has_future_annotations
from import_cycles.source.scopes import Read, ScopeKind
from import_cycles.source.top_level import TopLevel, Unit, UnitKind
from import_cycles.source.uses import FileUses, Moment, moment

MOST_UNITS: Final = 40
"""Definitions that may move at once: more would be a redesign, not a fix."""

MOST_MOVED: Final = 0.7
"""The share of a module's lines of code that may leave it."""


def extraction(context: FixContext, wanted: Iterable[Definition]) -> Extraction | Refusal:
    """The units to move so that each of the wanted names can move; the reason where that is impossible.

    Cost: the trees of the modules that something moves from, and who reads the names.
    """
    try:
        return _Closure(context).of(wanted)
    except NotPossible as error:
        return Refusal(error.reason)


class _Closure:
    def __init__(self, context: FixContext) -> None:
        self._context = context
        self._knot = context.knot | set(context.finding.cycle)
        self._moved: defaultdict[ModuleName, set[int]] = defaultdict(set)
        self._copied: defaultdict[ModuleName, set[int]] = defaultdict(set)
        self._imports: dict[tuple[ModuleName, int, int, int], TakenImport] = {}
        self._passed_on: dict[str, tuple[ModuleName, str]] = {}
        self._for_types: dict[Definition, None] = {}
        self._meaning: dict[str, object] = {}
        """What each name of the new module stands for."""
        self._waiting: list[tuple[ModuleName, Unit]] = []
        self._cautions: dict[str, None] = {}
        self._not_patched: set[Definition] = set()

    def of(self, wanted: Iterable[Definition]) -> Extraction | Refusal:
        for module, name in wanted:
            self._define(module, name)
        while self._waiting:
            self._take_along(*self._waiting.pop())
            if not self._waiting:
                self._complete()
        guards = [each for each in self._for_types if each[1] not in self._meaning]
        for module, name in guards:
            self._means(name, ("type", module))
        parts = tuple(
            Part(
                module,
                self.level(module),
                self._units(module, self._moved),
                self._units(module, self._copied),
            )
            for module in sorted({*self._moved, *self._copied})
        )
        for part in parts:
            self._check(part)
        order = _in_order(self, parts)
        return Extraction(
            parts,
            order,
            tuple(self._imports.values()),
            tuple((name, *origin) for name, origin in sorted(self._passed_on.items())),
            tuple(sorted(guards)),
            self._postpones(parts),
            tuple(self._cautions),
        )

    def _units(self, module: ModuleName, of: defaultdict[ModuleName, set[int]]) -> tuple[Unit, ...]:
        return tuple(self.level(module).units[position] for position in sorted(of[module]))

    # --- definitions -------------------------------------------------------------------------

    def level(self, module: ModuleName) -> TopLevel:
        """The units of a module from which something moves."""
        level = self._context.level(module)
        if level is None:
            raise NotPossible(f"the text of {dotted_name(module)} cannot be read")
        if level.uses.dynamic:
            raise NotPossible(f"`{level.uses.dynamic}` in {dotted_name(module)} may read any name")
        return level

    def _define(self, module: ModuleName, name: str) -> None:
        """A name that a module binds itself moves, with everything that its statement binds."""
        level = self.level(module)
        units = level.binding(name)
        if not units or not all(unit.kind is UnitKind.CODE for unit in units):
            raise NotPossible(f"where {dotted_name(module)} has `{name}` from is not clear")
        for unit in units:
            if unit.position in self._moved[module]:
                continue
            if sum(map(len, self._moved.values())) >= MOST_UNITS:
                raise NotPossible(f"more than {MOST_UNITS} definitions would have to move")
            _check_statement(level, unit, name)
            self._moved[module].add(unit.position)
            self._waiting.append((module, unit))
            for each in unit.names:
                self._check_name(level.uses, module, each)
                self._means(each, ("defined", module))
                for other in level.binding(each):
                    if other.position not in self._moved[module]:
                        self._define(module, each)

    def _check_name(self, uses: FileUses, module: ModuleName, name: str) -> None:
        if name.startswith("__"):
            raise NotPossible(f"`{name}` belongs to {dotted_name(module)} itself")
        if is_submodule(self._context, module, name):
            raise NotPossible(f"`{name}` is the name of a submodule, too")
        changes = value_changes(self._context, Origin(module, name, ((module, name),)))
        if changes:
            raise NotPossible(changes)

    def _means(self, name: str, what: object) -> None:
        if self._meaning.setdefault(name, what) != what:
            raise NotPossible(f"`{name}` would mean two things in one module")

    # --- what code reads ---------------------------------------------------------------------

    def _take_along(self, module: ModuleName, unit: Unit) -> None:
        level = self.level(module)
        for read in level.reads(unit):
            scope = level.uses.scopes.resolve(read.name, read.scope)
            is_own = scope is level.uses.scopes.module
            if scope is not None and scope.kind is ScopeKind.CLASS:
                # The body may read the module's before it binds its own.
                is_own = read.name in level.uses.scopes.module.bound
            if scope is None and not level.binding(read.name):
                # A string that may be meant as a type, and names nothing here, is none.
                if not read.is_quoted:
                    self._check_unbound(level, unit, read)
            elif is_own:
                self._need(level, module, unit, read)

    def _check_unbound(self, level: TopLevel, unit: Unit, read: Read) -> None:
        line = level.statement(unit).lineno
        if read.name in OWN_NAMES:
            raise NotPossible(
                f"line {line} reads `{read.name}`, which another module has its own of"
            )
        if level.uses.has_star_import:
            raise NotPossible(f"a star-import may bring `{read.name}`, which line {line} reads")
        if read.name not in ALWAYS_THERE:
            raise NotPossible(f"where `{read.name}` in line {line} comes from is not clear")

    def _need(self, level: TopLevel, module: ModuleName, unit: Unit, read: Read) -> None:
        name = read.name
        units = level.binding(name)
        if not units:
            raise NotPossible(f"where `{name}` is bound is not clear")
        self._check_patches(level, module, unit, read)
        is_for_types = self._is_for_types(level, module, read)
        kinds = {each.kind for each in units}
        if kinds == {UnitKind.CODE}:
            if len(units) == 1 and is_logger(level.statement(units[0])):
                self._copy(level, module, units[0])
                self._cautions[f"`{name}` logs under the name of the new module there"] = None
            elif is_for_types:
                self._for_types[module, name] = None
            else:
                self._define(module, name)
            return
        if not is_bound_once(level.uses, name) and not _are_parts_of_one_package(level, units):
            raise NotPossible(f"{dotted_name(module)} may bind `{name}` more than once")
        if kinds == {UnitKind.CHOICE}:
            self._copy(level, module, units[0])
            return
        if not kinds <= {UnitKind.IMPORT, UnitKind.TYPING}:
            raise NotPossible(f"`{name}` is bound in more than one way")
        for each in units:
            for node in imports_of(level.statement(each)):
                for number, alias in enumerate(node.names):
                    if (alias.asname or first_bound(node, alias)) == name:
                        self._take_import(level, module, each, node, number, is_for_types)

    def _take_import(
        self, level: TopLevel, module: ModuleName, unit: Unit,
        node: ast.Import | ast.ImportFrom, number: int, is_for_types: bool,
    ) -> None:  # fmt: skip
        alias = node.names[number]
        name = alias.asname or first_bound(node, alias)
        if isinstance(node, ast.ImportFrom):
            source = self._context.resolve(module, node.module or "", node.level)
            is_submodule_too = source is not None and is_submodule(
                self._context, source, alias.name
            )
            if source in self._knot and source is not None and not is_submodule_too:
                self._from_knot(source, alias, is_for_types or unit.kind is UnitKind.TYPING)
                return
        taken = TakenImport(
            module, unit, node, number,
            any(each.node is node and each.is_lazy for each in level.uses.statements),
            unit.kind is UnitKind.TYPING,
        )  # fmt: skip
        self._means(name, import_meaning(self._context, module, node, alias))
        self._imports.setdefault((module, unit.position, node.lineno, number), taken)

    def _from_knot(self, source: ModuleName, alias: ast.alias, is_for_types: bool) -> None:
        """A name that comes from another module of the cycle has to move as well."""
        name = alias.asname or alias.name
        if is_for_types:
            if name != alias.name:
                raise NotPossible(f"`{alias.name}` is called `{name}` elsewhere")
            self._for_types[source, name] = None
            return
        origin = origin_of(self._context, source, alias.name)
        if isinstance(origin, Refusal):
            raise NotPossible(origin.reason)
        if origin.module not in self._knot:
            changes = value_changes(self._context, origin)
            if changes:
                raise NotPossible(changes)
            self._means(name, ("passed on", origin.module, origin.name))
            self._passed_on[name] = (origin.module, origin.name)
            return
        if origin.name != name:
            raise NotPossible(f"`{origin.name}` is called `{name}` elsewhere")
        self._define(origin.module, origin.name)

    def _copy(self, level: TopLevel, module: ModuleName, unit: Unit) -> None:
        if unit.position in self._copied[module]:
            return
        level.span(unit)
        self._copied[module].add(unit.position)
        statement = level.statement(unit)
        for name in unit.names:
            self._means(name, ("copied", ast.dump(statement)))
        if not is_logger(statement):
            self._waiting.append((module, unit))
            return
        for read in level.reads(unit):
            if read.name != "__name__" and level.binding(read.name):
                self._need(level, module, unit, read)

    # --- what is for type checkers -----------------------------------------------------------

    def _is_for_types(self, level: TopLevel, module: ModuleName, read: Read) -> bool:
        """Whether no code evaluates a read, as far as is known."""
        at = moment(read)
        is_lazy = self._context.target.version >= LAZY_SINCE or has_future_annotations(level.file)
        if at is Moment.NEVER and not read.is_quoted and read.annotation is None:
            return True
        if not (at is Moment.NEVER or (at is Moment.ANNOTATION and is_lazy)):
            return False
        concern = AnnotationConcerns(self._context, module, level.uses).concern(read)
        return concern is None

    def _postpones(self, parts: Iterable[Part]) -> bool:
        """Whether the moved code has its annotations postponed (PEP 563)."""
        differing = {
            has_future_annotations(part.level.file)
            for part in parts
            if any(has_annotations(part.level.statement(unit)) for unit in part.units)
        }
        if len(differing) > 1:
            raise NotPossible(
                "one module postpones the evaluation of annotations, another does not"
            )
        if differing:
            return differing.pop()
        return all(has_future_annotations(part.level.file) for part in parts)

    # --- who would notice --------------------------------------------------------------------

    def _check_patches(self, level: TopLevel, module: ModuleName, unit: Unit, read: Read) -> None:
        """A patch of the old module would not reach code that has moved."""
        name, context = read.name, self._context
        if (module, name) in self._not_patched:
            return
        holder = patching(context, module, name)
        if holder:
            line = level.statement(unit).lineno
            told = f"{dotted_name(module)}.{name}"
            self._cautions[
                f"{holder} replaces `{told}`, and what line {line} defines would miss that"
            ] = None
        setter = set_from_outside(context, module, name)
        if setter:
            raise NotPossible(setter)
        self._not_patched.add((module, name))

    def _complete(self) -> None:
        """Statements that change moved definitions while the module loads move as well."""
        for module in list(self._moved):
            level = self.level(module)
            moved = {
                name for position in self._moved[module] for name in level.units[position].names
            }
            for unit in level.units:
                if unit.position in self._moved[module] or unit.kind is not UnitKind.CODE:
                    continue
                statement = level.statement(unit)
                if _completes(statement, moved):
                    self._complete_with(level, module, unit)
                elif isinstance(statement, _BLOCKS):
                    changed = next(
                        (each for each in _while_loading(statement) if _completes(each, moved)),
                        None,
                    )
                    if changed is not None:
                        where = f"line {changed.lineno} of {dotted_name(module)}"
                        raise NotPossible(f"{where} changes what would move")

    def _complete_with(self, level: TopLevel, module: ModuleName, unit: Unit) -> None:
        """A unit moves because of its effects; the names that it binds move with it."""
        level.span(unit)
        self._moved[module].add(unit.position)
        self._waiting.append((module, unit))
        if unit.names == ("_",):
            # A name that no code reads can be bound any number of times.
            return
        for name in unit.names:
            self._check_name(level.uses, module, name)
            self._means(name, ("defined", module))

    def _check(self, part: Part) -> None:
        level = part.level
        for unit in (*part.units, *part.copied):
            check_place(level, unit)
        self._check_share(part)
        self._check_order(part)
        self._check_registered(part)
        check_module_readers(self._context, part.module, part.names)

    def _check_share(self, part: Part) -> None:
        # What an `__init__` passes on is its own as well.
        is_package = self._context.path_of(part.module).endswith("/__init__.py")
        lines = {
            unit.position: _n_lines(part.level.statement(unit))
            for unit in part.level.units
            if (unit.kind is UnitKind.CODE and (unit.names or unit in part.units))
            or (unit.kind is UnitKind.IMPORT and is_package)
        }
        moved = sum(lines.get(unit.position, 0) for unit in part.units)
        stays = sum(lines.values()) - moved
        if part.units and (not stays or (moved > 40 and moved > MOST_MOVED * (moved + stays))):
            raise NotPossible(
                f"nearly all of {dotted_name(part.module)} would have to move, as merge-modules does"
            )

    def _check_order(self, part: Part) -> None:
        """Code above the moved code that has effects while it loads may matter to it."""
        busy = [unit for unit in part.units if acts(part.level.statement(unit))]
        if not busy:
            return
        for unit in part.level.units[: busy[-1].position]:
            statement = part.level.statement(unit)
            if unit not in part.units and _is_act(statement):
                where = f"line {statement.lineno} of {dotted_name(part.module)}"
                line = part.level.statement(busy[-1]).lineno
                raise NotPossible(f"{where} runs before line {line}, and may have to")

    def _check_registered(self, part: Part) -> None:
        """Code that stays must not enter itself in a register that moves: its module may load later.

        A module that imports only the new module would find the register without that entry.
        """
        moved = {name: part.level.statement(unit) for unit in part.units for name in unit.names}
        for unit in part.level.units:
            if unit in part.units or unit.kind is not UnitKind.CODE:
                continue
            statement = part.level.statement(unit)
            for node in (statement, *_while_loading(statement)):
                for name in _run_by(node):
                    if name in moved and _registers(moved[name], part.level):
                        where = f"line {node.lineno} of {dotted_name(part.module)}"
                        raise NotPossible(f"{where} registers something with `{name}`, and stays")


# --- statements --------------------------------------------------------------------------------

_BLOCKS: Final = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)


def _check_statement(level: TopLevel, unit: Unit, name: str) -> None:
    statement = level.statement(unit)
    level.span(unit)
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return
        case ast.Assign(targets=targets) if all(map(_is_plain_target, targets)):
            return
        case ast.AnnAssign(target=ast.Name(), value=ast.expr()):
            return
        case ast.If() | ast.Try():
            if all(
                isinstance(each, (*_DEFINING, ast.If, ast.Try, ast.Pass))
                for each in _blocks_in(statement)
            ):
                return
        case _ if type(statement).__name__ == "TypeAlias":
            return
        case _:
            pass
    raise NotPossible(f"`{name}` is bound in line {statement.lineno} in a way that cannot be moved")


_DEFINING: Final = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.Import,
    ast.ImportFrom,
)  # fmt: skip


def _blocks_in(statement: ast.stmt) -> Iterator[ast.stmt]:
    """The statements in the blocks of a compound statement, but those of definitions."""
    for block in ("body", "orelse", "finalbody"):
        for each in getattr(statement, block, ()):
            yield each
            if isinstance(each, _BLOCKS):
                yield from _blocks_in(each)
    for handler in getattr(statement, "handlers", ()):
        yield from _blocks_in(handler)


def _while_loading(statement: ast.stmt) -> Iterator[ast.stmt]:
    return _blocks_in(statement)


def _is_plain_target(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return all(map(_is_plain_target, target.elts))
    return isinstance(target, ast.Name)


def _completes(statement: ast.stmt, moved: set[str]) -> bool:
    """Whether a statement that binds nothing changes one of the things that move."""
    match statement:
        case ast.Assign(targets=targets):
            return any(not isinstance(each, ast.Name) and _root(each) in moved for each in targets)
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return not isinstance(target, ast.Name) and _root(target) in moved
        case ast.Delete(targets=targets):
            return any(not isinstance(each, ast.Name) and _root(each) in moved for each in targets)
        case ast.Expr(value=ast.Call(func=ast.Attribute() as function)):
            return _root(function) in moved
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            # `@total.register`, `@app.route(…)`
            return any(
                isinstance(_called(each), ast.Attribute) and _root(each) in moved
                for each in statement.decorator_list
            )
        case ast.Expr(value=ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[first, *_])):
            return _root(first) in moved
        case _:
            return False


def _called(decorator: ast.expr) -> ast.expr:
    return decorator.func if isinstance(decorator, ast.Call) else decorator


def _run_by(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement decorates with, derives from, or calls for the effect alone."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    for each in decorators:
        yield _root(each)
    match statement:
        case ast.ClassDef(bases=bases, keywords=keywords):
            yield from (_root(base) for base in bases)
            yield from (_root(each.value) for each in keywords)
        case ast.Expr(value=ast.Call(func=function)):
            yield _root(function)
        case _:
            pass


def _registers(definition: ast.stmt, level: TopLevel) -> bool:
    """Whether a function changes its module's state, or a class is told of its subclasses."""
    if isinstance(definition, ast.ClassDef):
        return (
            any(keyword.arg == "metaclass" for keyword in definition.keywords)
            or any(getattr(each, "name", "") == "__init_subclass__" for each in definition.body)
            or any(_root(base) == "type" for base in definition.bases)
        )
    if not isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    own = level.uses.scopes.module.bound
    return any(
        isinstance(node, ast.Attribute | ast.Subscript)
        and _root(node) in own
        and (
            not isinstance(node.ctx, ast.Load)
            or (isinstance(node, ast.Attribute) and node.attr in _CHANGING)
        )
        for node in ast.walk(definition)
    )


_CHANGING: Final = frozenset(
    {"append", "add", "update", "setdefault", "insert", "extend", "register", "connect", "pop"}
)


def _is_act(statement: ast.stmt) -> bool:
    """Whether a statement is there for its effects while the module loads."""
    match statement:
        case ast.Expr(value=ast.Constant()):
            return False
        case ast.Expr() | ast.For() | ast.While() | ast.With() | ast.Delete():
            return True
        case ast.Assign(targets=targets):
            return not all(map(_is_plain_target, targets))
        case ast.If(test=test) | ast.Try(body=[ast.Expr(value=test), *_]):
            if "__main__" in ast.dump(test):
                return False
            return any(map(_is_act, _blocks_in(statement)))
        case ast.Try():
            return any(map(_is_act, _blocks_in(statement)))
        case _:
            return False


# --- order -------------------------------------------------------------------------------------


def _in_order(closure: _Closure, parts: tuple[Part, ...]) -> tuple[tuple[Part, Unit], ...]:
    """The units of all parts, so that each stands below what it reads while it is executed."""
    queues = [
        [
            (part, unit)
            for unit in sorted({*part.units, *part.copied}, key=lambda each: each.position)
        ]
        for part in parts
    ]
    home = {
        name: part.module
        for part in parts
        for unit in (*part.units, *part.copied)
        for name in unit.names
    }
    there: set[str] = set()
    order: list[tuple[Part, Unit]] = []
    while any(queues):
        for queue in queues:
            if queue and _early_reads(*queue[0], home) <= there:
                part, unit = queue.pop(0)
                there.update(unit.names)
                order.append((part, unit))
                break
        else:
            raise NotPossible("what would move has no order in which it can be executed")
    return tuple(order)


def _early_reads(part: Part, unit: Unit, home: dict[str, ModuleName]) -> set[str]:
    """Names of other modules' units that a unit reads while it is executed."""
    return {
        read.name
        for read in part.level.reads(unit)
        if moment(read) in (Moment.LOADING, Moment.ANNOTATION)
        and home.get(read.name, part.module) != part.module
    }


def _are_parts_of_one_package(level: TopLevel, units: Iterable[Unit]) -> bool:
    """Whether a name is bound by `import a`, `import a.b` and the like alone."""
    return all(
        unit.kind is UnitKind.IMPORT
        and isinstance(node := level.statement(unit), ast.Import)
        and not any(alias.asname for alias in node.names)
        for unit in units
    )


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _n_lines(statement: ast.stmt) -> int:
    return (statement.end_lineno or statement.lineno) - statement.lineno + 1

"""First imports of modules that do nothing but import one another, worked out without the machine.

A module is *plain* if loading it executes only imports, and definitions that evaluate nothing:
functions without decorators, classes without bases, constants. The outcome of a first import that
loads only plain modules depends on which names each module has bound by when. That takes a few
look-ups for each import instead of a run of the machine, so that a large knot of such modules costs
little.

The answer is that of the machine. If a module, or the state in which it is loaded, needs more
knowledge than that, there is no answer, and the machine runs.
Tests: tests/properties/test_plain_modules.py.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from typing import Final

from import_cycles.base.names import ModuleName, dotted_name, resolve_relative
from import_cycles.base.record import entity, field, record
from import_cycles.resolve.layout import ModuleFile, ModuleKind
from import_cycles.resolve.targets import package_of
from import_cycles.simulate.core import Core
from import_cycles.simulate.importing import TOO_MANY_WAIT
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.load_orders import ModuleNumbers, OwnCodes
from import_cycles.simulate.messages import cannot_import_name
from import_cycles.simulate.outcome import Crashes, Frame, Loads, Outcome, Spot, Unsure
from import_cycles.simulate.plain_statements import (
    FromModule,
    NotPlainError,
    OwnClass,
    PlainScope,
)
from import_cycles.simulate.values import Lazy, Maybe, Module, Value
from import_cycles.simulate.world import World
from import_cycles.syntax import steps as s
from import_cycles.syntax.imports import ImportFlag, ImportRecord, When

_USUAL: Final = ImportFlag.SUPPRESSED | ImportFlag.GUARDED

_DONE: Final = 1 << 60
"""The position of a module that has been executed: behind all of its statements."""


@record
class _Asked:
    """A name that is imported from a module, and the submodule of that name, if there is one."""

    name: str
    child: ModuleFile | None


@entity
class _Import:
    """An import statement of a plain module, of modules of the project.

    `path` has the modules on the way to the one that is named, that one last, and `goal` is its
    name. `names` are asked of it; `attributes` of the one before each.
    """

    position: int
    import_id: int
    goal: ModuleName
    path: tuple[ModuleFile, ...]
    names: tuple[_Asked, ...]
    attributes: tuple[_Asked, ...]
    frame: Frame
    is_guarded: bool = False
    """Whether it stands in a `try`, of which no handler is reached."""


@entity
class _Plain:
    """A plain module: its imports, and the statement that binds each name first."""

    file: ModuleFile
    frame: Frame
    """The module on the stack, before its first import."""
    is_source: bool
    n_steps: int = 0
    imports: list[tuple[ModuleName | None, _Import]] = field(default_factory=list)
    """Each with the module that it names, if it does nothing once that is in `sys.modules`."""
    bound: dict[str, int] = field(default_factory=dict)
    classes: dict[str, OwnClass] = field(default_factory=dict)
    """The classes that names stand for, once they are bound."""
    bases: list[FromModule] = field(default_factory=list)
    """What it takes from other modules to derive classes from it."""
    is_quiet: bool = True
    """Whether nothing in it could raise for reasons outside of the project."""


class _EndedError(Exception):
    """A first import does not finish."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


@record
class PlainRun:
    """The outcome of a first import, and the codes that it executes."""

    outcome: Outcome
    ran: OwnCodes


class PlainModules:
    """The plain modules of a revision of a project."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.known: dict[ModuleName, _Plain | None] = {}
        """The modules that have been asked for."""
        self._read_ones: dict[ModuleName, _Plain | None] = {}
        """Modules that are plain if what they take as bases of classes is."""
        self._are_bases: dict[tuple[ModuleName, str], bool] = {}
        self._numbers = ModuleNumbers()
        self._hopeless: set[ModuleName] = set()
        """Modules that a search passed before it met one that is not plain."""

    def run(self, entry: ModuleName, machine: Core) -> PlainRun | None:
        """A first import of a module, in a state in which only packages around it are loaded.

        None if more than plain modules take part. Cost: the imports of all that it loads.
        """
        if entry in self._hopeless or not _is_untouched(machine):
            return None
        run = _Run(self, machine)
        file = self._world.layout.module(entry)
        try:
            if file is None or run.is_earlier(file.name):
                return None
            run.load(file)
        except NotPlainError:
            self._hopeless.update(frame.module for frame in run.stack)
            self._hopeless.add(entry)
            return None
        except _EndedError as ended:
            outcome = ended.outcome
        else:
            outcome = Loads(self._numbers.order((*machine.loaded, *run.loaded)))
        return PlainRun(outcome, self._numbers.own_codes(run.loaded))

    def are_plain(self, modules: Iterable[ModuleName]) -> bool:
        """Whether all of some modules are plain, whatever else they load."""
        files = map(self._world.layout.module, modules)
        return all(file is not None and self.of(file) is not None for file in files)

    def of(self, file: ModuleFile) -> _Plain | None:
        """A module, if it is plain."""
        name = file.name
        try:
            return self.known[name]
        except KeyError:
            plain = self._read_once(file)
            if plain is not None and not all(map(self._is_base, plain.bases)):
                plain = None
            self.known[name] = plain
            return plain

    def _read_once(self, file: ModuleFile) -> _Plain | None:
        name = file.name
        if name not in self._read_ones:
            try:
                self._read_ones[name] = self._read(file)
            except NotPlainError:
                self._read_ones[name] = None
        return self._read_ones[name]

    def _is_base(self, wanted: FromModule) -> bool:
        """Whether a name of a module is a class of which one makes others, and nothing else happens."""
        seen: set[tuple[ModuleName, str]] = set()
        pending: list[FromModule | OwnClass] = [wanted]
        while pending:
            each = pending.pop()
            if isinstance(each, OwnClass):
                pending.extend(each.bases)
                continue
            key = each.owner.name, each.name
            known = self._are_bases.get(key)
            if known is None and key not in seen:
                seen.add(key)
                plain = self._read_once(each.owner)
                found = None if plain is None else plain.classes.get(each.name)
                if self._world.find(f"{dotted_name(each.owner.name)}.{each.name}", None):
                    # The submodule may have taken its place.
                    found = None
                if found is not None:
                    pending.append(found)
                known = found is not None
            if known is False:
                self._are_bases[wanted.owner.name, wanted.name] = False
                return False
        self._are_bases.update(dict.fromkeys(seen, True))
        return True

    # --- reading -----------------------------------------------------------------------------

    def _read(self, file: ModuleFile) -> _Plain:
        is_source = file.kind is ModuleKind.SOURCE
        plain = _Plain(file, Frame(file.name, None), is_source)
        if file.kind is ModuleKind.NAMESPACE:
            return plain
        summarized = self._world.summaries.get(file.name)
        if not is_source or file.is_compiled or summarized is None or not summarized.exact:
            raise NotPlainError
        summary = summarized.summary
        if summary.codes[0].global_names:
            # Some class binds names of the module.
            raise NotPlainError
        body = summary.codes[0].body
        plain.n_steps = sum(map(_n_steps, body))
        scope = PlainScope(self._world.target)
        for position, (step, is_guarded) in enumerate(scope.straight(body)):
            if not isinstance(step, s.Import):
                scope.note(step, position)
                if is_guarded and scope.calls:
                    raise NotPlainError
                continue
            record = summary.imports[step.import_id]
            found = self._import(file, record, step, position)
            scope.note_import(record, None if found is None else found.path[-1], position)
            if found is None:
                is_certain = record.module.partition(".")[0] in sys.stdlib_module_names
                plain.is_quiet = plain.is_quiet and is_certain
                if is_guarded and not is_certain:
                    raise NotPlainError
            else:
                found.is_guarded = is_guarded
                is_alone = not found.names and not found.attributes
                plain.imports.append((found.goal if is_alone else None, found))
        plain.is_quiet = plain.is_quiet and not scope.calls
        plain.bound, plain.bases, plain.classes = scope.bound, scope.bases, scope.finish()
        return plain

    def _import(
        self, file: ModuleFile, record: ImportRecord, step: s.Import, position: int
    ) -> _Import | None:
        """None for an import from outside the project."""
        dotted: str | None = record.module
        if record.level:
            dotted = resolve_relative(package_of(file), record.level, record.module)
        is_usual = record.when is When.RUNTIME and not record.flags & ~_USUAL
        if not dotted or record.listed is not None or not is_usual:
            raise NotPlainError
        path = self._path(dotted, file)
        if not path:
            return None
        names = tuple(
            _Asked(each.name, self._world.find(f"{dotted}.{each.name}", file))
            for each in record.names or ()
        )
        attributes: tuple[_Asked, ...] = ()
        if record.bound_as is not None:
            attributes = tuple(
                _Asked(part, below)
                for part, below in zip(dotted.split(".")[1:], path[1:], strict=True)
            )
        frame = Frame(file.name, Spot(file.name, 0, step.mark))
        return _Import(position, step.import_id, path[-1].name, path, names, attributes, frame)

    def _path(self, dotted: str, importer: ModuleFile) -> tuple[ModuleFile, ...]:
        parts = dotted.split(".")
        path: list[ModuleFile] = []
        for end in range(1, len(parts) + 1):
            found = self._world.find(".".join(parts[:end]), importer)
            if found is None and not path and self._world.find(dotted, importer) is None:
                return ()
            if found is None or found.kind is ModuleKind.STUB:
                raise NotPlainError
            path.append(found)
        return tuple(path)


class _Run:
    """One first import."""

    def __init__(self, modules: PlainModules, machine: Core) -> None:
        self._modules = modules
        self._known = modules.known
        self._before = machine.modules
        self._positions: dict[ModuleName, int] = {}
        """How far the modules that it executes have come, in the order in which they begin."""
        self._begun: set[ModuleName] = set()
        """These, and earlier modules that it has met: they and the packages around them are in
        `sys.modules`."""
        self._earlier_names: dict[ModuleName, dict[str, Value]] = {}
        """The names of modules that were loaded before, and have all their names there."""
        self._n_steps = machine.steps
        self._guards = 0
        """How many `try` statements around might catch what fails."""
        self.stack: list[Frame] = []

    @property
    def loaded(self) -> Collection[ModuleName]:
        """The modules that it executes, in order."""
        return self._positions.keys()

    def is_earlier(self, name: ModuleName) -> bool:
        """Whether a module was in `sys.modules` before the first import began."""
        return name in self._before and self._earlier(name) is not None

    def _earlier(self, name: ModuleName) -> Module | None:
        """A module that was loaded before the first import began."""
        found = dict.get(self._before, name)
        if found is not None and not isinstance(found, Module):
            raise NotPlainError
        return found

    def load(self, file: ModuleFile) -> None:
        """Execute a module. Raises NotPlainError and _EndedError."""
        name, stack = file.name, self.stack
        plain = self._known.get(name) or self._modules.of(file)
        if plain is None:
            stack.append(Frame(name, None))
            raise NotPlainError
        stack.append(plain.frame)
        positions, begun = self._positions, self._begun
        positions[name] = 0
        # What leads here has loaded the packages around it.
        begun.add(name)
        if len(stack) > LIMITS.nesting and plain.is_source:
            raise _EndedError(Unsure(TOO_MANY_WAIT))
        self._n_steps += plain.n_steps
        if self._n_steps > LIMITS.steps or (self._guards and not plain.is_quiet):
            raise NotPlainError
        for alone, each in plain.imports:
            if alone in begun:
                continue
            positions[name] = each.position
            stack[-1] = each.frame
            if each.is_guarded:
                self._try(each)
            else:
                self._carry_out(each)
        for base in plain.bases:
            if base.owner.name not in positions:
                # Code that is not plain may have given the name to something else.
                raise NotPlainError
        positions[name] = _DONE
        stack.pop()

    def _carry_out(self, each: _Import) -> None:
        begun = self._begun
        if each.goal not in begun:
            for step in each.path:
                if step.name in begun:
                    continue
                if self.is_earlier(step.name):
                    begun.add(step.name)
                else:
                    self.load(step)
        if each.names or each.attributes:
            self._bind(each)

    def _try(self, each: _Import) -> None:
        """The same in a `try`. Raises NotPlainError if anything fails: a handler may go on from there."""
        self._guards += 1
        try:
            self._carry_out(each)
        except _EndedError:
            raise NotPlainError from None
        finally:
            self._guards -= 1

    def _bind(self, by: _Import) -> None:
        """What an import does when the modules of its path are in `sys.modules`."""
        owner = by.path[-1]
        for asked in by.names:
            if not self._has(owner, asked.name):
                self._ask(asked, owner, by)
        for above, asked in zip(by.path, by.attributes, strict=False):
            if self._has(above, asked.name) and not self._is_module(above, asked):
                # It may be something else than the submodule.
                raise NotPlainError

    def _ask(self, asked: _Asked, owner: ModuleFile, by: _Import) -> None:
        """A name that a module has not bound, as `_handle_fromlist` and `import_from` look for it
        (Python/ceval.c).
        """
        child = asked.child
        if child is not None and child.kind is not ModuleKind.STUB:
            if child.name not in self._begun and not self.is_earlier(child.name):
                if not owner.is_package:
                    raise NotPlainError
                self.load(child)
            return
        at = self._positions.get(owner.name)
        here = self.stack[-1].module
        if at is None or child is not None or owner.name == here:
            raise NotPlainError
        if self._bound(owner).get(asked.name, -1) < at:
            raise NotPlainError
        message = cannot_import_name(asked.name, dotted_name(owner.name), owner.path, partial=True)
        raise _EndedError(
            Crashes(
                "ImportError",
                by.frame.spot,
                asked.name,
                owner.name,
                message,
                True,
                tuple(self.stack),
                by.import_id,
            )
        )

    def _is_module(self, above: ModuleFile, asked: _Asked) -> bool:
        """Whether an earlier module's attribute is the submodule of that name."""
        value = dict.get(self._earlier_names.get(above.name, {}), asked.name)
        return (
            isinstance(value, Module) and asked.child is not None and value.name == asked.child.name
        )

    def _bound(self, file: ModuleFile) -> dict[str, int]:
        """The statements that bind the names of a module that the first import executes."""
        plain = self._modules.of(file)
        assert plain is not None, f"{file.name} has been executed"
        return plain.bound

    def _has(self, owner: ModuleFile, name: str) -> bool:
        """Whether a module has bound a name by itself."""
        at = self._positions.get(owner.name)
        if at is not None:
            return self._bound(owner).get(name, _DONE) < at
        names = self._earlier_names.get(owner.name)
        if names is None:
            module = self._earlier(owner.name)
            if module is None or module.is_open or "__getattr__" in dict.keys(module.names):
                raise NotPlainError
            names = self._earlier_names[owner.name] = module.names
        value = dict.get(names, name)
        if isinstance(value, (Lazy, Maybe)):
            raise NotPlainError
        return value is not None


def _is_untouched(machine: Core) -> bool:
    """Whether the run has done nothing but load modules."""
    return not (
        machine.recorder.is_off
        or machine.lazy_mode
        or machine.lazy_children
        or machine.catchers
        or machine.handling
        or machine.stack
        or machine.doubt
        or any(log for log in machine.logs if log is not machine.loaded)
    )


def _n_steps(step: s.Step) -> int:
    """The statements that executing a plain one comes to."""
    match step:
        case s.DefineClass(body=body):
            return 1 + sum(map(_n_steps, body))
        case s.Try(body=body, orelse=orelse) | s.If(body=body, orelse=orelse):
            return 1 + sum(map(_n_steps, (*body, *orelse)))
        case _:
            return 1

"""Imports: `sys.modules`, parents first, submodules through `from`, star-imports.

Each act names the CPython function that it follows. Throughout, a module stands in
`sys.modules` before its body runs, and leaves it when the body fails
(importlib._bootstrap, `_load_unlocked`).
"""

from __future__ import annotations

import sys
from typing import Final

from import_cycles.base.names import ModuleName, bounded, resolve_relative
from import_cycles.resolve.layout import ModuleFile, ModuleKind
from import_cycles.resolve.targets import package_of
from import_cycles.simulate.absences import missing_name, too_early
from import_cycles.simulate.core import Active, Core
from import_cycles.simulate.errors import GiveUp, Raised, is_caught
from import_cycles.simulate.known import external_value
from import_cycles.simulate.limits import LIMITS
from import_cycles.simulate.marks import FINDERS, OPEN, RUN_AS, STATUS
from import_cycles.simulate.messages import cannot_import_name, misplaced_lazy, no_module
from import_cycles.simulate.module_attributes import module_attribute, perhaps_early
from import_cycles.simulate.names import bind, implicit_attribute
from import_cycles.simulate.outcome import Spot, namespace_of
from import_cycles.simulate.paths import OTHER_TEXT
from import_cycles.simulate.search_paths import give_search_path, has_other_search_path
from import_cycles.simulate.stores import tick
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Builtin,
    Const,
    External,
    Frame,
    Function,
    Lazy,
    Maybe,
    Module,
    Scope,
    Sequence,
    Status,
    Value,
)
from import_cycles.syntax import steps as s
from import_cycles.syntax.imports import ImportRecord
from import_cycles.syntax.numbering import WRONG_LINE
from import_cycles.syntax.summarize import Summarized

NO_RECORD: Final = -1
"""The number of an import record for acts that belong to no record of the module."""

TOO_MANY_WAIT: Final = "more modules wait for one another than are followed"
"""Why a first import is undecided that goes beyond LIMITS.nesting."""

_STDLIB: Final = frozenset(sys.stdlib_module_names)


def import_now(machine: Core, record: ImportRecord, step: s.Import, frame: Frame) -> None:
    """Carry out an import statement."""
    note_import(machine, frame.module.name, step.import_id, frame, step.mark)
    if record.names is None:
        _plain_import(machine, record, step, frame)
    else:
        _from_import(machine, record, step, frame)


def _plain_import(machine: Core, record: ImportRecord, step: s.Import, frame: Frame) -> None:
    """`import a.b` binds `a`; `import a.b as x` goes from `a` to `b` as `from a import b` does."""
    found = import_dotted(machine, record.module, frame, step.mark, step.import_id)
    top, *rest = record.module.split(".")
    value = top_level_of(machine, top, found, frame, step.mark)
    if record.bound_as is not None:
        for part in rest:
            value = imported_name(machine, value, part, frame, step)
    bind(machine, record.bound_as or top, value, frame)


def note_import(machine: Core, holder: ModuleName, import_id: int, frame: Frame, mark: int) -> None:
    """An import record of a module is carried out at a mark."""
    if machine.stack:
        machine.stack[-1].spot = machine.spot(frame, mark)
        machine.stack[-1].importing = (holder, import_id)


def top_level_of(machine: Core, top: str, found: Value, frame: Frame, mark: int) -> Value:
    """`PyImport_ImportModuleLevelObject` looks the first part up again, and may load it again."""
    if isinstance(found, External):
        return External(top)
    return import_dotted(machine, top, frame, mark, None)


def import_dotted(
    machine: Core,
    dotted: str,
    frame: Frame,
    mark: int,
    import_id: int | None,
    *,
    is_step: bool = False,
) -> Value:
    """`_find_and_load`: the entry of `sys.modules`, else the parent first, then the module."""
    if not dotted:
        return UNKNOWN
    if not is_step:
        dotted = bounded(dotted)
    importer = frame.module.file
    file = machine.world.find(dotted, importer)
    known = None if file is None else machine.in_modules(file.name)
    if known is not None:
        if is_step:
            machine.recorder.step_through(known)
        else:
            machine.recorder.meet(known, is_imported=True)
            if machine.thread_waits is not None and known.status is Status.RUNNING:
                machine.thread_waits.append(known.name)
        return known
    package, _, child = dotted.rpartition(".")
    parent: Module | None = None
    if package:
        above = import_dotted(machine, package, frame, mark, import_id, is_step=True)
        if not isinstance(above, Module):
            return External(dotted)
        parent = above
    if file is None:
        if parent is None:
            return _external(machine, dotted, frame, mark)
        return _missing(machine, dotted, parent, frame, mark, import_id)
    if file.kind is ModuleKind.STUB:
        return External(dotted)
    return machine.load_once(file, dotted, parent, child, machine.spot(frame, mark))


def load_once(
    machine: Core,
    file: ModuleFile,
    dotted: str,
    parent: Module | None,
    child: str,
    spot: Spot | None = None,
) -> Module:
    """The module of a file; run, and set on its package, if it is not loaded.

    `_find_and_load_unlocked` looks into `sys.modules` again and again. If the entry was deleted in
    the meantime, it raises KeyError at `spot`, the statement that imports.
    """
    known = machine.in_modules(file.name)
    if known is not None:
        machine.recorder.meet(known, is_imported=True)
        return known
    _still_loaded(machine, parent, spot)
    replayed = machine.recorder.replay(file.name, len(machine.catchers), len(machine.stack))
    loaded = machine.load(file, dotted, parent) if replayed is None else replayed
    machine.lost.may_have_grown = True
    machine.run_lost()
    module = machine.in_modules(file.name)
    if module is None:
        _not_in_modules(machine, dotted, spot)
        # Code that is not followed has put another value there, or else the import fails.
        if parent is not None and parent.names.get(child) is None:
            machine.journal.put(parent.names, child, UNKNOWN)
        return loaded
    holder = _still_loaded(machine, parent, spot)
    if holder is not None:
        # Only now, when the module has run; case simulate/parent-binding.
        is_own = machine.recorder.bind(holder, child, module)
        machine.journal.put(holder.names, child, module, is_own=is_own)
    return module


def _still_loaded(machine: Core, package: Module | None, spot: Spot | None) -> Module | None:
    if package is None:
        return None
    loaded = machine.in_modules(package.name)
    if loaded is None:
        _not_in_modules(machine, package.dotted, spot)
    return loaded


def _not_in_modules(machine: Core, dotted: str, spot: Spot | None) -> None:
    """A module has left `sys.modules` while it, or something in it, was loading: KeyError."""
    failure = Raised(Builtin("KeyError"), spot, message=repr(dotted), stack=machine.chain())
    machine.refuse(failure)


def load(
    machine: Core, file: ModuleFile, dotted: str, package: Module | None = None, run_as: str = ""
) -> Module:
    """Run a module that is not loaded."""
    start = tick()
    module = Module(file.name, dotted, file)
    key = ModuleName(run_as) if run_as else file.name
    if run_as:
        module.fields[RUN_AS] = run_as
    if file.is_package:
        give_search_path(machine, module)
    load = machine.recorder.begin(
        module,
        package,
        start,
        n_catchers=len(machine.catchers),
        n_handled=len(machine.handling),
        is_main=bool(run_as),
    )
    machine.journal.put(machine.modules, key, module)
    machine.loaded.append(file.name)
    if load is None:
        machine.ran.add((file.name, 0))
        execute_body(machine, module, key)
        return module
    around = machine.ran
    own = machine.ran = {(file.name, 0)}
    is_raised = True
    try:
        execute_body(machine, module, key)
        is_raised = False
    finally:
        machine.ran = around
        if machine.recorder.end(load, own, is_raised=is_raised):
            machine.layers.append(frozenset(own))
        else:
            around |= own
    return module


def execute_body(machine: Core, module: Module, key: ModuleName) -> None:
    """Execute a module's statements; one that raises leaves `sys.modules`."""
    file = module.file
    summarized = machine.world.summaries.get(file.name)
    if file.kind is not ModuleKind.SOURCE or file.is_compiled or summarized is None:
        if file.kind is not ModuleKind.NAMESPACE:
            module.fields[OPEN] = True
        machine.journal.write(module.fields, STATUS, Status.DONE)
        return
    if not summarized.exact:
        raise _unreadable(machine, file, summarized)
    if len(machine.stack) >= LIMITS.nesting:
        raise GiveUp(TOO_MANY_WAIT)
    machine.journal.write(module.fields, STATUS, Status.RUNNING)
    code = summarized.summary.codes[0]
    frame = Frame(module, 0, code, Scope.MODULE, module.names)
    active = Active(module)
    machine.stack.append(active)
    calls = machine.calls
    machine.outer_calls += calls
    machine.calls = 0
    try:
        for position, step in enumerate(code.body):
            active.position = position
            machine.execute((step,), frame)
    except Raised:
        if key in machine.modules:
            machine.journal.take_out(machine.modules, key)
        machine.journal.write(module.fields, STATUS, Status.FAILED)
        raise
    finally:
        machine.lost.end(module)
        machine.outer_calls -= calls
        machine.calls = calls
        machine.stack.pop()
    machine.journal.write(module.fields, STATUS, Status.DONE)


def _unreadable(machine: Core, file: ModuleFile, summarized: Summarized) -> Raised | GiveUp:
    """Handles a text that does not parse; a lasting syntax error raises as in CPython.

    Its SyntaxError has no frame of the module itself: the traceback ends where it is imported.
    """
    problem = summarized.problems[0]
    if not problem.is_final or summarized.summary.codes[0].name != "<module>":
        what = "has a syntax error" if problem.is_wrong else "is nested too deeply to be read"
        return GiveUp(f"{file.name} {what}")
    outer = machine.stack[-1] if machine.stack else None
    spot = Spot(file.name, 0, WRONG_LINE) if outer is None else outer.spot
    message = misplaced_lazy(problem.message, file.path, problem.line + 1)
    return Raised(Builtin("SyntaxError"), spot, message=message, stack=machine.chain())


def _external(machine: Core, dotted: str, frame: Frame, mark: int) -> Value:
    """Imports a module from outside the project; one that is not Python's own may be missing."""
    if dotted.partition(".")[0] not in _STDLIB:
        failure = machine.raised(
            "ModuleNotFoundError", frame, mark, name=dotted, message=no_module(dotted)
        )
        if machine.is_awaited(failure):
            machine.possible(failure)
    return External(dotted)


def _missing(
    machine: Core,
    dotted: str,
    parent: Module,
    frame: Frame,
    mark: int,
    import_id: int | None,
) -> Value:
    """A submodule without a file: ModuleNotFoundError if a handler is there to catch it."""
    machine.recorder.meet(parent)
    if parent.file.kind is ModuleKind.NAMESPACE:
        # Another distribution may hold another portion of it.
        return _external(machine, dotted, frame, mark)
    if parent.is_open or has_other_search_path(parent) or machine.is_fact(FINDERS):
        return External(dotted)
    is_package = parent.file.is_package or _has_path(machine, parent, frame, mark)
    failure = machine.raised(
        "ModuleNotFoundError",
        frame,
        mark,
        name=dotted,
        message=no_module(dotted, parent="" if is_package else parent.dotted),
        import_id=import_id,
    )
    machine.lacking(failure, f"the project has no module {dotted}")
    return External(dotted)


def absolute(machine: Core, record: ImportRecord, frame: Frame, mark: int) -> str:
    """The dotted name that a record means; empty where a relative import leads beyond the top."""
    if not record.level:
        return record.module
    package = package_of(frame.module.file)
    dotted = resolve_relative(package, record.level, record.module)
    if dotted is None:
        message = (
            "attempted relative import beyond top-level package"
            if package
            else "attempted relative import with no known parent package"
        )
        failure = machine.raised("ImportError", frame, mark, message=message)
        machine.lacking(failure, message)
        return ""
    return dotted


def _from_import(machine: Core, record: ImportRecord, step: s.Import, frame: Frame) -> None:
    dotted = absolute(machine, record, frame, step.mark)
    found = import_dotted(machine, dotted, frame, step.mark, step.import_id)
    names = record.names or ()
    if isinstance(found, Module) and _has_path(machine, found, frame, step.mark):
        for imported in names:
            import_from_list(machine, found, imported.name, frame, step)
    if names and names[0].name == "*":
        _star(machine, found, frame, step)
        return
    for name in names:
        # Each is bound before the next one is looked for.
        bind(machine, name.bound_as, imported_name(machine, found, name.name, frame, step), frame)


def _has_path(machine: Core, module: Module, frame: Frame, mark: int) -> bool:
    """Whether it has `__path__`: a package, or a module whose `__getattr__` says so."""
    if module.file.is_package or "__path__" in module.names:
        return True
    hook = module.names.get("__getattr__")
    return isinstance(hook, Function) and _has(machine, module, "__path__", frame, mark)


def import_from_list(
    machine: Core, package: Module, name: str, frame: Frame, step: s.Import
) -> None:
    """`_handle_fromlist`: a name that the package does not have may be a submodule."""
    if name == "*":
        listed = _all_of(machine, package, frame, step.mark)
        for each in listed or ():
            if each != "*":
                machine.note_starred(frame, step.import_id, package, each)
                import_from_list(machine, package, each, frame, step)
        return
    if _is_submodule(machine, package, name):
        return
    dotted = f"{package.dotted}.{name}"
    file = machine.world.find(dotted, frame.module.file)
    # Other names of an open package are unlikely to be those of its submodules.
    is_plain = file is not None and not {name, "__getattr__"} & package.names.keys()
    if not (is_plain or _lacks(machine, package, name)) and _has(
        machine, package, name, frame, step.mark
    ):
        return
    if file is None:
        # "Backwards-compatibility dictates we ignore failed imports triggered by fromlist."
        return
    import_dotted(machine, dotted, frame, step.mark, step.import_id)


def _is_submodule(machine: Core, package: Module, name: str) -> bool:
    """Whether an attribute is there that the import would set."""
    value = package.names.get(name)
    if not isinstance(value, Module):
        return False
    file = machine.world.find(f"{package.dotted}.{name}", package.file)
    if file is None or file.name != value.name:
        return False
    machine.recorder.meet(value, is_imported=True)
    return True


def _lacks(machine: Core, package: Module, name: str) -> bool:
    """Whether an attribute is certainly absent, found without running any code."""
    return (
        name not in package.names
        and "__getattr__" not in package.names
        and not package.is_open
        and implicit_attribute(package, name) is None
        and f"{package.dotted}.{name}" not in machine.lazy_children
    )


def _has(machine: Core, module: Module, name: str, frame: Frame, mark: int) -> bool:
    """`hasattr`; an attribute that is perhaps bound counts as bound."""
    if isinstance(module.names.get(name), Maybe):
        return True
    try:
        return machine.find_attribute(module, name, frame, mark) is not None
    except Raised as raised:
        if is_caught(raised, Builtin("AttributeError")):
            return False
        raise


def imported_name(machine: Core, found: Value, name: str, frame: Frame, step: s.Import) -> Value:
    """`import_from` (Python/ceval.c): the attribute, else `sys.modules`, else ImportError."""
    if isinstance(found, External):
        return external_value(f"{found.dotted}.{name}", machine.world.target)
    if not isinstance(found, Module):
        return UNKNOWN
    file = machine.world.find(f"{found.dotted}.{name}", found.file)
    bound = found.names.get(name)
    if isinstance(bound, Maybe):
        if found.status is Status.RUNNING and file is None:
            failure = _cannot_import(machine, found, name, frame, step)
            machine.possible(too_early(machine, failure, found, name))
        return bound.value
    if bound is None and found.is_open and "__getattr__" not in found.names:
        loaded = None if file is None else machine.loaded_module(file.name)
        if loaded is None:
            perhaps_early(machine, _cannot_import(machine, found, name, frame, step), found, name)
        return loaded or UNKNOWN
    refused: Raised | None = None
    try:
        value = machine.find_attribute(found, name, frame, step.mark)
    except Raised as raised:
        if not is_caught(raised, Builtin("AttributeError")):
            raise
        refused, value = raised, None
    if value is not None:
        return value
    loaded = None if file is None else machine.loaded_module(file.name)
    if loaded is not None:
        return loaded
    if file is not None and file.kind is ModuleKind.STUB:
        return UNKNOWN
    failure = _cannot_import(machine, found, name, frame, step)
    if bound in machine.resolving:
        raise too_early(machine, failure, found, name)
    if refused is not None:
        # The module's `__getattr__` has raised an AttributeError.
        failure.cause = refused.as_cause() if refused.is_circular else None
        failure.certain = refused.certain
        raise failure
    return missing_name(machine, failure, found, name)


def _cannot_import(machine: Core, found: Module, name: str, frame: Frame, step: s.Import) -> Raised:
    is_running = found.status is Status.RUNNING
    return machine.raised(
        "ImportError",
        frame,
        step.mark,
        name=name,
        of=found,
        message=cannot_import_name(name, found.dotted, found.file.path, partial=is_running),
        import_id=None if step.import_id == NO_RECORD else step.import_id,
    )


def _all_of(machine: Core, module: Module, frame: Frame, mark: int) -> list[str] | None:
    """The names in `__all__`; None when there is none, or when not all are known."""
    if not _has(machine, module, "__all__", frame, mark):
        return None
    listed = module_attribute(machine, module, "__all__", frame, mark)
    if not isinstance(listed, Sequence):
        machine.open_module(frame.module)
        return None
    if listed.is_open:
        machine.open_module(frame.module)
    return [
        item.value
        for item in listed.items
        if isinstance(item, Const) and isinstance(item.value, str)
    ]


def _star(machine: Core, found: Value, frame: Frame, step: s.Import) -> None:
    """`import_all_from` (Python/ceval.c): public names of this moment, or what `__all__` says."""
    if not isinstance(found, Module):
        machine.open_module(frame.module)
        return
    if found.is_open:
        machine.open_module(frame.module)
    listed = _all_of(machine, found, frame, step.mark)
    if listed is None:
        if found.status is Status.RUNNING and found is not frame.module:
            machine.short_stars.append(
                (frame.module.name, step.import_id, found, frozenset(found.names))
            )
        machine.look_through(found)
        for name, value in list(found.names.items()):
            if not name.startswith("_"):
                bind(machine, name, _starred(machine, value, found, name, frame, step), frame)
        return
    for name in listed:
        bind(machine, name, _star_name(machine, found, name, frame, step), frame)


def _starred(
    machine: Core, value: Value, found: Module, name: str, frame: Frame, step: s.Import
) -> Value:
    """A value that a star-import without `__all__` takes: it resolves lazy ones."""
    if isinstance(value, Lazy):
        return _star_name(machine, found, name, frame, step)
    return value


def _star_name(machine: Core, found: Module, name: str, frame: Frame, step: s.Import) -> Value:
    try:
        return module_attribute(machine, found, name, frame, step.mark)
    except Raised as raised:
        if raised.spot is not None and raised.spot.module == frame.module.name:
            # Else it is raised by code of the other module: its `__getattr__`.
            raised.import_id = step.import_id
        raise


def import_call(
    machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
) -> Value:
    """`importlib.import_module(name, package)`."""
    name = arguments[0] if arguments else keywords.get("name")
    if name is OTHER_TEXT:
        # The file of no module: no module of the project is loaded.
        return UNKNOWN
    if not (isinstance(name, Const) and isinstance(name.value, str)):
        machine.note_unknown_import()
        return UNKNOWN
    dotted = name.value
    level = len(dotted) - len(dotted.lstrip("."))
    if level:
        package = arguments[1] if len(arguments) > 1 else keywords.get("package", NONE)
        if not isinstance(package, Const):
            machine.note_unknown_import()
            return UNKNOWN
        dotted = _resolved(machine, dotted, level, package.value, frame, mark)
    if not dotted:
        return UNKNOWN
    if machine.stack:
        machine.stack[-1].spot = machine.spot(frame, mark)
    return machine.import_dotted(dotted, frame, mark, None)


def _resolved(
    machine: Core, name: str, level: int, package: object, frame: Frame, mark: int
) -> str:
    """`importlib.import_module(".name", package)`, `_bootstrap._resolve_name`."""
    if not package:
        message = f"the 'package' argument is required to perform a relative import for {name!r}"
        machine.lacking(machine.raised("TypeError", frame, mark, message=message), message)
        return ""
    absolute = resolve_relative(str(package), level, name[level:])
    if absolute is None:
        message = "attempted relative import beyond top-level package"
        machine.lacking(machine.raised("ImportError", frame, mark, message=message), message)
        return ""
    return absolute


def dunder_import(
    machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
) -> Value:
    """`__import__(name, globals, locals, fromlist, level)`."""
    found = machine.import_call(arguments[:1], keywords, frame, mark)
    from_list = arguments[3] if len(arguments) > 3 else keywords.get("fromlist")
    if from_list is None or machine.truth_of(from_list, frame, mark) is False:
        name = arguments[0] if arguments else None
        if isinstance(name, Const) and isinstance(found, Module):
            return top_level_of(machine, str(name.value).partition(".")[0], found, frame, mark)
        return found
    if not (isinstance(found, Module) and isinstance(from_list, Sequence)):
        return found
    machine.ran.add(namespace_of(found.name))
    if _has_path(machine, found, frame, mark):
        for item in from_list.items:
            if isinstance(item, Const) and isinstance(item.value, str):
                import_from_list(machine, found, item.value, frame, s.Import(NO_RECORD, mark))
    return found

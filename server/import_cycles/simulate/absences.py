"""Decides what an exception for a missing name, key or item means.

The exception is certain if a circular import explains it: a module that is still loading binds the
name later, has not yet added the key, or has left a stand-in behind (docs/simulation.md, "What is
certain"). Otherwise the model is taken to be wrong, and the value is unknown.
"""

from __future__ import annotations

from functools import partial

from import_cycles.base.names import ModuleName
from import_cycles.resolve.layout import ModuleFile
from import_cycles.resolve.targets import asked_module
from import_cycles.simulate.bindings import bound_in
from import_cycles.simulate.core import Active, Core
from import_cycles.simulate.errors import Raised
from import_cycles.simulate.marks import MISSED, UNKNOWN_ATTRIBUTE
from import_cycles.simulate.outcome import Cause, Refused, bound_names_of
from import_cycles.simulate.values import UNKNOWN, Const, Frame, Module, StandIn, Status, Value
from import_cycles.simulate.world import World
from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import STAR
from import_cycles.syntax.imports import ImportFlag, ImportRecord


def missing_name(machine: Core, failure: Raised, module: Module, name: str) -> Value:
    """Handles a name that a closed module lacks.

    Raises the exception if it is certain: because a circular import has failed or comes too early,
    or because a handler of the program expects it. Returns an unknown value otherwise.
    """
    failure.cause = _missed_in(machine, module, name)
    if failure.cause is not None:
        raise failure
    if _is_short_of(machine, module, name):
        failure.partial = True
        raise failure
    if _is_bound_by_itself(machine, failure, module, name):
        reason = f"nothing but this import binds {name} in {module.dotted}"
        return machine.lacking(failure, reason)
    is_global = failure.error == "NameError"
    if is_loading_child(machine, module, name) or is_still_to_bind(
        machine, module, name, asks_hook=not is_global
    ):
        is_own = is_global and _is_innermost(machine, module)
        raise failure if is_own else too_early(machine, failure, module, name)
    is_someones = not is_global or not _is_innermost(machine, module)
    is_running = module.status is Status.RUNNING
    if is_running and is_someones and _is_set_by_function(machine, module, name):
        raise too_early(machine, failure, module, name)
    if machine.is_awaited(failure):
        raise failure
    if machine.is_fact((UNKNOWN_ATTRIBUTE, name)):
        return UNKNOWN
    summary = machine.world.summary(module.name)
    if summary is not None and (
        _is_set_by_function(machine, module, name)
        or (
            name in summary.codes[0].local_names
            and any(bound == name for bound, _ in bound_in(summary.codes[0].body, summary))
        )
    ):
        # A branch not taken binds it, or it was deleted: the model has seen the reason.
        return machine.refuse(failure)
    if machine.world.find(f"{module.dotted}.{name}", module.file) is not None:
        reason = f"nothing has imported {module.dotted}.{name} by then, as far as is known"
    else:
        reason = f"nothing in the project binds {name} in {module.dotted}"
    return machine.lacking(failure, reason)


def _is_bound_by_itself(machine: Core, failure: Raised, module: Module, name: str) -> bool:
    """Whether an import of a module from itself fails for lack of a name that only it binds."""
    summary = machine.world.summary(module.name)
    spot = failure.spot
    if failure.import_id is None or summary is None or spot is None:
        return False
    if spot.module != module.name or any(name in code.global_names for code in summary.codes):
        return False
    found = [step for bound, step in bound_in(summary.codes[0].body, summary) if bound == name]
    return bool(found) and all(
        isinstance(step, s.Import) and step.import_id == failure.import_id for step in found
    )


def _is_innermost(machine: Core, module: Module) -> bool:
    """Whether no other module has begun to load since this one did."""
    return not machine.stack or machine.stack[-1].module is module


def is_loading_child(machine: Core, module: Module, name: str) -> bool:
    """Whether a submodule of that name is being executed: its package has no such attribute yet."""
    file = machine.world.find(f"{module.dotted}.{name}", module.file)
    child = None if file is None else machine.loaded_module(file.name)
    return child is not None and child.status is Status.RUNNING


def _missed_in(machine: Core, module: Module, name: str) -> Cause | None:
    """The circular failure that kept a module from binding a name."""
    cause = module.fields.get((MISSED, name))
    return cause if isinstance(cause, Cause) else None


def _is_short_of(machine: Core, module: Module, name: str) -> bool:
    """Whether a star-import from a module that was still loading came too early for a name."""
    return not name.startswith("_") and any(
        holder == module.name and name not in taken and _text_binds(machine, source.name, name)
        for holder, _, source, taken in machine.short_stars
    )


def text_binds(world: World, module: ModuleName, name: str) -> bool:
    """Whether a module's text binds a name, itself or by a star-import."""
    return _binds_somewhere(world, module, name, set())


def _text_binds(machine: Core, module: ModuleName, name: str) -> bool:
    """The same, noted among what the run depends on."""
    asked: set[ModuleName] = set()
    is_bound = _binds_somewhere(machine.world, module, name, asked)
    machine.ran.update(map(bound_names_of, asked))
    return is_bound


def _binds_somewhere(world: World, module: ModuleName, name: str, seen: set[ModuleName]) -> bool:
    summary = world.summary(module)
    if summary is None or module in seen:
        return False
    seen.add(module)
    if summary.binds(name):
        return True
    file = world.layout.module(module)
    return (
        file is not None
        and not name.startswith("_")
        and any(
            _binds_somewhere(world, source, name, seen)
            for record in summary.imports
            if (source := star_source(world, record, file)) is not None
        )
    )


def star_source(world: World, record: ImportRecord, importer: ModuleFile) -> ModuleName | None:
    """The project module that a star-import takes names from; None for any other import."""
    if ImportFlag.STAR not in record.flags:
        return None
    file = world.find(asked_module(record, importer) or "", importer)
    return None if file is None else file.name


def _is_set_by_function(machine: Core, module: Module, name: str) -> bool:
    """Whether a function declares a name `global`: a call of it binds the name in the module."""
    summary = machine.world.summary(module.name)
    return summary is not None and any(name in code.global_names for code in summary.codes)


def is_still_to_bind(machine: Core, module: Module, name: str, *, asks_hook: bool = True) -> bool:
    """Whether the rest of the text of a module that is being executed binds a name.

    An attribute may also come from a `__getattr__` that the module has yet to define (PEP 562).
    """
    active = next((each for each in reversed(machine.stack) if each.module is module), None)
    summary = machine.world.summary(module.name)
    if active is None or summary is None:
        return False
    own = summary.codes[0].local_names
    has_star = any(ImportFlag.STAR in record.flags for record in summary.imports)
    if not (has_star or name in own or (asks_hook and "__getattr__" in own)):
        # Most missing names are bound nowhere; this test spares a search of the whole text.
        return False
    for bound, step in bound_in(summary.codes[0].body[active.position :], summary):
        if bound == name or (asks_hook and bound == "__getattr__"):
            return True
        if bound == STAR and isinstance(step, s.Import) and not name.startswith("_"):
            source = star_source(machine.world, summary.imports[step.import_id], module.file)
            if source is not None and _text_binds(machine, source, name):
                return True
    return False


def too_early(machine: Core, failure: Raised, module: Module, name: str) -> Raised:
    """Mark an exception as caused by a module that is still loading.

    It is not certain if an import of an unknown name may have loaded one of the modules before.
    """
    failure.partial = True
    failure.of = module.name
    if machine.unknown_imports:
        order = {name: position for position, name in enumerate(machine.loaded)}
        asking = machine.stack[-1].module.name if machine.stack else module.name
        newest = max(order.get(module.name, 0), order.get(asking, 0))
        first = order.get(machine.unknown_imports[0], 0)
        is_child = machine.world.find(f"{module.dotted}.{name}", module.file) is not None
        if newest > first or is_child:
            failure.certain = False
            failure.doubt = (
                "a module is imported by a name that is not known before the program runs;"
                f" unless that helps, {failure.error}: {failure.message}"
            )
    return failure


def refuse_key(machine: Core, key: object, frame: Frame, mark: int) -> Value:
    """A KeyError. It is circular if a module that has not finished is to add the key."""
    failure = machine.raised("KeyError", frame, mark, message=repr(key))
    adding = machine.still_to_mention(machine.stack[:-1], key) if isinstance(key, str) else None
    if adding is not None:
        assert isinstance(key, str)
        failure.name = key
        too_early(machine, failure, adding.module, key)
    return machine.refuse(failure)


def not_loaded(machine: Core, dotted: str, frame: Frame, mark: int) -> Value:
    """`sys.modules` lacks a module of the project: raises a KeyError that is not certain.

    Code that is not followed may have imported the module. The run goes on without it only if there
    was such code; otherwise what the program does after that proves nothing.
    """
    failure = machine.raised("KeyError", frame, mark, name=dotted, message=repr(dotted))
    if machine.unknown_imports and not machine.is_awaited(failure):
        return machine.refuse(failure)
    failure.certain = False
    failure.doubt = f"nothing has imported {dotted} by then, as far as is known"
    machine.refused.append(Refused(failure.error, failure.spot, failure.message))
    raise failure


def explained(machine: Core, failure: Raised, *operands: Value) -> Raised:
    """The exception of an operation, with the circular failure that explains its operands.

    An operand can be a handler's stand-in, or a submodule that is found because its package has not
    yet bound another value to its name.
    """
    for operand in operands:
        if isinstance(operand, StandIn):
            failure.cause = operand.cause
        elif isinstance(operand, Module):
            package = loaded_package(machine, operand)
            child = operand.dotted.rpartition(".")[2]
            if (
                package is not None
                and package.status is Status.RUNNING
                and not _is_innermost(machine, package)
                and package.names.get(child) is operand
                and is_still_to_bind(machine, package, child)
            ):
                failure.name = child
                too_early(machine, failure, package, child)
    return failure


def loaded_package(machine: Core, module: Module) -> Module | None:
    """The package around a module, if it is in `sys.modules`."""
    dotted = module.dotted.rpartition(".")[0]
    file = machine.world.find(dotted, module.file) if dotted else None
    return None if file is None else machine.in_modules(file.name)


def is_absent(machine: Core, item: Const, frame: Frame) -> bool:
    """A container lacks an item: returns False, and notes the module that may still add it."""
    if isinstance(item.value, str):
        machine.reason_seen = partial(
            partial(_cause_of_lack, machine), item.value, frame, tuple(machine.stack)
        )
    return False


def _cause_of_lack(
    machine: Core, key: str, frame: Frame, stack: tuple[Active, ...]
) -> Cause | None:
    adding = machine.still_to_mention(stack[:-1], key)
    if adding is None:
        return None
    return Cause("KeyError", machine.spot(frame, 0), key, adding.module.name, machine.chain())

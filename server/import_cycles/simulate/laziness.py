"""Lazy imports (PEP 810): which imports are lazy, what they bind, what the first use does.

A lazy import binds a *placeholder* (`Lazy`). Reading the name, or an attribute of the module with
that name, *resolves* it: the import is carried out then, in the reading module, with the names of
the declaring one. Meanwhile the placeholder counts as missing from its module. A second read then
gets an ImportCycleError, or the usual result for a missing name (`getattr` with a default,
`hasattr`, `from m import name`, `__getattr__`).

Source, of CPython 3.15: Python/ceval.c (`_PyEval_LazyImportName`, `_PyEval_LazyImportFrom`),
Objects/lazyimportobject.c (`_PyImport_LoadLazyImportTstate`), Objects/moduleobject.c
(`_Py_module_getattro_impl`), Python/import.c (`_PyImport_LazyImportModuleLevelObject`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from import_cycles.simulate.core import Core
from import_cycles.simulate.errors import Raised
from import_cycles.simulate.importing import (
    NO_RECORD,
    absolute,
    import_dotted,
    import_from_list,
    import_now,
    imported_name,
    note_import,
)
from import_cycles.simulate.messages import import_cycle
from import_cycles.simulate.names import bind
from import_cycles.simulate.path_calls import Act
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Const,
    Frame,
    Lazy,
    Maybe,
    Module,
    Scope,
    Status,
    Value,
)
from import_cycles.syntax import steps as s
from import_cycles.syntax.imports import ImportFlag, ImportRecord
from import_cycles.syntax.lazy_imports import LAZY_MODULES
from import_cycles.syntax.target import LazyMode

_MODE: Final = "mode"
_FILTER: Final = "filter"


def run_import(machine: Core, step: s.Import, frame: Frame) -> None:
    """One `ImportRecord`, now or later."""
    summary = machine.world.summary(frame.module.name)
    assert summary is not None, "a module that runs has a summary"
    record = summary.imports[step.import_id]
    is_lazy = _is_lazy(machine, record, step, frame)
    if is_lazy is None:
        machine.fork(
            frame,
            partial(import_now, machine, record, step, frame),
            partial(_bind_lazily, machine, record, step, frame),
        )
    elif is_lazy:
        _bind_lazily(machine, record, step, frame)
    else:
        import_now(machine, record, step, frame)


# --- which imports are lazy ------------------------------------------------------------------


def _is_lazy(machine: Core, record: ImportRecord, step: s.Import, frame: Frame) -> bool | None:
    """Whether an import statement is lazy; None when that is not known."""
    if frame.scope is not Scope.MODULE:
        return False
    if ImportFlag.LAZY in record.flags:
        answer: bool | None = True
    elif record.may_be_lazy:
        answer = _is_made_lazy(machine, record, step, frame)
    else:
        return False
    is_filtered = machine.lazy_mode.get(_FILTER, NONE) != NONE
    return None if answer and is_filtered else answer


def _is_made_lazy(machine: Core, record: ImportRecord, step: s.Import, frame: Frame) -> bool | None:
    """Whether the mode, or `__lazy_modules__`, makes an import lazy that has no keyword."""
    mode = machine.lazy_mode.get(_MODE)
    if mode is not None and mode != Const(LazyMode.NORMAL.value):
        return True if mode == Const(LazyMode.ALL.value) else None
    listed = frame.module.names.get(LAZY_MODULES)
    if listed is None:
        return False
    if isinstance(listed, (Maybe, Lazy)):
        return None
    asked = absolute(machine, record, frame, step.mark)
    return machine.contains(listed, Const(asked), frame)


def _set_mode(
    machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
) -> Value:
    """`sys.set_lazy_imports(mode)`."""
    del keywords
    mode = arguments[0] if arguments else UNKNOWN
    if isinstance(mode, Const) and mode.value not in {each.value for each in LazyMode}:
        message = "mode must be 'normal' or 'all'"
        return machine.refuse(machine.raised("ValueError", frame, mark, message=message))
    machine.recorder.turn_off()
    machine.journal.write(machine.lazy_mode, _MODE, mode)
    return NONE


def _set_filter(
    machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
) -> Value:
    """`sys.set_lazy_imports_filter(function)`: the filter's answers are not followed."""
    del frame, mark
    given = (*arguments, *keywords.values())
    machine.hand_over(given)
    machine.recorder.turn_off()
    machine.journal.write(machine.lazy_mode, _FILTER, given[0] if given else UNKNOWN)
    return NONE


CALLS: Final[Mapping[str, Act]] = {
    "sys.set_lazy_imports": _set_mode,
    "sys.set_lazy_imports_filter": _set_filter,
}


# --- what they bind --------------------------------------------------------------------------


def _bind_lazily(machine: Core, record: ImportRecord, step: s.Import, frame: Frame) -> None:
    machine.recorder.turn_off()
    dotted = absolute(machine, record, frame, step.mark)
    if record.names is None:
        proxy = Lazy(step.import_id, None, frame, step.mark, dotted)
        bind(machine, record.bound_as or dotted.partition(".")[0], proxy, frame)
        _register_children(machine, dotted, proxy)
        return
    for imported in record.names:
        name = imported.name
        proxy = Lazy(step.import_id, name, frame, step.mark, f"{dotted}.{name}")
        value = _loaded_attribute(machine, dotted, name, frame) or proxy
        bind(machine, imported.bound_as, value, frame)
        _register_children(machine, proxy.dotted, proxy)


def _register_children(machine: Core, dotted: str, proxy: Lazy) -> None:
    """Packages now give the submodules on the way, which are loaded when they are read."""
    while "." in dotted:
        if machine.world.find(dotted, proxy.frame.module.file) is not None:
            machine.journal.write(machine.lazy_children, dotted, proxy)
        dotted = dotted.rpartition(".")[0]


def _loaded_attribute(machine: Core, dotted: str, name: str, frame: Frame) -> Value | None:
    """The name of a loaded module gets its value; a `from` import takes it at once."""
    file = machine.world.find(dotted, frame.module.file)
    module = None if file is None else machine.loaded_module(file.name)
    if module is None or module.status is not Status.DONE:
        return None
    value = module.names.get(name)
    return None if value is None or isinstance(value, (Lazy, Maybe)) else value


# --- resolving -------------------------------------------------------------------------------


def touch(
    machine: Core, value: Value, names: dict[str, Value], name: str, mark: int, frame: Frame
) -> Value:
    """The value of `names[name]` after resolving it, if it is a placeholder."""
    if not isinstance(value, Lazy):
        return value
    if value in machine.resolving:
        raise resolving_error(machine, value, frame, mark)
    record = _record(machine, value)
    note_import(machine, value.frame.module.name, value.import_id, frame, mark)
    if value.name is not None or record.bound_as is not None or "." not in record.module:
        machine.note_lazy(value.frame, value.import_id)
    machine.resolving.append(value)
    try:
        result = _resolved(machine, value, record, _borrowed(frame), mark)
    finally:
        machine.resolving.pop()
    if names.get(name) is value:
        machine.journal.write(names, name, result)
    return result


def _record(machine: Core, value: Lazy) -> ImportRecord:
    summary = machine.world.summary(value.frame.module.name)
    assert summary is not None, "a module that runs has a summary"
    return summary.imports[value.import_id]


def _borrowed(frame: Frame) -> Frame:
    """The traceback's last line is the one that touches the name."""
    return Frame(
        frame.module, frame.number, frame.code, frame.scope, frame.names, frame.outer,
        told_at=frame.told_at,
    )  # fmt: skip


def _resolved(machine: Core, value: Lazy, record: ImportRecord, frame: Frame, mark: int) -> Value:
    # A failure is reported where the name is used: no import statement stands there.
    if value.name is None:
        # `lazy import p.a` binds `p`: the submodule waits until it is read.
        wanted = value.dotted if record.bound_as is not None else value.dotted.partition(".")[0]
        return import_dotted(machine, wanted, frame, mark, None)
    dotted = value.dotted[: -len(value.name) - 1]
    found = import_dotted(machine, dotted, frame, mark, None)
    step = s.Import(NO_RECORD, mark)
    if isinstance(found, Module) and found.file.is_package:
        import_from_list(machine, found, value.name, frame, step)
    result = imported_name(machine, found, value.name, frame, step)
    return machine.touch(result, {}, "", mark, frame)


def resolving_error(machine: Core, value: Lazy, frame: Frame, mark: int) -> Raised:
    """A name is read while it is being resolved."""
    failure = machine.raised(
        "ImportCycleError",
        frame,
        mark,
        name=value.dotted,
        of=_loading_for(machine, value),
        message=import_cycle(value.dotted),
    )
    failure.partial = True
    return failure


def _loading_for(machine: Core, value: Lazy) -> Module:
    """The module that is being executed because a placeholder is resolved."""
    dotted = value.dotted
    loading = {active.module.dotted: active.module for active in machine.stack}
    while dotted:
        if dotted in loading:
            return loading[dotted]
        dotted = dotted.rpartition(".")[0]
    return value.frame.module


def import_lazy_child(machine: Core, proxy: Lazy, dotted: str, frame: Frame, mark: int) -> Value:
    """Carry out `lazy import a.b` when `b` is read from `a`."""
    machine.note_lazy(proxy.frame, proxy.import_id)
    return import_dotted(machine, dotted, _borrowed(frame), mark, None)


def note_lazy(machine: Core, holder: Frame, import_id: int) -> None:
    """Hook of `import_cycles.simulate.survey`: a lazy import is carried out now."""

"""Threads that a program starts while its modules load.

The machine does not follow a thread, since the moment of each step is not known. But a thread that
imports a module which is still loading waits until that has loaded. If the module waits for the
thread, both wait for ever. So the outcome is not known then.

Source: Lib/threading.py; Lib/importlib/_bootstrap.py, `_lock_unlock_module`.
"""

from __future__ import annotations

from typing import Final

from import_cycles.base.record import entity
from import_cycles.simulate.core import Core
from import_cycles.simulate.library_objects import LibraryObject, method
from import_cycles.simulate.outcome import Unsure
from import_cycles.simulate.path_calls import Act
from import_cycles.simulate.unseen import expose_function
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Frame,
    Function,
    Mapping,
    Method,
    Sequence,
    Value,
)


@entity
class Thread(LibraryObject):
    """`threading.Thread(target=…, args=…, kwargs=…)`."""

    target: Value
    arguments: Value
    keywords: Value

    def attribute(self, name: str) -> Value:
        """Its methods; its data is unknown."""
        return method("threading.Thread()", name, self) if name in ("start", "run") else UNKNOWN


def _thread(
    machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
) -> Value:
    del frame, mark
    given = (*arguments, *keywords.values())
    machine.hand_over(given)
    named = dict(zip(("group", "target", "name", "args", "kwargs"), arguments, strict=False))
    named |= keywords
    target = named.get("target", UNKNOWN)
    function = target.function if isinstance(target, Method) else target
    if not isinstance(function, Function):
        return UNKNOWN
    expose_function(machine.journal, function)
    return Thread(target, named.get("args", NONE), named.get("kwargs", NONE))


def _start(
    machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
) -> Value:
    del keywords
    thread = arguments[0] if arguments else UNKNOWN
    if isinstance(thread, Thread):
        given = thread.arguments.items if isinstance(thread.arguments, Sequence) else ()
        named = dict(thread.keywords.items) if isinstance(thread.keywords, Mapping) else {}
        texts = {key: value for key, value in named.items() if isinstance(key, str)}
        _try_thread(machine, thread.target, tuple(given), texts, frame, mark)
    return NONE


def _start_new(
    machine: Core, arguments: tuple[Value, ...], keywords: dict[str, Value], frame: Frame, mark: int
) -> Value:
    """`_thread.start_new_thread(function, args)`."""
    del keywords
    machine.hand_over(arguments)
    match arguments:
        case (target, Sequence(items=given), *_):
            _try_thread(machine, target, tuple(given), {}, frame, mark)
        case _:
            pass
    return UNKNOWN


def _try_thread(
    machine: Core,
    target: Value,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> None:
    """Check whether a thread would wait for a module that is loading now; undo everything else."""
    if machine.is_survey or not machine.stack:
        return
    waits, machine.thread_waits = machine.thread_waits, []
    machine.doubt += 1
    try:
        machine.try_out(lambda: _run(machine, target, arguments, keywords, frame, mark))
        found = tuple(machine.thread_waits or ())
    finally:
        machine.doubt -= 1
        machine.thread_waits = waits
    if found:
        reason = (
            f"a thread that is started here imports {found[0]}, which is still loading: it waits for"
            " that module, and code that waits for the thread never goes on"
        )
        machine.unsure.append(Unsure(reason, machine.spot(frame, mark)))


def _run(
    machine: Core,
    target: Value,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> None:
    machine.call(target, arguments, keywords, frame, mark)


CALLS: Final[dict[str, Act]] = {
    "_thread.start_new_thread": _start_new,
    "threading.Thread": _thread,
    "threading.Thread().start": _start,
}

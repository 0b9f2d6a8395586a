"""A process that summarizes texts for another one, which starts it (`workspace.summary_batch`).

It reads *messages* from its standard input: pickles of a target and of texts. For each it writes one
to its standard output: a pickle of a list with the summary of each text, or None for a text that
does not parse or is nested very deeply. Such texts are rare, and the other process decides about them.
It ends when its input ends.
"""

from __future__ import annotations

import copyreg
import gc
import os
import pickle
import signal
import sys
from collections.abc import Sequence
from functools import partial
from io import BytesIO
from queue import SimpleQueue
from threading import Thread
from types import MappingProxyType
from typing import IO, Any, Final

from import_cycles.base.frames import with_room
from import_cycles.syntax.summarize import Summarized, summarize
from import_cycles.syntax.target import PythonTarget

_LENGTH: Final = 8
_NEW_OBJECTS: Final = 20_000
"""A collection of garbage looks at so many."""
_FRAMES_OF_OTHER: Final = 200
"""More than the process that asks has in use: what is nested too deeply there is so here."""


def send(stream: IO[bytes], message: bytes) -> None:
    """Write a message. Raises OSError or ValueError if the other end is gone."""
    stream.write(len(message).to_bytes(_LENGTH, "big"))
    stream.write(message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """The next message; None if the stream ends before its end."""
    head = stream.read(_LENGTH)
    if len(head) < _LENGTH:
        return None
    length = int.from_bytes(head, "big")
    message = stream.read(length)
    return message if len(message) == length else None


def question(texts: Sequence[str], target: PythonTarget, *, leaves_out: bool) -> bytes:
    """The message that asks for summaries."""
    return pickle.dumps((target, leaves_out, texts), pickle.HIGHEST_PROTOCOL)


def answer(message: bytes) -> bytes:
    """The message that answers a question."""
    target, leaves_out, texts = pickle.loads(message)
    made = [_exact(text, target, leaves_out=leaves_out) for text in texts]
    stream = BytesIO()
    pickler = pickle.Pickler(stream, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {**copyreg.dispatch_table, MappingProxyType: _as_dict}
    try:
        pickler.dump(made)
    except RecursionError:
        return pickle.dumps([None] * len(texts))
    return stream.getvalue()


def _exact(text: str, target: PythonTarget, *, leaves_out: bool) -> Summarized | None:
    try:
        made = summarize(text, target, leaves_out=leaves_out)
    except ImportError:
        # For a text that does not parse it needs parso, which may be out of reach.
        return None
    return made if made.exact else None


def _as_dict(mapping: MappingProxyType[Any, Any]) -> tuple[type, tuple[dict[Any, Any]]]:
    return dict, (dict(mapping),)


def work() -> None:
    """Answer questions until there are none; ends the process."""
    # The process that asks handles Ctrl-C, and ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(_NEW_OBJECTS)
    gc.freeze()
    sys.setrecursionlimit(max(int(sys.argv[2]) - _FRAMES_OF_OTHER, _FRAMES_OF_OTHER))
    questions: SimpleQueue[bytes | None] = SimpleQueue()
    # It reads ahead, so that the other process never waits for this one to read.
    Thread(target=_read_ahead, args=(questions,), daemon=True).start()
    while (message := questions.get()) is not None:
        send(sys.stdout.buffer, with_room(partial(answer, message)))
    os._exit(0)


def _read_ahead(questions: SimpleQueue[bytes | None]) -> None:
    message: bytes | None = b""
    while message is not None:
        message = receive(sys.stdin.buffer)
        questions.put(message)

"""Edits in a running language server, over stdio.

`edit_times` counts each edit from `didChange` to its last diagnostics; `closing_times` those that
close and open a cycle, against pyright; `burst` types and hovers at once; `switch_branch` changes
thousands of files; `endure` makes very many edits and looks at the memory.
"""

from __future__ import annotations

import gc
import shutil
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from tests.perf.client import OURS, Server, percentile, pyright

from import_cycles.workspace.workspace import Workspace, as_source_path

_QUIET = 0.25
"""Seconds without a message that end an edit; not counted."""

_PYRIGHT_PATIENCE = 30.0

Result = dict[str, Any]


def edit_times(folder: Path, file: Path, insert: str, rounds: int) -> Result:
    """Milliseconds of edits that put lines in front of a file and take them away again."""
    server = Server(folder)
    try:
        started = time.perf_counter()
        uri = server.open(file)
        first = server.first_published(uri)
        ready = server.wait_until_settled()
        times = []
        for number in range(rounds):
            if number % 2 == 0:
                sent = server.insert(uri, insert)
            else:
                sent = server.remove(uri, insert.count("\n"))
            last = server.published(_QUIET)
            if last is not None:
                times.append(last - sent)
        return {
            "shown": len(times),
            "median_ms": _ms(percentile(times, 0.5)),
            "p99_ms": _ms(percentile(times, 0.99)),
            "first_s": None if first is None else round(first - started, 2),
            "all_s": round(ready, 2),
            "memory_mb": round(server.memory),
        }
    finally:
        server.close()


def closing_times(folder: Path, file: Path, insert: str, rounds: int) -> dict[str, Result]:
    """Milliseconds until a cycle that an edit closes is shown in the file, and until it is gone.

    In turn in each server; None where it was not shown in half a minute. `insert` is an import
    that closes a cycle when it is put in front of `file`.
    """
    commands: dict[str, Sequence[str]] = {"import-cycles": OURS}
    other = pyright()
    if other is not None:
        commands["pyright"] = other
    servers = {name: Server(folder, command) for name, command in commands.items()}
    try:
        uris = {name: server.open(file) for name, server in servers.items()}
        servers["import-cycles"].wait_until_settled()
        for server in servers.values():
            server.published(10)
        closed: dict[str, list[float]] = {name: [] for name in servers}
        opened: dict[str, list[float]] = {name: [] for name in servers}
        for _ in range(rounds):
            for name, server in servers.items():
                sent = server.insert(uris[name], insert)
                moment = server.shown(uris[name], lambda number: number > 0, _PYRIGHT_PATIENCE)
                if moment is not None:
                    closed[name].append(moment - sent)
                server.published(_QUIET)
                sent = server.remove(uris[name], insert.count("\n"))
                moment = server.shown(uris[name], lambda number: number == 0, _PYRIGHT_PATIENCE)
                if moment is not None:
                    opened[name].append(moment - sent)
                server.published(_QUIET)
        return {
            name: {
                "close_ms": _ms(percentile(closed[name], 0.5)),
                "open_ms": _ms(percentile(opened[name], 0.5)),
                "shown": f"{len(closed[name])} of {rounds}",
                "memory_mb": round(server.memory),
            }
            for name, server in servers.items()
        }
    finally:
        for server in servers.values():
            server.close()


def burst(folder: Path, file: Path, seconds: float, rate: float = 30) -> Result:
    """Typing at `rate` changes a second, with a hover after every sixth; how late answers come."""
    server = Server(folder)
    try:
        uri = server.open(file)
        server.wait_until_settled()
        server.published(1)
        position = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 8}}
        asked: dict[int, float] = {}
        begun = time.perf_counter()
        n_changes = int(seconds * rate)
        for number in range(n_changes):
            time.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            if number % 2 == 0:
                sent = server.insert(uri, "# typing\n")
            else:
                sent = server.remove(uri, 1)
            if number % 6 == 5:
                request, moment = server.request("textDocument/hover", position)
                asked[request] = moment
        hovers, last = [], None
        for moment, heard in server.messages(1):
            if heard.get("id") in asked and "method" not in heard:
                hovers.append(moment - asked[heard["id"]])
            if heard.get("method") == "textDocument/publishDiagnostics":
                last = moment
        return {
            "changes": n_changes,
            "hover_median_ms": _ms(percentile(hovers, 0.5)),
            "hover_p99_ms": _ms(percentile(hovers, 0.99)),
            "last_change_to_last_diagnostics_ms": None if last is None else _ms(last - sent),
        }
    finally:
        server.close()


def switch_branch(folder: Path, n_files: int) -> Result:
    """Another branch is checked out: CPU of the server for that, against that of its cold start.

    In a copy of the project. Every second import of a changed file goes, and comes back after.
    """
    with tempfile.TemporaryDirectory() as place:
        copy = Path(shutil.copytree(folder, Path(place, "project")))
        files = sorted(copy.rglob("*.py"))[:n_files]
        server = Server(copy)
        try:
            idle = server.cpu
            server.wait_until_settled()
            cold = server.cpu - idle
            server.published(1)
            old = {file: file.read_bytes() for file in files}
            results: Result = {"files": len(files), "cold_cpu_s": round(cold, 2)}
            for name, texts in {
                "away": {file: _other_branch(text) for file, text in old.items()},
                "back": old,
            }.items():
                for file, text in texts.items():
                    file.write_bytes(text)
                before, lists = server.cpu, server.lists.copy()
                changes = [{"uri": file.as_uri(), "type": 2} for file in files]
                server.tell("workspace/didChangeWatchedFiles", {"changes": changes})
                server.wait_until_settled()
                spent = server.cpu - before
                server.published(1)
                most = max((server.lists - lists).values(), default=0)
                results[f"{name}_cpu_s"] = round(spent, 2)
                results[f"{name}_ratio"] = round(spent / cold, 2)
                results[f"{name}_most_lists_of_a_file"] = most
            return results
        finally:
            server.close()


def _other_branch(text: bytes) -> bytes:
    lines, kept, n_imports = text.splitlines(keepends=True), [], 0
    for line in lines:
        if line.startswith(b"import ") and b"," not in line and b"\\" not in line:
            n_imports += 1
            if n_imports % 2 == 0:
                continue
        kept.append(line)
    return b"".join([*kept, b"# another branch\n"])


def endure(folder: Path, n_edits: int) -> Result:
    """Very many edits of all kinds inside one process, and what a fresh start takes in the end.

    Bodies, imports and broken syntax, in files all over the project; every tenth is followed by
    verdicts, every hundredth by closing all documents. Megabytes resident, and milliseconds an edit,
    for each tenth of the edits.
    """
    random = Random(0)
    files = sorted(folder.rglob("*.py"))
    texts = {as_source_path(file): file.read_text() for file in files}
    workspace = _started(Workspace(folder))
    sizes, times = [_resident()], list[float]()
    begun = time.process_time()
    for number in range(1, n_edits + 1):
        path = as_source_path(random.choice(files))
        workspace.open_document(path, _edited(random, texts[path]))
        workspace.flush()
        if number % 10 == 0:
            workspace.settle()
        if number % 100 == 0:
            for each in texts:
                workspace.close_document(each)
            workspace.flush()
            # As the server does while the client is idle.
            workspace.settle()
            workspace.rest()
        if number % (n_edits // 10) == 0:
            gc.collect()
            sizes.append(_resident())
            times.append(round(1000 * (time.process_time() - begun) / (n_edits // 10), 2))
            begun = time.process_time()
    with ProcessPoolExecutor(1, get_context("spawn")) as other:
        fresh = other.submit(_size_of_a_start, folder).result()
    return {"memory_mb": sizes, "fresh_mb": fresh, "cpu_ms_per_edit": times}


def _edited(random: Random, text: str) -> str:
    """A text with a change in it, or none."""
    match random.randrange(5):
        case 0:
            return f"{text}\ndef added_{random.randrange(10**6)}(a=1):\n    return a\n"
        case 1:
            return f"{text}\nx{random.randrange(10**6)} = (\n"
        case 2:
            return "".join(line for line in text.splitlines(True) if "import" not in line)
        case _:
            return text


def _started(workspace: Workspace) -> Workspace:
    workspace.index()
    workspace.settle()
    return workspace


def _size_of_a_start(folder: Path) -> int:
    _started(Workspace(folder))
    gc.collect()
    return _resident()


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 // 2**20


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 1)

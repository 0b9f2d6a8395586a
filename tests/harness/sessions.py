"""Plays a `--- session` section against a workspace, and checks what an editor would receive.

After every `->` line the workspace carries out what it has recorded, and exactly the paths that
it then calls touched must be in the `<- diagnostics` lines that follow, with everything that
each shows now. Lines before the first `->` are what the first indexing finds. The protocol is
not in it; `tests/e2e` has that.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from harness.case import State
from harness.runners import write_files
from harness.script import Act, Diagnostics, HoverContains, ScriptLine, Send
from import_cycles.analysis.change import Update
from import_cycles.analysis.cuts import Cuts
from import_cycles.analysis.explain import explain_at
from import_cycles.base.names import SourcePath
from import_cycles.base.text import Encoding
from import_cycles.workspace.workspace import Workspace, as_source_path


def run_session(state: State, folder: Path) -> None:
    """Write the state's files to `folder` and play its script."""
    __tracebackhide__ = True
    write_files(state.texts, folder)
    assert state.session is not None
    player = _Player(folder, state.session)
    player.play()


class _Player:
    def __init__(self, folder: Path, script: Sequence[ScriptLine]) -> None:
        self._folder = folder
        self._script = script
        self._workspace = Workspace(folder)
        self._open: dict[str, str] = {}
        self._unread: dict[str, str] = {}
        self._hover: str | None = None

    def play(self) -> None:
        __tracebackhide__ = True
        self._told(self._workspace.index().then(self._workspace.settle()))
        for line in self._script:
            match line:
                case Send():
                    self._all_read(line.source_line)
                    self._send(line)
                case Diagnostics():
                    self._receive(line)
                case HoverContains():
                    assert self._hover is not None, f"line {line.source_line}: no hover before"
                    assert line.text in self._hover, (
                        f"line {line.source_line}: the hover is\n{self._hover}"
                    )
        self._all_read(None)

    def _send(self, send: Send) -> None:
        __tracebackhide__ = True
        self._hover = None
        path = self._folder / send.path
        source = as_source_path(path)
        match send.act:
            case Act.OPEN:
                self._edit(send.path, path.read_bytes().decode())
            case Act.NEW:
                self._edit(send.path, send.text)
            case Act.TYPE | Act.REPLACE:
                assert send.path in self._open, f"line {send.source_line}: {send.path} is not open"
                self._edit(send.path, _replaced(self._open[send.path], send))
            case Act.SAVE:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self._open[send.path].encode())
                self._workspace.files_changed([source])
            case Act.CLOSE:
                del self._open[send.path]
                self._workspace.close_document(source)
            case Act.CREATE | Act.WRITE:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(send.text.encode())
                self._workspace.files_changed([source])
            case Act.DELETE:
                _remove(path)
                self._workspace.files_changed([source])
            case Act.RENAME:
                target = self._folder / send.to
                target.parent.mkdir(parents=True, exist_ok=True)
                path.rename(target)
                self._workspace.files_changed([source, as_source_path(target)])
            case Act.CONFIGURE:
                self._workspace.configure(json.loads(send.text))
            case Act.HOVER:
                self._hover = self._hover_text(source, send.start)
        self._told(self._workspace.flush().then(self._workspace.settle()))

    def _edit(self, path: str, text: str) -> None:
        self._open[path] = text
        self._workspace.open_document(as_source_path(self._folder / path), text)

    def _told(self, update: Update) -> None:
        findings = self._workspace.project.snapshot.findings
        for path in update.touched:
            name = Path(path).relative_to(self._folder).as_posix()
            shown = tuple(
                sorted((f.place.range.start.line + 1, f.code) for f in findings.get(path, ()))
            )
            self._unread[name] = str(Diagnostics(name, shown, 0))

    def _receive(self, line: Diagnostics) -> None:
        __tracebackhide__ = True
        told = self._unread.pop(line.path, None)
        assert told is not None, (
            f"line {line.source_line}: nothing new for {line.path}; unread: {self._unread}"
        )
        assert told == str(line), f"line {line.source_line}: expected {line}, got {told}"

    def _all_read(self, source_line: int | None) -> None:
        __tracebackhide__ = True
        where = f"before line {source_line}" if source_line else "at the end"
        assert not self._unread, f"unread {where}:\n  " + "\n  ".join(self._unread.values())

    def _hover_text(self, path: SourcePath, place: tuple[int, int]) -> str:
        line, column = place
        explanations = explain_at(
            self._workspace.project.snapshot,
            Cuts(),
            as_source_path(self._workspace.folder),
            path,
            line - 1,
            column,
            Encoding.UTF32,
        )
        lines: list[str] = []
        for explanation in explanations:
            lines.append(explanation.finding.message)
            lines += [f"{hop.importer} -> {hop.imported}" for hop in explanation.hops]
            lines += explanation.remarks
            if explanation.advice is not None:
                place = explanation.advice.place
                shown = Path(place.path).relative_to(self._folder).as_posix()
                lines.append(explanation.advice.told(f"{shown}:{place.range.start.line + 1}"))
        return "\n".join(lines)


def _replaced(text: str, send: Send) -> str:
    start, end = _offset(text, send.start), _offset(text, send.end)
    return text[:start] + send.text + text[end:]


def _offset(text: str, place: tuple[int, int]) -> int:
    line, column = place
    lines = text.split("\n")
    assert line <= len(lines) and column <= len(lines[line - 1]), f"no {line}:{column} in the text"
    return sum(len(above) + 1 for above in lines[: line - 1]) + column


def _remove(path: Path) -> None:
    if path.is_dir():
        for child in path.iterdir():
            _remove(child)
        path.rmdir()
    else:
        path.unlink()

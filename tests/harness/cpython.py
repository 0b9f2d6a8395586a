"""Asks real interpreters what a project does, and compares that with its static edges.

For every entry a fresh process imports that module first and reports each import that ran
(harness/tracer.py). Three things must hold; each difference is one line of prose:

- a `runtime` edge of a module that ran to its end was seen, unless something can keep its
  statement from running (a test, a handler, a `try` that catches ImportError);
- no edge was seen that is only `deferred` or `typing`;
- every import that was seen is a static `runtime` edge.

An import made by a function that is called while a module loads belongs to an edge flagged
`called`, of which the importer is the module that loads and the holder the one whose function
it is. If it imports the module that loads, the edge is flagged `back` and starts at the holder.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from harness.interpreters import Interpreter

_TRACER = Path(__file__).with_name("tracer.py")
_SKIPPABLE = frozenset({"conditional", "guarded"})


@dataclass(frozen=True, slots=True, order=True)
class Touch:
    """One import that ran: `line` (from 1) is that of the statement's first line."""

    importer: str
    line: int
    in_function: bool
    imported: str
    sure: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """How an import failed. `path` is relative to the project, `line` counts from 1.

    `chain` names the modules being executed, outermost first; `message` is for people, since
    versions word it differently.
    """

    type: str
    path: str | None
    line: int | None
    name: str | None
    message: str
    chain: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.type} at {self.path}:{self.line} ({self.message})"


@dataclass(frozen=True, slots=True)
class Observation:
    """What happened when `entry` was imported first; `failure` is None when it loaded."""

    entry: str
    failure: Failure | None
    finished: frozenset[str]
    touches: tuple[Touch, ...]


@dataclass(frozen=True, slots=True, order=True)
class StaticEdge:
    """An edge as the analysis sees it; `line` (from 1) is that of the responsible name."""

    holder: str
    line: int
    imported: str
    when: str
    flags: frozenset[str]
    importer: str

    @property
    def caller(self) -> str:
        """The module that makes the statement run while it loads."""
        return self.imported if "back" in self.flags else self.importer

    def __str__(self) -> str:
        flags = f" [{' '.join(sorted(self.flags))}]" if self.flags else ""
        by = f" by {self.importer}" if self.importer != self.holder else ""
        return f"{self.holder} -> {self.imported} {self.when}{flags}{by} (line {self.line})"


class InterpreterProcess:
    """One running tracer, which forks a process for each entry. Use as a context manager."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        self._process = subprocess.Popen(
            [interpreter.path, "-I", "-B", str(_TRACER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd="/",
        )

    def __enter__(self) -> InterpreterProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def observe(
        self, folder: Path, roots: Sequence[str], entries: Sequence[str], libraries: str = ""
    ) -> tuple[Observation, ...]:
        """Import each entry first, in processes of their own.

        `libraries` is a folder of modules that do not belong to the project.
        """
        request = {
            "roots": [str(folder / root) for root in (*roots, libraries) if root],
            "modules": modules_on_disk(folder, roots),
            "entries": list(entries),
        }
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(repr(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the tracer of Python {self.interpreter} died"
        return tuple(_observation(item, folder) for item in ast.literal_eval(answer))


def modules_on_disk(folder: Path, roots: Sequence[str]) -> dict[str, str]:
    """The `.py` modules under each root by dotted name, as an import would find them.

    Written without the help of the code under test. A package hides a module of its name; an
    earlier root hides a later one; a file belongs to the deepest root around it.
    """
    found: dict[str, str] = {}
    taken: set[Path] = set()
    for root in sorted(roots, key=lambda root: -len((folder / root).parts)):
        for path in sorted((folder / root).rglob("*.py")):
            if path in taken:
                continue
            taken.add(path)
            parts = path.relative_to(folder / root).with_suffix("").parts
            if any(part.startswith(".") for part in parts):
                continue
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            if name and (is_package or name not in found):
                found[name] = str(path)
    return found


def _observation(item: Mapping[str, object], folder: Path) -> Observation:
    failure = item["failure"]
    touches, finished = item["touches"], item["finished"]
    assert isinstance(touches, list) and isinstance(finished, list)
    return Observation(
        entry=str(item["entry"]),
        failure=_failure(failure, folder) if isinstance(failure, dict) else None,
        finished=frozenset(finished),
        touches=tuple(Touch(*touch) for touch in touches),
    )


def _failure(item: Mapping[str, object], folder: Path) -> Failure:
    path, line, name, chain = item["path"], item["line"], item["name"], item["chain"]
    assert isinstance(chain, list)
    if isinstance(path, str) and path.startswith(f"{folder}/"):
        path = path[len(str(folder)) + 1 :]
    return Failure(
        type=str(item["type"]),
        path=None if path is None else str(path),
        line=line if isinstance(line, int) else None,
        name=None if name is None else str(name),
        message=str(item["message"]),
        chain=tuple(chain),
    )


# --- comparison -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Statements:
    """Which lines belong to one statement of a file, as far as the running Python can parse it.

    CPython reports the first line of a statement; an edge has the line of a name in it.
    """

    first_lines: Mapping[int, frozenset[int]]
    in_handler: frozenset[int]
    computed: frozenset[int]
    """Lines with a call whose first argument is no literal: what it imports is unknown."""

    @classmethod
    def of(cls, text: str) -> Statements:
        """Read a file; one that does not parse has only one-line statements."""
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            return cls({}, frozenset(), frozenset())
        first_lines: dict[int, set[int]] = {}
        in_handler: set[int] = set()
        computed: set[int] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom | ast.Call):
                for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                    first_lines.setdefault(line, set()).add(node.lineno)
            if isinstance(node, ast.Call) and not isinstance((*node.args, None)[0], ast.Constant):
                computed.add(node.lineno)
            if isinstance(node, ast.ExceptHandler):
                in_handler.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        return cls(
            {line: frozenset(first) for line, first in first_lines.items()},
            frozenset(in_handler),
            frozenset(computed),
        )

    def is_at(self, edge_line: int, touch_line: int) -> bool:
        """Whether an edge and an import that ran can be one statement."""
        return touch_line in self.first_lines.get(edge_line, {edge_line})


def differences(
    edges: Iterable[StaticEdge],
    observations: Iterable[Observation],
    statements: Mapping[str, Statements],
) -> tuple[str, ...]:
    """Everything in which the analysis and the interpreter disagree; `statements` by module."""
    ordered = sorted(edges, key=lambda edge: (edge.holder, edge.line, edge.imported, edge.when))
    comparison = _Comparison(ordered, statements)
    found: dict[str, None] = {}
    for observation in observations:
        for line in comparison.of(observation):
            found.setdefault(f"{observation.entry} first: {line}")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Comparison:
    edges: Sequence[StaticEdge]
    statements: Mapping[str, Statements]

    def of(self, observation: Observation) -> Iterator[str]:
        for edge in self.edges:
            seen = [touch for touch in observation.touches if self.is_one(edge, touch)]
            if edge.when != "runtime":
                if any(touch.sure for touch in seen) and not self.has_runtime_twin(edge):
                    yield f"seen, though it should not run: {edge}"
            elif not seen and edge.caller in observation.finished and self.must_run(edge):
                yield f"not seen: {edge}"
        for touch in observation.touches:
            if touch.sure and not self.is_known(touch):
                yield (
                    f"seen, but no runtime edge: {touch.importer} -> {touch.imported}"
                    f" (line {touch.line})"
                )

    def is_one(self, edge: StaticEdge, touch: Touch) -> bool:
        if (edge.holder, edge.imported) != (touch.importer, touch.imported):
            return False
        # A lazy import (PEP 810) runs on the line that first uses the name.
        is_lazy = "lazy" in edge.flags
        return is_lazy or self.statements[edge.holder].is_at(edge.line, touch.line)

    def must_run(self, edge: StaticEdge) -> bool:
        in_handler = edge.line in self.statements[edge.holder].in_handler
        return not edge.flags & _SKIPPABLE and not in_handler

    def has_runtime_twin(self, edge: StaticEdge) -> bool:
        return any(
            other.when == "runtime"
            and (other.holder, other.imported) == (edge.holder, edge.imported)
            and ("lazy" in edge.flags or other.line == edge.line)
            for other in self.edges
        ) or (
            # A call passes a package around the caller: that is loading, and the step no edge.
            "implied" in edge.flags
            and any(
                (other.when, other.holder, other.line) == ("runtime", edge.holder, edge.line)
                for other in self.edges
            )
        )

    def is_known(self, touch: Touch) -> bool:
        # The executed one may also be deferred: then the loop over the edges has reported it.
        is_computed = touch.line in self.statements[touch.importer].computed
        return (
            is_computed
            or any(self.is_one(edge, touch) for edge in self.edges)
            or self.is_resolution(touch)
        )

    def is_resolution(self, touch: Touch) -> bool:
        """Whether a module makes a lazy import of another one run (PEP 810): that is no edge."""
        return any(
            f"{edge.imported}.".startswith(f"{touch.imported}.")
            for edge in self.edges
            if "lazy" in edge.flags
        )


def running_version() -> tuple[int, int]:
    """The version of the Python that runs the tests."""
    return sys.version_info[0], sys.version_info[1]

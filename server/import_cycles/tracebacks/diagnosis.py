"""What a traceback of a failed import tells: the cycle behind it, another story, or that it is open.

A module that is still loading is in the traceback: its `<module>` frame waits for an import. So the
frames show the *chain* of modules that were loading, outermost first. A missing name comes from a
circular import exactly when the module that lacks it is in the chain and would bind it later. That
holds for every version. Wordings differ, and that of 3.13 can ask to rename a file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto
from functools import cached_property
from typing import Final

from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import record
from import_cycles.tracebacks.modules import FoundModule, KnownFiles, ModuleFinder
from import_cycles.tracebacks.names_in_source import Binding, SourceNames
from import_cycles.tracebacks.wordings import MODULE_LEVEL, Failure, TracebackFrame


class Verdict(Enum):
    """The cause of a failure."""

    CIRCULAR = auto()
    NAME_CLASH = auto()
    """A file hides the library that was meant."""
    NO_SUCH_MODULE = auto()
    """The imported module does not exist, even if Python's message speaks of cycles."""
    UNRELATED = auto()
    """The failure is certainly no circular import."""
    OPEN = auto()
    """Nothing shows whether a cycle is behind it."""


CLASS_BODY: Final = "<class>"
"""Stands for the name of a class whose body runs: a traceback shows it like a function."""


@record
class Stop:
    """A frame of the project: a module that waited or failed at a line (from 1), or a function."""

    module: FoundModule
    line: int
    source: str
    function: str = MODULE_LEVEL

    @property
    def is_in_function(self) -> bool:
        """Whether the line runs when something calls it, not as its module loads."""
        return self.function not in (MODULE_LEVEL, CLASS_BODY)


@record
class Story:
    """A failure that one of the less common patterns explains, in plain sentences.

    `start` is where in the chain the cycle begins, if there is one and the traceback shows it.
    """

    verdict: Verdict
    sentences: tuple[str, ...]
    remedies: tuple[str, ...] = ()
    start: int | None = None


@record
class Diagnosis:
    """A failure with its explanation.

    `owner` is the module that lacks `name`, `waiting` the one of `chain` that would have to go
    on loading first (the owner, or its submodule `name`). `start` is where in `chain` the cycle
    begins, None when the traceback does not show it. `bindings` are the owner's of `name`.
    `frames` are all of the project, `chain` those of modules, `asking` is where the name was asked
    for; `closing_line` is the line of the last module of the chain that imports `waiting`.
    `is_readable`: the owner's text was at hand. `story` is there where it is not the usual one.
    """

    failure: Failure
    verdict: Verdict
    frames: tuple[Stop, ...] = ()
    chain: tuple[Stop, ...] = ()
    name: str = ""
    owner: str = ""
    waiting: str = ""
    start: int | None = None
    bindings: tuple[Binding, ...] = ()
    closing_line: int | None = None
    is_readable: bool = False
    story: Story | None = None
    owner_module: FoundModule | None = None

    @property
    def asking(self) -> Stop | None:
        """The innermost place in the project, which can be in a function that a module calls."""
        return self.frames[-1] if self.frames else None

    @property
    def cycle(self) -> tuple[ModuleName, ...]:
        """The modules along the cycle, the first repeated at the end; empty when the cycle is not shown."""
        if self.start is None:
            return ()
        names = [ModuleName(stop.module.name) for stop in self.chain[self.start :]]
        asking = self.asking
        if asking is not None and asking.module.name not in names:
            # A function that the last of them calls.
            names.append(ModuleName(asking.module.name))
        return (*names, names[0])

    @property
    def lacked_when_loaded(self) -> bool:
        """Whether a module lacks the name that was not loading at that time."""
        is_named = bool(self.owner) and bool(self.failure.frames)
        return self.verdict is Verdict.UNRELATED and self.story is None and is_named

    @property
    def waits_for_submodule(self) -> bool:
        """Whether the name is a submodule that is loading itself."""
        return self.waiting != self.owner

    @property
    def later_binding(self) -> Binding | None:
        """The place where the owner would have bound the name later."""
        reached = self.chain[self.start].line if self.start is not None else 0
        later = (each for each in self.bindings if each.line > reached)
        return next(later, self.bindings[0] if self.bindings else None)


@record
class Files:
    """How files are reached: the text of one, and the names in a folder."""

    read: Callable[[SourcePath], str | None]
    """None for one that cannot be read."""
    listed: Callable[[SourcePath], Sequence[str]] = lambda _: ()
    """Empty for one that cannot be read."""


class Scene:
    """The facts at hand about one failure."""

    def __init__(self, failure: Failure, known: KnownFiles, files: Files) -> None:
        self.failure = failure
        self.finder = ModuleFinder(known, failure)
        self.files = files
        self._names: dict[SourcePath, SourceNames] = {}

    @cached_property
    def frames(self) -> tuple[Stop, ...]:
        """The frames of the project, outermost first."""
        found = ((self.finder.at(frame.path), frame) for frame in self.failure.frames)
        return tuple(
            Stop(module, frame.line, frame.source, self._function(module, frame))
            for module, frame in found
            if module is not None
        )

    def _function(self, module: FoundModule, frame: TracebackFrame) -> str:
        function = frame.function
        if function == MODULE_LEVEL or function.startswith("<"):
            return function
        names = self.names(module)
        is_class = names.is_parsed() and not names.function_at(frame.line)
        return CLASS_BODY if is_class else function

    @cached_property
    def chain(self) -> tuple[Stop, ...]:
        """Those of modules that were loading."""
        return tuple(stop for stop in self.frames if stop.function == MODULE_LEVEL)

    @property
    def asking(self) -> Stop | None:
        """The innermost frame of the project."""
        return self.frames[-1] if self.frames else None

    def position(self, name: str) -> int | None:
        """Where in the chain a module was loading; the innermost, if it was twice."""
        names = [stop.module.name for stop in self.chain]
        return len(names) - 1 - names[::-1].index(name) if name in names else None

    def text(self, module: FoundModule | None) -> str | None:
        """The text of a module; None when it is not available."""
        return None if module is None else self.files.read(module.path)

    def names(self, module: FoundModule | None) -> SourceNames:
        """Answers about the text of a module; about an empty one when it is not available."""
        if module is None:
            return SourceNames(None, "")
        if module.path not in self._names:
            text = self.files.read(module.path)
            self._names[module.path] = SourceNames(text, module.package)
        return self._names[module.path]

    def source(self, stop: Stop) -> str:
        """The line of a frame, as the traceback or else the file has it; empty without both."""
        if stop.source:
            return stop.source
        lines = (self.text(stop.module) or "").splitlines()
        return lines[stop.line - 1].strip() if stop.line <= len(lines) else ""

    def can_bring(self, module: FoundModule, name: str, depth: int = 5) -> bool | None:
        """Whether the text of a module can bind a name otherwise than by a plain statement.

        That is by a star-import, `__getattr__` or `globals()`. None if a text is out of reach.
        """
        names = self.names(module)
        if names.binds_otherwise(name):
            return True
        for _, origin in names.stars():
            source = self.finder.named(origin)
            if source is None or depth == 0 or self.text(source) is None:
                return None
            if self.names(source).bindings(name) or self.can_bring(source, name, depth - 1):
                return True
        return False

    def lacks(self, module: FoundModule, name: str, but: int = 0) -> bool | None:
        """Whether no line of a module can bind a name; None when its text is out of reach.

        The statement on the line `but`, which failed, does not count.
        """
        names = self.names(module)
        if not names.is_parsed():
            return None
        if any(not each.is_on(but) for each in names.bindings(name)):
            return False
        can_bring = self.can_bring(module, name)
        return None if can_bring is None else not can_bring

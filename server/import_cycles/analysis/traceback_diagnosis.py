"""What a traceback of a failed import tells: the cycle behind it, or that there is none.

A module that is still loading is in the traceback: its `<module>` frame waits for an import. So
the frames show the *chain* of modules that were loading, outermost first, and a failure is a
circular import's exactly when the module that lacks the name is one of them. That holds for
every version; wordings differ, and that of 3.13 can speak of a file to be renamed instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import Enum, auto

from import_cycles.analysis.names_in_source import Binding, SourceNames
from import_cycles.analysis.traceback_modules import FoundModule, ModuleFinder
from import_cycles.analysis.traceback_reading import MODULE_LEVEL, Failure, Symptom
from import_cycles.base.names import ModuleName, SourcePath, resolve_relative
from import_cycles.base.record import record
from import_cycles.resolve.layout import Layout

_FROM = re.compile(r"\s*from\s+(?P<dots>\.*)(?P<module>[\w.]*)\s+import\b")

Read = Callable[[SourcePath], "str | None"]


class Verdict(Enum):
    """What is behind a failure."""

    CIRCULAR = auto()
    NAME_CLASH = auto()
    """A file hides the library that was meant."""
    UNRELATED = auto()


@record
class Stop:
    """A module that was loading, and the line (from 1) where it waited or failed."""

    module: FoundModule
    line: int
    source: str


@record
class Diagnosis:
    """A failure understood.

    `owner` is the module that lacks `name`, `waiting` the one of `chain` that would have to go
    on loading first (the owner, or its submodule `name`). `start` is where in `chain` the cycle
    begins, None when the traceback does not show it. `bindings` are the owner's of `name`.
    `asking` is where the name was asked for; `closing_line` is the line of the last module of the
    chain that imports `waiting`. `is_readable`: the owner's text was at hand.
    """

    failure: Failure
    verdict: Verdict
    chain: tuple[Stop, ...] = ()
    name: str = ""
    owner: str = ""
    waiting: str = ""
    start: int | None = None
    bindings: tuple[Binding, ...] = ()
    asking: Stop | None = None
    closing_line: int | None = None
    is_readable: bool = False

    @property
    def cycle(self) -> tuple[ModuleName, ...]:
        """The modules along the cycle, the first repeated at the end; empty when not shown."""
        if self.start is None:
            return ()
        names = [ModuleName(stop.module.name) for stop in self.chain[self.start :]]
        return (*names, names[0])

    @property
    def waits_for_submodule(self) -> bool:
        """Whether the name is a submodule that is loading itself."""
        return self.waiting != self.owner

    @property
    def later_binding(self) -> Binding | None:
        """Where the owner would have bound the name, had it come so far."""
        reached = self.chain[self.start].line if self.start is not None else 0
        later = (each for each in self.bindings if each.line > reached)
        return next(later, self.bindings[0] if self.bindings else None)


class Diagnostician:
    """Diagnoses the failures of one text; `read` gives the text of a file, None without one."""

    def __init__(self, layouts: Sequence[Layout], read: Read) -> None:
        self._layouts = layouts
        self._read = read

    def diagnose(self, failure: Failure) -> Diagnosis:
        """What is behind one failure. Never raises."""
        finder = ModuleFinder(self._layouts, failure)
        chain = _chain(failure, finder)
        owner = failure.module or self._asked_module(failure, chain)
        if failure.symptom is Symptom.UNDEFINED_NAME:
            owner = self._short_star(failure, chain)
        if not owner or failure.symptom is Symptom.OTHER:
            return Diagnosis(failure, Verdict.UNRELATED, chain)
        waiting, start = _start(failure, owner, chain)
        module = self._module(owner, chain, finder, failure)
        text = self._text(module)
        names = SourceNames(text or "", module.package if module else "")
        asking = _asking(failure, chain, finder)
        verdict = _verdict(failure, names, chain, start, is_readable=text is not None)
        return Diagnosis(
            failure,
            verdict,
            chain,
            failure.name,
            owner,
            waiting,
            start,
            names.bindings(failure.name),
            asking,
            self._closing_line(failure, waiting, chain),
            text is not None,
        )

    def names_of(self, module: FoundModule | None) -> SourceNames:
        """Answers about the text of a module; about an empty one when it cannot be had."""
        return SourceNames(self._text(module) or "", module.package if module else "")

    def _text(self, module: FoundModule | None) -> str | None:
        return None if module is None else self._read(module.path)

    def _module(
        self, owner: str, chain: Sequence[Stop], finder: ModuleFinder, failure: Failure
    ) -> FoundModule | None:
        in_chain = next((stop.module for stop in chain if stop.module.name == owner), None)
        told = finder.at(failure.path) if failure.path else None
        return in_chain or (told if told and told.name == owner else finder.named(owner))

    def _asked_module(self, failure: Failure, chain: Sequence[Stop]) -> str:
        """From which module a line imports, for messages that do not say (before 3.7)."""
        found = _FROM.match(chain[-1].source) if chain else None
        if found is None or failure.symptom is not Symptom.CANNOT_IMPORT_NAME:
            return ""
        if not found["dots"]:
            return found["module"]
        package = chain[-1].module.package
        return resolve_relative(package, len(found["dots"]), found["module"]) or ""

    def _short_star(self, failure: Failure, chain: Sequence[Stop]) -> str:
        """The loading module of which a star-import brought less than it would have later."""
        if not chain:
            return ""
        here = chain[-1]
        for line, origin in self.names_of(here.module).stars():
            for stop in chain[:-1]:
                if stop.module.name == origin and line <= here.line:
                    later = self.names_of(stop.module).bindings(failure.name)
                    if any(each.line > stop.line for each in later):
                        return origin
        return ""

    def _closing_line(self, failure: Failure, waiting: str, chain: Sequence[Stop]) -> int | None:
        if not chain:
            return None
        last = chain[-1]
        found = self.names_of(last.module).import_of(waiting, last.line)
        if found is None and failure.symptom is Symptom.CANNOT_IMPORT_NAME:
            return last.line
        return found


def _chain(failure: Failure, finder: ModuleFinder) -> tuple[Stop, ...]:
    stops = []
    for frame in failure.frames:
        module = finder.at(frame.path) if frame.function == MODULE_LEVEL else None
        if module is not None:
            stops.append(Stop(module, frame.line, frame.source))
    return tuple(stops)


def _asking(failure: Failure, chain: Sequence[Stop], finder: ModuleFinder) -> Stop | None:
    """The innermost place in the project, which can be in a function that a module calls."""
    for frame in reversed(failure.frames):
        module = finder.at(frame.path)
        if module is not None:
            return Stop(module, frame.line, frame.source)
    return chain[-1] if chain else None


def _start(failure: Failure, owner: str, chain: Sequence[Stop]) -> tuple[str, int | None]:
    """The module that has to finish first, and its place in the chain."""
    names = [stop.module.name for stop in chain]
    submodule = f"{owner}.{failure.name}"
    may_be_submodule = failure.symptom in (Symptom.NO_ATTRIBUTE, Symptom.NO_SUBMODULE)
    if may_be_submodule and submodule in names:
        owner = submodule
    elif failure.symptom is Symptom.NO_SUBMODULE:
        return submodule, None
    if owner not in names:
        return owner, None
    return owner, len(names) - 1 - names[::-1].index(owner)


def _verdict(
    failure: Failure,
    names: SourceNames,
    chain: Sequence[Stop],
    start: int | None,
    *,
    is_readable: bool,
) -> Verdict:
    if failure.error == "ImportCycleError":
        return Verdict.CIRCULAR
    # `from e import *` can bring it, and then no line here says so.
    is_bound = bool(names.bindings(failure.name) or names.stars())
    is_self_import = start is not None and start == len(chain) - 1
    if start is None:
        if failure.says_circular:
            return Verdict.CIRCULAR
        return Verdict.NAME_CLASH if failure.blamed and not is_bound else Verdict.UNRELATED
    # A package that asks itself for what it does not have means a submodule, not a library.
    is_plain = not chain[start].module.is_package and "." not in chain[start].module.name
    is_lacking = failure.symptom is not Symptom.NO_SUBMODULE and is_plain and not is_bound
    is_suspect = failure.blames_stdlib or (is_self_import and (failure.blamed or is_readable))
    return Verdict.NAME_CLASH if is_lacking and is_suspect else Verdict.CIRCULAR

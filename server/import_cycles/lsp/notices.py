"""Problems that belong to no line of an open file: each is written once to the client's log.

Unreadable folders, files with two names, files that do not parse. A problem that goes away and
comes back is logged again, but an internal error is not. While the user types, an open document is
full of syntax errors, and the editor shows them itself. So syntax errors of a document are logged
only after it is closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from import_cycles.analysis.change import Problem
from import_cycles.base.names import SourcePath
from import_cycles.base.words import printable
from import_cycles.lsp.diagnostics import is_configuration
from import_cycles.lsp.documents import OpenDocuments
from import_cycles.lsp.schedule import View


class LogClient(Protocol):
    """The part of the client that keeps a log."""

    def log(self, text: str, *, is_warning: bool) -> None:
        """One entry."""
        ...


class Notices:
    """Remembers which problems it has logged."""

    def __init__(self, client: LogClient, documents: OpenDocuments) -> None:
        self._client = client
        self._documents = documents
        self._surroundings: set[Problem] = set()
        self._unparsed: set[SourcePath] = set()
        self._mishaps: set[str] = set()

    def own_up(self, mishaps: Iterable[str]) -> None:
        """Logs an internal error, unless it was logged before."""
        for mishap in mishaps:
            if mishap not in self._mishaps:
                self._mishaps.add(mishap)
                self._client.log(mishap, is_warning=True)

    def take(self, views: Iterable[View]) -> None:
        """Logs the new problems of these views."""
        views = list(views)
        surroundings = {
            problem
            for view in views
            for problem in view.problems
            if not is_configuration(problem.path)
        }
        for problem in sorted(surroundings - self._surroundings, key=_order):
            self._client.log(_worded(problem), is_warning=True)
        self._surroundings = surroundings
        unparsed = {
            path: problems[0]
            for view in views
            for path, problems in view.snapshot.problems.items()
            if problems
        }
        for path in sorted(unparsed.keys() - self._unparsed):
            if self._documents.at_path(path) is None:
                self._client.log(_worded(unparsed[path]), is_warning=False)
                self._unparsed.add(path)
        self._unparsed &= unparsed.keys()


def _order(problem: Problem) -> tuple[str, int, str]:
    return problem.path, -1 if problem.line is None else problem.line, problem.message


def _worded(problem: Problem) -> str:
    line = "" if problem.line is None else f":{problem.line + 1}"
    return printable(f"{problem.path}{line}: {problem.message}")

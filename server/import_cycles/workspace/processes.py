"""Whether other processes help to summarize a project, and how many.

They do where there are four processors or more and many texts to summarize at once: each process
takes 0.05 to 0.2 s to start, and the summaries of `LEAST` texts take about a second. On fewer
processors nothing of it is imported. `IMPORT_CYCLES_PROCESSES` sets the number of
processes whatever the machine, for any number of texts; 0 does without.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Final

from import_cycles.base.record import record
from import_cycles.syntax.summarize import Summarized
from import_cycles.syntax.target import PythonTarget

VARIABLE: Final = "IMPORT_CYCLES_PROCESSES"
LEAST: Final = 400
"""Fewer texts than this are summarized by this process alone."""
FEWEST_PROCESSORS: Final = 4
MOST: Final = 8
"""More processes than this only wait for the one that started them, which reads all texts."""
_TEXTS_EACH: Final = 100
"""A process with fewer texts to summarize is not worth its start."""


@record
class SummaryProcesses:
    """Summarizes many texts at once; starts its processes for each call, and ends them with it."""

    n_most: int
    n_least_texts: int = LEAST
    texts_each: int = _TEXTS_EACH

    def are_worth_it(self, n_texts: int) -> bool:
        """Whether so many texts are summarized sooner with other processes."""
        return n_texts >= self.n_least_texts

    def summarize(
        self, n_texts: int, texts: Iterable[str], target: PythonTarget, *, leaves_out: bool
    ) -> list[Summarized | None]:
        """What `summarize` gives for each text, in their order; None where it has to be asked.

        Never fails: what the other processes do not deliver, this one makes.
        """
        # Imported only now: `subprocess` and `pickle` take a few milliseconds to load.
        from import_cycles.workspace.summary_batch import summarize_together

        n_processes = max(min(self.n_most, n_texts // self.texts_each), 1)
        return summarize_together(texts, target, n_processes, leaves_out=leaves_out)


def helping_processes(
    environment: Mapping[str, str], n_processors: int | None = None
) -> SummaryProcesses | None:
    """The processes that the environment names, or that fit this machine; None for none."""
    if not sys.executable or getattr(sys, "frozen", False):
        return None
    named = environment.get(VARIABLE, "")
    if named.isdecimal():
        n_named = int(named)
        return SummaryProcesses(n_named, n_least_texts=1, texts_each=1) if n_named else None
    available = _n_processors() if n_processors is None else n_processors
    if available < FEWEST_PROCESSORS:
        return None
    return SummaryProcesses(min(available - 1, MOST))


def _n_processors() -> int:
    """Those that this process may use, as `os.process_cpu_count` of Python 3.13 counts them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

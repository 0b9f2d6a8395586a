"""Every budget of the import machine and of surveys, in one record.

Where a budget ends, the answer is "not known", never "no": code that is left out counts as
something that may have happened. docs/generate.py writes the table in docs/simulation.md from this
file.
"""

from __future__ import annotations

import sys
from typing import Final

from import_cycles.base.record import record


@record
class Limits:
    """How much of a program is followed. Statements are counted as they are executed."""

    steps: int = 400_000
    """Statements of one first import; a program that needs more is `Unsure`."""
    call_steps: int = 20_000
    """Statements in functions, in one first import; further calls give nothing known,
    and loops in functions and in the main program go no further."""
    doubtful_steps: int = 1_500
    """Statements in functions that are called on one of several ways; as for `call_steps`."""
    calls: int = 40
    """Calls inside one another; deeper ones give nothing known."""
    doubt_in_calls: int = 1
    """Undecided tests around each other, in functions, of which a possible crash is still told.
    Code that is called with unknown values has dozens of ways through it, most of which no program
    takes."""
    iterations: int = 300
    """Rounds of one loop; what further ones would do is not known."""
    nesting: int = 400
    """Modules that wait for one another. CPython itself ends at less than 200 of them, with
    RecursionError, unless the program raises its limit."""
    exposed: int = 200
    """Values that code from outside gets with one object, by what hangs below it."""
    text: int = 10_000
    """Characters of a text that operators make."""
    variants: int = 12
    """Ways in which the loading of one module is remembered for later first imports."""
    remembered_events: int = 150_000
    """Events of all loads that `entries` remembers; beyond that it forgets half of them."""

    survey_steps: int = 12_000
    """Statements of one survey; what comes after them is not looked at."""
    statement_steps: int = 1_000
    """Statements in functions for one statement of the module that is surveyed, so that a call
    into deep code leaves something for the statements behind it."""
    runs: int = 8
    """Kinds of arguments with which one survey runs a function."""
    rounds: int = 12
    """Rounds of one loop in a survey: which imports run is asked, not how often."""
    alternatives: int = 4
    """Statements that one name may have its value from; of more the value is not known."""
    effect_steps: int = 150
    """Statements in functions for one call of another module's function."""
    decorator_steps: int = 400
    """The same for a decorator of another module, and for each call in it."""
    effect_charge: int = 100
    """Statements for which a call counts, at most, in a call that it is part of."""
    effect_trees: int = 20_000
    """Kinds of calls that are remembered; after more of them all are forgotten."""
    effect_leaves: int = 300
    """Effects that are remembered of one kind of call."""
    outline_objects: int = 150
    """Objects of the surveyed module in the arguments of one call; with more nothing is shared."""
    outline_items: int = 40
    """Items of one container among them."""
    name_length: int = 80
    """Characters of a text that may name something; of longer ones only their presence matters."""


LIMITS: Final = Limits()

FRAMES: Final = (
    30_000 if sys.version_info >= (3, 11) else 2_500 if sys.platform == "win32" else 9_000
)
"""Frames of the machine itself, some thirty for each module that waits for another.

Before 3.11 each Python frame takes a piece of the C stack, of which Windows gives 1 MB and Linux
8 MB (Python/ceval.c); a process that runs out of it dies.
"""

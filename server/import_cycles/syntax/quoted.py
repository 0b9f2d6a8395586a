"""Texts in quotes that can name a module, as a program may compute what it imports.

Only running a program tells the argument of a call of `import_module`. But the name, or the package
in front of it, mostly stands in a text: `"app.plugins." + name`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from sys import intern
from typing import Final

OWN_PACKAGE: Final = "."
"""Stands for the package around a module that completes its own name: `import_module(f".{name}", …)`."""

ENTRY_POINTS: Final = "*"
"""Stands for the modules that the project declares as entry points, in a text that asks for them."""

_DOTTED: Final = re.compile(r"\w+\.(?:\w+\.)*(?:\w+(?=[{%]|\Z)|(?=[{%]|\Z))")
_ANY: Final = re.compile(r"\w+(?:\.\w+)*\.?(?=[{%]|\Z)")
_RELATIVE: Final = re.compile(
    r"""__package__|\{__name__|__name__\s*\+|["']\.["'{%]"""
    r"""|(?:import_module|__import__)\([^()]*(?:__name__|["']\.)"""
)


_PASSED: Final = re.compile(
    # The word first: that is what is searched for quickly.
    r"""__name__\b(?<!\w__name__)(?<!getLogger\(__name__)(?<!get_logger\(__name__)(?!\s*[!=]=)"""
)


def quoted_names(text: str) -> tuple[str, ...]:
    """Each once, in the order of the text; the start of a longer name ends in a dot.

    `ENTRY_POINTS` is among them if the text speaks of entry points. Those without a dot only in a text that speaks of `import_module` or `__import__`; and, with a dot
    in front, in one that hands its own name on, which they may complete elsewhere. Cost: about
    that of a scan.
    """
    if "import_module" in text or "__import__" in text:
        found = dict.fromkeys(_starts(text, _ANY))
        if _RELATIVE.search(text) is not None:
            found[OWN_PACKAGE] = None
    elif "__package__" in text or ("__name__" in text and _PASSED.search(text) is not None):
        found = {each if "." in each else f".{each}": None for each in _starts(text, _ANY)}
    else:
        found = dict.fromkeys(_starts(text, _DOTTED))
    if "entry_points" in text:
        found[ENTRY_POINTS] = None
    return tuple(map(intern, found))


def _starts(text: str, form: re.Pattern[str]) -> Iterator[str]:
    """What stands behind each quote, up to the next one or to a sign that more is put in there."""
    # To split at quotes is much quicker than to search for a name behind one of them.
    stretches = text.replace("'", '"').split('"')[1:]
    if not stretches:
        return
    last = stretches.pop()
    if form is _DOTTED:
        stretches = [each for each in stretches if "." in each]
    for stretch in dict.fromkeys(stretches):
        match = form.match(stretch)
        if match is not None:
            yield match.group()
    match = form.match(last)
    if match is not None and match.end() < len(last):
        yield match.group()

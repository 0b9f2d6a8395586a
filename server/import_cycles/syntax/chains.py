"""Dotted names that a text reads through what plain imports bind: `p.a` after `import p`.

Where `p.a` is a module, `p` has that attribute only once `p.a` has loaded, and no import says who asks.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from sys import intern
from typing import Final

from import_cycles.base.names import MAX_PARTS

_WHOLE: Final = re.compile(r"(?<![\w.])([^\W\d]\w*)((?:\.[^\W\d]\w*)+)")

_FEW: Final = 30
"""Up to so many names are searched for one by one, which is cheaper than to match all there are."""


def dotted_reads(text: str, bound: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Each dotted name once that stands behind one of the names `bound`, which mean the modules given.

    What a name stands for elsewhere in the text, or in a string, counts as well: a superset. Names of
    the standard library are left out. Cost: a search for each bound name, of many one for all.
    """
    asked = dict.fromkeys(bound)
    everything = _everything(text) if len(asked) > _FEW else None
    found: dict[str, None] = {}
    for name, module in asked:
        if module.partition(".")[0] in sys.stdlib_module_names:
            continue
        if everything is not None:
            rests = everything.get(name, set())
        elif f"{name}." in text:
            rests = _behind(name, text)
        else:
            continue
        for rest in sorted(rests):
            found.update(dict.fromkeys(_longer(module, rest)))
    return tuple(map(intern, found))


def _everything(text: str) -> dict[str, set[str]]:
    """What stands behind each name that something stands behind."""
    found: dict[str, set[str]] = {}
    for name, rest in _WHOLE.findall(text):
        found.setdefault(name, set()).add(rest)
    return found


def bound_by(stretches: Iterable[str]) -> list[tuple[str, str]]:
    """What plain imports bind, of stretches of a text as `syntax.scan` has them.

    A stretch may be half typed, or stand in a string: what is no identifier is left out.
    """
    found: list[tuple[str, str]] = []
    for stretch in stretches:
        if stretch.startswith("import"):
            for item in stretch[6:].partition("#")[0].split(","):
                words = item.split()
                if len(words) == 3 and words[1] == "as" and words[2].isidentifier():
                    found.append((words[2], words[0]))
                elif len(words) == 1:
                    top = words[0].partition(".")[0]
                    if top.isidentifier():
                        found.append((top, top))
    return found


def _behind(name: str, text: str) -> set[str]:
    """What stands behind one name. Cost: a search for it."""
    return set(_searched(name).findall(text))


@lru_cache(maxsize=1024)
def _searched(name: str) -> re.Pattern[str]:
    # The name first: that is what is searched for quickly.
    word = re.escape(name)
    return re.compile(rf"{word}(?<![\w.]{word})((?:\.[^\W\d]\w*)+)")


def _longer(module: str, rest: str) -> Iterator[str]:
    for part in rest[1:].split(".")[:MAX_PARTS]:
        module = f"{module}.{part}"
        yield module

"""What a text does with the tables in which CPython looks for modules.

Both questions are asked of the text as it is: words in comments and strings only make more of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from sys import intern
from typing import Final

ITSELF: Final = "__name__"
"""Stands for the module itself among what is taken out of `sys.modules`."""

PACKAGE: Final = "__package__"
"""Stands for its package."""

COMPUTED: Final = "?"
"""Stands for a name that only running the program tells."""

_TABLE_ASKED: Final = (
    # sys.modules[…] = …, sys.modules.update(…): each starts with a word, which is searched for quickly.
    re.compile(r"modules(?<!\wmodules)\s*(?:\[|\.)"),
    re.compile(r"sys(?<!\wsys)\s*\.\s*modules\b"),
)
_MAKERS: Final = (
    "meta_path", "path_hooks", "__path__", "extend_path", "declare_namespace",
    "ModuleType", "new_module", "module_from_spec", "module_from_loader",
)  # fmt: skip
_TAKEN: Final = re.compile(
    r"sys\.modules(?<!\wsys\.modules)(?<!del sys\.modules)(?:"
    r"\[(?P<item>[^\[\]\n]*)\](?P<set>\s*=[^=])?"
    r"|\.(?:get|pop|setdefault|__getitem__)\((?P<argument>[^,()\n]*)(?=[,)])"
    r"|(?P<other>\[|\.(?:get|pop|setdefault|__getitem__)\()"
    r")"
)
_SPELLED: Final = re.compile(r"""(["'])([\w.]+)\1$""")


def may_make_modules(text: str) -> bool:
    """Whether a text can make modules be found which have no file, or hide one that has."""
    # To search for plain words is much quicker than for one of several.
    if "modules" in text and any(each.search(text) for each in _TABLE_ASKED):
        return True
    return any(word in text and _is_word_of(text, word) for word in _MAKERS)


def _is_word_of(text: str, word: str) -> bool:
    return re.search(rf"{word}(?<!\w{word})\b", text) is not None


def taken_from_modules(text: str) -> tuple[str, ...]:
    """What a text takes out of `sys.modules`, each once: dotted names and the signs above."""
    if "sys.modules" not in text:
        return ()
    return tuple(dict.fromkeys(map(intern, _taken(text))))


def _taken(text: str) -> Iterator[str]:
    for match in _TAKEN.finditer(text):
        if match["set"] is not None:
            continue
        if match["other"] is not None:
            if not _is_assigned(text, match.end()):
                yield COMPUTED
            continue
        key = (match["item"] or match["argument"] or "").strip()
        spelled = _SPELLED.match(key)
        if spelled is not None:
            yield spelled[2]
        elif key in (ITSELF, PACKAGE):
            yield key
        else:
            yield COMPUTED


def _is_assigned(text: str, start: int) -> bool:
    """Whether what starts here, after a bracket, ends its line as the target of an assignment."""
    line = text[start:].partition("\n")[0]
    return re.search(r"\]\s*=[^=]", line) is not None

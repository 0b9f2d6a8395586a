"""Words in a text that tell of a program that reads annotations while it runs.

Some libraries read the annotations of any class or function that they are given, and so does code
that calls `typing.get_type_hints`; the annotated file does not show it. So the whole project is
searched for their names. Where one is found, a fix after which an annotation cannot be evaluated is
not safe.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from import_cycles.base.names import SourcePath
from import_cycles.base.record import record
from import_cycles.libraries.facts import Gives, Reads
from import_cycles.libraries.table import facts, names_saying

RELOADS: Final = "reload "
"""What a word begins with that tells of one module, by its last name, being loaded anew."""

_IMPORTED: Final = re.compile(r"^[ \t]*(?:from|import)[ \t]+(\w+)", re.MULTILINE)


_TYPE_WORDS: Final = ("__annotations__", "__dataclass_fields__", "eval_str")
_SIGNATURE_WORDS: Final = ("autospec", "Signature")
_ANNOTATION: Final = re.compile(r"\.(?:annotations?|return_annotation)\b")
_FIELDS: Final = re.compile(r"\bfields\(")
_TYPE: Final = re.compile(r"\.type\b")
_RELOADING: Final = re.compile(
    r"del sys\.modules\b|sys\.modules\.(?:pop|clear)\(|\(\s*sys\.modules\s*,"
)
"""Modules that are loaded a second time."""
_NAMED: Final = re.compile(r"\s*[\[(]?\s*[\"'](?:\w+\.)*(\w+)[\"']\s*[\]),]")
"""Behind it: that it is one module, which is named, and the last part of the name."""
_RELOADED: Final = re.compile(r"\breload\(\s*(?:\w+\.)*(\w+)\s*\)")


@record
class _TableWords:
    """The facts of the table of libraries, as words to search for; made at the first search."""

    types: tuple[str, ...]
    """Of what reads annotations."""
    signatures: tuple[str, ...]
    """Of what reads signatures, of which annotations are a part."""
    loading: tuple[str, ...]
    """Of what loads modules by name."""
    computed: re.Pattern[str]
    """A module is loaded by a name that is worked out; `name` is what it is assigned to."""
    listing: re.Pattern[str]
    """Code that takes all names of an object, and the name of the object."""


@cache
def _table_words() -> _TableWords:
    readers = (*names_saying("reads", Reads.FIELDS), *names_saying("reads", Reads.BOTH))
    loads = _last_parts(
        (*names_saying("gives", Gives.MODULE), *names_saying("gives", Gives.OBJECT))
    )
    walks = _last_parts(names_saying("walks_folders"))
    lists = _last_parts(names_saying("reads", Reads.NAMES))
    signatures = _last_parts(names_saying("reads", Reads.EVALUATED))
    return _TableWords(
        _last_parts(name for name in readers if facts(name).reads_whatever),
        tuple(f"{name}(" for name in signatures),
        tuple(f"{name}(" for name in (*loads, *walks)),
        re.compile(
            r"(?:^[ \t]*(?P<name>\w+)[ \t]*=[ \t]*)?(?:\b\w+\.)*\b"
            rf"(?:(?:{'|'.join(loads)})\(\s*(?!\s|[rb]?[\"'])|(?:{'|'.join(walks)})\()",
            re.MULTILINE,
        ),
        re.compile(
            rf"\b(?:{'|'.join(lists)})\(\s*(\w+)"
            r"|\b(\w+)\.__dict__\b(?!\s*(?:\[|\.(?:get|pop|setdefault|update)\())"
        ),
    )


def _last_parts(names: Iterable[str]) -> tuple[str, ...]:
    """The last parts of names in the table; `name.*` has none."""
    return tuple(dict.fromkeys(name.rpartition(".")[2] for name in names if name[-1] != "*"))


@record
class AnnotationReader:
    """A word in one file, and what that reads."""

    word: str
    reads: Reads
    path: SourcePath

    @property
    def is_library(self) -> bool:
        """Whether the word is the name of a package, and not of a function."""
        return facts(f"{self.word}.*").reads_whatever


def annotation_words(text: str) -> dict[str, Reads]:
    """What a text says of reading annotations: words that stand in it, and what those read.

    Cost: a few searches.
    """
    found: dict[str, Reads] = {}
    for package in _IMPORTED.findall(text):
        does = facts(f"{package}.*")
        if does.reads_whatever:
            found[package] = does.reads
    # Looking for words is ten times as fast as a pattern that begins with a choice.
    words = _table_words()
    for word in (*words.types, *_TYPE_WORDS):
        if word in text:
            found[word] = Reads.BOTH
    if _has(text, (*words.signatures, *_SIGNATURE_WORDS)):
        is_read = _ANNOTATION.search(text) is not None
        found["signature"] = Reads.EVALUATED | (Reads.SIGNATURES if is_read else Reads.NONE)
    if "dataclasses" in text and _FIELDS.search(text) and _TYPE.search(text):
        found["fields"] = Reads.FIELDS
    if _has(text, words.loading) and _lists_loaded(text):
        found["import_module"] = Reads.NAMES
    if "sys.modules" in text:
        for match in _RELOADING.finditer(text):
            named = _NAMED.match(text, match.end())
            word = f"{RELOADS}{named[1]}" if named is not None else "sys.modules"
            found[word] = Reads.NAMES
    if "reload(" in text:
        for module in _RELOADED.findall(text):
            found[f"{RELOADS}{module}"] = Reads.NAMES
    return found


def _lists_loaded(text: str) -> bool:
    """Whether a text may take all names of a module that it loads by name.

    Where every module that is loaded is assigned to a name, the object must have that name.
    """
    loaded = [match["name"] for match in _table_words().computed.finditer(text)]
    listed = {first or second for first, second in _table_words().listing.findall(text)}
    if not loaded or not listed:
        return False
    return None in loaded or not listed.isdisjoint(loaded)


def _has(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)

"""Words in a text that tell of a program that reads annotations while it runs.

Some libraries read the annotations of whatever class or function they are handed, and so does
code that asks `typing.get_type_hints`; nothing in the annotated file shows it. So the whole
project is searched for their names: where one is found, a fix that makes an annotation impossible
to evaluate is not safe.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from import_cycles.base.names import SourcePath
from import_cycles.base.record import record
from import_cycles.libraries.facts import Gives, Reads
from import_cycles.libraries.table import facts, names_saying

RELOADS: Final = "reload "
"""What a word begins with that tells of one module, by its last name, being loaded anew."""

_IMPORTED: Final = re.compile(r"^[ \t]*(?:from|import)[ \t]+(\w+)", re.MULTILINE)


def _words(field: str, *values: object) -> tuple[str, ...]:
    """The last parts of names in the table of libraries whose row says one of the values."""
    return _last_parts(name for value in values for name in names_saying(field, value))


def _last_parts(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.rpartition(".")[2] for name in names if name[-1] != "*"))


_LOADS: Final = "|".join(_words("gives", Gives.MODULE, Gives.OBJECT))
_WALKS: Final = "|".join(_words("walks_folders", True))
_LISTS: Final = "|".join(_words("reads", Reads.NAMES))
_TYPE_READERS: Final = (*names_saying("reads", Reads.FIELDS), *names_saying("reads", Reads.BOTH))
_CODE_WORDS: Final = (
    *_last_parts(name for name in _TYPE_READERS if facts(name).reads_whatever),
    "__annotations__", "__dataclass_fields__", "eval_str",
)  # fmt: skip
_SIGNATURE_WORDS: Final = (
    *(f"{name}(" for name in _words("reads", Reads.EVALUATED)), "autospec", "Signature",
)  # fmt: skip
_ANNOTATION: Final = re.compile(r"\.(?:annotations?|return_annotation)\b")
_FIELDS: Final = re.compile(r"\bfields\(")
_TYPE: Final = re.compile(r"\.type\b")
_LOADING_WORDS: Final = tuple(f"{name}(" for name in f"{_LOADS}|{_WALKS}".split("|"))
_LOADING: Final = re.compile(
    r"(?:^[ \t]*(?P<name>\w+)[ \t]*=[ \t]*)?(?:\b\w+\.)*\b"
    rf"(?:(?:{_LOADS})\(\s*(?!\s|[rb]?[\"'])|(?:{_WALKS})\()",
    re.MULTILINE,
)
"""A module is loaded by a name that is worked out; `name` is what it is assigned to."""
_LISTING: Final = re.compile(
    rf"\b(?:{_LISTS})\(\s*(\w+)"
    r"|\b(\w+)\.__dict__\b(?!\s*(?:\[|\.(?:get|pop|setdefault|update)\())"
)
"""Code that takes all names of an object, and the name of the object."""
_RELOADING: Final = re.compile(
    r"del sys\.modules\b|sys\.modules\.(?:pop|clear)\(|\(\s*sys\.modules\s*,"
)
"""Modules that are loaded a second time."""
_RELOADED: Final = re.compile(r"\breload\(\s*(?:\w+\.)*(\w+)\s*\)")


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
    for word in _CODE_WORDS:
        if word in text:
            found[word] = Reads.BOTH
    if _has(text, _SIGNATURE_WORDS):
        is_read = _ANNOTATION.search(text) is not None
        found["signature"] = Reads.EVALUATED | (Reads.SIGNATURES if is_read else Reads.NONE)
    if "dataclasses" in text and _FIELDS.search(text) and _TYPE.search(text):
        found["fields"] = Reads.FIELDS
    if _has(text, _LOADING_WORDS) and _lists_loaded(text):
        found["import_module"] = Reads.NAMES
    if "sys.modules" in text and _RELOADING.search(text):
        found["sys.modules"] = Reads.NAMES
    if "reload(" in text:
        for module in _RELOADED.findall(text):
            found[f"{RELOADS}{module}"] = Reads.NAMES
    return found


def _lists_loaded(text: str) -> bool:
    """Whether a text may take all names of a module that it loads by name.

    Where every module that is loaded is assigned to a name, the object must have that name.
    """
    loaded = [match["name"] for match in _LOADING.finditer(text)]
    listed = {first or second for first, second in _LISTING.findall(text)}
    if not loaded or not listed:
        return False
    return None in loaded or not listed.isdisjoint(loaded)


def _has(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)

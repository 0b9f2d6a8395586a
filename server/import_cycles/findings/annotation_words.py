"""Words in a text that tell of a program that reads annotations while it runs.

Some libraries read the annotations of whatever class or function they are handed, and so does
code that asks `typing.get_type_hints`; nothing in the annotated file shows it. So the whole
project is searched for their names: where one is found, a fix that makes an annotation impossible
to evaluate is not safe.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Flag, auto
from typing import Final

from import_cycles.base.names import SourcePath
from import_cycles.base.record import record


class Reads(Flag):
    """Which annotations are read."""

    NONE = 0
    FIELDS = auto()
    """Of variables in classes: dataclasses, named tuples, typed dicts."""
    SIGNATURES = auto()
    """Of parameters and results of functions."""
    BOTH = FIELDS | SIGNATURES
    EVALUATED = auto()
    """Signatures, of which nobody looks at annotations; Python 3.14 evaluates those all the same
    where they are neither quoted nor postponed (`inspect.signature`)."""
    NAMES = auto()
    """Whatever names a module holds, of modules that are loaded by their name, or anew."""


_FIELD_LIBRARIES: Final = """
    adaptix apischema beanie cattr cattrs dacite dataclass_factory dataclass_wizard dataclasses_json
    datafiles desert environ faust hydra jsons marshmallow_dataclass mashumaro msgspec odmantic
    omegaconf ormar polyfactory pydantic pydantic_settings pyrallis redis_om serde simple_parsing
    sqlmodel typed_settings typedload
"""
_SIGNATURE_LIBRARIES: Final = """
    agents anydi arguably autogen beartype blacksheep crewai cyclopts dagster defopt dependency_injector
    di disnake discord dishka drf_spectacular dspy esmerald fast_depends fastapi fastmcp faststream
    flytekit hug inject injector jaxtyping jsonargparse kfp kink lagom langchain langchain_core langgraph litestar
    llama_index magicgui mcp multimethod nextcord ninja ovld pandera plum prefect punq pydantic_ai
    quart_schema robyn rodi runtype sanic_ext spectree starlite strawberry svcs taskiq that_depends
    typeguard typer tyro wireup xpresso zenml
"""
FIELD_LIBRARIES: Final = frozenset(_FIELD_LIBRARIES.split())
SIGNATURE_LIBRARIES: Final = frozenset(_SIGNATURE_LIBRARIES.split())

RELOADS: Final = "reload "
"""What a word begins with that tells of one module, by its last name, being loaded anew."""

READERS: Final = FIELD_LIBRARIES | SIGNATURE_LIBRARIES
"""Top-level packages that read annotations of what they are given."""

_IMPORTED: Final = re.compile(r"^[ \t]*(?:from|import)[ \t]+(\w+)", re.MULTILINE)
_CODE_WORDS: Final = (
    "get_type_hints", "get_annotations", "__annotations__", "eval_str", "from_type",
    "evaluate_forward_ref", "resolve_types", "__dataclass_fields__", "validate_call",
    "validate_arguments", "create_model", "TypeAdapter",
)  # fmt: skip
_SIGNATURE_WORDS: Final = ("signature(", "getfullargspec(", "autospec", "Signature")
_ANNOTATION: Final = re.compile(r"\.(?:annotations?|return_annotation)\b")
_FIELDS: Final = re.compile(r"\bfields\(")
_TYPE: Final = re.compile(r"\.type\b")
_LOADING_WORDS: Final = ("import_module(", "walk_packages(", "iter_modules(", "__import__(")
_LOADING: Final = re.compile(
    r"(?:^[ \t]*(?P<name>\w+)[ \t]*=[ \t]*)?(?:\b\w+\.)*\b"
    r"(?:(?:import_module|__import__)\(\s*(?!\s|[rb]?[\"'])|(?:walk_packages|iter_modules)\()",
    re.MULTILINE,
)
"""A module is loaded by a name that is worked out; `name` is what it is assigned to."""
_LISTING: Final = re.compile(
    r"\b(?:getmembers|vars|dir)\(\s*(\w+)"
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
        return self.word in READERS


def annotation_words(text: str) -> dict[str, Reads]:
    """What a text says of reading annotations: words that stand in it, and what those read.

    Cost: a few searches.
    """
    found: dict[str, Reads] = {}
    for package in _IMPORTED.findall(text):
        if package in READERS:
            fields = Reads.FIELDS if package in FIELD_LIBRARIES else Reads.NONE
            signatures = Reads.SIGNATURES if package in SIGNATURE_LIBRARIES else Reads.NONE
            # Libraries for signatures look into the classes that they find there.
            found[package] = fields | signatures | (Reads.FIELDS if signatures else Reads.NONE)
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

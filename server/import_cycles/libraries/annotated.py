"""Who reads annotations while a program runs.

A library whose row says `reads_whatever` may be handed any class or function of the program;
nothing in the annotated file shows it. The others read what derives from them, or what they
decorate.
"""

from __future__ import annotations

from typing import Final

from import_cycles.libraries.facts import Reads, Row, row

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
_SILENT_LIBRARIES: Final = """
    aiohttp babel backoff bs4 celery click decorator deprecated django docutils factory flask
    freezegun gevent git graphene html5lib invoke jinja2 kombu lxml markupsafe marshmallow mock nox
    numpy packaging pkg_resources pygments pytest requests responses rest_framework retry retrying
    scrapy setuptools six sphinx tenacity tornado twisted werkzeug wrapt wtforms yaml zope
"""
_THEIR_PAGES: Final = "https://pypi.org/project/…/"
"""The documentation that each package's page names; ruff's `runtime-evaluated-decorators` and
`runtime-evaluated-base-classes` ask users for the same lists."""

ROWS: Final[tuple[Row, ...]] = (
    # --- libraries ----------------------------------------------------------------------------
    row(
        _FIELD_LIBRARIES,
        "*",
        _THEIR_PAGES,
        reads=Reads.FIELDS,
        base_reads=Reads.FIELDS,
        reads_whatever=True,
    ),
    # Libraries for signatures look into the classes that they find there.
    row(
        _SIGNATURE_LIBRARIES,
        "*",
        _THEIR_PAGES,
        reads=Reads.BOTH,
        base_reads=Reads.BOTH,
        reads_whatever=True,
    ),
    row(
        "attr attrs",
        "*",
        "https://www.attrs.org/en/stable/types.html",
        reads=Reads.FIELDS,
        base_reads=Reads.FIELDS,
    ),
    # Its decorators look at functions, not at what annotates them.
    row(
        "sqlalchemy",
        "*",
        "https://docs.sqlalchemy.org/en/20/orm/declarative_tables.html",
        reads=Reads.NONE,
        base_reads=Reads.FIELDS,
    ),
    row(_SILENT_LIBRARIES, "*", _THEIR_PAGES, reads=Reads.NONE, base_reads=Reads.NONE),
    # --- functions that are handed a class or a function ---------------------------------------
    row(
        "typing typing_extensions",
        "get_type_hints",
        "library/typing.html",
        reads=Reads.BOTH,
        reads_whatever=True,
    ),
    row(
        "typing",
        "evaluate_forward_ref>=3.14",
        "library/typing.html",
        reads=Reads.BOTH,
        reads_whatever=True,
    ),
    row(
        "typing_extensions",
        "evaluate_forward_ref get_annotations",
        "library/typing.html",
        reads=Reads.BOTH,
        reads_whatever=True,
    ),
    row(
        "inspect",
        "get_annotations",
        "library/inspect.html",
        reads=Reads.BOTH,
        reads_whatever=True,
    ),
    row(
        "annotationlib>=3.14",
        "get_annotations call_annotate_function",
        "library/annotationlib.html",
        reads=Reads.BOTH,
        reads_whatever=True,
    ),
    row(
        "attr attrs",
        "resolve_types",
        "https://www.attrs.org/en/stable/api.html",
        reads=Reads.FIELDS,
        reads_whatever=True,
    ),
    row(
        "pydantic",
        "TypeAdapter create_model validate_arguments validate_call",
        "https://docs.pydantic.dev/latest/api/validate_call/",
        reads=Reads.BOTH,
        reads_whatever=True,
    ),
    row(
        "hypothesis.strategies",
        "from_type",
        "https://hypothesis.readthedocs.io/en/latest/data.html",
        reads=Reads.BOTH,
        reads_whatever=True,
    ),
    row(
        "inspect",
        "signature getfullargspec getargspec<3.11",
        "library/inspect.html",
        reads=Reads.EVALUATED,
        reads_whatever=True,
    ),
    row(
        "inspect.Signature",
        "from_callable",
        "library/inspect.html",
        reads=Reads.EVALUATED,
        reads_whatever=True,
    ),
    row(
        "unittest.mock",
        "create_autospec",
        "library/unittest.mock.html",
        reads=Reads.EVALUATED,
        reads_whatever=True,
    ),
    # --- forms that a decorator recognises by what they are called, evaluated or not ------------
    row("typing typing_extensions", "ClassVar", "library/dataclasses.html", is_special_form=True),
    row("dataclasses", "InitVar KW_ONLY", "library/dataclasses.html", is_special_form=True),
)

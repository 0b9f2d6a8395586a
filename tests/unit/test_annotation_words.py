"""Words that tell of annotations, or names of modules, being read while the program runs."""

from __future__ import annotations

import pytest

from import_cycles.libraries.facts import Reads
from import_cycles.proposals.annotation_words import annotation_words

TABLE = {
    "nothing": ("import os\ndef f(a: int): return a.type\n", {}),
    "fields": ("from pydantic import BaseModel\n", {"pydantic": Reads.FIELDS}),
    "signatures, and fields of what they name": (
        "if x:\n    import fastapi.responses as r\n",
        {"fastapi": Reads.BOTH},
    ),
    "only imports count": ("# pydantic and fastapi\nx = 'typer'\n", {}),
    "type hints": ("typing.get_type_hints(f)\n", {"get_type_hints": Reads.BOTH}),
    "validate_call": (
        "from pydantic import validate_call\n",
        {"pydantic": Reads.FIELDS, "validate_call": Reads.BOTH},
    ),
    "signature": ("inspect.signature(f).parameters\n", {"signature": Reads.EVALUATED}),
    "signature with annotations": (
        "[p.annotation for p in signature(f).parameters.values()]\n",
        {"signature": Reads.EVALUATED | Reads.SIGNATURES},
    ),
    "types of dataclass fields": (
        "from dataclasses import (\n    fields,\n)\n[f.type for f in fields(x)]\n",
        {"fields": Reads.FIELDS},
    ),
    "names of modules": (
        "m = import_module(name)\nnames = vars(m)\n",
        {"import_module": Reads.NAMES},
    ),
    "names of a module that is handed on": (
        "def load(name):\n    return importlib.import_module(name)\nx = dir(load('a'))\n",
        {"import_module": Reads.NAMES},
    ),
    "names of plug-ins": (
        "for m in pkgutil.iter_modules(p): ...\nvars(x)\n",
        {"import_module": Reads.NAMES},
    ),
    "one name of an object": (
        "def load(name):\n    return import_module(name)\nself.__dict__['x'] = 1\n",
        {},
    ),
    "names of something else": ("m = importlib.import_module(name)\nvars(handler)\n", {}),
    "names, and a module that is written out": ("__import__('colorama')\nvars(handler)\n", {}),
    "loading by name alone": ("m = import_module(name)\n", {}),
    "modules thrown out": ("del sys.modules[name]\n", {"sys.modules": Reads.NAMES}),
    "one module thrown out": ("del sys.modules['p.a']\n", {"reload a": Reads.NAMES}),
    "one module taken out": ('sys.modules.pop("a", None)\n', {"reload a": Reads.NAMES}),
    "any module taken out": ("sys.modules.pop(a)\n", {"sys.modules": Reads.NAMES}),
    "modules replaced": ("patch.dict(sys.modules, {})\n", {"sys.modules": Reads.NAMES}),
    "modules read": ("sys.modules[name].x\n", {}),
    "reload": ("importlib.reload(shop.users)\n", {"reload users": Reads.NAMES}),
}


@pytest.mark.parametrize("case", TABLE)
def test_words(case: str) -> None:
    text, expected = TABLE[case]
    assert annotation_words(text) == expected

"""Builtin functions, and the methods of builtin types."""

from __future__ import annotations

from typing import Final

from import_cycles.libraries.facts import (
    ANY,
    FIRST,
    Calls,
    Gives,
    Imports,
    Reads,
    Row,
    row,
)

_FUNCTIONS: Final = "library/functions.html"
_TYPES: Final = "library/stdtypes.html"

ROWS: Final[tuple[Row, ...]] = (
    # --- functions -------------------------------------------------------------------------
    row("builtins", "*", _FUNCTIONS, is_quiet=True),
    row(
        "builtins",
        "abs ascii bin bool bytes bytearray callable chr complex divmod float format hash hex id"
        " input int isinstance issubclass len oct open ord pow print range repr round str",
        _FUNCTIONS,
        shares=False,
    ),
    row(
        "builtins",
        "breakpoint copyright credits delattr globals help input license locals open print setattr",
        _FUNCTIONS,
        is_quiet=False,
    ),
    row("builtins", "vars", _FUNCTIONS, is_quiet=False),
    row("builtins", "exit quit", "library/constants.html", is_quiet=False, never_returns=True),
    row("builtins", "delattr setattr", _FUNCTIONS, changes=FIRST),
    row("builtins", "getattr hasattr", _FUNCTIONS, asks_modules=True),
    row(
        "builtins",
        "exec eval",
        _FUNCTIONS,
        is_quiet=False,
        changes=ANY,
        calls=Calls.NOW,
        imports=Imports.NAMED,
        names_in_caller=True,
    ),
    row("builtins", "compile", _FUNCTIONS, is_quiet=False, shares=False),
    row(
        "builtins",
        "breakpoint",
        "library/functions.html#breakpoint",
        calls=Calls.NOW,
        changes=ANY,
        imports=Imports.INSTALLED,
        names_in_caller=True,
    ),
    row(
        "builtins",
        "__import__",
        _FUNCTIONS,
        is_quiet=False,
        imports=Imports.MODULE,
        gives=Gives.MODULE,
    ),
    row("builtins", "__build_class__", "Python/bltinmodule.c", is_quiet=False, calls=Calls.NOW),
    row("builtins", "map filter iter property", _FUNCTIONS, calls=Calls.ON_USE),
    row("builtins", "max min sorted type", _FUNCTIONS, calls=Calls.NOW),
    row("builtins", "next", _FUNCTIONS, changes=FIRST),
    row("builtins", "classmethod", _FUNCTIONS, gives=Gives.CLASS_METHOD, calls=Calls.ON_USE),
    row("builtins", "staticmethod", _FUNCTIONS, gives=Gives.STATIC_METHOD, calls=Calls.ON_USE),
    row("builtins", "property", _FUNCTIONS, gives=Gives.PROPERTY),
    row(
        "builtins.property",
        "getter setter deleter",
        _FUNCTIONS,
        is_quiet=True,
        gives=Gives.PROPERTY,
        calls=Calls.ON_USE,
    ),
    # --- methods that change the object that they are called on -------------------------------
    row(
        "builtins.list",
        "append clear extend insert pop remove reverse sort __delitem__ __iadd__"
        " __imul__ __setitem__",
        _TYPES,
        changes=FIRST,
    ),
    row("builtins.list", "sort", _TYPES, calls=Calls.NOW),
    row(
        "builtins.dict",
        "clear pop popitem setdefault update __delitem__ __ior__ __setitem__",
        _TYPES,
        changes=FIRST,
    ),
    row(
        "builtins.set",
        "add clear difference_update discard intersection_update pop remove"
        " symmetric_difference_update update __iand__ __ior__ __isub__ __ixor__",
        _TYPES,
        changes=FIRST,
    ),
    row(
        "builtins.bytearray",
        "append clear extend insert pop remove reverse resize>=3.14"
        " __delitem__ __iadd__ __imul__ __setitem__",
        _TYPES,
        changes=FIRST,
    ),
    row("builtins.memoryview", "release __delitem__ __setitem__", _TYPES, changes=FIRST),
    row(
        "builtins.object builtins.type",
        "__delattr__ __setattr__",
        "reference/datamodel.html",
        changes=FIRST,
    ),
    # --- methods that change nothing --------------------------------------------------------
    row(
        "builtins.str",
        "capitalize casefold center count encode endswith expandtabs find format"
        " format_map index isalnum isalpha isascii isdecimal isdigit isidentifier islower"
        " isnumeric isprintable isspace istitle isupper join ljust lower lstrip maketrans"
        " partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip"
        " split splitlines startswith strip swapcase title translate upper zfill",
        _TYPES,
        shares=False,
        is_quiet=True,
    ),
    row(
        "builtins.bytes builtins.bytearray",
        "capitalize center count decode endswith expandtabs"
        " find fromhex hex index isalnum isalpha isascii isdigit islower isspace istitle isupper"
        " join ljust lower lstrip maketrans partition removeprefix removesuffix replace rfind"
        " rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title"
        " translate upper zfill",
        _TYPES,
        shares=False,
        is_quiet=True,
    ),
    row("builtins.bytearray", "copy", _TYPES, shares=False, is_quiet=True),
    row("builtins.list", "copy count index", _TYPES, is_quiet=True),
    row("builtins.tuple builtins.range", "count index", _TYPES, is_quiet=True),
    row("builtins.dict", "copy fromkeys get items keys values", _TYPES, is_quiet=True),
    row(
        "builtins.set builtins.frozenset",
        "copy difference intersection isdisjoint issubset issuperset symmetric_difference union",
        _TYPES,
        is_quiet=True,
    ),
    row(
        "builtins.int",
        "as_integer_ratio bit_count bit_length conjugate from_bytes is_integer>=3.12 to_bytes",
        _TYPES,
        shares=False,
        is_quiet=True,
    ),
    row(
        "builtins.float",
        "as_integer_ratio conjugate from_number>=3.14 fromhex hex is_integer",
        _TYPES,
        shares=False,
        is_quiet=True,
    ),
    row("builtins.complex", "conjugate from_number>=3.14", _TYPES, shares=False, is_quiet=True),
    row(
        "builtins.memoryview",
        "cast count>=3.14 hex index>=3.14 tobytes tolist toreadonly",
        _TYPES,
        is_quiet=True,
    ),
    row("builtins.slice", "indices", _TYPES, is_quiet=True),
    # --- what lists the names of a module ------------------------------------------------------
    row("builtins", "dir vars", _FUNCTIONS, reads=Reads.NAMES, reads_whatever=True),
)

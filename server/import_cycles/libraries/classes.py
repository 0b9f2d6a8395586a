"""What becomes of a class that derives from a class of Python's own library.

The default is `Base.BRINGS`: such a class has what its body binds, and what the base has. Classes
on whose bases something runs when they are made (`__init_subclass__` of `string.Template`,
`random.Random`, `unittest.TestCase`) are of that kind too: it changes nothing that they bind.
"""

from __future__ import annotations

from typing import Final

from import_cycles.libraries.facts import Base, Row, row

_ABSTRACT: Final = "collections.abc typing"
_ABC_FILE: Final = "Lib/_collections_abc.py"
_CTYPES: Final = "library/ctypes.html"

ROWS: Final[tuple[Row, ...]] = (
    # --- nothing of the base runs -----------------------------------------------------------------
    row("builtins", "object", "library/functions.html", base=Base.INERT),
    row("builtins", "type", "library/functions.html", base=Base.INERT, brings=("mro",)),
    row(
        "builtins",
        "BaseException Exception",
        "library/exceptions.html",
        base=Base.INERT,
        brings=("add_note", "args", "with_traceback"),
    ),
    row("abc", "ABC", "library/abc.html", base=Base.INERT, brings=("register",)),
    row("abc", "ABCMeta", "library/abc.html", base=Base.INERT, brings=("mro", "register")),
    row("numbers", "Number", "library/numbers.html", base=Base.INERT, brings=("register",)),
    row(
        "contextlib",
        "ContextDecorator AsyncContextDecorator",
        "library/contextlib.html",
        base=Base.INERT,
    ),
    row(
        "contextlib",
        "AbstractAsyncContextManager AbstractContextManager",
        "library/contextlib.html",
        base=Base.INERT,
        brings=("register",),
    ),
    row(
        _ABSTRACT,
        "AsyncIterable AsyncIterator Awaitable Callable Collection Container Hashable"
        " Iterable Iterator MappingView Reversible Sized ValuesView",
        _ABC_FILE,
        base=Base.INERT,
        brings=("register",),
    ),
    row(
        _ABSTRACT,
        "ItemsView KeysView",
        _ABC_FILE,
        base=Base.INERT,
        brings=("isdisjoint", "register"),
    ),
    row(
        _ABSTRACT,
        "Coroutine Generator",
        _ABC_FILE,
        base=Base.INERT,
        brings=("close", "register", "send", "throw"),
    ),
    row(
        _ABSTRACT,
        "AsyncGenerator",
        _ABC_FILE,
        base=Base.INERT,
        brings=("aclose", "asend", "athrow", "register"),
    ),
    row(_ABSTRACT, "Sequence", _ABC_FILE, base=Base.INERT, brings=("count", "index", "register")),
    row(
        _ABSTRACT,
        "MutableSequence",
        _ABC_FILE,
        base=Base.INERT,
        brings=(
            "append",
            "clear",
            "count",
            "extend",
            "index",
            "insert",
            "pop",
            "register",
            "remove",
            "reverse",
        ),
    ),
    row("collections.abc", "Set", _ABC_FILE, base=Base.INERT, brings=("isdisjoint", "register")),
    row("typing", "AbstractSet", _ABC_FILE, base=Base.INERT, brings=("isdisjoint", "register")),
    row(
        _ABSTRACT,
        "MutableSet",
        _ABC_FILE,
        base=Base.INERT,
        brings=("add", "clear", "discard", "isdisjoint", "pop", "register", "remove"),
    ),
    row(
        _ABSTRACT,
        "Mapping",
        _ABC_FILE,
        base=Base.INERT,
        brings=("get", "items", "keys", "register", "values"),
    ),
    row(
        _ABSTRACT,
        "MutableMapping",
        _ABC_FILE,
        base=Base.INERT,
        brings=(
            "clear",
            "get",
            "items",
            "keys",
            "pop",
            "popitem",
            "register",
            "setdefault",
            "update",
            "values",
        ),
    ),
    row("typing typing_extensions", "Any Generic", "library/typing.html", base=Base.INERT),
    row(
        "typing typing_extensions",
        "Protocol",
        "library/typing.html",
        base=Base.INERT,
        brings=("register",),
    ),
    # --- values become members ----------------------------------------------------------------
    row(
        "enum",
        "Enum EnumMeta EnumType>=3.11 Flag IntEnum IntFlag ReprEnum>=3.11 StrEnum>=3.11",
        "library/enum.html",
        base=Base.ENUM,
    ),
    # --- values become fields -------------------------------------------------------------------
    row(
        "typing typing_extensions", "NamedTuple TypedDict", "library/typing.html", base=Base.FIELDS
    ),
    row(
        "ctypes",
        "Structure Union BigEndianStructure LittleEndianStructure"
        " BigEndianUnion>=3.11 LittleEndianUnion>=3.11",
        _CTYPES,
        base=Base.FIELDS,
    ),
    row("ctypes", "*", _CTYPES, base=Base.UNKNOWN),
    row("ctypes.wintypes", "*", _CTYPES, base=Base.FIELDS),
)

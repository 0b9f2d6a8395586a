"""Decorators: what they leave in place of the function or class that they decorate."""

from __future__ import annotations

from typing import Final

from import_cycles.libraries.facts import FIRST, Calls, Gives, Options, Reads, Row, row

_TYPING: Final = "library/typing.html"

ROWS: Final[tuple[Row, ...]] = (
    # --- what is decorated stays what it is -----------------------------------------------------
    row("abc", "abstractmethod", "library/abc.html", gives=Gives.ARGUMENT),
    row("abc", "update_abstractmethods", "library/abc.html", gives=Gives.ARGUMENT),
    row(
        "abc.ABCMeta",
        "register",
        "library/abc.html#abc.ABCMeta.register",
        gives=Gives.ARGUMENT,
        argument=1,
        is_quiet=False,
    ),
    row("atexit", "register", "library/atexit.html", gives=Gives.ARGUMENT, calls=Calls.LATER),
    row(
        "dataclasses",
        "dataclass",
        "library/dataclasses.html",
        gives=Gives.ARGUMENT,
        options=Options.ALLOWED,
        changes=(0, "cls"),
    ),
    row("enum", "unique", "library/enum.html", gives=Gives.ARGUMENT),
    row(
        "enum", "verify>=3.11", "library/enum.html", gives=Gives.ARGUMENT, options=Options.REQUIRED
    ),
    row(
        "enum",
        "global_enum>=3.11",
        "library/enum.html",
        gives=Gives.ARGUMENT,
        names_in_caller=True,
        is_quiet=False,
    ),
    row(
        "functools",
        "total_ordering",
        "library/functools.html",
        gives=Gives.ARGUMENT,
        changes=(0, "cls"),
    ),
    row(
        "functools",
        "update_wrapper",
        "library/functools.html",
        gives=Gives.ARGUMENT,
        changes=(0, "wrapper"),
    ),
    row(
        "functools",
        "wraps",
        "library/functools.html",
        gives=Gives.ARGUMENT,
        options=Options.REQUIRED,
    ),
    row("inspect", "markcoroutinefunction>=3.12", "library/inspect.html", gives=Gives.ARGUMENT),
    row("asyncio", "coroutine<3.11", "Lib/asyncio/coroutines.py", gives=Gives.ARGUMENT),
    row("types", "coroutine", "library/types.html", gives=Gives.ARGUMENT),
    row(
        "typing",
        "final no_type_check runtime_checkable override>=3.12",
        _TYPING,
        gives=Gives.ARGUMENT,
    ),
    row(
        "typing_extensions",
        "final no_type_check runtime runtime_checkable override",
        _TYPING,
        gives=Gives.ARGUMENT,
    ),
    row(
        "typing",
        "dataclass_transform>=3.11",
        _TYPING,
        gives=Gives.ARGUMENT,
        options=Options.REQUIRED,
    ),
    row(
        "typing_extensions",
        "dataclass_transform",
        _TYPING,
        gives=Gives.ARGUMENT,
        options=Options.REQUIRED,
    ),
    row("typing_extensions", "disjoint_base", _TYPING, gives=Gives.ARGUMENT),
    row("unittest", "expectedFailure", "library/unittest.html", gives=Gives.ARGUMENT),
    # --- an object of their own that calls what is decorated -----------------------------------
    row(
        "contextlib",
        "contextmanager asynccontextmanager",
        "library/contextlib.html",
        gives=Gives.CONTEXT_MANAGER,
        calls=Calls.ON_USE,
    ),
    row("functools", "cache", "library/functools.html", gives=Gives.CACHED, calls=Calls.ON_USE),
    row(
        "functools",
        "lru_cache",
        "library/functools.html",
        gives=Gives.CACHED,
        options=Options.ALLOWED,
        calls=Calls.ON_USE,
    ),
    row(
        "functools",
        "cached_property",
        "library/functools.html",
        gives=Gives.CACHED_PROPERTY,
        calls=Calls.ON_USE,
    ),
    row("functools", "partial", "library/functools.html", gives=Gives.PARTIAL, calls=Calls.ON_USE),
    row(
        "functools",
        "singledispatch",
        "library/functools.html",
        gives=Gives.DISPATCHER,
        calls=Calls.ON_USE,
    ),
    row(
        "functools",
        "partialmethod singledispatchmethod",
        "library/functools.html",
        calls=Calls.ON_USE,
    ),
    row(
        "reprlib",
        "recursive_repr",
        "library/reprlib.html",
        gives=Gives.CALLER,
        options=Options.REQUIRED,
        calls=Calls.ON_USE,
    ),
    # A function that raises `SkipTest`; a class stays what it is.
    row("unittest", "skip skipIf skipUnless", "library/unittest.html", options=Options.REQUIRED),
    row(
        "warnings",
        "deprecated>=3.13",
        "library/warnings.html",
        gives=Gives.CALLER,
        options=Options.REQUIRED,
        calls=Calls.ON_USE,
    ),
    row(
        "typing_extensions",
        "deprecated",
        "library/warnings.html",
        gives=Gives.CALLER,
        options=Options.REQUIRED,
        calls=Calls.ON_USE,
    ),
    # --- methods of several kinds -------------------------------------------------------------
    row("abc", "abstractproperty", "library/abc.html", gives=Gives.PROPERTY, calls=Calls.ON_USE),
    row(
        "abc",
        "abstractclassmethod",
        "library/abc.html",
        gives=Gives.CLASS_METHOD,
        calls=Calls.ON_USE,
    ),
    row(
        "abc",
        "abstractstaticmethod",
        "library/abc.html",
        gives=Gives.STATIC_METHOD,
        calls=Calls.ON_USE,
    ),
    row("enum", "property>=3.11", "library/enum.html", gives=Gives.PROPERTY, calls=Calls.ON_USE),
    row(
        "types",
        "DynamicClassAttribute",
        "library/types.html",
        gives=Gives.PROPERTY,
        calls=Calls.ON_USE,
    ),
    # --- calls that give an argument back, to the letter ------------------------------------------
    row("typing typing_extensions", "cast", _TYPING, gives=Gives.ARGUMENT, argument=1),
    row("typing", "assert_type>=3.11 reveal_type>=3.11", _TYPING, gives=Gives.ARGUMENT),
    row("typing_extensions", "assert_type reveal_type", _TYPING, gives=Gives.ARGUMENT),
    row(
        "ast",
        "copy_location fix_missing_locations increment_lineno",
        "library/ast.html",
        gives=Gives.ARGUMENT,
        changes=FIRST,
    ),
    row("sys", "intern", "library/sys.html", gives=Gives.ARGUMENT, is_quiet=True),
    # --- which annotations a decorator looks at ---------------------------------------------------
    # `@function.register` of a function that `singledispatch` has made.
    row(
        "functools.singledispatch()",
        "register",
        "library/functools.html",
        gives=Gives.ARGUMENT,
        reads=Reads.SIGNATURES,
        calls=Calls.LATER,
    ),
    row(
        "functools.singledispatchmethod",
        "register",
        "library/functools.html",
        reads=Reads.SIGNATURES,
        calls=Calls.LATER,
    ),
)

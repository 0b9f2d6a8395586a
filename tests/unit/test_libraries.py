"""The table of libraries: its names exist, no row contradicts another, and CPython agrees."""

from __future__ import annotations

import abc
import ast
import builtins
import copy
import enum
import functools
import importlib
import inspect
import json
import os
import subprocess
import types
import typing
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.interpreters import Interpreter, chosen_interpreters
from import_cycles.libraries.facts import ANY, Base, Calls, Facts, Gives, Imports, Options
from import_cycles.libraries.table import ROWS, facts, is_standard, names_saying

SERVER = Path(__file__).parents[2] / "server"

_NAMES = {name for row in ROWS for name, _ in row.dotted()}

# --- names ---------------------------------------------------------------------------------------

_RESOLVE = """
import importlib, json, sys, warnings
from import_cycles.libraries.table import ROWS

warnings.simplefilter("ignore")
try:
    import django
    from django.conf import settings
except ImportError:
    pass
else:
    # Some of its modules define models, which need an app.
    settings.configure(INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"])
    django.setup()


def is_there(dotted):
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for part in parts[length:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return None


def fits(mark):
    if not mark:
        return True
    wanted = tuple(map(int, mark.lstrip("<>=").split(".")))
    return sys.version_info >= wanted if mark[0] == ">" else sys.version_info < wanted


wrong, n_checked = [], 0
for row in ROWS:
    for name, mark in row.dotted():
        there = is_there(name.partition("(")[0].removesuffix(".*"))
        n_checked += there is not None
        if there is not None and there != fits(mark):
            wrong.append(name + mark)
print(json.dumps([wrong, n_checked]))
"""


@pytest.mark.parametrize("interpreter", chosen_interpreters(), ids=str)
def test_names_exist_where_their_library_is_installed(interpreter: Interpreter) -> None:
    """A mark of versions is exact: where it does not hold, the name is not there."""
    done = subprocess.run(
        [interpreter.path, "-c", _RESOLVE],
        env={**os.environ, "PYTHONPATH": str(SERVER)},
        capture_output=True,
        text=True,
        check=True,
    )
    wrong, n_checked = json.loads(done.stdout.splitlines()[-1])
    assert wrong == []
    assert n_checked > 1000


def test_names_of_the_standard_library_belong_to_a_module_of_it() -> None:
    """A misspelt module would pass for one that is not installed."""
    mentioned = {name.partition(".")[0] for row in ROWS for name, _ in row.dotted()}
    assert {"heapq", "typing", "builtins", "attr", "pydantic"} <= mentioned
    sources = {
        name.partition(".")[0]
        for row in ROWS
        for name, mark in row.dotted()
        if row.source.startswith(("library/", "reference/", "Lib/", "Python/")) and not mark
    }
    assert {name for name in sources if not is_standard(name)} == set()


def test_each_row_has_a_source() -> None:
    known = ("library/", "reference/", "Lib/", "Python/", "Objects/", "Modules/", "https://")
    assert [row for row in ROWS if not row.source.startswith(known)] == []
    silent = [row for row in ROWS if not row.says and "*" in row.names.split()]
    assert silent == [], "a row that says no more than that names exist has to name them"


def test_no_two_rows_say_the_same_of_a_name() -> None:
    """Which of them is right could not be seen."""
    said = Counter((name, field) for row in ROWS for name, _ in row.dotted() for field in row.says)
    assert [each for each, times in said.items() if times > 1] == []


def test_rows_say_only_what_is_not_so_anyway() -> None:
    """Of all that a name's rows say, something differs from what would be known without them."""
    for row in ROWS:
        without = {field: getattr(Facts({}), field) for field in row.says}
        for name, _ in row.dotted():
            if not name.endswith("*") and not is_standard(name):
                assert any(row.says.get(field) != without[field] for field in row.says), name


# --- how rows are put together ---------------------------------------------------------------------


def test_the_more_exact_row_wins_field_by_field() -> None:
    assert facts("functools.anything").is_quiet
    assert facts("functools.lru_cache").is_quiet
    assert facts("functools.lru_cache").gives is Gives.CACHED
    assert not facts("builtins.print").is_quiet
    assert facts("builtins.len").is_quiet


def test_of_python_s_own_library_the_rest_changes_nothing() -> None:
    does = facts("colorsys.rgb_to_hsv")
    assert (does.changes, does.calls, does.imports) == ((), Calls.NEVER, Imports.NOTHING)
    assert not does.may_change(0)


def test_of_other_libraries_nothing_is_known() -> None:
    does = facts("unheard_of.function")
    assert (does.changes, does.calls, does.imports) == (ANY, Calls.PERHAPS, Imports.UNKNOWN)
    assert (does.base, does.gives) == (Base.UNKNOWN, Gives.SOMETHING)
    assert does.may_change(0)
    assert does.may_change("anything")
    assert not does.sources


def test_changes_go_by_position_and_by_keyword() -> None:
    does = facts("bisect.insort")
    assert does.may_change(0)
    assert does.may_change("a")
    assert not does.may_change(1)


def test_a_row_about_a_module_is_none_about_what_is_in_it() -> None:
    assert facts("os").is_preloaded
    assert not facts("os.path.join").is_preloaded
    assert not facts("os.path").is_preloaded


def test_names_can_be_listed() -> None:
    names = names_saying("never_returns")
    assert "sys.exit" in names
    assert "sys.intern" not in names


# --- CPython agrees ----------------------------------------------------------------------------------

_OBJECTS: dict[str, Callable[[], Any]] = {
    "list": lambda: [3, 1, 2],
    "dict": lambda: {1: 2},
    "set": lambda: {1, 2},
    "bytearray": lambda: bytearray(b"ba"),
}
_ARGUMENTS: tuple[tuple[Any, ...], ...] = (
    (), (1,), (0, 1), ({1: 3},), ([5],), ({1, 9},), (b"x",), (97,), (0, 97), (slice(0, 1), [7]),
    (slice(0, 1), b"z"), (4,),
)  # fmt: skip


def _methods(kind: str) -> Iterator[str]:
    yield from (name for name in dir(getattr(builtins, kind)) if not name.startswith("_"))


def _changes(kind: str, method: str) -> bool:
    for arguments in _ARGUMENTS:
        before = _OBJECTS[kind]()
        changed = copy.deepcopy(before)
        try:
            getattr(type(changed), method)(changed, *copy.deepcopy(arguments))
        except (TypeError, ValueError, KeyError, IndexError, LookupError):
            continue
        if changed != before or (kind == "list" and list(changed) != list(before)):
            return True
    return False


@pytest.mark.parametrize("kind", _OBJECTS)
def test_methods_of_builtin_containers(kind: str) -> None:
    """Those that change their object do, and no other one does; every one is listed."""
    for method in _methods(kind):
        name = f"builtins.{kind}.{method}"
        assert name in _NAMES
        assert facts(name).may_change(0) is _changes(kind, method), name


@pytest.mark.parametrize("kind", ["str", "bytes", "tuple", "frozenset", "int", "float", "complex"])
def test_methods_of_other_builtin_types_are_listed(kind: str) -> None:
    assert {f"builtins.{kind}.{method}" for method in _methods(kind)} - _NAMES <= {
        f"builtins.{kind}.{field}" for field in ("real", "imag", "numerator", "denominator")
    }


class _Sample:
    def __lt__(self, other: object) -> bool:
        return True


class _Colour(enum.Enum):
    RED = 1


class _Abstract(abc.ABC):  # noqa: B024
    pass


def _function() -> None:
    pass


def _generator() -> Iterator[None]:
    yield


_NODE = ast.parse("x")
_ARGUMENTS_OF: dict[str, tuple[Any, ...]] = {
    "abc.ABCMeta.register": (_Abstract, _Sample),
    "abc.update_abstractmethods": (_Abstract,),
    "ast.copy_location": (_NODE, _NODE),
    "ast.fix_missing_locations": (_NODE,),
    "ast.increment_lineno": (_NODE,),
    "atexit.register": (_function,),
    "dataclasses.dataclass": (_Sample,),
    "enum.global_enum": (_Colour,),
    "enum.unique": (_Colour,),
    "enum.verify": (_Colour,),
    "functools.total_ordering": (_Sample,),
    "functools.update_wrapper": (_function, print),
    "imp.reload": (json,),
    "importlib.reload": (json,),
    "sys.intern": ("text",),
    "asyncio.coroutine": (_generator,),
    "types.coroutine": (_generator,),
    "typing.cast": (int, "x"),
    "typing.assert_type": ("x", int),
    "typing.reveal_type": ("x",),
    "typing.runtime_checkable": (typing.SupportsInt,),
}
"""What the tests call these with; the others get a function."""
_OPTIONS: dict[str, tuple[Any, ...]] = {
    "enum.verify": (),
    "functools.wraps": (print,),
    "typing.dataclass_transform": (),
    "reprlib.recursive_repr": (),
    "warnings.deprecated": ("why",),
}


def _of_standard(wanted: Gives) -> list[str]:
    """The names that give that, those of Python's own library; `typing_extensions` has copies."""
    names = names_saying("gives", wanted)
    return [each for each in names if is_standard(each) and not each.startswith("typing_ext")]


def _called(name: str) -> tuple[Any, tuple[Any, ...]]:
    """The callable with options given if it needs some, and arguments for a test."""
    function = _resolved(name)
    if facts(name).options is Options.REQUIRED:
        function = function(*_OPTIONS[name])
    plain = types.FunctionType(_function.__code__, {}, "plain")
    return function, _ARGUMENTS_OF.get(name, (plain,))


def _resolved(name: str) -> Any:
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for part in parts[length:]:
            if not hasattr(found, part):
                pytest.skip("not in this Python")
            found = getattr(found, part)
        return found
    return pytest.skip("not in this Python")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # `imp` goes.
@pytest.mark.parametrize("name", _of_standard(Gives.ARGUMENT))
def test_what_gives_an_argument_back(name: str) -> None:
    function, arguments = _called(name)
    assert function(*arguments) is arguments[facts(name).argument]


@pytest.mark.parametrize("name", _of_standard(Gives.CALLER))
def test_what_gives_something_that_calls_its_argument(name: str) -> None:
    function, _ = _called(name)
    called: list[object] = []
    found = function(lambda argument: called.append(argument))
    assert found is not called.append
    assert called == []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found("what it is given")
    assert called == ["what it is given"]


_KINDS: dict[Gives, tuple[type, ...]] = {
    Gives.STATIC_METHOD: (staticmethod,),
    Gives.CLASS_METHOD: (classmethod,),
    Gives.PROPERTY: (property, types.DynamicClassAttribute),
    Gives.CACHED_PROPERTY: (functools.cached_property,),
    Gives.PARTIAL: (functools.partial,),
    Gives.CACHED: (type(functools.cache(_function)),),
}


@pytest.mark.parametrize(
    ("name", "kinds"),
    [(name, kinds) for gives, kinds in _KINDS.items() for name in _of_standard(gives)],
)
def test_what_wraps(name: str, kinds: tuple[type, ...]) -> None:
    owner = _resolved(name.rpartition(".")[0])
    function = _resolved(name)
    if owner is property:
        function = functools.partial(function, property(_function))
    assert isinstance(function(_function), kinds)


@pytest.mark.parametrize("name", _of_standard(Gives.CONTEXT_MANAGER))
def test_what_makes_context_managers(name: str) -> None:
    manager = _resolved(name)(lambda: iter([1]))()
    assert hasattr(manager, "__enter__") or hasattr(manager, "__aenter__")


# --- classes -------------------------------------------------------------------------------------------


_HARMLESS = {"type", "ABCMeta", "_ProtocolMeta", "_AnyMeta", "_DeprecateByteStringMeta", "_ABC"}  # fmt: skip
"""Metaclasses that only say what is an instance, or warn."""
_OF_TYPING = {"Generic", "Protocol"}
"""Their `__init_subclass__` writes down type parameters, or makes an `__init__` that does nothing."""


def _is_hooked(cls: type) -> bool:
    """Whether deriving from it runs code that may change attributes of the new class."""
    hooks = {base.__name__ for base in cls.__mro__ if "__init_subclass__" in vars(base)}
    return type(cls).__name__ not in _HARMLESS or bool(hooks - _OF_TYPING - {"object"})


@pytest.mark.parametrize(
    "name", [name for name in names_saying("base", Base.INERT) if is_standard(name)]
)
def test_inert_bases(name: str) -> None:
    cls = _resolved(name)
    cls = typing.get_origin(cls) or cls
    if not isinstance(cls, type):
        pytest.skip("made differently in this library")
    assert not _is_hooked(cls)
    own = {each for each in dir(cls) if not each.startswith("_")}
    own |= {"register"} & set(dir(type(cls)))
    assert own <= set(facts(name).brings)
    # Of a later Python, or of the metaclass in a later Python.
    assert set(facts(name).brings) - own <= {"add_note", "register"}


@pytest.mark.parametrize(
    "module", ["abc", "array", "asyncio", "ast", "builtins", "calendar", "collections", "ctypes",
               "ctypes.wintypes", "dataclasses", "datetime", "decimal", "email.message", "enum",
               "fractions", "functools", "http", "inspect", "io", "json", "logging", "pathlib",
               "queue", "random", "re", "signal", "socket", "socketserver", "string", "threading",
               "typing", "types", "unittest", "uuid", "weakref", "zoneinfo"],
)  # fmt: skip
def test_classes_with_a_metaclass_that_changes_them_are_told_of(module: str) -> None:
    """`Base.BRINGS` is the default: it would be wrong of an enum, or of a structure of C."""
    held = importlib.import_module(module)
    for name in getattr(held, "__all__", vars(held)):
        cls = getattr(held, name)
        if not isinstance(cls, type) or name.startswith("_") or _has_members(cls):
            continue
        is_own = cls.__module__.lstrip("_") == module
        if is_own and type(cls).__name__ not in _HARMLESS:
            assert facts(f"{module}.{name}").base is not Base.BRINGS, name


def _has_members(cls: type) -> bool:
    """An enum with members: no class can derive from it."""
    return isinstance(cls, enum.EnumMeta) and len(cls) > 0


# --- what calls back -----------------------------------------------------------------------------------

_CALLBACKS = {
    "callback", "default_factory", "filterfunc", "func", "function", "hook", "initializer", "key",
    "object_hook", "predicate", "target",
}  # fmt: skip
_NO_CALLBACKS = {
    # It is looked at, or given back.
    "abc.abstractmethod", "asyncio.coroutine", "asyncio.iscoroutinefunction", "atexit.unregister",
    "functools.update_wrapper", "functools.wraps", "inspect.getcallargs", "inspect.getclosurevars", "inspect.getargspec",
    "inspect.getfullargspec", "inspect.markcoroutinefunction", "types.coroutine",
    "typing.get_overloads", "typing.overload", "weakref.getweakrefs",
    # Data of that name.
    "logging.LogRecord", "inspect.FrameInfo", "inspect.Traceback", "os.getenv", "os.getenvb",
    "os.putenv", "os.unsetenv", "shlex.join", "inspect.iscoroutinefunction",
}  # fmt: skip


@pytest.mark.parametrize(
    "module", ["abc", "asyncio", "atexit", "bisect", "builtins", "codecs", "collections",
               "contextlib", "copy", "copyreg", "dataclasses", "functools", "heapq", "inspect",
               "itertools", "json", "logging", "operator", "os", "pickle", "re", "shutil",
               "signal", "sys", "textwrap", "threading", "types", "typing", "weakref"],
)  # fmt: skip
def test_functions_that_take_functions_are_told_of(module: str) -> None:
    held = importlib.import_module(module)
    for name in getattr(held, "__all__", dir(held)):
        function, dotted = getattr(held, name), f"{module}.{name}"
        if name.startswith("_") or not callable(function) or dotted in _NO_CALLBACKS:
            continue
        try:
            parameters = inspect.signature(function).parameters
        except (TypeError, ValueError):
            continue
        if not _CALLBACKS.isdisjoint(parameters):
            assert facts(dotted).calls is not Calls.NEVER, dotted


def test_of_some_it_is_known_which_arguments_they_call() -> None:
    assert facts("inspect.unwrap").called == ("stop",)
    assert facts("inspect.getmembers").called == (1, "predicate")
    assert facts("functools.reduce").called == ANY


def test_inspect_calls_no_more_than_that() -> None:
    asked: list[object] = []

    def wrapped() -> None:
        asked.append(wrapped)

    def stop(function: object) -> bool:
        return bool(asked.append(function))

    wrapper = functools.wraps(wrapped)(lambda: asked.append(wrapper))
    assert inspect.unwrap(wrapper, stop=stop) is wrapped
    assert asked == [wrapper]
    inspect.getmembers(wrapper, predicate=callable)
    assert asked == [wrapper]

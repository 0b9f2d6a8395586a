"""The names that a text binds agree with CPython's own compiler (`symtable`), in every scope.

The corpora are this program, its tests, Python's own library, and random texts in which every
form that binds a name stands in every kind of block.
"""

from __future__ import annotations

import ast
import re
import symtable
import sys
import sysconfig
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import STAR, bindings, globals_bound_by, unbound
from import_cycles.syntax.steps import Code, ModuleSummary
from import_cycles.syntax.summarize import summarize
from import_cycles.syntax.target import PythonTarget
from import_cycles.syntax.walk import every_step, steps_of_scope
from import_cycles.workspace.files import read_source
from import_cycles.workspace.paths import as_source_path

ROOT = Path(__file__).parents[2]
TARGET = PythonTarget(sys.version_info[:2], sys.platform)

_Scope = tuple[str, str, frozenset[str]]
"""`function` or `class`, its name, and the names that it binds in itself."""

_COMPREHENSIONS = frozenset({"listcomp", "setcomp", "dictcomp", "genexpr"})
_MANGLED = re.compile(r"_[^\W_]\w*?(__\w*(?<!__))")


def _plain(names: Iterable[str]) -> frozenset[str]:
    """The names as they are written: the compiler mangles some with their class."""
    return frozenset(_MANGLED.fullmatch(name)[1] if _MANGLED.fullmatch(name) else name for name in names)  # type: ignore[index]  # fmt: skip


# --- what CPython says ---------------------------------------------------------------------


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _is_bound(symbol: symtable.Symbol) -> bool:
    if symbol.get_name() == "__type_params__":
        # The compiler's own, in a generic class.
        return False
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_parameter()


def _scope_of(table: symtable.SymbolTable) -> _Scope | None:
    kind = str(getattr(table.get_type(), "value", table.get_type()))
    name = table.get_name().strip("<>")
    if kind not in ("function", "class") or name in _COMPREHENSIONS:
        return None
    names = (
        symbol.get_name()
        for symbol in table.get_symbols()
        if _is_bound(symbol) and not (symbol.is_declared_global() or symbol.is_nonlocal())
    )
    return kind, name, _plain(names)


def _told_by_cpython(text: str) -> tuple[Counter[_Scope], frozenset[str]]:
    """The scopes, and the names of the module, those that functions and classes bind included."""
    module, *others = _tables(symtable.symtable(text, "text", "exec"))
    found = Counter(scope for table in others if (scope := _scope_of(table)) is not None)
    names = {symbol.get_name() for symbol in module.get_symbols() if _is_bound(symbol)}
    names.update(
        symbol.get_name()
        for table in others
        for symbol in table.get_symbols()
        if _is_bound(symbol) and symbol.is_declared_global()
    )
    # A `:=` in a comprehension of the module is a kind of `global` to the compiler.
    assigned = {each.target.id for each in _nodes(text, ast.NamedExpr)}
    names.update(
        symbol.get_name()
        for symbol in module.get_symbols()
        if symbol.is_declared_global() and symbol.get_name() in assigned
    )
    return found, _plain(names)


_Node = TypeVar("_Node", bound=ast.AST)


def _nodes(text: str, kind: type[_Node]) -> Iterator[_Node]:
    return (node for node in ast.walk(ast.parse(text)) if isinstance(node, kind))


# --- what we say ---------------------------------------------------------------------------


def _named_in(block: s.Block, summary: ModuleSummary) -> set[str]:
    """The names of a scope: also those that are only deleted or annotated count for CPython."""
    names: set[str] = set()
    for step in steps_of_scope(block):
        names |= {binding.name for binding in bindings(step, summary.imports)}
        names.update(unbound(step))
        if isinstance(step, s.AnnotatedAssign) and isinstance(step.target, s.NameTarget):
            names.add(step.target.name)
    return names - {STAR}


def _parameters(code: Code) -> set[str]:
    shape = code.parameters
    several = (*shape.positional_only, *shape.positional, *shape.keyword_only)
    return {*several, shape.variadic or "", shape.keyword_variadic or ""} - {""}


def _told_by_us(summary: ModuleSummary) -> tuple[Counter[_Scope], frozenset[str]]:
    found: Counter[_Scope] = Counter()
    names = _named_in(summary.codes[0].body, summary)
    for number, code in enumerate(summary.codes):
        if number:
            own = _named_in(code.body, summary) - code.global_names - code.nonlocal_names
            found["function", code.name.strip("<>"), _plain(own | _parameters(code))] += 1
        names |= globals_bound_by(code, summary.imports)
        for step in every_step(code.body):
            names |= code.global_names.intersection(unbound(step))
            if isinstance(step, s.DefineClass):
                inside = _named_in(step.body, summary) - code.global_names
                found["class", step.name, _plain(inside - code.nonlocal_names)] += 1
    return found, _plain(names)


def _check_local_names(summary: ModuleSummary) -> None:
    """`Code.local_names` is found on the way, without a walk: it says the same."""
    module, *functions = summary.codes
    bound = {
        binding.name
        for step in steps_of_scope(module.body)
        for binding in bindings(step, summary.imports)
    }
    assert module.local_names == bound - {STAR} - module.global_names
    for code in functions:
        declared = code.global_names | code.nonlocal_names
        assert code.local_names == (_named_in(code.body, summary) | _parameters(code)) - declared


def _check(text: str, where: object = "") -> int:
    """Compare; gives the number of scopes."""
    summary = summarize(text, TARGET).summary
    _check_local_names(summary)
    ours, theirs = _told_by_us(summary), _told_by_cpython(text)
    if sys.version_info >= (3, 12):
        # Variables of comprehensions are inlined, and stand among the names around them.
        inlined = _comprehension_variables(text)
        ours, theirs = _without(ours, inlined), _without(theirs, inlined)
    assert ours == theirs, f"{where}\n{text[:3000]}"
    return sum(ours[0].values())


def _comprehension_variables(text: str) -> frozenset[str]:
    targets = (each.target for each in _nodes(text, ast.comprehension))
    return frozenset(
        name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)
    )


def _without(
    told: tuple[Counter[_Scope], frozenset[str]], names: frozenset[str]
) -> tuple[Counter[_Scope], frozenset[str]]:
    scopes = Counter[_Scope]()
    for (kind, name, bound), count in told[0].items():
        scopes[kind, name, bound - names] += count
    return scopes, told[1] - names


# --- texts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "every"),
    [(ROOT / "server", 3), (ROOT / "tests", 5), (Path(sysconfig.get_path("stdlib")), 17)],
    ids=["server", "tests", "stdlib"],
)
def test_real_texts(folder: Path, every: int) -> None:
    files = sorted(path for path in folder.rglob("*.py") if "site-packages" not in path.parts)
    n_scopes = 0
    for path in files[::every]:
        text = read_source(as_source_path(path))
        if text is None or not _compiles(text) or _is_told_otherwise(text):
            continue
        n_scopes += _check(text, path)
    assert n_scopes > 250


def _compiles(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "text", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _is_told_otherwise(text: str) -> bool:
    """Whether a text has one of two rare things.

    `def f(): x: (y := int)` binds nothing, but makes `y` a local: the model leaves that out. If one
    class in a function declares a name `global`, the model counts it for all classes in it.
    """
    annotations = (each.annotation for each in _nodes(text, ast.AnnAssign))
    return any(
        isinstance(part, ast.NamedExpr) for each in annotations for part in ast.walk(each)
    ) or any(
        isinstance(statement, (ast.Global, ast.Nonlocal))
        for each in _nodes(text, ast.ClassDef)
        for statement in each.body
    )


_NAME = st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "h", "__m"])
_FORMS = [
    "{0} = 1", "{0} = {1} = 1", "{0}, {1} = 1, 2", "[{0}, ({1}, *{2})] = 1, (2, 3)", "*{0}, {1} = 1, 2",
    "{0}.x, {1}[0] = 1, 2", "{0} += 1", "{0}.x += 1", "{0}: int = 1", "{0}: int", "({0}): int = 1", "{0}.x: int",
    "del {0}", "del {0}, ({1}, [{2}]), {0}.x", "import {0}", "import {0}.{1}", "import {0}.{1} as {2}",
    "import {0}, {1}.x", "from {0} import {1}", "from . import {0} as {1}, {2}", "from {0}.x import ({1},\n {2})",
    "({0} := 1)", "x = ({0} := 1) + ({1} := 2)", "f(({0} := 1), y=({1} := 2), *({2} := ()))",
    "[({0} := 1) for k in y if ({1} := k)]", "[[({0} := k) for k in j] for j in y]", "x = {{k: ({0} := k) for k in y}}",
    "f'{{({0} := 1)}} {{x:{{({1} := 2)}}}}'", "x[({0} := 1)] = 2", "x.y[1:({0} := 2)]", "x = ({0} := 1) if ({1} := 2) else 3",
    "assert ({0} := 1), ({1} := 2)", "lambda {0}: ({1} := 2)", "lambda {0}=({1} := 1), *{2}: 3", "x = not ({0} := 1), -({1} := 2)",
    "x = {0} < ({1} := 2) < 3", "x = 1 and ({0} := 2)", "raise ({0} := E) from ({1} := F)", "importlib.import_module('{0}')",
    "(yield_, [k for k in {0}])", "if ({0} := 1): pass", "while ({0} := 1): break", "for {0}, *{1} in ({2} := ()): pass",
    "for {0}.x in y: pass", "for {0}[({1} := 1)] in y: pass", "with ({0} := x): pass", "with x as {0}, y as ({1}, *{2}): pass",
    "try: pass\nexcept E as {0}: pass", "try: pass\nexcept ({0} := E): pass\nelse: {1} = 1\nfinally: {2} = 1",
    "match ({0} := x):\n case {1}: pass", "match x:\n case [{0}, *{1}] | ({0}, {1}): pass\n case _: pass",
    "match x:\n case {{'k': {0}, **{1}}}: pass", "match x:\n case C({0}, y={1}) as {2} if ({0} := 1): pass",
    "match x:\n case (1 | 2) as {0}: pass\n case [1, *_]: pass", "@(({0} := deco))\ndef {1}(p=({2} := 1)): pass",
    "def {0}({1}, /, *, {2}=1): {1} = 2", "async def {0}(*{1}, **{2}): pass", "class {0}: {1} = 1",
    "class {0}(({1} := B), metaclass=({2} := M)): pass", "def {0}():\n global {1}\n {1} = 1\n import {2}",
    "def {0}():\n {1} = 1\n def {2}():\n  nonlocal {1}\n  {1} = 2", "class {0}:\n def __m(self): self.__x, {1} = 1, 2",
    "def {0}(p: ({1} := int)): pass",
]  # fmt: skip
if sys.version_info >= (3, 11):
    _FORMS += ["try: pass\nexcept* E as {0}: pass"]
if sys.version_info >= (3, 12):
    _FORMS += [
        "type {0} = int", "type {0}[T] = list[T]", "def {0}[T](p: T) -> T: {1} = T", "class {0}[T](B[T]): {1} = T",
        "async def {0}[**P, *T](): {1} = 1",
    ]  # fmt: skip
_ASYNC = [
    "async for {0} in x: {1} = 1", "async with x as {0}: {1} = 1", "await ({0} := x)", "x = [({0} := 1) async for k in y]",
    "yield ({0} := 1)",
]  # fmt: skip
_HEADS = [
    "if x:\n{0}\nelif y:\n{1}\nelse:\n{0}", "while x:\n{0}\nelse:\n{1}", "for k in y:\n{0}\nelse:\n{1}",
    "try:\n{0}\nexcept E:\n{1}\nelse:\n{0}\nfinally:\n{1}", "try:\n{0}\nfinally:\n{1}", "with x:\n{0}",
    "match x:\n case 1:\n{0}\n case _:\n{1}", "def k():\n{0}", "async def k():\n{0}", "class K:\n{0}",
    "def k(p):\n class K:\n{0}",
]  # fmt: skip


def _filled(form: str, names: tuple[str, ...]) -> str:
    return form.format(*names)


_SIMPLE = st.builds(
    _filled, st.sampled_from(_FORMS), st.tuples(_NAME, _NAME, _NAME).filter(lambda n: len({*n}) == 3)
)  # fmt: skip


def _indented(statements: list[str]) -> str:
    return "".join(f"  {line}\n" for each in statements for line in each.split("\n")).rstrip("\n")


def _compound(head: str, first: list[str], second: list[str]) -> str:
    return head.format(_indented(first), _indented(second))


_STATEMENT = st.recursive(
    _SIMPLE,
    lambda inner: st.builds(
        _compound,
        st.sampled_from(_HEADS),
        st.lists(inner, min_size=1, max_size=3),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("head", ["{0}", *_HEADS])
def test_every_form_in_every_block(head: str) -> None:
    for form in _FORMS + _ASYNC:
        statement = form.format("a", "b", "c")
        if form in _ASYNC:
            statement = f"async def outer():\n{_indented([statement])}"
        text = head.format(*([statement] if head == "{0}" else [_indented([statement])] * 2))
        if _compiles(text):
            _check(text)
        else:
            # A `:=` in a comprehension of a class is a syntax error.
            assert "class" in head and " for k in " in form, text


@settings(max_examples=400, deadline=None)
@given(statements=st.lists(_STATEMENT, min_size=1, max_size=5))
@example(statements=["class a:\n global b\n b = 1"])
def test_random_texts(statements: list[str]) -> None:
    text = "".join(f"{each}\n" for each in statements)
    if _compiles(text):
        _check(text)

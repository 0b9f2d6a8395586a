"""Functions that run often, as far as one file shows: an import in them is looked for each time.

Methods that Python calls for comparisons, items and sums; functions that are handed on to be called for
each item; functions that a loop of the file calls, or that call themselves.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from import_cycles.base.record import record
from import_cycles.source.insertion import FunctionNode
from import_cycles.source.scopes import last_name

_BY_PYTHON: Final = frozenset(
    f"__{name}__"
    for name in [
        "lt",
        "le",
        "gt",
        "ge",
        "eq",
        "ne",
        "hash",
        "bool",
        "len",
        "contains",
        "missing",
        "getattr",
        "getattribute",
        "setattr",
        "delattr",
        "getitem",
        "setitem",
        "delitem",
        "get",
        "set",
        "delete",
        "next",
        "instancecheck",
        "subclasscheck",
        "int",
        "float",
        "index",
        "abs",
        "neg",
        "pos",
        "invert",
        "add",
        "sub",
        "mul",
        "matmul",
        "truediv",
        "floordiv",
        "mod",
        "divmod",
        "pow",
        "lshift",
        "rshift",
        "and",
        "or",
        "xor",
        "radd",
        "rsub",
        "rmul",
        "rmatmul",
        "rtruediv",
        "rfloordiv",
        "rmod",
        "rpow",
        "rand",
        "ror",
        "rxor",
        "iadd",
        "isub",
        "imul",
        "itruediv",
        "ifloordiv",
        "imod",
        "ipow",
        "iand",
        "ior",
        "ixor",
    ]
)
"""Methods that stand behind operators, attributes and items (Language Reference, "Data model")."""

_FOR_EACH: Final = frozenset(
    {"map", "filter", "reduce", "starmap", "takewhile", "dropwhile", "cmp_to_key"}
)
"""Functions whose first argument is called for each item."""

_KEY: Final = "key"
"""The keyword argument of `sorted` and its like, called for each item."""

_MAKING: Final = frozenset({"__new__", "__init__", "__post_init__"})
"""Methods that run where the class is called."""


@record
class HotPlaces:
    """What is called often in one file: of functions by name, of methods by `self.name`."""

    functions: dict[str, str]
    """Why, as the end of a sentence about the function."""
    methods: dict[str, str]
    classes: dict[int, str]
    """For the `id` of each method, the name of its class."""
    closures: frozenset[int]
    """`id` of the functions that stand in functions."""

    def why(self, function: FunctionNode) -> str:
        """Why a function runs often; empty where nothing shows that."""
        owner = self.classes.get(id(function))
        if id(function) in self.closures or (owner is not None and function.name in _BY_PYTHON):
            return "may be called often"
        if owner is None:
            return self.functions.get(function.name, "")
        if function.name in _MAKING:
            return self.functions.get(owner, "")
        return self.methods.get(function.name, "")


def hot_places(tree: ast.Module) -> HotPlaces:
    """Linear in the tree, but for loops in loops."""
    functions: dict[str, str] = {}
    methods: dict[str, str] = {}

    def note(node: ast.expr, why: str) -> None:
        match node:
            case ast.Name(id=name):
                functions.setdefault(name, why)
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                methods.setdefault(name, why)
            case _:
                pass

    classes: dict[int, str] = {}
    closures: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=own, body=body):
                classes.update((id(each), own) for each in body)
            case ast.Call(func=func, args=args, keywords=keywords):
                for each in keywords:
                    if each.arg == _KEY:
                        note(each.value, f"is called for each item in line {node.lineno}")
                if args and last_name(func) in _FOR_EACH:
                    note(args[0], f"is called for each item in line {node.lineno}")
            case ast.FunctionDef(name=own) | ast.AsyncFunctionDef(name=own):
                for call in _calls(node.body):
                    if last_name(call.func) == own:
                        note(call.func, "calls itself")
                closures.update(
                    id(each)
                    for statement in node.body
                    for each in ast.walk(statement)
                    if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
                )
            case _:
                pass
        for call in _calls(_repeated(node)):
            note(call.func, f"is called in a loop, in line {call.lineno}")
    return HotPlaces(functions, methods, classes, frozenset(closures))


def _repeated(node: ast.AST) -> list[ast.AST]:
    """The parts of a loop that run again and again."""
    match node:
        case ast.For(body=body) | ast.AsyncFor(body=body):
            return [*body]
        case ast.While(test=test, body=body):
            return [test, *body]
        case ast.ListComp(elt=elt, generators=first) | ast.SetComp(elt=elt, generators=first):
            return [elt, *_inner(first)]
        case ast.GeneratorExp(elt=elt, generators=first):
            return [elt, *_inner(first)]
        case ast.DictComp(key=key, value=value, generators=first):
            return [key, value, *_inner(first)]
        case _:
            return []


def _inner(generators: list[ast.comprehension]) -> Iterator[ast.AST]:
    """What of a comprehension runs for each item: all but what it goes over first."""
    for number, each in enumerate(generators):
        yield from each.ifs
        if number:
            yield each.iter


def _calls(nodes: list[ast.AST] | list[ast.stmt]) -> Iterator[ast.Call]:
    """The calls that run with these nodes: not those in functions that are defined there."""
    todo: list[ast.AST] = [*nodes]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call):
            yield node
        todo += ast.iter_child_nodes(node)

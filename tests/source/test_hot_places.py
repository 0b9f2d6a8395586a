"""Which functions run often, as far as one file shows."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from import_cycles.source.hot_places import hot_places

CASES = {
    "an operator": (
        "class A:\n    def __eq__(self, other): ...\n",
        "__eq__",
        "may be called often",
    ),
    "a function of that name is none": ("def __eq__(a): ...\n", "__eq__", ""),
    "a key": ("def f(): ...\nsorted([], key=f)\n", "f", "is called for each item in line 2"),
    "a method as key": (
        "class A:\n    def k(self): ...\n    def g(self): return max(self.a, key=self.k)\n",
        "k",
        "is called for each item in line 3",
    ),
    "mapped": ("def f(): ...\nmap(f, [])\n", "f", "is called for each item in line 2"),
    "in a loop": (
        "def f(): ...\ndef g(rows):\n    for row in rows:\n        print(f(row))\n",
        "f",
        "is called in a loop, in line 4",
    ),
    "in the test of a loop": (
        "def f(): ...\nwhile f(): ...\n",
        "f",
        "is called in a loop, in line 2",
    ),
    "what a loop goes over is called once": ("def f(): ...\nfor a in f(): ...\n", "f", ""),
    "in a comprehension": (
        "def f(): ...\nA = [f(a) for a in A]\n",
        "f",
        "is called in a loop, in line 2",
    ),
    "what a comprehension goes over is called once": (
        "def f(): ...\nA = [a for a in f()]\n",
        "f",
        "",
    ),
    "a condition of a comprehension": (
        "def f(): ...\nA = {a for a in A if f(a)}\n",
        "f",
        "is called in a loop, in line 2",
    ),
    "a function that a loop defines": (
        "def f(): ...\nfor a in A:\n    def g(): f()\n",
        "f",
        "",
    ),
    "objects that a loop makes": (
        "class A:\n    def __init__(self): ...\nfor a in B:\n    A()\n",
        "__init__",
        "is called in a loop, in line 4",
    ),
    "itself": ("def f(n): return f(n - 1)\n", "f", "calls itself"),
    "a closure": (
        "def f(g):\n    def inner(): ...\n    return inner\n",
        "inner",
        "may be called often",
    ),
    "none of these": ("def f(): ...\nf()\ndef g(): f()\n", "f", ""),
    "a method of another object": (
        "class A:\n    def f(self): ...\nfor a in B:\n    a.f()\n",
        "f",
        "",
    ),
}


@pytest.mark.parametrize(("text", "name", "why"), CASES.values(), ids=CASES)
def test_reason(text: str, name: str, why: str) -> None:
    tree = ast.parse(dedent(text))
    (function,) = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == name
    ]
    assert hot_places(tree).why(function) == why

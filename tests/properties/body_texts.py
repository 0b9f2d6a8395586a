"""Texts with bodies of functions, random and real, and all that codes made of them hold."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from hypothesis import strategies as st

from harness.reader import load_case
from import_cycles.syntax.steps import Code

ROOT = Path(__file__).parents[2]


def contents(code: Code) -> tuple[object, ...]:
    """All of a code, so that nothing is taken for equal because its text is."""
    return (
        code.name, code.parameters, code.body, code.local_names, code.global_names,
        code.nonlocal_names, code.is_generator, code.is_async,
    )  # fmt: skip


def case_texts() -> Iterator[tuple[Path, str]]:
    for path in sorted((ROOT / "tests/cases").rglob("*.case")):
        for state in load_case(path, path.stem).states:
            for text in state.texts.values():
                yield path, text


_EXPRESSION = st.sampled_from(
    [
        "1", "a", "f(a, b.c)", "lambda: a", "(lambda x,\n  y: x)", "[x for x in a if x]",
        "(n := a)", "yield", "(yield a)", "import_module('a')", "__import__('a.b')", "load('a')",
        "'''import a\ndef f():\n'''", "'import a'", "f'{a!r} {lambda_}'", "importlib.import_module('b')",
        "importlib.import_moduleª('b')", "ª", "a if b else (lambda: c)", '"ünï" + é', "-1", "global_",
        "{'default ': a}",
    ]
)  # fmt: skip
_SIMPLE = st.one_of(
    st.sampled_from(
        [
            "pass", "import a", "import a.b as c", "from a import b, c", "from . import d",
            "from e import (f,\n  g)", "global x", "x: int = 1", "x: 'int'", "break_ = 1", "del a",
            "return", "raise A from b", "assert a, b", "from importlib import import_module as load",
            "import importlib", '"""Says import a."""', "a.b[c] += d", "async_ = 1",
        ]
    ),
    _EXPRESSION,
    st.builds("x = {}".format, _EXPRESSION),
    st.builds("return {}".format, _EXPRESSION),
    st.builds("{}; {}".format, _EXPRESSION, _EXPRESSION),
    st.builds("a = b + \\\n  {}".format, _EXPRESSION),
)  # fmt: skip
_HEAD = st.sampled_from(
    [
        "def f():", "def g(a, b=lambda: 1, *c, d: 'D' = 2, **e):", "async def h():", "class C:",
        "@a(lambda: 1)\ndef f():", "@b\nclass D(A, metaclass=M):", "@a\n@b\nasync def f():", "if a:",
        "if TYPE_CHECKING:", "for x in (lambda: a)():", "while b:", "with suppress(ImportError) as c:",
        "try:", "def f(\n    a,\n):", "def\\\n f():", "async  def f():", "def f(): # why", "match a:\n case 1:",
    ]
)  # fmt: skip
if sys.version_info >= (3, 12):
    _HEAD |= st.sampled_from(
        ["def f[a](x: a):", "class C[a, b](A[a]):", "async def h[**a, *b]():", "def f[c](a=c):"]
    )
_END = st.sampled_from(["", "", "", " # c", " # import a", ";", " \\\n", " # é", "\n", "\n\f"])


def _indented(text: str, indent: str) -> str:
    return "".join(f"{indent}{line}\n" for line in text.split("\n"))


def _compound(head: str, body: list[str], indent: str, after: str) -> str:
    *first, last = head.split("\n")
    lead = " " if last.startswith(" ") else ""
    block = "".join(_indented(each, lead + indent) for each in body)
    tail = "except ImportError:\n  import late\n" if head == "try:" else ""
    return "".join(f"{line}\n" for line in first) + f"{last}{after}\n{block}{tail}".rstrip("\n")


STATEMENT = st.recursive(
    st.builds("{}{}".format, _SIMPLE, _END),
    lambda inner: st.one_of(
        st.builds(
            _compound,
            _HEAD,
            st.lists(inner, min_size=1, max_size=4),
            st.sampled_from(["    ", "  ", "\t", "\f  ", " \\\n    "]),
            st.sampled_from(["", "", " ", " # c", " pass;"]),
        ),
        st.builds("{} {}".format, _HEAD, _SIMPLE),
    ),
    max_leaves=12,
)

"""Texts of many kinds that parse; most of them do not compile, each for a reason of its own.

A *statement* that is fine in some places only is put into every *surrounding*; CPython says which
of the texts are programs. So are *whole* texts, whose statements do not go together.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

STATEMENTS = (
    "return", "return 1", "break", "continue", "yield", "yield 1", "x = yield", "x = yield *a", "yield from a",
    "[(yield) for b in c]", "lambda: (yield)", "f((yield))", "await a", "x = await a", "f(await a)",
    "x = [await b for b in c]", "[b async for b in c]", "lambda: await a", "async for b in c: pass",
    "async with b as c: pass", "nonlocal x", "nonlocal x, f", "global x", "x = 1; global x",
    "global x; x: int = 1", "print(x); global x", "from b import *", "def g(a, a): pass", "def g(a, *, a=1): pass",
    "def g(a, **a): pass", "lambda a, a: 1", "lambda a, *a: 1", "f(**a, **b)", "f'{*a, 1}'",
    "try: pass\nexcept A: pass\nexcept: pass", "try: pass\nfinally: return",
    "for b in c:\n    try: pass\n    finally: continue", "for b in c: pass\nelse: break",
    "while 1: break\nelse: continue", "for b in c:\n    def g(): break", "for b in c:\n    class D: continue",
    "while 1:\n    if a: break", "while 1:\n    with a: continue", "if a: break", "with a: return",
    "def g():\n    def h(): nonlocal x", "def g():\n    x = 1\n    def h(): nonlocal x", "def g(x): global x",
    "class D:\n    x = 1\n    global x", "class D:\n    def g(self):\n        nonlocal x",
    "class D:\n    def g(self, a, a): pass", "class D: yield", "async def g():\n    yield 1\n    return 1",
    "async def g(): yield from a", "async def g(): [b async for b in c]",
    "async def g():\n    [[await d for d in b] for b in c]", "def g():\n    '''yield, await'''\n    yield 1",
    "async def g():\n    def h(): await a", "async def g(b=await a): pass", "def g(b: (yield) = 1): pass",
    "async def g():\n    return await a", "def g(): return (yield)", "def g(): yield; return 1",
    "'yield'; (yield)", "x: (y := 1) = 2", "(x := 1)", "def g(a: (y := 1)): pass", "def g() -> (y := 1): pass", "try: pass\nexcept* A: pass", "type X[T] = (yield)",
    "type X = 1", "def g[T](): nonlocal T", "lambda: 1", "pass", "import b", "x = 1", "x: int", "def g(): pass",
    "class D: pass", "__debug", "print(__debug__)", "\N{FULLWIDTH LATIN SMALL LETTER A}sync = 1",
    "__\N{FULLWIDTH LATIN SMALL LETTER D}ebug__ = 1", "def g(a, \N{FULLWIDTH LATIN SMALL LETTER A}): pass",
    "if a: pass\n" + "elif a: pass\n" * 60,
    "\n".join(f"{' ' * n}try:\n{' ' * n} a\n{' ' * n}except b as c:" for n in range(7)) + "\n        pass",
)  # fmt: skip
"""Not indented; each fits where a statement does."""

RARE_STATEMENTS = (
    "return *a", "from __future__ import annotations", "from __future__ import nope", "__debug__ = 1",
    "f(__debug__=1)", "x.__debug__ = 1", "del __debug__", "for __debug__ in a: pass",
    "def __debug__(): pass", "def g(__debug__): pass", "x = (__debug__ := 1)", "f(a=1, a=2)", "x = f(1, a=f(a=1))",
    "x = f(1, a=1, b=f(c=1, c=2))", "f(a=1,\n  b=2,\n  a=3)", "f(a = 1, # why, not\n  a = 2)", "f(a=1\n  , a=2)",
    "f(a=1, **b, a=2)", "f(é=1, é=2)", "class D(a=1, a=2): pass", "@f(a=1, a=2)\ndef g(): pass",
    "@f(a=1, a=2)\nclass D: pass", "if f(a=1, a=2): pass", "def g(a=f(b=1, b=2)): pass", "with f(a=1, a=2): pass",
    "for b in f(a=1, a=2): pass", "try: pass\nexcept f(a=1, a=2): pass", "return f(a=1, a=2)", "raise f(a=1, a=2)",
    "assert f(a=1, a=2)", "del f(a=1, a=2).b", "x += f(a=1, a=2)", "x: int = f(a=1, a=2)",
    "while f(a=1, a=2): pass", "*x = a", "*x, *y = a", "*x, y = a", "[*x, *y] = a", "(x, [*y, *z]) = a", "x = *a",
    "x += *a", "*a", "*a,", "for *x in a: pass", "for *x, *y in a: pass", "for *x, y in a: pass",
    "for x in *a: pass", "[b for *b, *c in a]", "[b for *b, c in a]", "{b for (b, *c, *d) in a}",
    "[b for b[0], *c, *d in a]", "with a as *b: pass", "with a as (*b, *c): pass", "f'{*a}'", "f'{1:{*a}}'",
    "try: pass\nexcept: pass\nexcept A: pass", "def g():\n    class D:\n        return",
    "def g():\n    class D:\n        from b import *", "[b := 1 for b in c]", "[(d := 1) for b in c]",
    "[1 for b in (d := c)]", "match a:\n    case b: pass\n    case 1: pass", "match a:\n    case [b, b]: pass",
    "match a:\n    case D(b=1, b=2): pass", "match a:\n    case [b] | 1: pass",
    "match a:\n    case {1: b, 1: c}: pass", "match a:\n    case [*b, *c]: pass", "match a:\n    case 1: break",
    "try: pass\nexcept* A: return", "def g[T, T](): pass", "class D[T: (yield)]: pass",
    "f(a=1, \N{FULLWIDTH LATIN SMALL LETTER A}=2)",
    *("\n".join([*(f"{' ' * n}while a:" for n in range(depth)), f"{' ' * depth}pass"]) for depth in (5, 19, 20, 21)),
    *("with " + ", ".join(["a"] * n) + ": pass" for n in (3, 17, 22)),
    ", ".join("a" * 255) + ", *b = c", ", ".join("a" * 256) + ", *b = c",
)  # fmt: skip
"""The same; in functions the check does not find the mistake."""

_CLASS_IN_FUNCTION = "def f():\n    x = 1\n    class C:\n        @"
_SURROUNDINGS = (
    "@", "if a:\n    @", "for i in j:\n    @", "while 1:\n    @", "with a:\n    @",
    "try:\n    @\nexcept A: pass", "try: pass\nexcept A:\n    @", "try: pass\nfinally:\n    @",
    "try: pass\nexcept A: pass\nelse:\n    @",
    "class C:\n    @", "class C:\n    if a:\n        @", "class C:\n    for i in j:\n        @",
    "class C:\n    class E:\n        @", "def f():\n    @", "async def f():\n    @", "def f():\n    for i in j:\n        @",
    "def f(x):\n    def h():\n        @", "def f():\n    x = 1\n    def h():\n        @",
    _CLASS_IN_FUNCTION, "def f():\n    class C:\n        def m(self):\n            @",
    "class C:\n    def m(self):\n        @", "class C:\n    async def m(self):\n        while 1:\n            @",
    "class C(A):\n    x = 1\n\n    def l(self):\n        pass\n\n    def m(self):\n        @",
    "async def f():\n    async with a:\n        @", "async def f():\n    def h():\n        @",
    "from __future__ import annotations\nimport c\n\n@", "'''A docstring.'''\n@", "x = 1\n\n@", "def f():\n    if a:\n        @",
    "if a:\n    def f():\n        @", "try:\n    class C:\n        def m(self):\n            @\nfinally: pass",
)  # fmt: skip
"""Texts in which a statement takes the place of `@`, alone in its line."""

_WHOLE = (
    "x = 1\n\nfrom __future__ import annotations", "'a'\n\n'b'\n\nfrom __future__ import annotations",
    "'a'\n\nfrom __future__ import annotations\n\nfrom __future__ import division", "import a; from __future__ import division",
    "from __future__ import annotations\n\nx: (yield) = 1", "from __future__ import barry_as_FLUFL",
    "from __future__ import braces", "from .__future__ import x", "x = 1\nfrom .__future__ import y", "import __future__",
    "x = 1\n\nglobal x", "x: int = 1\n\nglobal x", "global x\n\nx = 1", "class C:\n    x = 1\n\n    global x\n\n    def f(self):\n        pass",
    "class C:\n    def f(self):\n        pass\n\n    global x\n\n    def g(self):\n        pass", "def f():\n    x = 1\n\n    global x",
    "class C:\n    def f(self):\n        pass\n\n    return\n\n    def g(self):\n        pass", "def f():\n    pass\n\nreturn\n\ndef g():\n    pass",
    "class C:\n" + "    x = 1\n" * 200 + "\n    def f(self):\n        break\n\n    def g(self):\n        pass",
    "class __:\n    def f(self, __a, ___a): pass", "import b\nreturn", "return\nimport b",
)  # fmt: skip


def texts() -> Iterator[tuple[str, bool]]:
    """All of them that this Python can parse, and whether it must be seen that one is wrong.

    Each has an import in the first or last line.
    """
    for number, (text, is_seen) in enumerate(_put_together()):
        is_last = number % 2 or "__future__" in text
        whole = f"{text}\n\nimport b\n" if is_last else f"import b\n\n{text}\n"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(whole)
        except SyntaxError:
            continue
        yield whole, is_seen


def _put_together() -> Iterator[tuple[str, bool]]:
    for text in _WHOLE:
        yield text, True
    for surrounding in _SURROUNDINGS:
        line = next(each for each in surrounding.split("\n") if "@" in each)
        indentation = line[: line.index("@")]
        for statement in (*STATEMENTS, *RARE_STATEMENTS):
            is_rare = statement in RARE_STATEMENTS or surrounding == _CLASS_IN_FUNCTION
            text = surrounding.replace("@", statement.replace("\n", f"\n{indentation}"), 1)
            yield text, not is_rare or "def " not in text


def compiles(text: str) -> bool:
    """What CPython says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<text>", "exec", dont_inherit=True)
        except SyntaxError:
            return False
    return True

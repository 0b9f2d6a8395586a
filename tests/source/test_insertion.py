"""Imports written where they may stand: before and after."""

from __future__ import annotations

import ast

import pytest

from import_cycles.base.edits import apply_edits
from import_cycles.source.file import SourceFile
from import_cycles.source.insertion import (
    Lines,
    NotPossible,
    at_function_start,
    future_annotations,
    guarded,
    moved,
    quoted,
)
from import_cycles.source.removal import remove_names
from source.helpers import wanted


def guard(text: str) -> str:
    """Move the names X and Y under TYPE_CHECKING."""
    file = SourceFile(text)
    names = wanted(file, {"X", "Y"})
    lines = [moved(file, *each) for each in names]
    return apply_edits(text, (*remove_names(file, names), *guarded(file, lines)))


GUARD = {
    "new block": (
        "import a\nfrom m import X\n\nb = 1\n",
        "import a\nfrom typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n    from m import X\n\nb = 1\n",
    ),
    "code follows at once": (
        "from m import X\nb = 1\n",
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from m import X\n\nb = 1\n",
    ),
    "merged into typing": (
        "from typing import Any, List\nfrom m import X, A\n\nb = 1\n",
        "from typing import TYPE_CHECKING, Any, List\nfrom m import A\n\n"
        "if TYPE_CHECKING:\n    from m import X\n\nb = 1\n",
    ),
    "merged behind a constant": (
        "from typing import IO, Any\nfrom m import X\n",
        "from typing import IO, TYPE_CHECKING, Any\n\nif TYPE_CHECKING:\n    from m import X\n",
    ),
    "merged, constants only": (
        "from typing import IO\nfrom m import X\n",
        "from typing import IO, TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from m import X\n",
    ),
    "merged, a line each": (
        "from typing import (\n    Any,\n)\nfrom m import X\n",
        "from typing import (\n    TYPE_CHECKING,\n    Any,\n)\n\n"
        "if TYPE_CHECKING:\n    from m import X\n",
    ),
    "existing block": (
        "from typing import TYPE_CHECKING\nfrom m import X\n\n"
        "if TYPE_CHECKING:\n\tfrom n import N\n\tM = N\nb = 1\n",
        "from typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n\tfrom n import N\n\tfrom m import X\n\tM = N\nb = 1\n",
    ),
    "existing block at the end": (
        "import typing as t\nfrom m import X\nif t.TYPE_CHECKING:\n    import n",
        "import typing as t\nif t.TYPE_CHECKING:\n    import n\n    from m import X",
    ),
    "block on one line is left": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING: import n\nfrom m import X\n",
        "from typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n    from m import X\n\nif TYPE_CHECKING: import n\n",
    ),
    "alias": (
        "from typing import TYPE_CHECKING as TC\nfrom m import X\n",
        "from typing import TYPE_CHECKING as TC\n\nif TC:\n    from m import X\n",
    ),
    "module alias": (
        "import typing as t\nfrom m import X\n",
        "import typing as t\n\nif t.TYPE_CHECKING:\n    from m import X\n",
    ),
    "local constant": (
        "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    import n\nfrom m import X\n",
        "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    import n\n    from m import X\n",
    ),
    "typing below": (
        "from m import X\n\nb = 1\nfrom typing import Any\nc = 1\n",
        "\nb = 1\nfrom typing import TYPE_CHECKING, Any\n\n"
        "if TYPE_CHECKING:\n    from m import X\n\nc = 1\n",
    ),
    "comments come along": (
        "from m import (  # one\n    X,  # two\n)  # three\n",
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n"
        "    from m import (  # one\n        X,  # two\n    )  # three\n",
    ),
    "comment of one name comes along": (
        "from m import (\n    A,\n    X as Y,  # noqa\n)\n",
        "from m import (\n    A,\n)\nfrom typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n    from m import X as Y  # noqa\n",
    ),
    "two statements": (
        "from m import X\nfrom .n import (A, y as Y)\n",
        "from .n import (A)\nfrom typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n    from m import X\n    from .n import y as Y\n",
    ),
    "crlf": (
        "from m import X\r\n\r\nb = 1\r\n",
        "from typing import TYPE_CHECKING\r\n\r\nif TYPE_CHECKING:\r\n    from m import X\r\n\r\nb = 1\r\n",
    ),
    "after the future": (
        "from __future__ import annotations\n__all__ = []\nimport a\nfrom m import X\n",
        "from __future__ import annotations\n__all__ = []\nimport a\n"
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from m import X\n",
    ),
    "neighbour behind a semicolon": (
        "from m import X; b = (1,\n2)\nc = 1\n",
        "b = (1,\n2)\nfrom typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n    from m import X\n\nc = 1\n",
    ),
    "no line break at the end": (
        "import a\nfrom m import X",
        "import a\n\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from m import X\n",
    ),
    "tabs": (
        "from m import X\n\ndef f():\n\tpass\n",
        "from typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n\tfrom m import X\n\ndef f():\n\tpass\n",
    ),
}


@pytest.mark.parametrize("case", GUARD)
def test_guard(case: str) -> None:
    before, after = GUARD[case]
    got = guard(before)
    ast.parse(got)
    assert got == after


def test_a_name_that_means_something_else_is_not_taken() -> None:
    with pytest.raises(NotPossible, match="means something else"):
        guard("from m import X\nTYPE_CHECKING = compute()\n")


FUTURE = {
    "nothing": ("", "from __future__ import annotations\n\n"),
    "after comments and docstring": (
        '#!/usr/bin/python\n"""Doc."""\n\n# licence\nimport a\n',
        '#!/usr/bin/python\n"""Doc."""\n\n# licence\nfrom __future__ import annotations\n\nimport a\n',
    ),
    "there already": (
        "from __future__ import annotations\nimport a\n",
        "from __future__ import annotations\nimport a\n",
    ),
    "another one": (
        "from __future__ import division\nimport a\n",
        "from __future__ import division\nfrom __future__ import annotations\nimport a\n",
    ),
    "byte order mark": (
        "\ufeffimport a\n",
        "\ufefffrom __future__ import annotations\n\nimport a\n",
    ),
    "decorators": (
        "@d\ndef f(): pass\n",
        "from __future__ import annotations\n\n@d\ndef f(): pass\n",
    ),
    "crlf": ("import a\r\n", "from __future__ import annotations\r\n\r\nimport a\r\n"),
}


@pytest.mark.parametrize("case", FUTURE)
def test_future(case: str) -> None:
    before, after = FUTURE[case]
    got = apply_edits(before, future_annotations(SourceFile(before)))
    ast.parse(got.removeprefix("\ufeff"))
    assert got == after


def test_docstring_with_a_semicolon_has_no_room_for_the_future() -> None:
    with pytest.raises(NotPossible):
        future_annotations(SourceFile('"""Doc."""; import a\n'))


FUNCTION = {
    "plain": ("def f():\n    return X\n", "def f():\n    from m import X\n    return X\n"),
    "docstring": (
        'def f(a: "int" = {1: 2}) -> dict[int:3]:\n    """Doc."""\n\n    # c\n    return X\n',
        'def f(a: "int" = {1: 2}) -> dict[int:3]:\n    """Doc."""\n    from m import X\n\n    # c\n    return X\n',
    ),
    "comment below the header": (
        "def f(\n    a,\n):  # h: c\n    # c\n    return X\n",
        "def f(\n    a,\n):  # h: c\n    from m import X\n    # c\n    return X\n",
    ),
    "one line": ("def f(): return X\n", "def f():\n    from m import X\n    return X\n"),
    "one line, more": (
        "def f(a=lambda: 1) : a = 1; return X  # c\n",
        "def f(a=lambda: 1) :\n    from m import X\n    a = 1; return X  # c\n",
    ),
    "one line, docstring": (
        'def f(): "Doc."; return X\n',
        'def f(): "Doc."; from m import X; return X\n',
    ),
    "method, tabs": (
        "class A:\n\t@d\n\tasync def f(self):\n\t\treturn X\n",
        "class A:\n\t@d\n\tasync def f(self):\n\t\tfrom m import X\n\t\treturn X\n",
    ),
    "decorated first": (
        "def f():\n    @X\n    def g(): pass\n",
        "def f():\n    from m import X\n    @X\n    def g(): pass\n",
    ),
    "crlf": ("def f():\r\n  return X\r\n", "def f():\r\n  from m import X\r\n  return X\r\n"),
}


@pytest.mark.parametrize("case", FUNCTION)
def test_function(case: str) -> None:
    before, after = FUNCTION[case]
    file = SourceFile(before)
    function = next(
        node
        for node in ast.walk(file.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    edit = at_function_start(file, function, [Lines(("from m import X",))])
    got = apply_edits(before, [edit])
    ast.parse(got)
    assert got == after


@pytest.mark.parametrize(
    ("written", "after"),
    [
        ("Optional[X]", '"Optional[X]"'),
        ("Lit['a', X]", "\"Lit['a', X]\""),
        ('Lit["a", X]', "'Lit[\"a\", X]'"),
        ("X | None", '"X | None"'),
    ],
)
def test_quotes(written: str, after: str) -> None:
    file = SourceFile(f"a: {written}\n")
    annotation = file.tree.body[0].annotation  # type: ignore[attr-defined]
    assert apply_edits(file.text, [quoted(file, annotation)]) == f"a: {after}\n"


@pytest.mark.parametrize("written", ["Dict[\n  X]", "Lit['a', \"b\"]", "f'{X}'"])
def test_no_quotes(written: str) -> None:
    file = SourceFile(f"a: {written}\n")
    with pytest.raises(NotPossible):
        quoted(file, file.tree.body[0].annotation)  # type: ignore[attr-defined]

"""Names taken out of import statements: before and after, for every layout."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from import_cycles.base.edits import apply_edits
from import_cycles.source.file import SourceFile
from import_cycles.source.removal import remove_names, without_blank_top
from source.helpers import wanted, without

TABLE = {
    "middle": ("from m import A, X, B\n", "from m import A, B\n"),
    "first": ("from m import X, A\n", "from m import A\n"),
    "last": ("from m import A, X\n", "from m import A\n"),
    "several at the end": ("from m import A, X, Y\n", "from m import A\n"),
    "several apart": ("from m import X, A, Y, B\n", "from m import A, B\n"),
    "alias": ("from m import A, b as X, c as C\n", "from m import A, c as C\n"),
    "comment stays": ("from m import A, X  # noqa\n", "from m import A  # noqa\n"),
    "parentheses": ("from m import (A, X)\n", "from m import (A)\n"),
    "trailing comma": ("from m import (A, X,)\n", "from m import (A,)\n"),
    "spaces in parentheses": ("from m import ( X, A )\n", "from m import ( A )\n"),
    "a line each": (
        "from m import (\n    A,\n    X,  # why\n    B,\n)\n",
        "from m import (\n    A,\n    B,\n)\n",
    ),
    "a line each, last": (
        "from m import (\n    A,  # a\n    X\n)\n",
        "from m import (\n    A,  # a\n)\n",
    ),
    "a line each, last, no comment": (
        "from m import (\n    A,\n    X\n)\n",
        "from m import (\n    A\n)\n",
    ),
    "a line each, first": ("from m import (\n    X,\n    A)\n", "from m import (\n    A)\n"),
    "hanging": ("from m import (X,\n               A)\n", "from m import (A)\n"),
    "hanging, last": ("from m import (A,\n               X)\n", "from m import (A)\n"),
    "hanging, comment": (
        "from m import (A,  # a\n               X)\n",
        "from m import (A,  # a\n)\n",
    ),
    "hanging, comment of the one that goes": (
        "from m import (X,  # x\n               A)\n",
        "from m import (  # x\n               A)\n",
    ),
    "filled lines": (
        "from m import (\n    A, X,\n    B, C,\n)\n",
        "from m import (\n    A,\n    B, C,\n)\n",
    ),
    "filled lines, first of a line": (
        "from m import (\n    X, A,\n    B)\n",
        "from m import (\n    A,\n    B)\n",
    ),
    "backslash": ("from m import A, \\\n    X\n", "from m import A\n"),
    "backslash, first": ("from m import X, \\\n    A\n", "from m import A\n"),
    "backslash, middle": (
        "from m import A, \\\n    X, \\\n    B\n",
        "from m import A, \\\n    B\n",
    ),
    "plain import": ("import a, X, b\n", "import a, b\n"),
    "plain import, dotted": ("import a, X.y\n", "import a\n"),
    "crlf": (
        "from m import (\r\n    A,\r\n    X,\r\n)\r\n",
        "from m import (\r\n    A,\r\n)\r\n",
    ),
    "not ascii": ("é = 1; from m import Ä, X\n", "é = 1; from m import Ä\n"),
    "whole line": ("a = 1\nfrom m import X  # noqa\nb = 2\n", "a = 1\nb = 2\n"),
    "whole, several lines": ("from m import (\n    X,\n    Y\n)\nb = 2\n", "b = 2\n"),
    "whole, before a semicolon": ("from m import X; b = 2\n", "b = 2\n"),
    "whole, after a semicolon": ("a = 1; from m import X  # c\n", "a = 1  # c\n"),
    "whole, between semicolons": ("a = 1; import X; b = 2\n", "a = 1; b = 2\n"),
    "whole, a semicolon at the end": ("a = 1\nimport X;\nb = 2\n", "a = 1\nb = 2\n"),
    "two of a line": ("import X; import Y\n", ""),
    "two of a line with a third": ("import X; import Y; import a\n", "import a\n"),
    "semicolon and backslash": ("a = 1; \\\nimport X\nb = 2\n", "a = 1\nb = 2\n"),
    "backslash after the semicolon": ("import X; \\\nb = 2\n", "b = 2\n"),
    "block": ("try:\n    import X\nfinally:\n    a = 1\n", "try:\n    pass\nfinally:\n    a = 1\n"),
    "block of two": (
        "if a:\n    import X\n    import Y\n",
        "if a:\n    pass\n",
    ),
    "block on one line": ("if a: import X\n", "if a: pass\n"),
    "block on one line with more": ("if a: import X; b = 1\n", "if a: b = 1\n"),
    "block with more": ("if a:\n\timport X\n\tb = 1\n", "if a:\n\tb = 1\n"),
    "end of file": ("a = 1\nimport X", "a = 1\n"),
    "form feed": ("a = 1\n\fimport X\nb = 2\n", "a = 1\n\fb = 2\n"),
    "tabs in a filled line": (
        "from m import (\n\tA,\tX,\n\tB,\n)\n",
        "from m import (\n\tA,\n\tB,\n)\n",
    ),
    "a tab after the backslash": ("a = 1; \\\n\timport X\nb = 2\n", "a = 1\nb = 2\n"),
    "a tab before a form feed": ("if a:\n\tb = 1\n\t\f\timport X\n", "if a:\n\tb = 1\n\t\f"),
    "byte order mark": ("\ufeffimport X\nb = 2\n", "\ufeffb = 2\n"),
    "carriage returns": ("a = 1\rimport X\rb = 2\r", "a = 1\rb = 2\r"),
    "decorated neighbour": ("import X\n@d\ndef f(): pass\n", "@d\ndef f(): pass\n"),
}


@pytest.mark.parametrize("case", TABLE)
def test_table(case: str) -> None:
    before, after = TABLE[case]
    assert without(before, {"X", "Y"}) == after


@pytest.mark.parametrize("blank", ["\n", "\t\n", " \t\n\n", "\t\r\n", " \r\n\t \n"])
def test_no_blank_lines_open_a_text(blank: str) -> None:
    file = SourceFile(f"import X\n{blank}b = 2\n")
    edits = without_blank_top(file, remove_names(file, wanted(file, {"X"})))
    assert apply_edits(file.text, edits) == "b = 2\n"


def test_blank_lines_below_a_text_that_stays_are_kept() -> None:
    file = SourceFile("a = 1\nimport X\n\t\nb = 2\n")
    edits = without_blank_top(file, remove_names(file, wanted(file, {"X"})))
    assert apply_edits(file.text, edits) == "a = 1\n\t\nb = 2\n"


@st.composite
def statements(draw: st.DrawFn) -> tuple[str, list[str]]:
    """An import statement in some layout, and the names that it binds."""
    names = [f"n{number}" for number in range(draw(st.integers(1, 5)))]
    items = [draw(st.sampled_from([name, f"é as {name}"])) for name in names]
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    comment = draw(st.sampled_from(["", "  # c, (", "# n0"]))
    style = draw(
        st.sampled_from(["flat", "parentheses", "lines", "hanging", "backslash", "filled"])
    )
    comma = draw(st.sampled_from(["", ","]))
    gap = draw(st.sampled_from([" ", "  ", "\t"]))
    match style:
        case "flat":
            text = f"from m import {f',{gap}'.join(items)}"
        case "parentheses":
            text = f"from m import ({gap}{f',{gap}'.join(items)}{comma})"
        case "lines":
            lines = f",{comment}{newline}    ".join(items)
            text = f"from m import ({comment}{newline}    {lines}{comma}{comment}{newline})"
        case "hanging":
            text = f"from m import ({f',{comment}{newline}{gap}'.join(items)}{comma})"
        case "backslash":
            text = "from m import " + (", \\" + newline + "  ").join(items)
        case _:
            pairs = [", ".join(items[at : at + 2]) for at in range(0, len(items), 2)]
            lines = f",{comment}{newline}\t".join(pairs)
            text = f"from m import ({newline}\t{lines}{comma}{newline})"
    return text + draw(st.sampled_from(["", "  # end"])), names


@settings(deadline=None)
@given(
    st.lists(statements(), min_size=1, max_size=3),
    st.sampled_from(["", "if a:\n    b = 1\n", "é = 1\n", "\fx = 1\n"]),
    st.sets(st.sampled_from([f"n{number}" for number in range(5)])),
)
def test_what_is_left_binds_the_rest(
    written: list[tuple[str, list[str]]], opening: str, gone: set[str]
) -> None:
    text = opening + "\n".join(statement for statement, _ in written) + "\nlast = 1\n"
    file = SourceFile(text)
    edits = remove_names(file, wanted(file, gone))
    after = apply_edits(text, edits)
    bound = [
        [alias.asname or alias.name for alias in node.names]
        for node in ast.parse(after).body
        if isinstance(node, ast.ImportFrom)
    ]
    rest = [[name for name in names if name not in gone] for _, names in written]
    assert bound == [names for names in rest if names]
    # Every edit takes away, and comments outside of the edits are where they were.
    assert all(edit.new_text in ("", "pass") for edit in edits)
    assert opening in after
    assert after.endswith("\nlast = 1\n") or after == f"{opening}last = 1\n"

r"""Where bodies of functions are left out of a text, its summary is that of the whole text.

The texts are real ones, and random ones whose bodies are full of what makes it hard to tell where they end.
A text with a mistake in a body is the one exception.
"""

from __future__ import annotations

import ast
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from import_cycles.syntax import left_out
from import_cycles.syntax.left_out import without_bodies
from import_cycles.syntax.numbering import STEP
from import_cycles.syntax.summarize import Summarized, summarize
from import_cycles.syntax.target import PythonTarget
from import_cycles.workspace.files import read_source
from import_cycles.workspace.paths import as_source_path
from properties.body_texts import ROOT, STATEMENT, case_texts, contents

TARGET = PythonTarget()


@pytest.fixture(autouse=True)
def of_any_length() -> Iterator[None]:
    """Bodies of one statement are left out, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(left_out, "_SHORTEST", 1)
        yield


def _check(text: str, where: object = "") -> bool:
    """Compare; returns whether something was left out."""
    whole, short = summarize(text, TARGET), summarize(text, TARGET, leaves_out=True)
    if not whole.exact:
        return False
    _same(short, whole, f"{where}\n{text[:4000]}")
    kept = without_bodies(text.replace("\r\n", "\n"))
    if kept is None:
        return False
    assert kept.count("\n") == text.replace("\r\n", "\n").count("\n"), where
    return True


def _same(short: Summarized, whole: Summarized, where: str) -> None:
    assert short.summary == whole.summary, where
    assert short.sites == whole.sites, where
    assert short.wide_lines == whole.wide_lines, where
    assert (short.exact, short.problems) == (True, ()), where
    pairs = zip(short.summary.numbered(), whole.summary.numbered(), strict=True)
    for (number, one), (_, other) in pairs:
        # Equal texts of bodies make codes equal: what is lowered is compared, too.
        assert contents(one) == contents(other), where
        assert (one.waiting is None) == (other.waiting is None), where
        mark = STEP
        while (site := whole.site(number, mark)) is not None:
            assert short.site(number, mark) == site, where
            mark += STEP
        assert short.site(number, mark) is None, where


def test_texts_of_cases() -> None:
    assert sum(_check(text, path) for path, text in case_texts()) > 100


@pytest.mark.parametrize(
    ("folder", "every"),
    [(ROOT / "server", 4), (ROOT / "tests", 8), (Path(sysconfig.get_path("stdlib")), 31)],
    ids=str,
)
def test_real_texts(folder: Path, every: int) -> None:
    files = sorted(path for path in folder.rglob("*.py") if "site-packages" not in path.parts)
    texts = [read_source(as_source_path(path)) for path in files[::every]]
    found = [_check(text, path) for text, path in zip(texts, files[::every], strict=True) if text]
    assert sum(found) > len(found) / 2


@settings(max_examples=400, deadline=None)
@given(
    statements=st.lists(STATEMENT, min_size=1, max_size=4),
    line_break=st.sampled_from(["\n", "\n", "\r\n", "\r"]),
)
def test_random_texts(statements: list[str], line_break: str) -> None:
    _check("".join(f"{each}\n" for each in statements).replace("\n", line_break))


_PIECE = st.sampled_from(
    [
        "pass", "return", "x = 1", "pass;", "pass; x = 1", "import b", "y = lambda: 1", "global g",
        # strings with what looks like code, and code with what looks like strings
        'x = """\ndef g():\n    pass\n"""', "x = '''\n'''", "x = 'a # \"\"\" b'", '# it\'s """ odd',
        'x = "\\\ndef g():"', "x = r'\\'' '", "x = b'\\\\'", '""', '"a" "b"', '""""a"""', "'\\n'",
        'x = """ \\""" """', "''''''", "x = '' + ''", "x = '\"\"\"'; y = '\"\"\"'", '"""#"""  # """',
        "f'{a[\"x\"]}'", 'f"{a!r:>{w}}"', "f'''{\na}'''", 'f"{{}}"', "f'{x:%Y-%m}'", "rf'{a}\\d'",
        "f\"{'a' if b else '}'}\"", "f'{x}' f\"{y}\"", "f'{{{x}}}'", 'f"\\{x}"', 'f"\\N{DASH}"',
        "f'{x:#x}'", "f\"{f'{x}'}\"", "f'''{x['''a''']}'''", 'f"{x["a"]}"', "f'{x['\"']}'", "if'a': pass",
        # lines that go on, in brackets or not
        "x = (\n1,\n  # c )\n2)", "x = [\n\n]", "x = {\n'a': (1,\n)}", "x = a + \\\n b", "x = \\\n'a'",
        "x = a \\\n # c",
        "x = a \\\n", "foo(a,\n  lambda: (\n1))", "def_ = (\ndef_)", "assert a, (\n'b')",
        # comments
        "# c", "x = 1  # c", "x = 1  # \\", "# \\", "#", "x = '#'  # '", "# def g():", "x = 1 #\f",
        # blocks
        "if a:\n  pass\nelse:\n  import c", "try:\n  x = 1\nexcept A:\n  y = 2\nfinally:\n  pass",
        "for x in y: pass", "while a:\n  x\nelse: y", "with a as b:\n\n  x\n # c\n", "class C:\n  x = 1",
        "@a\nclass C: pass", "@a(\n)\ndef g():\n  return 1", "async for x in y:\n  await x", "yield x",
        "if a: x = 1; y = 2", "match x:\n  case 1: pass", "nonlocal_ = 1", "await x",
        # how bodies begin
        '"""Doc."""', '"""Doc.\n\n  def g(): import b\n"""', "'Doc'  # c", "r'''Doc'''", "b'x'", "...",
        "1", "None", "(1)", "('a')", "-1", "'a', 'b'", "'a' % b", '"""A."""; x = 1', "f'x'", "u'é'",
        # what is not ASCII
        'x = "é"', 'x = "…"', "é = 1", "x = ª", 'x = "é"; y = a.b', "# é", "x = 'é'  # é",
        "x = a.load()", "x = find_spec('b')", "\tx", " \f x", "\x0c",
    ]
)  # fmt: skip
_HEAD = st.sampled_from(
    [
        "def f():", "def f(a, b='(', c={'x': [1]}):", "def f(  # :(\n  a: 'x:' = 1,\n) -> 'int':",
        "async def f():", "@a\ndef f() -> A[b, 'c']:  # c", "def f(a=lambda x: (x)):", "def\\\n f():",
        "def f(a=f'{b}', *c, **d) -> (lambda: 1):", "def f(a=((((((1))))))):", "async\\\ndef f():",
        "def f(): # \\", "class C:", "if a:", "try:", "@overload\ndef f(x): ...\ndef f():", "with a:",
        "def f(a='''\n:\n'''):", "def  f ( ) :", "async\tdef\tf():", "def é():", "class C(A, b='('):",
    ]
)  # fmt: skip
_INDENT = st.sampled_from(["    ", "    ", "  ", " ", "\t", "\t ", " \t"])


def _indented(text: str, indent: str) -> str:
    return "\n".join(f"{indent}{line}" if line else line for line in text.split("\n"))


def _block(head: str, body: list[str], indent: str, gap: str) -> str:
    block = gap.join(_indented(each, indent) for each in body)
    tail = f"\nfinally:\n{indent}pass" if head == "try:" else ""
    return f"{head}\n{block}{tail}"


_TREE = st.recursive(
    _PIECE,
    lambda inner: st.one_of(
        st.builds(
            _block,
            _HEAD,
            st.lists(inner, min_size=1, max_size=5),
            _INDENT,
            st.sampled_from(["\n", "\n", "\n", "\n\n", "\n# c\n", "\n      # 'c\n", "\n \n"]),
        ),
        st.builds("{} {}".format, _HEAD, _PIECE),
    ),
    max_leaves=14,
)


@settings(max_examples=1500, deadline=None)
@given(st.lists(_TREE, min_size=1, max_size=4), st.sampled_from(["\n", "", "\n    ", "\n  # c"]))
def test_texts_that_are_hard_to_read(pieces: list[str], end: str) -> None:
    _check("\n".join(pieces) + end)


@settings(max_examples=600, deadline=None)
@given(head=_HEAD, pieces=st.lists(_PIECE, min_size=1, max_size=4), after=_PIECE)
def test_a_body_among_others(head: str, pieces: list[str], after: str) -> None:
    before = 'class A:\n    """A class."""\n    def m(self):\n        return self.x\n'
    _check(f"{before}{_block(head, pieces, '    ', chr(10))}\n{after}\ndef z():\n    return y\n")


def test_what_is_left_out() -> None:
    text = '''import a


class C(a.B):
    """A class."""

    def m(self, x=a.X):
        """Says how."""
        for each in self.all:
            if each: break
        return each  # found

    async def n(self):
        x = [
            1,
        ]
        from b import c
        await c(x)
        return c


def f(): return a
'''
    found = """        for each in self.all:
            if each: break
        return each  # found
"""
    listed = "        x = [\n            1,\n        ]\n"
    awaited = "        await c(x)\n        return c\n"
    left_out = {found: 8 * " " + "(_\n\n" + 18 * " " + ")\n"}
    left_out |= {listed: 8 * " " + "(_\n\n" + 8 * " " + ")\n"}
    left_out |= {awaited: 8 * " " + "(_\n" + 15 * " " + ")\n"}
    expected = text
    for part, instead in left_out.items():
        assert part in text
        expected = expected.replace(part, instead)
    assert without_bodies(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        # Where a string ends depends on the Python that reads it.
        'def f():\n    return f"{x["a"]}"\n',
        "def f():\n    return f'''{x['''a''']}'''\n",
        "def f():\n    return 'a\n",
        "def f():\f\n    return a\n",
        "x = 1\n",
    ],
)
def test_in_doubt_nothing_is(text: str) -> None:
    assert without_bodies(text) is None


def test_a_mistake_in_a_body_is_found_when_it_is_called() -> None:
    text = "import a\ndef f():\n    return (]\ndef g():\n    return a\n"
    assert not summarize(text, TARGET).exact
    short = summarize(text, TARGET, leaves_out=True)
    assert short.exact
    with_raise = summarize("import a\ndef f():\n    raise SyntaxError\n", TARGET)
    assert contents(short.summary.codes[1]) == contents(with_raise.summary.codes[1])


@pytest.mark.parametrize("name", ["import_module", "\U0001d456mport_module"])
def test_another_name_for_import_module_makes_all_bodies_matter(name: str) -> None:
    text = f"from importlib import {name} as load\ndef f():\n    x = load('a.b')\n    return x\n"
    assert len(summarize(text, TARGET, leaves_out=True).summary.imports) == 2
    _check(text)


def test_syntax_of_newer_pythons_in_a_body_is_understood() -> None:
    text = "def f():\n    try: a\n    except A, B: import b\n"
    rest = "def g():\n    try: a\n    except A, B: pass\n    return c\n"
    for each in (rest, text + rest):
        _check(each)
        short = summarize(each, TARGET, leaves_out=True)
        assert contents(short.summary.codes[-1]) == contents(
            summarize(each, TARGET).summary.codes[-1]
        )


def test_less_is_parsed() -> None:
    text = read_source(as_source_path(ROOT / "server/import_cycles/syntax/statements.py"))
    assert text is not None
    kept = without_bodies(text)
    assert kept is not None

    def n_nodes(read: str) -> int:
        return sum(1 for _ in ast.walk(ast.parse(read)))

    assert n_nodes(kept) * 2 < n_nodes(text)


def test_syntax_of_newer_pythons_in_a_body_beside_what_may_not_compile() -> None:
    _check(
        "def f():\n    try: a\n    except A, B: pass\n    return c\ndef g(x):\n    async_ = [await x]\n"
    )
    _check("def f():\n    try: a\n    except A, B: pass\n    return c\n__debug__\n")

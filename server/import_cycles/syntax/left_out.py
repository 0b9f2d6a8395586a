r"""Leaves out of a text what its functions do, so that less of it has to be parsed.

Most functions are never called while modules load, and of their bodies only some lines matter then
(`syntax.eager_lines`). So a body without such lines is replaced by a name in brackets that starts and ends
where its statements do: `(_`, as many line breaks as there were, `)`. In a body with some, only the statements around
them are kept. All that is left has its places, and `syntax.lower` finds the same first and last
statement to take the text of a waiting body from.

The text is read by one regular expression that knows strings, comments, brackets, line breaks and the
indentation of a body, as the language reference has them ("Lexical analysis"). It is never wrong about
where a string ends: strings that are read in two ways by different Pythons (quotes inside of fields of f-strings,
PEP 701), and what else it does not know, make it give up the text. About the brackets that a line is in it can be
wrong; then the result has a closing bracket too many, and does not parse.

Left out, what stands in a body is not checked: a mistake in it is found when it is lowered, or when the whole
text is parsed.
Tests: tests/properties/test_left_out.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final
from unicodedata import is_normalized

from import_cycles.syntax.imports import LOADING_WORDS

_SHORTEST: Final = 40
"""Statements of fewer characters are parsed sooner than they are replaced."""


def _strings() -> str:
    """Strings from their first quote on, without the letters in front."""
    found = []
    for quote, other in (('"', "'"), ("'", '"')):
        for ends, inner, no_break in (
            (quote * 3, "\"'", ""),
            (quote, other, r"\n"),
        ):
            more = rf"|{quote}(?!{quote * 2})" if len(ends) == 3 else ""
            plain = rf"[^{quote}\\{no_break}]*"
            literal = rf"[^{quote}\\{no_break}{{}}]*"
            # The expression in a field has no backslash and no comment in it, and no string with a field
            # that has strings.
            code = rf"[^{{}}\"'#\\{no_break}]*"
            simple = r"[^{}\"'#\\\n]*"
            texts = "|".join(
                rf"{each}(?!{each * 2}){simple}(?:\{{{simple}\}}{simple})*{each}" for each in inner
            )
            field = rf"\{{{code}(?:(?:{texts}|\{{{simple}\}}){code})*\}}"
            is_formatted = rf"(?:(?<=[fFtT]{ends})|(?<=[fFtT][rR]{ends}))"
            is_plain = rf"(?<![fFtT]{ends})(?<![fFtT][rR]{ends})"
            start = ends if len(ends) == 3 else rf"{ends}(?!{quote * 2})"
            found.append(
                rf"{start}(?:{is_plain}{plain}(?:(?:\\.{more}){plain})*{ends}"
                rf"|{is_formatted}{literal}"
                rf"(?:(?:\\[^{{}}]|\\(?=[{{}}])|\{{\{{|\}}\}}|{field}{more}){literal})*{ends})"
            )
    return "|".join(found)


_BLANKS: Final = r"[ \t]*"
_NOTE: Final = r"(?:#[^\n]*(?=\n|\Z))"
_JOIN: Final = r"\\\n(?=[ \t]*[^ \t\n\f])"


_DEF: Final = r"(?:async[ \t]+)?def\b"
_SKIPPED_LINES: Final = rf"\n(?:{_BLANKS}{_NOTE}?\n)*"
"""A line break, and lines without code."""
_CODE: Final = r"[^\"'#\\\n]*"


_UNUSUAL: Final = ("\f", "\r", "\0")
"""What Python's tokenizer gives a meaning of its own."""


@cache
def _next_function() -> re.Pattern[str]:
    """From outside of strings to the end of the next function's body.

    A group is `strange` if something is not understood. Without the group `start` there is no body to leave out.
    """
    # To compile the two large expressions takes 30 ms, so it is done when they are needed.
    text = _strings()
    before = rf"{_CODE}(?:(?:\n(?!{_BLANKS}{_DEF})|{text}|{_NOTE}|\\.){_CODE})*"
    head_code = r"[^()\[\]{}\"'#\\\n:]*"
    in_head = rf"{_brackets(text, _DEPTH)}|{text}"
    head = (
        rf"(?:async[ \t]+)?def[ \t]+\w+{head_code}(?:(?:{in_head}){head_code})*:{_BLANKS}{_NOTE}?"
    )
    indented = rf"{_SKIPPED_LINES}(?P=indent)[ \t]+"
    docstring = rf"(?P<docstring>[rRuUbB]{{0,2}}(?:{text}){_BLANKS}{_NOTE}?{indented})?"
    # Most lines are without strings and comments, and are read faster so.
    plain = rf"\n(?P=indent)[ \t]+[^\s\"'#\\]{_CODE}(?=\n)"
    line = rf"{indented}(?![\s#\\]){_CODE}(?:(?:{text}|{_JOIN}){_CODE})*(?P<note>{_NOTE})?"
    return re.compile(
        rf"{before}(?:\n(?P<indent>[ ]*|\t*){head}(?={indented}{docstring}(?P<start>))(?:{plain}|{line})+"
        rf"|(?P<strange>[\"'\\])|\n{_BLANKS}{_DEF}|\Z)",
        re.DOTALL,
    )


@cache
def _next_line() -> re.Pattern[str]:
    """The next line with code, with those that brackets, strings and backslashes join to it."""
    text = _strings()
    code = r"[^()\[\]{}\"'#\\\n]*"
    joined = rf"{_brackets(text, _DEPTH)}|{text}|{_JOIN}"
    return re.compile(
        rf"{_SKIPPED_LINES}(?P<indent>[ \t]+)(?P<code>(?![\s#\\]){code}(?:(?:{joined}){code})*{_NOTE}?)",
        re.DOTALL,
    )


def _brackets(text: str, depth: int) -> str:
    inside = rf"{text}|{_NOTE}|{_JOIN}"
    if depth > 1:
        inside += f"|{_brackets(text, depth - 1)}"
    code = r"[^()\[\]{}\"'#\\]*"
    return rf"[(\[{{]{code}(?:(?:{inside}){code})*[)\]}}]"


_DEPTH: Final = 4
"""Of brackets in one another. What has deeper ones stays."""
_BEHIND: Final = re.compile(rf"(?:\n{_BLANKS}{_NOTE}?)*(?:\n(?: *|\t*)[^ \t\f\n#\\]|\Z)")
"""What may follow the last line of a body."""
_DEFINES: Final = re.compile(r"@|(?:class|def|async)\b")
"""How a body starts that does not wait."""
_MAY_BE_DOCSTRING: Final = re.compile(r"""[\"'.(\d]|(?:None|True|False)\b|[rRuUbBfFtT]{1,2}[\"']""")
"""How a statement starts that may be a constant, which does nothing."""
_GOES_ON: Final = re.compile(r"(?:elif|else|except|finally)\b")
"""How a line starts that belongs to the statement above."""
_DEFINITIONS: Final = ("def ", "def\t", "def\\")
_AT_ONCE: Final = ("import", "lambda", "global", *_DEFINITIONS)


class _LeftOut:
    """Parts of one text, and what is put in their place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._is_normal = text.isascii() or is_normalized("NFKC", text)
        self._words = [word for word in _AT_ONCE if word in text]
        self._obscure = [word for word in LOADING_WORDS if word in text]
        self._definitions = [word for word in _DEFINITIONS if word in self._words]
        self._found: list[tuple[int, int, str]] = []

    def result(self) -> str | None:
        """The text without the parts; None if there are none."""
        if not self._found:
            return None
        done = 1
        kept: list[str] = []
        for start, end, instead in sorted(self._found):
            kept += self.text[done:start], instead
            done = end
        kept.append(self.text[done:])
        return "".join(kept)

    def body(self, match: re.Match[str]) -> bool:
        """Leave out what can be of a body; returns whether functions may be left in it."""
        text = self.text
        start, end = match.start("start"), match.end()
        code = text[start:end]
        has_functions = any(word in code for word in self._definitions)
        code_end = _code_end(match)
        if (
            code_end - start < _SHORTEST
            or text[code_end - 1] in ";\n"
            or text[end - 1] == "\\"
            or text[text.rfind("\n", 0, start) - 1] == "\\"
            or (match["docstring"] is None and _MAY_BE_DOCSTRING.match(code) is not None)
            or _DEFINES.match(code) is not None
            or not (self._is_normal or code.isascii() or is_normalized("NFKC", code))
            or any(word in code for word in self._obscure)
        ):
            return has_functions
        if has_functions or any(word in code for word in self._words):
            for first, last in self._needless(start, end):
                self._leave_out(first, last, code_end if last == end else last)
            return has_functions
        self._leave_out(start, end, code_end)
        return False

    def _needless(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """From where to where nothing matters at once in the statements of a body."""
        first = last = -1
        for place, behind in self._statements(start, end):
            code = self.text[place:behind]
            if any(word in code for word in self._words):
                if first >= 0:
                    yield first, last
                first = -1
            else:
                first = place if first < 0 else first
                last = behind
        if first >= 0:
            yield first, last

    def _statements(self, start: int, end: int) -> list[tuple[int, int]]:
        """The statements of a body, from the first one on, as far as they are understood."""
        text, line = self.text, _next_line()
        place = text.rfind("\n", 0, start)
        indent = text[place + 1 : start]
        found: list[tuple[int, int]] = []
        is_decorated = False
        while place < end:
            match = line.match(text, place, end)
            if match is None:
                return found[:-1]
            here, place = match.start("code"), match.end()
            is_inside = match["indent"] != indent
            if found and (is_inside or is_decorated or _GOES_ON.match(text, here) is not None):
                found[-1] = found[-1][0], place
                is_decorated &= is_inside or text[here] == "@"
            else:
                found.append((here, place))
                is_decorated = text[here] == "@"
        return found

    def _leave_out(self, start: int, end: int, code_end: int) -> None:
        text = self.text
        last_line = text.rfind("\n", start, code_end)
        before = text[max(start, last_line + 1) : code_end]
        width = len(before if before.isascii() else before.encode(errors="surrogatepass"))
        if last_line < 0:
            instead = "_" * width
        else:
            instead = "(_" + "\n" * text.count("\n", start, code_end) + " " * (width - 1) + ")"
        self._found.append((start, end, instead))


def without_bodies(text: str) -> str | None:
    r"""The text without the bodies of functions, as far as nothing in them matters at once.

    None where nothing is left out, or where it is not clear how the text reads. Each line break `\r\n` comes
    back as `\n`. Cost: a sixth of that of parsing the text.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if "def" not in text or any(each in text for each in _UNUSUAL):
        return None
    text = f"\n{text}"
    left_out = _LeftOut(text)
    match_next = _next_function().match
    place, last = 0, len(text)
    while place < last:
        match = match_next(text, place)
        if match is None or match["strange"] is not None:
            return None
        place = match.end()
        start = match.start("start")
        if start < 0:
            continue
        if _BEHIND.match(text, place) is None:
            return None
        if left_out.body(match):
            place = text.rfind("\n", 0, start)
    return left_out.result()


def _code_end(match: re.Match[str]) -> int:
    """Where the last statement of a body ends, without the comment behind it."""
    end = match.end()
    if match.end("note") == end:
        end = match.start("note")
    text = match.string
    while text[end - 1] in " \t":
        end -= 1
    return end

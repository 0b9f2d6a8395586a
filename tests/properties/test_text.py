"""Offsets, lines and columns in texts full of traps; edits equal what a naive model makes.

The model splits a text by a regular expression and counts the units of a column by encoding one
character at a time.
"""

from __future__ import annotations

import ast
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from import_cycles.base.edits import OverlappingEdits, TextEdit, apply_edits, apply_range_change
from import_cycles.base.text import Encoding, LineIndex, Position, Site, Span, TextRange, site_range

# How long an example takes says nothing about whether it is right.
untimed = settings(deadline=None)

LINE_BREAKS = ("\n", "\r\n", "\r")
NO_LINE_BREAKS = ("\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
CHARACTERS = ("a", " ", "é", "e\u0301", "中", "😀", "👩\u200d💻")
LONE_SURROGATES = ("\ud83d", "\ude00")

texts = st.one_of(
    st.lists(
        st.sampled_from(LINE_BREAKS + NO_LINE_BREAKS + CHARACTERS + LONE_SURROGATES), max_size=15
    ),
    st.lists(st.sampled_from((*LINE_BREAKS, "a", "\x0c")), max_size=15),
).map("".join)
encodings = st.sampled_from(Encoding)
columns = st.tuples(st.integers(0, 9), st.integers(0, 12))


def lines_of(text: str) -> list[tuple[str, str]]:
    """Each line with its line break, which the last one does not have."""
    parts = [*re.split(r"(\r\n|\r|\n)", text), ""]
    return list(zip(parts[::2], parts[1::2], strict=True))


def width(text: str, encoding: Encoding) -> int:
    """Takes the characters one at a time, so that two lone surrogates do not become a pair."""
    size = {Encoding.UTF8: 1, Encoding.UTF16: 2, Encoding.UTF32: 4}[encoding]
    codec = encoding.value if encoding is Encoding.UTF8 else f"{encoding.value}-le"
    return sum(len(one.encode(codec, "surrogatepass")) // size for one in text)


def offset_of(text: str, line: int, column: int, encoding: Encoding) -> int:
    lines = lines_of(text)
    if line >= len(lines):
        return len(text)
    content = lines[line][0]
    start = sum(len(before) + len(line_break) for before, line_break in lines[:line])
    prefixes = (content[:length] for length in range(len(content), -1, -1))
    return start + next(len(each) for each in prefixes if width(each, encoding) <= column)


def in_line_break(text: str, offset: int) -> bool:
    return text[offset - 1 : offset + 1] == "\r\n" and offset > 0


@untimed
@given(texts)
def test_lines_end_where_the_tokenizer_ends_them(text: str) -> None:
    index, lines = LineIndex(text), lines_of(text)
    assert index.n_lines == len(lines)
    assert [index.line_text(line) for line in range(index.n_lines)] == [line for line, _ in lines]
    for line in range(index.n_lines + 1):
        before = "".join(content + line_break for content, line_break in lines[:line])
        assert index.line_start(line) == len(before)


@untimed
@given(texts, encodings)
def test_offsets_come_back_from_columns(text: str, encoding: Encoding) -> None:
    index = LineIndex(text)
    for offset in range(len(text) + 1):
        line, column = index.line_column(offset, encoding)
        place = offset - 1 if in_line_break(text, offset) else offset
        assert column == width(text[index.line_start(line) : place], encoding)
        assert index.offset(line, column, encoding) == place
        assert index.position(offset).line == line
        assert index.position(offset).column(encoding) == column


@untimed
@given(texts, encodings)
def test_columns_that_do_not_exist_are_moved_to_one_that_does(
    text: str, encoding: Encoding
) -> None:
    index = LineIndex(text)
    for line in range(index.n_lines + 2):
        for column in range(width(index.line_text(line), encoding) + 3):
            assert index.offset(line, column, encoding) == offset_of(text, line, column, encoding)


@untimed
@given(texts, encodings)
def test_offsets_past_the_end_are_the_end(text: str, encoding: Encoding) -> None:
    index = LineIndex(text)
    assert index.line_column(len(text) + 5, encoding) == index.line_column(len(text), encoding)
    assert index.position(len(text) + 5) == index.position(len(text))
    assert index.offset(-1, 3, encoding) == index.offset(0, -1, encoding) == 0


def test_a_column_inside_of_a_character_is_its_start() -> None:
    index = LineIndex("é😀z")
    assert [index.offset(0, column, Encoding.UTF8) for column in range(8)] == [
        0,
        0,
        1,
        1,
        1,
        1,
        2,
        3,
    ]
    assert [index.offset(0, column, Encoding.UTF16) for column in range(5)] == [0, 1, 1, 2, 3]
    assert index.position(2) == Position(line=0, utf8=6, utf16=3, utf32=2)


python_strings = st.lists(st.sampled_from((*NO_LINE_BREAKS, *CHARACTERS))).map(
    lambda parts: f'"{"".join(parts)}"'
)
python_lines = st.tuples(
    st.sampled_from(("", "\x0c")),
    python_strings,
    st.sampled_from(("target", "ziel_größe")),
    st.sampled_from(LINE_BREAKS),
).map(lambda parts: f"{parts[0]}x = {parts[1]}; {parts[2]}{parts[3]}")


@untimed
@given(st.lists(python_lines).map("".join))
def test_sites_are_where_ast_means_them(source: str) -> None:
    index = LineIndex(source)
    names = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
    sites = [site_of(node) for node in names]
    wide_lines = index.wide_lines(sites)
    for node, site in zip(names, sites, strict=True):
        span = index.span_of_site(site)
        assert source[span.start : span.end] == node.id
        shown = TextRange(index.position(span.start), index.position(span.end))
        assert site_range(site, wide_lines) == shown
    assert all(not line.isascii() for line in wide_lines.values())


def site_of(node: ast.expr) -> Site:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return Site(node.lineno - 1, node.col_offset, node.end_lineno - 1, node.end_col_offset)


@untimed
@given(texts, st.lists(st.tuples(columns, columns, texts), max_size=4), encodings)
def test_changes_of_ranges_follow_one_another(
    text: str, changes: list[tuple[tuple[int, int], tuple[int, int], str]], encoding: Encoding
) -> None:
    index, expected = LineIndex(text), text
    for start, end, new_text in changes:
        index = apply_range_change(index, start, end, new_text, encoding)
        first, last = sorted(offset_of(expected, *place, encoding) for place in (start, end))
        expected = expected[:first] + new_text + expected[last:]
        assert index.text == expected
        assert index.n_lines == len(lines_of(expected))


insertions = st.integers(0, 4).map(lambda offset: Span(offset, offset))
replacements = st.integers(0, 4).flatmap(
    lambda start: st.integers(start, 5).map(lambda end: Span(start, end))
)
edit_lists = st.lists(
    st.builds(TextEdit, st.one_of(insertions, replacements), st.sampled_from("XYZ")), max_size=4
)


def edited(text: str, edits: list[TextEdit]) -> str:
    """Walks over the characters; at each, first what is inserted, then what replaces it."""
    result, offset = "", 0
    while offset <= len(text):
        starting = [edit for edit in edits if edit.span.start == offset]
        result += "".join(edit.new_text for edit in starting if edit.span.end == offset)
        replacing = [edit for edit in starting if edit.span.end > offset]
        result += replacing[0].new_text if replacing else text[offset : offset + 1]
        # An insertion at the end of a replacement still has its turn.
        offset = replacing[0].span.end if replacing else offset + 1
    return result


def overlap(one: Span, other: Span) -> bool:
    if one.start == one.end or other.start == other.end:
        return one.start < other.start < one.end or other.start < one.start < other.end
    return max(one.start, other.start) < min(one.end, other.end)


@untimed
@given(edit_lists)
def test_edits_speak_of_the_text_before_any_of_them(edits: list[TextEdit]) -> None:
    text = "abcde"
    pairs = [(one, other) for n, one in enumerate(edits) for other in edits[:n]]
    if any(overlap(one.span, other.span) for one, other in pairs):
        with pytest.raises(OverlappingEdits) as caught:
            apply_edits(text, edits)
        assert overlap(caught.value.first.span, caught.value.second.span)
    else:
        assert apply_edits(text, edits) == edited(text, edits)

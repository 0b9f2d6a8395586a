"""Suppression comments: `# import-cycles: ignore[code, …] reason`.

A comment covers the imports of its own line. On the first or last line of a statement over
several lines it covers the whole statement, since that is where formatters leave room for it.
"""

from __future__ import annotations

import re
import tokenize
from collections.abc import Sequence
from typing import Final

from import_cycles.base.text import Site
from import_cycles.syntax.imports import ImportRecord
from import_cycles.syntax.steps import Suppression

_MARKER: Final = "import-cycles:"
_COMMENT: Final = re.compile(r"#\s*import-cycles:\s*ignore\b(?:\s*\[([^\]\n]*)\])?")


def read_suppressions(
    text: str, lines: Sequence[str], imports: Sequence[ImportRecord], sites: list[Site]
) -> tuple[Suppression, ...]:
    """The suppressions of a text; the site of each comment is appended to `sites`."""
    if _MARKER not in text:
        return ()
    covered_by_line = _covered_by_line(imports, sites)
    found = []
    for number, column, comment in _comments(text, lines):
        match = _COMMENT.search(comment)
        if match is None:
            continue
        column += len(comment[: match.start()].encode(errors="surrogatepass"))
        codes = tuple(code.strip() for code in (match.group(1) or "").split(",") if code.strip())
        sites.append(Site(number, column, number, column + len(match.group().encode())))
        covers = tuple(sorted(covered_by_line.get(number, ())))
        found.append(Suppression(len(sites) - 1, covers, codes))
    return tuple(found)


def _comments(text: str, lines: Sequence[str]) -> list[tuple[int, int, str]]:
    """The comments that mention the tool: line, column in UTF-8 bytes, text."""
    found: list[tuple[int, int, str]] = []
    # The tokenizer wants one kind of line break; each of ours ends one line.
    source = iter([f"{line}\n" for line in lines])
    try:
        for token in tokenize.generate_tokens(lambda: next(source, "")):
            if token.type == tokenize.COMMENT and _MARKER in token.string:
                row, column = token.start
                before = lines[row - 1][:column]
                width = len(before.encode(errors="surrogatepass"))
                found.append((row - 1, width, token.string))
    except (tokenize.TokenError, SyntaxError):
        # The file is broken: only the comments before the break can be read.
        pass
    return found


def _covered_by_line(imports: Sequence[ImportRecord], sites: Sequence[Site]) -> dict[int, set[int]]:
    covered: dict[int, set[int]] = {}
    for record in imports:
        own = {record.site, *(name.site for name in record.names or ())}
        statement = sites[record.statement]
        for line in (statement.line, statement.end_line):
            covered.setdefault(line, set()).update(own)
        for site in own:
            covered.setdefault(sites[site].line, set()).add(site)
    return covered

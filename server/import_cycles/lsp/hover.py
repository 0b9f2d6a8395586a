"""What a hover says: how bad it is, then the whole cycle, each hop a link to its import.

Markdown for clients that prefer it. The others get the same lines without any markup, places as
`path:line`, which terminals and editors know how to follow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from import_cycles.analysis.change import ShownPlace
from import_cycles.analysis.explain import Advice, Explanation, Hop
from import_cycles.base.names import SourcePath
from import_cycles.base.words import counted, printable
from import_cycles.findings.rule import DOCS_URL
from import_cycles.lsp.uris import uri_from_path
from import_cycles.workspace.paths import is_within, relative

MOST_HOPS = 20
"""Hops of a cycle in one hover."""

MOST_EXPLAINED = 5
"""Explanations in one hover: more of them nobody reads."""

_CODE = re.compile(r"(`[^`]+`)")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")


def plain_hover(explanations: Sequence[Explanation], folder: SourcePath) -> str:
    """The hover without markup; paths are relative to `folder`."""
    return _hover(explanations, lambda each: _plain(each, folder), "\n\n")


def markdown_hover(explanations: Sequence[Explanation], folder: SourcePath) -> str:
    """The hover in Markdown; paths are relative to `folder`, links are not."""
    return _hover(explanations, lambda each: _markdown(each, folder), "\n\n---\n\n")


def _hover(
    explanations: Sequence[Explanation], said: Callable[[Explanation], str], gap: str
) -> str:
    parts = [said(explanation) for explanation in explanations[:MOST_EXPLAINED]]
    more = len(explanations) - len(parts)
    if more:
        parts.append(f"And {more} more on this line.")
    return gap.join(parts)


def _plain(explanation: Explanation, folder: SourcePath) -> str:
    finding = explanation.finding
    lines = [f"{finding.severity.value} [{finding.code}]", finding.message]
    lines += (
        f"{number}. {_hop_text(hop)} ({_place_text(hop.place, folder)})"
        for number, hop in enumerate(explanation.hops[:MOST_HOPS], 1)
    )
    lines += _left_out(explanation)
    # Remarks on quick fixes quote names as Markdown does.
    lines += (remark.replace("`", "") for remark in explanation.remarks)
    if explanation.advice is not None:
        lines.append(explanation.advice.told(_place_text(explanation.advice.place, folder)))
    return "\n".join(map(printable, lines))


def _markdown(explanation: Explanation, folder: SourcePath) -> str:
    finding = explanation.finding
    head = f"**{finding.severity.value}** [{finding.code}]({DOCS_URL}{finding.code})"
    paragraphs = [head, _escaped(finding.message)]
    if explanation.hops:
        paragraphs.append("\n".join(_numbered_links(explanation.hops[:MOST_HOPS], folder)))
    paragraphs += _left_out(explanation)
    paragraphs += map(_with_code, explanation.remarks)
    if explanation.advice is not None:
        paragraphs.append(_linked_advice(explanation.advice, folder))
    return "\n\n".join(paragraphs)


def _left_out(explanation: Explanation) -> Iterable[str]:
    more = len(explanation.hops) - MOST_HOPS
    if more > 0:
        yield f"And {counted(more, 'more import')} until the cycle is closed."


def _numbered_links(hops: Iterable[Hop], folder: SourcePath) -> Iterable[str]:
    for number, hop in enumerate(hops, 1):
        yield f"{number}. {_escaped(_hop_text(hop))} – {_link(hop.place, folder)}"


def _linked_advice(advice: Advice, folder: SourcePath) -> str:
    # What no module name and no path can hold stands for the link.
    parts = map(_escaped, advice.told("\0").split("\0"))
    return _link(advice.place, folder).join(parts)


def _link(place: ShownPlace, folder: SourcePath) -> str:
    target = f"{uri_from_path(place.path)}#L{place.range.start.line + 1}"
    return f"[{_escaped(_place_text(place, folder))}]({target})"


def _hop_text(hop: Hop) -> str:
    return hop.message or f"{hop.importer} imports {hop.imported}"


def _place_text(place: ShownPlace, folder: SourcePath) -> str:
    path = relative(place.path, folder) if is_within(place.path, folder) else place.path
    return f"{path}:{place.range.start.line + 1}"


def _with_code(remark: str) -> str:
    """Markup escaped, except for names in backticks."""
    return "".join(
        printable(part) if _CODE.fullmatch(part) else _escaped(part) for part in _CODE.split(remark)
    )


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", printable(text))

"""What a hover says: the way round, who fails, how to see it, what to do; then the rest.

Editors show a hover below the diagnostic or beside it, so the message is not said again. What
people need stands in the first eight lines, which they see without scrolling.

Markdown for clients that prefer it. The others get the same lines without any markup, places as
`path:line`, which terminals and editors know how to follow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from import_cycles.analysis.change import ShownPlace
from import_cycles.analysis.explain import Advice, Explanation, Hop
from import_cycles.base.names import SourcePath
from import_cycles.base.words import counted, printable
from import_cycles.findings.rule import DOCS_URL, Subject
from import_cycles.lsp.uris import uri_from_path
from import_cycles.workspace.paths import is_within, relative

MOST_HOPS: Final = 20
"""Hops of a cycle in one hover."""

MOST_LISTED: Final = 4
"""Hops that have a line each; more of them share one."""

MOST_EXPLAINED: Final = 5
"""Explanations in one hover: a longer one goes unread."""

_CODE: Final = re.compile(r"(`[^`]+`)")
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>#|~])")
_FAILS: Final = "fails here"


def plain_hover(explanations: Sequence[Explanation], folder: SourcePath) -> str:
    """The hover without markup; paths are relative to `folder`."""
    return _hover(explanations, lambda each: _plain(each, folder), "\n\n")


def markdown_hover(explanations: Sequence[Explanation], folder: SourcePath) -> str:
    """The hover in Markdown; paths are relative to `folder`, links are not."""
    return _hover(explanations, lambda each: _markdown(each, folder), "\n\n---\n\n")


def _hover(
    explanations: Sequence[Explanation], said: Callable[[Explanation], str], gap: str
) -> str:
    news = list(_with_news(explanations))
    parts = [said(explanation) for explanation in news[:MOST_EXPLAINED]]
    more = len(news) - len(parts)
    if more:
        parts.append(f"And {more} more on this line.")
    return gap.join(parts)


def _with_news(explanations: Iterable[Explanation]) -> Iterator[Explanation]:
    """Without those of cycles whose way round is that of a crash on the same line."""
    told: set[frozenset[str]] = set()
    for each in explanations:
        members = frozenset(each.finding.cycle)
        if each.finding.subject is Subject.CYCLE and members in told:
            continue
        told.add(members)
        yield each


# --- without markup ----------------------------------------------------------------------------


def _plain(explanation: Explanation, folder: SourcePath) -> str:
    lines = _plain_way(explanation, folder)
    lines += [*explanation.first_imports, *explanation.reproduce]
    # Remarks quote names as Markdown does.
    lines += (remark.replace("`", "") for remark in explanation.to_do)
    if explanation.advice is not None:
        lines.append(explanation.advice.told(_place_text(explanation.advice.place, folder)))
    lines += (remark.replace("`", "") for remark in explanation.further)
    lines.append(f"[{explanation.finding.code}]")
    return "\n".join(map(printable, lines))


def _plain_way(explanation: Explanation, folder: SourcePath) -> list[str]:
    hops = explanation.hops
    if not hops:
        return [explanation.finding.message]
    fails = _failing(explanation)
    if len(hops) > MOST_LISTED:
        steps = [
            f"{hop.importer} ({_place_text(hop.place, folder)}{', ' + _FAILS if hop is fails else ''})"
            for hop in hops[:MOST_HOPS]
        ]
        return [" → ".join([*steps, *_end_of_way(explanation)])]
    return [
        f"{number}. {_hop_text(hop)} ({_place_text(hop.place, folder)})"
        f"{' ← ' + _FAILS if hop is fails else ''}"
        for number, hop in enumerate(hops, 1)
    ]


# --- with markup -------------------------------------------------------------------------------


def _markdown(explanation: Explanation, folder: SourcePath) -> str:
    code = explanation.finding.code
    paragraphs = [_markdown_way(explanation, folder)]
    # Lines of one paragraph, which two spaces at an end keep apart.
    firsts = [*explanation.first_imports, *map(_as_code, explanation.reproduce)]
    if firsts:
        paragraphs.append("  \n".join(map(_with_code, firsts)))
    paragraphs += map(_with_code, explanation.to_do)
    if explanation.advice is not None:
        paragraphs.append(_linked_advice(explanation.advice, folder))
    paragraphs += map(_with_code, explanation.further)
    paragraphs.append(f"[{code}]({DOCS_URL}{code})")
    return "\n\n".join(paragraphs)


def _markdown_way(explanation: Explanation, folder: SourcePath) -> str:
    hops = explanation.hops
    if not hops:
        return _escaped(explanation.finding.message)
    fails = _failing(explanation)
    if len(hops) > MOST_LISTED:
        steps = [
            f"**{_module_link(hop)}** ({_FAILS})" if hop is fails else _module_link(hop)
            for hop in hops[:MOST_HOPS]
        ]
        return " → ".join([*steps, *map(_escaped, _end_of_way(explanation))])
    return "\n".join(
        f"{number}. {_escaped(_hop_text(hop))} – {_link(hop.place, folder)}"
        f"{f' ← **{_FAILS}**' if hop is fails else ''}"
        for number, hop in enumerate(hops, 1)
    )


def _as_code(remark: str) -> str:
    """A command behind its colon as code, unless it has what would end that."""
    head, colon, command = remark.partition(": ")
    return remark if "`" in command else f"{head}{colon}`{command}`"


def _module_link(hop: Hop) -> str:
    return f"[{_escaped(hop.importer)}]({_target(hop.place)})"


def _linked_advice(advice: Advice, folder: SourcePath) -> str:
    # What no module name and no path can hold stands for the link.
    parts = map(_escaped, advice.told("\0").split("\0"))
    return _link(advice.place, folder).join(parts)


def _link(place: ShownPlace, folder: SourcePath) -> str:
    return f"[{_escaped(_place_text(place, folder))}]({_target(place)})"


def _target(place: ShownPlace) -> str:
    return f"{uri_from_path(place.path)}#L{place.range.start.line + 1}"


# --- both --------------------------------------------------------------------------------------


def _failing(explanation: Explanation) -> Hop | None:
    """The hop that raises: of a crash the last, which asks for what is not there yet."""
    is_crash = explanation.finding.subject is Subject.CRASH
    return explanation.hops[-1] if is_crash and explanation.hops else None


def _end_of_way(explanation: Explanation) -> Iterator[str]:
    """What stands behind the last hop that is shown: where the way ends, or how far that is."""
    hops = explanation.hops
    more = len(hops) - MOST_HOPS
    yield f"… {counted(more, 'more import')} …" if more > 0 else str(hops[-1].imported)


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

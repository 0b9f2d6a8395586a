"""What `explain` and hovers say of quick fixes: which are possible, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from import_cycles.analysis.change import ShownFinding
from import_cycles.analysis.cuts import Cuts
from import_cycles.analysis.project import Project
from import_cycles.repair.fixing import Fixer
from import_cycles.repair.menu import HasTime, Menu, menu

MOST_NAMED: Final = 4
"""Fixes that are named; an editor's menu has the rest."""

CUT_SHORT: Final = "More may be possible; to find that out takes too long here."


def outlook(project: Project, fixer: Fixer, cuts: Cuts, shown: ShownFinding) -> tuple[str, ...]:
    """Remarks in plain prose: one for the possible fixes, and one for each fix that does not help here.

    What `plan` would take is named first. Reasons are given for the import at the finding's own
    place only. When the fixer is out of time, that is a remark, too.
    """
    found = menu(project, fixer, cuts, [shown], most=MOST_NAMED)
    return tuple(dict.fromkeys((*_possible(found), *_reasons(found))))


def what_to_do(
    project: Project, fixer: Fixer, cuts: Cuts, shown: ShownFinding, has_time: HasTime
) -> tuple[str, ...]:
    """The same in one or two remarks, for readers who also have a menu."""
    found = menu(project, fixer, cuts, [shown], has_time, has_time, most=1)
    return (*_possible(found),) or tuple(_reasons(found))[:1]


def _possible(found: Menu) -> Iterator[str]:
    useful = [each for each in found.entries if each.candidate.kind.ends_cycles]
    tried = [each.fix.title_with_caution for each in useful if each.fix is not None]
    untried = [each.title for each in useful if each.fix is None]
    if tried:
        yield f"Quick fixes: {'; '.join(dict.fromkeys(tried[:MOST_NAMED]))}."
    if untried:
        yield f"May be possible: {'; '.join(dict.fromkeys(untried[:MOST_NAMED]))}."
    if found.is_cut_short:
        yield CUT_SHORT


def _reasons(found: Menu) -> Iterator[str]:
    for finding, refused in found.refused:
        if refused.applies and refused.hop.importer == finding.module:
            yield f"Not possible here: {refused.kind.code}, because {refused.reason}."

"""Compares a baseline with the present findings."""

from __future__ import annotations

from import_cycles.analysis.registry import worse_of_its_kind
from import_cycles.analysis.show import is_known
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.record import record, replace
from import_cycles.findings.identity import Identity


@record
class Comparison:
    """The baseline compared with the present findings."""

    known: frozenset[Identity]
    """Present findings that the baseline has, with their present code, which may be less bad."""
    new: frozenset[Identity]
    """Present findings that the baseline lacks."""
    gone: frozenset[Identity]
    """Entries without a present finding."""


def compared(snapshot: Snapshot, known: frozenset[Identity]) -> Comparison:
    """The present findings of a completely analysed project, compared with the baseline `known`."""
    present = frozenset[Identity]().union(*snapshot.identities.values())
    still = {identity for identity in present if is_known(identity, known)}
    answered = {
        entry
        for identity in still
        for entry in (
            identity,
            *(replace(identity, code=code) for code in worse_of_its_kind(identity.code)),
        )
    }
    return Comparison(frozenset(still), present - still, known - answered)

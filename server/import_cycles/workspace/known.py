"""What of a baseline still holds, and what is found beside it."""

from __future__ import annotations

from import_cycles.analysis.registry import worse_of_its_kind
from import_cycles.analysis.show import is_known
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.record import record, replace
from import_cycles.findings.identity import Identity


@record
class Comparison:
    """A baseline beside what is found now."""

    known: frozenset[Identity]
    """What is found and known, as it is now: it may be less bad than the baseline says."""
    new: frozenset[Identity]
    """What is found and not known."""
    gone: frozenset[Identity]
    """Entries that nothing found answers to."""


def compared(snapshot: Snapshot, known: frozenset[Identity]) -> Comparison:
    """What is found in a project that was analysed as a whole, beside the baseline `known`."""
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

"""How services recognize a finding in the next run: not by its line, nor by the way round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256

from import_cycles.analysis.change import ShownFinding


def fingerprints(findings: Sequence[ShownFinding]) -> Iterator[str]:
    """One for each finding, 32 hexadecimal digits; no two of one run are equal.

    Several imports of one module by another have the same identity, and are numbered.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    for finding in findings:
        each = finding.identity
        parts = (each.importer, each.imported, each.code, each.name)
        number = seen[parts]
        seen[parts] += 1
        text = "\0".join((*parts, *([str(number)] if number else [])))
        yield sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

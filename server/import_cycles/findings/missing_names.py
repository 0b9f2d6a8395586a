"""Names that a package asks itself for and that nothing can bind: its missing submodules."""

from __future__ import annotations

from import_cycles.simulate.bindings import bound_in
from import_cycles.syntax import steps as s
from import_cycles.syntax.bound_names import STAR
from import_cycles.syntax.steps import ModuleSummary


def asks_itself_in_vain(site: int, summary: ModuleSummary) -> bool:
    """Whether the import at a site takes a name from its own module that only this import would bind.

    CPython has looked for a submodule of that name before, and found none (importlib._bootstrap,
    `_handle_fromlist`).
    """
    for import_id, asking in enumerate(summary.imports):
        for name in asking.names or ():
            if name.site == site and name.name != "*":
                return _is_bound_by_nothing_else(name.name, import_id, summary)
    return False


def _is_bound_by_nothing_else(name: str, import_id: int, summary: ModuleSummary) -> bool:
    if any(name in code.global_names for code in summary.codes):
        return False
    may_bring = (name, STAR, "__getattr__")
    return all(
        isinstance(step, s.Import) and step.import_id == import_id
        for bound, step in bound_in(summary.codes[0].body, summary)
        if bound in may_bring
    )

"""The quick fixes that there are, in the order in which they are offered.

Apart from the rules' list, because most runs of the program need no fix.
"""

from __future__ import annotations

from typing import Final

from import_cycles.fixes import (
    defer_into_function,
    extract_module,
    import_from_definition,
    import_module,
    lazy_import,
    lazy_package,
    lazy_reexport,
    merge_modules,
    move_import_down,
    remove_unused_import,
    string_reference,
    suppress,
    type_checking_guard,
    write_out_star_import,
)
from import_cycles.proposals.fix import FixKind

_FIXES: Final = tuple(
    sorted(
        (
            defer_into_function.FIX,
            extract_module.FIX,
            import_from_definition.FIX,
            import_module.FIX,
            lazy_import.FIX,
            lazy_package.FIX,
            lazy_reexport.FIX,
            merge_modules.FIX,
            move_import_down.FIX,
            remove_unused_import.FIX,
            string_reference.FIX,
            suppress.FIX,
            type_checking_guard.FIX,
            write_out_star_import.FIX,
        ),
        key=lambda fix: fix.rank,
    )
)


def fixes() -> tuple[FixKind, ...]:
    """All quick fixes, in the order in which they are offered."""
    return _FIXES


def fix_codes() -> frozenset[str]:
    """The codes that a command line may name."""
    return frozenset(fix.code for fix in _FIXES)

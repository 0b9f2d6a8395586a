"""Texts that may make modules be found which no file stands for."""

from __future__ import annotations

import re
from typing import Final

_MAKING: Final = re.compile(
    r"\bmodules\s*(?:\[|\.)"  # sys.modules[…] = …, sys.modules.update(…)
    r"|\bsys\s*\.\s*modules\b"
    r"|\b(?:meta_path|path_hooks|__path__|extend_path|declare_namespace)\b"
    r"|\b(?:ModuleType|new_module|module_from_spec|module_from_loader)\b"
)


def may_make_modules(text: str) -> bool:
    """Whether a text speaks of the tables in which CPython looks for modules, or makes one itself."""
    return _MAKING.search(text) is not None

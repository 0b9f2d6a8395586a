"""What quick fixes read of a workspace besides its analysis: texts, and names in strings.

`mock.patch("shop.orders.Order")` or a plug-in registry look a name up in the module that the
string tells; an import that moves away from there breaks them, and no import graph shows it.
"""

from __future__ import annotations

import re
from typing import Final

from import_cycles.base.names import SourcePath
from import_cycles.resolve.layout import Layout, ModuleKind
from import_cycles.workspace.workspace import Workspace

_DOTTED_STRING: Final = re.compile(r"""["']([^\W\d]\w*(?:\.[^\W\d]\w*)+)["']""")


class WorkspaceTexts:
    """The texts of one state of a workspace. The strings are read on the first question."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._mentions: dict[str, list[SourcePath]] | None = None
        self._read: dict[SourcePath, str | None] = {}

    def text(self, path: SourcePath) -> str | None:
        """The text of a file now."""
        if path not in self._read:
            self._read[path] = self._workspace.text(path)
        return self._read[path]

    def mentions(self, dotted: str) -> tuple[SourcePath, ...]:
        """The files in which a dotted name, or one that starts with it, stands as a string.

        Cost of the first question: all files are read, about 0.1 ms each.
        """
        if self._mentions is None:
            self._mentions = _mentions(self._workspace)
        return tuple(self._mentions.get(dotted, ()))


def _mentions(workspace: Workspace) -> dict[str, list[SourcePath]]:
    found: dict[str, list[SourcePath]] = {}
    for path in sorted(_sources(workspace.project.snapshot.layout)):
        text = workspace.text(path)
        if text is None:
            continue
        for string in set(_DOTTED_STRING.findall(text)):
            parts = string.split(".")
            for length in range(2, len(parts) + 1):
                holders = found.setdefault(".".join(parts[:length]), [])
                if holders[-1:] != [path]:
                    holders.append(path)
    return found


def _sources(layout: Layout) -> list[SourcePath]:
    modules = layout.modules().values()
    return [module.path for module in modules if module.kind is ModuleKind.SOURCE]

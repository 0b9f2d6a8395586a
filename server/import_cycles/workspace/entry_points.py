"""Which modules the project's own programs import first: console scripts, as manifests declare them.

A console script imports the module that it names before anything else of the project. Read are
`[project.scripts]` and `[project.gui-scripts]` (PyPA, "Entry points specification"), Poetry's
`[tool.poetry.scripts]`, and `[options.entry_points]` of `setup.cfg`. Nothing is executed, so what a
`setup.py` computes is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from import_cycles.workspace.setup_cfg import parse_setup_cfg
from import_cycles.workspace.toml import Table, table_at

_GROUPS = ("console_scripts", "gui_scripts")


def entry_points(pyproject: Table, setup_cfg: str) -> tuple[str, ...]:
    """The dotted names of the modules, sorted; `setup_cfg` is the text of that file."""
    return tuple(sorted({*_of_pyproject(pyproject), *_of_setup_cfg(setup_cfg)}))


def _of_pyproject(document: Table) -> Iterator[str]:
    project, poetry = table_at(document, "project"), table_at(document, "tool", "poetry")
    for table in (
        table_at(project, "scripts"),
        table_at(project, "gui-scripts"),
        table_at(poetry, "scripts"),
    ):
        for target in table.values():
            # Poetry also has tables, with the target as `reference` or `callable`.
            if isinstance(target, dict):
                target = target.get("reference", target.get("callable"))
            if isinstance(target, str):
                yield from _module(target)


def _of_setup_cfg(text: str) -> Iterator[str]:
    if "entry_points" not in text:
        return
    table = table_at(parse_setup_cfg(text), "options.entry_points")
    for group in _GROUPS:
        declared = table.get(group, "")
        for line in declared.splitlines() if isinstance(declared, str) else ():
            _, equals, target = line.partition("=")
            if equals:
                yield from _module(target)


def _module(target: str) -> Iterator[str]:
    """The module of `package.module:function [extra]`."""
    dotted = target.partition("[")[0].partition(":")[0].strip()
    if dotted and all(part.isidentifier() for part in dotted.split(".")):
        yield dotted

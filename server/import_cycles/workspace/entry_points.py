"""Entry points that the project's own manifests declare: console scripts, and those of plugins.

A console script imports the module that it names before anything else of the project. Other entry
points are for programs that look for them (`importlib.metadata.entry_points`). Read are
`[project.scripts]`, `[project.gui-scripts]` and `[project.entry-points]` (PyPA, "Entry points
specification"), Poetry's `[tool.poetry.scripts]` and `[tool.poetry.plugins]`, and
`[options.entry_points]` of `setup.cfg`. Nothing is executed, so what a `setup.py` computes is not
seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from import_cycles.analysis.change import EntryPoint
from import_cycles.workspace.setup_cfg import parse_setup_cfg
from import_cycles.workspace.toml import Table, table_at

_PROGRAMS = ("console_scripts", "gui_scripts")


def entry_points(pyproject: Table, setup_cfg: str) -> tuple[EntryPoint, ...]:
    """All of them, sorted; `setup_cfg` is the text of that file."""
    return tuple(sorted({*_of_pyproject(pyproject), *_of_setup_cfg(setup_cfg)}))


def programs(declared: tuple[EntryPoint, ...]) -> tuple[str, ...]:
    """The dotted names of the modules that console scripts import, sorted."""
    found = {
        module for group, _, target in declared if group in _PROGRAMS for module in _module(target)
    }
    return tuple(sorted(found))


def _of_pyproject(document: Table) -> Iterator[EntryPoint]:
    project, poetry = table_at(document, "project"), table_at(document, "tool", "poetry")
    yield from _of_table("console_scripts", table_at(project, "scripts"))
    yield from _of_table("gui_scripts", table_at(project, "gui-scripts"))
    yield from _of_table("console_scripts", table_at(poetry, "scripts"))
    for groups in (table_at(project, "entry-points"), table_at(poetry, "plugins")):
        for group, table in groups.items():
            if isinstance(table, dict):
                yield from _of_table(str(group), table)


def _of_table(group: str, table: Table) -> Iterator[EntryPoint]:
    for name, target in table.items():
        # Poetry also has tables, with the target as `reference` or `callable`.
        if isinstance(target, dict):
            target = target.get("reference", target.get("callable"))
        if isinstance(target, str):
            yield group, str(name), target.strip()


def _of_setup_cfg(text: str) -> Iterator[EntryPoint]:
    if "entry_points" not in text:
        return
    for group, declared in table_at(parse_setup_cfg(text), "options.entry_points").items():
        for line in declared.splitlines() if isinstance(declared, str) else ():
            name, equals, target = line.partition("=")
            if equals:
                yield str(group), name.strip(), target.strip()


def _module(target: str) -> Iterator[str]:
    """The module of `package.module:function [extra]`."""
    dotted = target.partition("[")[0].partition(":")[0].strip()
    if dotted and all(part.isidentifier() for part in dotted.split(".")):
        yield dotted

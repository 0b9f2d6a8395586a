"""Imports of modules that the project's own packages do not have.

CPython looks for a submodule in the `__path__` of its package, and nowhere else
(importlib._bootstrap, `_find_and_load_unlocked`). Left out are imports that expect the failure (in
a `try` for ImportError, under a test, by `import_module`) and those for type checkers. Also left
out are imports that the running program can make work: by modules put into `sys.modules`, by other
finders, by a longer `__path__`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from import_cycles.base.names import ModuleName, SourcePath, ancestors
from import_cycles.base.record import record
from import_cycles.resolve.absent import Absence
from import_cycles.resolve.layout import Layout, ModuleFile
from import_cycles.resolve.targets import asked_module
from import_cycles.syntax.imports import ImportFlag, ImportRecord, When
from import_cycles.syntax.steps import ModuleSummary

SummaryOf = Callable[[ModuleName], "ModuleSummary | None"]
"""The text; None for a module whose text is not known or cannot be parsed."""

MayHave = Callable[[SourcePath, str], bool]
"""Whether a folder may hold a module of this name, now or later, without a source file of it."""

_EXCUSED = ImportFlag.GUARDED | ImportFlag.CONDITIONAL | ImportFlag.DYNAMIC


@record
class AbsentImport:
    """An import, by its site, of a module that does not exist; `owner` is the package that lacks it."""

    site: int
    name: str
    owner: ModuleName
    is_package: bool
    """Whether `owner` is a package at all."""


def absent_imports(
    absences: Iterable[tuple[ImportRecord, Absence]],
    summary: ModuleSummary,
    layout: Layout,
    summary_of: SummaryOf,
    may_have: MayHave,
) -> tuple[AbsentImport, ...]:
    """The imports that must fail, the first of each name."""
    if summary.makes_modules:
        return ()
    found: dict[str, AbsentImport] = {}
    for asking, absence in absences:
        owner, name = absence.owner, absence.name
        if asking.when is When.TYPING or _EXCUSED & asking.flags:
            continue
        if name in found or layout.has_name(name) or not _is_left_alone(owner, layout, summary_of):
            continue
        if not _may_have(absence, may_have):
            found[name] = AbsentImport(asking.site, name, owner.name, owner.is_package)
    return tuple(found.values())


def _may_have(absence: Absence, may_have: MayHave) -> bool:
    owner = absence.owner
    folder = SourcePath(owner.path.rpartition("/")[0])
    return owner.is_package and may_have(folder, absence.name.rpartition(".")[2])


def _is_left_alone(owner: ModuleFile, layout: Layout, summary_of: SummaryOf) -> bool:
    """Whether neither the package nor one around it changes which modules there are.

    The package may do so itself, or by a module that it imports: `from . import _install_finder`.
    """
    own = summary_of(owner.name)
    if own is None or not (owner.is_package or _has_no_path(own)):
        return False
    for name in (owner.name, *ancestors(owner.name)):
        summary, file = summary_of(name), layout.module(name)
        if summary is None or file is None or summary.makes_modules:
            return False
        helpers = filter(None, map(summary_of, _imported(file, summary, layout)))
        if any(helper.makes_modules for helper in helpers):
            return False
    return True


def _imported(module: ModuleFile, summary: ModuleSummary, layout: Layout) -> Iterator[ModuleName]:
    for each in summary.imports:
        dotted = asked_module(each, module)
        if dotted is not None and each.when is When.RUNTIME:
            inner = (f"{dotted}.{name.name}" for name in each.names or ())
            files = (layout.find(asked, module) for asked in (dotted, *inner))
            yield from (file.name for file in files if file is not None)


def _has_no_path(plain: ModuleSummary) -> bool:
    """Whether a plain module has no `__path__`: `__getattr__` can give it one."""
    return not plain.may_bind("__path__")

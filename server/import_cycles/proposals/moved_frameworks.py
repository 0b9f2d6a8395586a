"""How frameworks depend on the module in which a definition stands.

Django files a model under the app whose package is around its module (django/apps/registry.py,
`get_containing_app_config`); Celery calls a task by module and function (celery/app/base.py,
`gen_task_name`), and messages on the way have the old name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from import_cycles.base.names import ModuleName
from import_cycles.proposals.fix import FixContext, Refusal
from import_cycles.proposals.moving_code import Part
from import_cycles.proposals.origins import External, Origins, OwnClass, dotted_parts, step_parts
from import_cycles.resolve.targets import package_of

_MODELS: Final = ".models."
"""In the names of Django's own models, and by convention in those of packages that build on it."""
_TASKS: Final = frozenset({"task", "shared_task", "periodic_task"})
_DEPTH: Final = 12


def told_by_frameworks(
    context: FixContext, parts: Iterable[Part], package: str
) -> Refusal | tuple[str, ...]:
    """What a move to a module in `package` changes for a framework; a refusal where it would fail."""
    told: list[str] = []
    for part in parts:
        file = context.layout.module(part.module)
        home = "" if file is None else package_of(file)
        for unit in part.units:
            statement = part.level.statement(unit)
            if isinstance(statement, ast.ClassDef) and home != package:
                bases = [dotted_parts(base) for base in statement.bases]
                if any(_is_model(context, part.module, parts, _DEPTH) for parts in bases):
                    return Refusal(
                        f"Django files the model `{statement.name}` under the app that it stands in"
                    )
            told += _task_names(statement)
    return tuple(told)


def _is_model(context: FixContext, module: ModuleName, parts: tuple[str, ...], depth: int) -> bool:
    origin = Origins(context.summary, context.resolve).of(module, parts)
    match origin:
        case External(dotted=dotted):
            return _MODELS in dotted
        case OwnClass(module=there, step=step) if depth:
            return any(
                _is_model(context, there, step_parts(base), depth - 1) for base in step.bases
            )
        case _:
            return False


def _task_names(statement: ast.stmt) -> Iterator[str]:
    for decorator in getattr(statement, "decorator_list", ()):
        keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
        parts = dotted_parts(decorator)
        if parts and parts[-1] in _TASKS and all(each.arg != "name" for each in keywords):
            name: str = getattr(statement, "name", "")
            yield f"the task `{name}` is called by another name then, which has its module in it"

"""Blocks that only type checkers read: `if TYPE_CHECKING:` in the spellings of one file.

Recognised are `TYPE_CHECKING` from `typing` or `typing_extensions` under any alias, as an
attribute of an imported `typing`, a module-level `TYPE_CHECKING = False`, `MYPY`, `if False:`,
`if 0:`, and `and`, `or`, `not` of those.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from import_cycles.base.record import record

_MODULES: Final = frozenset({"typing", "typing_extensions"})
_PLAIN_NAMES: Final = frozenset({"TYPE_CHECKING", "MYPY"})


@record
class GuardNames:
    """How one file spells the constant.

    `spellings` are expressions that the top level has made available, in the order of the text,
    each with the statement that does. `constants` are all names that stand for it.
    """

    spellings: tuple[tuple[str, ast.stmt], ...]
    constants: frozenset[str]
    modules: frozenset[str]

    def truth(self, test: ast.expr) -> bool | None:
        """What a test is at run time when it speaks of type checking; None for any other test."""
        match test:
            case ast.Constant(value=value) if value is False or value == 0:
                return False
            case ast.Name(id=name) if name in self.constants:
                return False
            case ast.Attribute(value=ast.Name(id=module), attr="TYPE_CHECKING") if (
                module in self.modules
            ):
                return False
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.truth(operand)
                return None if inner is None else not inner
            case ast.BoolOp(op=operator, values=values):
                truths = [self.truth(value) for value in values]
                settles = isinstance(operator, ast.Or)
                if settles in truths:
                    return settles
                return None if None in truths else not settles
            case _:
                return None


def guard_names(tree: ast.Module) -> GuardNames:
    """The spellings of one module. A name that is bound in any other way as well is none."""
    spellings: list[tuple[str, ast.stmt]] = []
    constants: set[str] = set()
    modules: set[str] = set()
    for node in ast.walk(tree):
        for name, is_module in _imported(node):
            (modules if is_module else constants).add(name)
    for statement in tree.body:
        for name, is_module in _imported(statement):
            spellings.append((f"{name}.TYPE_CHECKING" if is_module else name, statement))
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)) if (
                name in _PLAIN_NAMES and not value
            ):
                constants.add(name)
                spellings.append((name, statement))
            case _:
                pass
    others = _bound_otherwise(tree)
    usable = ((text, node) for text, node in spellings if text.partition(".")[0] not in others)
    return GuardNames(tuple(usable), frozenset(constants - others), frozenset(modules - others))


def _imported(node: ast.AST) -> Iterator[tuple[str, bool]]:
    """Names by which an import makes the constant reachable; True for that of a module."""
    match node:
        case ast.ImportFrom(module=module, names=names, level=0) if module in _MODULES:
            for alias in names:
                if alias.name == "TYPE_CHECKING":
                    yield alias.asname or alias.name, False
        case ast.Import(names=names):
            for alias in names:
                if alias.name in _MODULES:
                    yield alias.asname or alias.name, True
        case _:
            pass


def _bound_otherwise(tree: ast.Module) -> frozenset[str]:
    """Names that something else than an import of `typing`, or `= False`, binds somewhere."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                wanted = {name for name, _ in _imported(node)}
                found |= {a.asname or a.name.partition(".")[0] for a in names} - wanted
            case ast.ImportFrom(names=names):
                wanted = {name for name, _ in _imported(node)}
                found |= {alias.asname or alias.name for alias in names} - wanted
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)) if (
                name in _PLAIN_NAMES and not value
            ):
                pass
            case ast.Assign(targets=targets):
                found |= {
                    each.id
                    for target in targets
                    for each in ast.walk(target)
                    if isinstance(each, ast.Name)
                }
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.ClassDef(name=name) | ast.arg(arg=name):
                found.add(name)
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
                found.add(name)
            case ast.NamedExpr(target=ast.Name(id=name)):
                found.add(name)
            case ast.For(target=target) | ast.AsyncFor(target=target):
                found |= {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}
            case ast.ExceptHandler(name=str(name)):
                found.add(name)
            case _:
                pass
    return frozenset(found)

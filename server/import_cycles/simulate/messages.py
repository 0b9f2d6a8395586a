"""The texts of CPython's import errors, as the target version words them."""

from __future__ import annotations

from import_cycles.syntax.target import PythonTarget


def cannot_import_name(name: str, module: str, path: str, *, partial: bool) -> str:
    """ImportError of `from module import name` (Python/ceval.c, `import_from`)."""
    if partial:
        return (
            f"cannot import name '{name}' from partially initialized module '{module}'"
            f" (most likely due to a circular import) ({path})"
        )
    return f"cannot import name '{name}' from '{module}' ({path})"


def no_attribute(
    target: PythonTarget,
    name: str,
    module: str,
    path: str,
    *,
    is_running: bool,
    is_loading_child: bool,
) -> str:
    """AttributeError of `module.name` (Objects/moduleobject.c, `_Py_module_getattro_impl`)."""
    circular = "(most likely due to a circular import)"
    if is_running:
        where = f" from '{path}'" if target.version >= (3, 13) else ""
        return (
            f"partially initialized module '{module}'{where} has no attribute '{name}' {circular}"
        )
    if is_loading_child and target.version >= (3, 11):
        return f"cannot access submodule '{name}' of module '{module}' {circular}"
    return f"module '{module}' has no attribute '{name}'"


def cannot_delete(target: PythonTarget, name: str) -> str:
    """AttributeError of `del module.name` (Objects/object.c, `_PyObject_GenericSetAttrWithDict`)."""
    return name if target.version < (3, 11) else f"'module' object has no attribute '{name}'"


def unbound_local(target: PythonTarget, name: str) -> str:
    """UnboundLocalError (Python/ceval.c, `UNBOUNDLOCAL_ERROR_MSG`)."""
    if target.version >= (3, 11):
        return f"cannot access local variable '{name}' where it is not associated with a value"
    return f"local variable '{name}' referenced before assignment"


def unbound_free(target: PythonTarget, name: str) -> str:
    """NameError of a variable of an enclosing function (`UNBOUNDFREE_ERROR_MSG`)."""
    if target.version >= (3, 11):
        return (
            f"cannot access free variable '{name}' where it is not associated with a value"
            " in enclosing scope"
        )
    return f"free variable '{name}' referenced before assignment in enclosing scope"


def no_module(name: str, *, parent: str = "") -> str:
    """ModuleNotFoundError (importlib._bootstrap, `_find_and_load_unlocked`)."""
    suffix = f"; '{parent}' is not a package" if parent else ""
    return f"No module named '{name}'{suffix}"


def import_cycle(name: str) -> str:
    """ImportCycleError of a lazy import that is being resolved (Objects/lazyimportobject.c)."""
    return f"cannot import name '{name}' (most likely due to a circular import)"


def misplaced_lazy(message: str, path: str, line: int) -> str:
    """SyntaxError of `lazy` where it may not stand, as `str(error)` tells it."""
    return f"{message} ({path.rpartition('/')[2]}, line {line})"

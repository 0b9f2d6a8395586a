"""How users can reproduce a crash: a line for a shell.

It works when pasted in the user's current folder, so it adds the source roots of all modules that
are executed until the crash.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable

from import_cycles.base.names import ModuleName, SourcePath, dotted_name
from import_cycles.base.record import record
from import_cycles.simulate.entries import Run

RootOf = Callable[[ModuleName], "SourcePath | None"]
"""The source root that a module is named from."""


@record
class Reproduction:
    """The first import of a module, or its run as the main program; `roots` have its own first."""

    module: ModuleName
    is_main: bool
    roots: tuple[SourcePath, ...]


def reproduction(
    module: ModuleName, run: Run, root_of: RootOf, *, is_main: bool = False
) -> Reproduction:
    """The reproduction of a run. Cost: the codes that it has executed."""
    executed = sorted({name for name, number in run.codes if number >= 0})
    roots = [root for name in (module, *executed) if (root := root_of(name)) is not None]
    return Reproduction(module, is_main, tuple(dict.fromkeys(roots)))


def command_line(shown: Reproduction, folder: SourcePath, script: str = "") -> str:
    """The line to paste in `folder`; `script` is the file that a program is started by, in its root."""
    dotted = dotted_name(shown.module)
    if len(shown.roots) > 1:
        path = ", ".join(repr(_from(root, folder)) for root in shown.roots)
        act = f"import {dotted}"
        if shown.is_main:
            act = f"import runpy; runpy.run_module('{dotted}', run_name='__main__')"
        elif not _is_spelt(dotted.split(".")):
            act = f"import importlib; importlib.import_module('{dotted}')"
        return f'python -c "import sys; sys.path[:0] = [{path}]; {act}"'
    code = f'-c "import {dotted}"'
    if script:
        code = script
    elif shown.is_main:
        code = f"-m {dotted.removesuffix('.__main__')}"
    elif not _is_spelt(dotted.split(".")):
        code = f"-c \"import importlib; importlib.import_module('{dotted}')\""
    home = _from(shown.roots[0], folder) if shown.roots else "."
    if home == ".":
        return f"python {code}"
    quoted = f'"{home}"' if " " in home else home
    return f"cd {quoted} && python {code}"


def _is_spelt(parts: Iterable[str]) -> bool:
    """Whether an import statement can name the module."""
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)


def _from(root: SourcePath, folder: SourcePath) -> str:
    """The path of a root, seen from the user's current folder."""
    here = folder.rstrip("/") + "/"
    return "." if root.rstrip("/") + "/" == here else root.removeprefix(here)

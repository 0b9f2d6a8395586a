"""Modules that a program loads from a file: `spec_from_file_location`, `exec_module`, `runpy`.

Such a module is separate from the one that `import` gives for the same file: it has the name that
the program chooses, and stands in `sys.modules` only if the program puts it there.

Source: Lib/importlib/_bootstrap.py, Lib/importlib/util.py, Lib/runpy.py.
"""

from __future__ import annotations

from typing import Final

from import_cycles.base.names import ModuleName, dotted_name
from import_cycles.base.record import record
from import_cycles.resolve.layout import ModuleFile, ModuleKind
from import_cycles.simulate.core import Core
from import_cycles.simulate.errors import GiveUp
from import_cycles.simulate.importing import execute_body
from import_cycles.simulate.library_objects import LibraryObject, method
from import_cycles.simulate.marks import FINDERS, RUN_AS
from import_cycles.simulate.path_calls import Act, module_file_at
from import_cycles.simulate.paths import PathText, folder_of, path_of_file, text_of
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Const,
    Frame,
    Module,
    Namespace,
    SequenceKind,
    Value,
    sequence,
)

_MAX_NESTED: Final = 3
"""How often one file is executed by itself; CPython ends that by a RecursionError."""


@record
class ModuleSpec(LibraryObject):
    """`importlib.machinery.ModuleSpec` of a file of the project."""

    name: str
    file: ModuleFile

    def attribute(self, name: str) -> Value:
        """A part of the spec."""
        match name:
            case "name":
                return Const(self.name)
            case "origin":
                return path_of_file(self.file)
            case "loader":
                return Loader(self.name, self.file)
            case "parent":
                return Const(self.name if self.file.is_package else self.name.rpartition(".")[0])
            case "has_location":
                return Const(True)
            case "submodule_search_locations" if not self.file.is_package:
                return NONE
            case "submodule_search_locations":
                return sequence(SequenceKind.LIST, (folder_of(self.file),))
            case _:
                return UNKNOWN


@record
class Loader(LibraryObject):
    """`importlib.machinery.SourceFileLoader` of a file of the project."""

    name: str
    file: ModuleFile

    def attribute(self, name: str) -> Value:
        """A part of the loader, or one of its ways to load the module."""
        match name:
            case "name":
                return Const(self.name)
            case "path":
                return path_of_file(self.file)
            case _:
                return method("importlib.machinery.SourceFileLoader", name, self)


def spec_of(name: str, file: ModuleFile) -> Value:
    """The spec of a file under a name."""
    return ModuleSpec(name, file)


def loader_of(name: str, file: ModuleFile) -> Value:
    """The loader of a file under a name."""
    return Loader(name, file)


# --- running ---------------------------------------------------------------------------------


def _execute(machine: Core, module: Module, frame: Frame, mark: int) -> None:
    """Execute the file of a module that `import` does not know."""
    machine.note_loading(machine.spot(frame, mark), dotted_name(module.file.name))
    if machine.is_survey:
        # A survey reads other modules off their summaries.
        machine.open_module(module)
        return
    if sum(active.module.file == module.file for active in machine.stack) >= _MAX_NESTED:
        raise GiveUp("a module executes its own file again and again")
    # No load that could be replayed owns this code.
    machine.recorder.turn_off()
    machine.ran.add((module.file.name, 0))
    if machine.stack:
        machine.stack[-1].spot = machine.spot(frame, mark)
    execute_body(machine, module, _NOWHERE)


_NOWHERE: Final = ModuleName("")
"""The position of a module that does not stand in `sys.modules`."""


def _exec_module(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`loader.exec_module(module)`."""
    match (*arguments, *keywords.values()):
        case (Loader(file=ours), Module(file=file) as module) if file == ours:
            _execute(machine, module, frame, mark)
        case given:
            machine.hand_over(given)
            machine.note_unknown_import()
    return NONE


def _load_module(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`loader.load_module()`: the module stands in `sys.modules` while it loads, and after."""
    loader = arguments[0] if arguments else UNKNOWN
    if machine.world.target.version >= (3, 15):
        message = "'SourceFileLoader' object has no attribute 'load_module'"
        return machine.refuse(machine.raised("AttributeError", frame, mark, message=message))
    if not isinstance(loader, Loader):
        machine.note_unknown_import()
        return UNKNOWN
    if machine.world.find(loader.name, frame.module.file) == loader.file:
        # It has the name that `import` gives it.
        if machine.stack:
            machine.stack[-1].spot = machine.spot(frame, mark)
        return machine.import_dotted(loader.name, frame, mark, None)
    machine.note_fact(FINDERS)
    module = Module(loader.file.name, loader.name, loader.file)
    _execute(machine, module, frame, mark)
    return module


def _module_from_spec(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`importlib.util.module_from_spec(spec)`."""
    match (*arguments, *keywords.values()):
        case (ModuleSpec(name=name, file=file),):
            return Module(file.name, name, file)
        case _:
            return UNKNOWN


def _spec_from_file(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`importlib.util.spec_from_file_location(name, location)`."""
    named = dict(zip(("name", "location"), arguments, strict=False)) | keywords
    name, location = named.get("name"), named.get("location", UNKNOWN)
    file = module_file_at(machine, location)
    if file is None or file.kind is not ModuleKind.SOURCE:
        return UNKNOWN
    return ModuleSpec(_name_or(name, file), file)


def _name_or(name: Value | None, file: ModuleFile) -> str:
    is_text = isinstance(name, Const) and isinstance(name.value, str)
    return str(name.value) if is_text and isinstance(name, Const) else f"<{file.name}>"


def _file_loader(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`importlib.machinery.SourceFileLoader(fullname, path)`."""
    named = dict(zip(("fullname", "path"), arguments, strict=False)) | keywords
    file = module_file_at(machine, named.get("path", UNKNOWN))
    if file is None or file.kind is not ModuleKind.SOURCE:
        return UNKNOWN
    return Loader(_name_or(named.get("fullname"), file), file)


def _load_source(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`imp.load_source(name, pathname)`."""
    loader = _file_loader(machine, arguments[:2], {}, frame, mark)
    return _load_module(machine, (loader,), {}, frame, mark)


def _import_package_of(machine: Core, name: str, frame: Frame, mark: int) -> None:
    """The package around a module of the project is imported, to look for the module in it."""
    package = name.rpartition(".")[0]
    if not package or machine.world.find(package, frame.module.file) is None:
        return
    spot = machine.spot(frame, mark)
    if machine.stack:
        machine.stack[-1].spot = spot
    if not f"{frame.module.dotted}.".startswith(f"{package}."):
        machine.note_loading(spot, package)
    machine.import_dotted(package, frame, mark, None)


def _find_spec(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`importlib.util.find_spec(name)`: imports the packages around the module."""
    match arguments:
        case (Const(value=str(name)),) if name and not name.startswith("."):
            file = machine.world.find(name, frame.module.file)
            _import_package_of(machine, name, frame, mark)
            if file is None or file.kind is not ModuleKind.SOURCE:
                machine.may_raise()
                return UNKNOWN
            return ModuleSpec(name, file)
        case _:
            machine.note_unknown_import()
            return UNKNOWN


def _run_module(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`runpy.run_module(mod_name, init_globals, run_name, alter_sys)`: its namespace."""
    names = ("mod_name", "init_globals", "run_name", "alter_sys")
    named = dict(zip(names, arguments, strict=False)) | keywords
    match named.get("mod_name"):
        case Const(value=str(name)) if name:
            pass
        case _:
            machine.note_unknown_import()
            return UNKNOWN
    file = machine.world.find(name, frame.module.file)
    if file is not None and file.is_package:
        name = f"{name}.__main__"
        file = machine.world.find(name, frame.module.file)
    _import_package_of(machine, name, frame, mark)
    if file is None or file.kind is not ModuleKind.SOURCE:
        machine.may_raise()
        return UNKNOWN
    return _run(machine, name, file, named, frame, mark)


def _run_path(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`runpy.run_path(path_name, init_globals, run_name)`: its namespace."""
    named = dict(zip(("path_name", "init_globals", "run_name"), arguments, strict=False)) | keywords
    place = named.get("path_name", UNKNOWN)
    file = module_file_at(machine, place)
    text = text_of(place)
    if file is None and isinstance(text, PathText):
        file = module_file_at(machine, text.joined("__main__.py"))
    if file is None or file.kind is not ModuleKind.SOURCE:
        machine.note_unknown_import()
        return UNKNOWN
    return _run(machine, "<run_path>", file, named, frame, mark)


def _run(
    machine: Core, name: str, file: ModuleFile, named: dict[str, Value], frame: Frame, mark: int
) -> Value:
    module = Module(file.name, name, file)
    run_name = named.get("run_name", NONE)
    if isinstance(run_name, Const) and isinstance(run_name.value, str):
        module.fields[RUN_AS] = run_name.value
    if named.get("init_globals", NONE) != NONE:
        machine.open_module(module)
    _execute(machine, module, frame, mark)
    return Namespace(module)


CALLS: Final[dict[str, Act]] = {
    "imp.load_source": _load_source,
    "importlib.machinery.SourceFileLoader": _file_loader,
    "importlib.machinery.SourceFileLoader.exec_module": _exec_module,
    "importlib.machinery.SourceFileLoader.load_module": _load_module,
    "importlib.util.find_spec": _find_spec,
    "importlib.util.module_from_spec": _module_from_spec,
    "importlib.util.spec_from_file_location": _spec_from_file,
    "runpy.run_module": _run_module,
    "runpy.run_path": _run_path,
}
"""Functions of the library, by their dotted names."""

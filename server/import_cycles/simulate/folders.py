"""What programs find in the project's folders: `pkgutil`, `os.listdir`, `glob`, `pathlib`.

The layout has the files of modules, so the modules that such a program imports are known. Their
order is the one that CPython guarantees, or else unknown (`any_order`): `pkgutil` sorts, the other
functions use the order of the file system. One file stands for all other files of a folder.

Source: Lib/pkgutil.py, Lib/glob.py, Lib/pathlib, Lib/importlib/resources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import partial
from typing import Final

from import_cycles.base.record import record
from import_cycles.resolve.layout import ModuleFile, ModuleKind
from import_cycles.simulate.core import Catcher, Core
from import_cycles.simulate.errors import Raised, is_caught
from import_cycles.simulate.file_modules import loader_of, spec_of
from import_cycles.simulate.handlers import catching, note_handled
from import_cycles.simulate.library_objects import LibraryObject, NamedItems, any_order, method
from import_cycles.simulate.path_calls import Act, is_file, is_folder, module_file_at, note_look
from import_cycles.simulate.paths import (
    OTHER,
    OTHER_TEXT,
    SUFFIX,
    PathObject,
    PathText,
    folder_of,
    path_of_file,
    text_of,
)
from import_cycles.simulate.search_paths import search_path_of
from import_cycles.simulate.values import (
    NONE,
    UNKNOWN,
    Builtin,
    Const,
    Frame,
    Module,
    Sequence,
    SequenceKind,
    Suspended,
    Value,
    sequence,
)

_MAGIC: Final = frozenset("*?[")
_ANYTHING: Final = ("*", "**", "*.*")

# --- what lies in a folder -------------------------------------------------------------------


def _names(machine: Core, folder: PathText) -> tuple[str, ...] | None:
    """The names in a folder that belong to modules, sorted; None for any other folder."""
    note_look(machine, folder.path)
    return machine.world.layout.folders.names(folder.path)


def _inside(folder: PathText, name: str) -> PathText:
    return PathText(f"{folder.path}/{name}" if folder.path else name, folder.hidden)


def _everything(machine: Core, folder: Value) -> Value:
    """The paths of everything in a folder; an unknown list for a folder outside."""
    text = text_of(folder)
    names = _names(machine, text) if isinstance(text, PathText) else None
    if names is None or not isinstance(text, PathText):
        machine.may_raise()
        return sequence(SequenceKind.LIST, (), is_open=True)
    return any_order(tuple(_inside(text, name) for name in (*names, OTHER)))


def _each(found: Value, make: Callable[[PathText], Value]) -> Value:
    """The same list with something else for each path."""
    assert isinstance(found, Sequence)
    items = tuple(make(item) for item in found.items if isinstance(item, PathText))
    return sequence(SequenceKind.LIST, (), is_open=True) if not items else any_order(items)


def _list_folder(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`os.listdir`."""
    return _each(_everything(machine, arguments[0] if arguments else NONE), lambda path: path.name)


def _scan_folder(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`os.scandir`."""
    return _each(_everything(machine, arguments[0] if arguments else NONE), _DirEntry)


def _paths_in_folder(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`Path.iterdir`."""
    return _each(_everything(machine, arguments[0] if arguments else NONE), PathObject)


def _walk_folders(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`os.walk`: for each folder its path, the folders and the other files in it."""
    top = text_of(arguments[0]) if arguments else None
    if not isinstance(top, PathText) or _names(machine, top) is None:
        machine.may_raise()
        return sequence(SequenceKind.LIST, (), is_open=True)
    folders = machine.world.layout.folders
    found: list[Value] = []
    pending = [top]
    while pending:
        folder = pending.pop(0)
        names = folders.names(folder.path) or ()
        inner = [name for name in names if folders.names(_inside(folder, name).path) is not None]
        files = (*(Const(name) for name in names if name not in inner), OTHER_TEXT)
        lists = any_order((*map(Const, inner), OTHER_TEXT)), any_order(files)
        found.append(sequence(SequenceKind.TUPLE, (folder, *lists)))
        pending += (_inside(folder, name) for name in inner)
    return any_order(tuple(found))


@record
class _DirEntry(LibraryObject):
    """What `os.scandir` gives."""

    path: PathText

    @property
    def is_other(self) -> bool:
        """Whether it is a file or folder in which there are no modules."""
        return self.path.is_other

    def attribute(self, name: str) -> Value:
        """Its name, its path, or a question about it."""
        match name:
            case "name":
                return self.path.name
            case "path":
                return self.path
            case _:
                return method("os.DirEntry", name, self)


def _ask_entry(
    ask: Callable[[Core, PathText], bool | None],
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`entry.is_file()` and `entry.is_dir()`."""
    entry = arguments[0] if arguments else UNKNOWN
    answer = ask(machine, entry.path) if isinstance(entry, _DirEntry) else None
    return UNKNOWN if answer is None else Const(answer)


# --- patterns --------------------------------------------------------------------------------


def _glob(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`glob.glob(pattern, recursive=…)`."""
    text = text_of(arguments[0]) if arguments else None
    if not isinstance(text, PathText) or not keywords.keys() <= {"recursive"}:
        machine.may_raise()
        return UNKNOWN
    base, pattern = text, list[str]()
    while not _MAGIC.isdisjoint(base.path):
        folder = base.folder
        if folder is None:
            return UNKNOWN
        pattern.insert(0, base.path.rpartition("/")[2])
        base = folder
    is_recursive = keywords.get("recursive", Const(False)) == Const(True)
    if not is_recursive:
        pattern = ["*" if part == "**" else part for part in pattern]
    return _matching(machine, base, pattern) if pattern else UNKNOWN


def _glob_paths(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
    *,
    is_recursive: bool = False,
) -> Value:
    """`Path.glob(pattern)`, and `Path.rglob(pattern)`."""
    match [text_of(each) for each in arguments]:
        case [PathText() as base, Const(value=str(pattern)), *_]:
            parts = [*(["**"] if is_recursive else []), *pattern.split("/")]
            return _each_match(_matching(machine, base, parts))
        case _:
            machine.may_raise()
            return UNKNOWN


def _each_match(found: Value) -> Value:
    if not isinstance(found, Sequence) or not found.items:
        return found
    return _each(found, PathObject)


def _matching(machine: Core, base: PathText, pattern: list[str]) -> Value:
    """The paths below a folder that match a pattern, as texts.

    A pattern that only files of modules can match finds exactly the known files. A pattern that
    other files can match too finds those perhaps.
    """
    if _names(machine, base) is None:
        return sequence(SequenceKind.LIST, (), is_open=True)
    relative = machine.world.layout.folders.below(base.path)
    found = [path for path in relative if _is_match(path.split("/"), pattern)]
    if pattern[-1] in _ANYTHING:
        found.append(OTHER)
    elif not pattern[-1].endswith(SUFFIX):
        items = tuple(_inside(base, path) for path in found)
        return sequence(SequenceKind.LIST, items, is_open=True)
    return any_order(tuple(_inside(base, path) for path in found))


def _is_match(parts: list[str], pattern: list[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_is_match(parts[n:], pattern[1:]) for n in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _is_match(parts[1:], pattern[1:])


# --- pkgutil ---------------------------------------------------------------------------------


def modules_in(machine: Core, folder: PathText) -> Iterator[tuple[str, bool]]:
    """The modules in a folder, and whether they are packages: sorted by the names of their files.

    Source: Lib/pkgutil.py, `_iter_file_finder_modules`.
    """
    seen: set[str] = set()
    for name in _names(machine, folder) or ():
        inside = machine.world.layout.folders.names(_inside(folder, name).path)
        if inside is not None:
            is_package, module = True, name
            if not any(file.partition(".")[0] == "__init__" for file in inside):
                continue
        else:
            is_package, (module, _, suffix) = False, name.partition(".")
            if suffix != "py" and not suffix.endswith(("so", "pyd")):
                continue
        if module != "__init__" and "." not in module and module not in seen:
            seen.add(module)
            yield module, is_package


def _infos(machine: Core, path: Value, prefix: str) -> Iterator[NamedItems]:
    """What `pkgutil.iter_modules` gives: named tuples."""
    assert isinstance(path, Sequence)
    seen: set[str] = set()
    for folder in map(text_of, path.items):
        if not isinstance(folder, PathText):
            continue
        for name, is_package in modules_in(machine, folder):
            if name not in seen:
                seen.add(name)
                items = ModuleFinder(folder), Const(prefix + name), Const(is_package)
                yield NamedItems(("module_finder", "name", "ispkg"), items)


def _asked_for(
    arguments: tuple[Value, ...], keywords: dict[str, Value]
) -> tuple[Sequence | None, str, Value | None]:
    """The folders, the prefix, and what is called for packages that fail."""
    named = dict(zip(("path", "prefix", "onerror"), arguments, strict=False)) | keywords
    path, prefix = named.get("path", NONE), named.get("prefix", Const(""))
    on_error = named.get("onerror")
    if not isinstance(path, Sequence) or not isinstance(prefix, Const):
        return None, "", on_error
    if not all(isinstance(text_of(item), PathText) for item in path.items):
        return None, "", on_error
    return path, str(prefix.value), None if on_error == NONE else on_error


def _iterate_modules(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`pkgutil.iter_modules(path, prefix)`."""
    path, prefix, _ = _asked_for(arguments, keywords)
    if path is None:
        return UNKNOWN
    infos = (*_infos(machine, path, prefix),)
    if path.is_open:
        return sequence(SequenceKind.LIST, infos, is_open=True)

    def feed(on_yield: Callable[[Value], Value]) -> None:
        for info in infos:
            on_yield(info)

    return Suspended(feed)


def _walk_packages(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`pkgutil.walk_packages(path, prefix, onerror)`: a package is imported when it has been given."""
    path, prefix, on_error = _asked_for(arguments, keywords)
    if path is None or path.is_open:
        machine.note_unknown_import()
        return UNKNOWN

    def feed(on_yield: Callable[[Value], Value]) -> None:
        _walk(machine, path, prefix, on_error, frame, mark, on_yield)

    return Suspended(feed)


def _walk(
    machine: Core,
    path: Sequence,
    prefix: str,
    on_error: Value | None,
    frame: Frame,
    mark: int,
    on_yield: Callable[[Value], Value],
) -> None:
    for info in _infos(machine, path, prefix):
        on_yield(info)
        _, name, is_package = info.items
        if is_package != Const(True) or not isinstance(name, Const):
            continue
        package = _imported(machine, str(name.value), on_error, frame, mark)
        inner = None if package is None else search_path_of(package)
        if inner is not None:
            _walk(machine, inner, f"{name.value}.", on_error, frame, mark, on_yield)


def _imported(
    machine: Core, name: str, on_error: Value | None, frame: Frame, mark: int
) -> Module | None:
    """A package that `walk_packages` imports; None if that fails, which it does silently."""
    machine.note_loading(machine.spot(frame, mark), name)
    caught = Builtin("ImportError" if on_error is None else "Exception")
    if machine.stack:
        machine.stack[-1].spot = machine.spot(frame, mark)
    try:
        catcher = Catcher(lambda raised: is_caught(raised, caught), frame.module, lambda: (caught,))
        with catching(machine, catcher):
            found = machine.import_dotted(name, frame, mark, None)
    except Raised as raised:
        if not is_caught(raised, caught):
            raise
        note_handled(machine, raised)
        if on_error is not None:
            machine.call(on_error, (Const(name),), {}, frame, mark)
        return None
    return found if isinstance(found, Module) else None


@record
class ModuleFinder(LibraryObject):
    """`importlib.machinery.FileFinder` of one folder."""

    folder: PathText

    def attribute(self, name: str) -> Value:
        """A way to load a module of the folder under a name."""
        match name:
            case "path":
                return self.folder
            case _:
                return method("importlib.machinery.FileFinder", name, self)


def _find_in_folder(
    make: Callable[[str, ModuleFile], Value],
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`finder.find_spec(name)`, `finder.find_module(name)`."""
    match arguments:
        case (ModuleFinder() as finder, Const(value=str(name)), *_):
            place = _inside(finder.folder, name.rpartition(".")[2])
            for path in (_inside(place, "__init__.py"), PathText(f"{place.path}.py", place.hidden)):
                file = module_file_at(machine, path)
                if file is not None:
                    return make(name, file)
            return UNKNOWN
        case _:
            return UNKNOWN


def _extend_path(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`pkgutil.extend_path(path, name)`: the same with folders of other distributions."""
    given = arguments[0] if arguments else UNKNOWN
    items = given.items if isinstance(given, Sequence) else ()
    return sequence(SequenceKind.LIST, items, is_open=True)


# --- importlib.resources, inspect ------------------------------------------------------------


def _package_folder(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`importlib.resources.files(package)`."""
    given = (*arguments, *keywords.values(), UNKNOWN)[0]
    if isinstance(given, Const) and isinstance(given.value, str):
        if machine.stack:
            machine.stack[-1].spot = machine.spot(frame, mark)
        given = machine.import_dotted(given.value, frame, mark, None)
    if not isinstance(given, Module):
        machine.may_raise()
        return UNKNOWN
    return PathObject(folder_of(given.file))


def _package_contents(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`importlib.resources.contents(package)`."""
    folder = _package_folder(machine, arguments, keywords, frame, mark)
    return _list_folder(machine, (folder,), {}, frame, mark)


def _file_of(
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """`inspect.getfile(module)`."""
    match arguments:
        case (Module(file=ModuleFile(kind=ModuleKind.SOURCE) as file),):
            return path_of_file(file)
        case _:
            machine.may_raise()
            return UNKNOWN


CALLS: Final[dict[str, Act]] = {
    "glob.glob": _glob,
    "glob.iglob": _glob,
    "importlib.resources.contents": _package_contents,
    "importlib.resources.files": _package_folder,
    "importlib_resources.contents": _package_contents,
    "importlib_resources.files": _package_folder,
    "importlib.machinery.FileFinder.find_module": partial(_find_in_folder, loader_of),
    "importlib.machinery.FileFinder.find_spec": partial(_find_in_folder, spec_of),
    "inspect.getfile": _file_of,
    "inspect.getsourcefile": _file_of,
    "os.DirEntry.is_dir": partial(_ask_entry, is_folder),
    "os.DirEntry.is_file": partial(_ask_entry, is_file),
    "os.listdir": _list_folder,
    "os.scandir": _scan_folder,
    "os.walk": _walk_folders,
    "pathlib.Path.glob": _glob_paths,
    "pathlib.Path.iterdir": _paths_in_folder,
    "pathlib.Path.rglob": partial(_glob_paths, is_recursive=True),
    "pkgutil.extend_path": _extend_path,
    "pkgutil.iter_modules": _iterate_modules,
    "pkgutil.walk_packages": _walk_packages,
}
"""Functions of the library, by their dotted names."""

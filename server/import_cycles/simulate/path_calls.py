"""What functions and methods of the library do with paths: `str`, `os.path`, `pathlib`.

Source: Lib/posixpath.py, Lib/pathlib.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

from import_cycles.base.names import SourcePath
from import_cycles.resolve.layout import ModuleFile, ModuleKind
from import_cycles.simulate.core import Core
from import_cycles.simulate.library_objects import texts_of
from import_cycles.simulate.outcome import listing_of
from import_cycles.simulate.paths import (
    OTHER_TEXT,
    SUFFIX,
    OtherParts,
    OtherText,
    PathObject,
    PathParts,
    PathText,
    Text,
    as_path,
    base_name,
    folder_around,
    joined_path,
    relative,
    split_suffix,
    text_of,
)
from import_cycles.simulate.values import (
    UNKNOWN,
    Const,
    Frame,
    SequenceKind,
    Value,
    sequence,
)

Act: TypeAlias = Callable[[Core, tuple[Value, ...], dict[str, Value], Frame, int], Value]
"""What a call does: given the machine, arguments, keywords, the frame and the mark of the call."""

# --- methods of texts ------------------------------------------------------------------------


def _text_method(
    name: str,
    machine: Core,
    arguments: tuple[Value, ...],
    keywords: dict[str, Value],
    frame: Frame,
    mark: int,
) -> Value:
    """A method of `str`, of a text that is no literal."""
    match arguments:
        case (PathText() as path, *given):
            return _of_path_text(machine, path, name, tuple(given))
        case (OtherText(), *given):
            return _of_other_text(name, tuple(given))
        case _:
            return UNKNOWN


def _of_path_text(machine: Core, path: PathText, name: str, given: tuple[Value, ...]) -> Value:
    match name, given:
        case "endswith", (ending, *_):
            answers = [path.ends_with(each, machine.world.target) for each in texts_of(ending)]
            if True in answers:
                return Const(True)
            return UNKNOWN if None in answers or not answers else Const(False)
        case "startswith", (PathText(path=start),) if path.path.startswith(start):
            return Const(True)
        case "removesuffix", (Const(value=str(ending)),):
            if path.ends_with(ending, machine.world.target):
                return PathText(path.path[: -len(ending) or None], path.hidden)
            return path
        case "replace", (PathText(path=start), Const(value="")) if path.path.startswith(start):
            return OTHER_TEXT if path.is_other else Const(path.path[len(start) :])
        case (("split" | "rsplit"), (Const(value="/"), *_)):
            return PathParts(path)
        case "rpartition", (Const(value="/" as slash),) if path.folder is not None:
            return sequence(SequenceKind.TUPLE, (path.folder, Const(slash), path.name))
        case _:
            return OTHER_TEXT if path.is_other else UNKNOWN


def _of_other_text(name: str, given: tuple[Value, ...]) -> Value:
    """A text made from the name of a file that is no module's names no module either."""
    match name:
        case "endswith":
            texts = [*texts_of(given[0])] if given else []
            return Const(False) if texts and all(t.endswith(SUFFIX) for t in texts) else UNKNOWN
        case "split" | "rsplit":
            return OtherParts()
        case "partition" | "rpartition":
            return sequence(SequenceKind.TUPLE, (OTHER_TEXT,) * 3)
        case "startswith" | "isidentifier" | "count" | "find" | "index":
            return UNKNOWN
        case _:
            return OTHER_TEXT


_TEXT_METHODS: Final = (
    "casefold", "count", "endswith", "find", "index", "isidentifier", "lower", "lstrip", "partition",
    "removeprefix", "removesuffix", "replace", "rpartition", "rsplit", "rstrip", "split",
    "startswith", "strip", "title", "upper",
)  # fmt: skip

# --- what is on the disk ---------------------------------------------------------------------


def _known(answer: bool | None) -> Value:
    return UNKNOWN if answer is None else Const(answer)


def note_look(machine: Core, folder: str) -> None:
    """Records that the program depends on the names in a folder."""
    machine.ran.add(listing_of(folder))


def module_file_at(machine: Core, value: Value) -> ModuleFile | None:
    """The module whose code is in the file of a path."""
    text = text_of(value)
    if not isinstance(text, PathText):
        return None
    note_look(machine, text.path.rpartition("/")[0])
    file = machine.world.layout.at_path(SourcePath(text.path))
    return file if file is not None and file.kind is not ModuleKind.NAMESPACE else None


def is_folder(machine: Core, text: Text | None) -> bool | None:
    """`os.path.isdir`."""
    if not isinstance(text, PathText):
        return None
    note_look(machine, text.path)
    if machine.world.layout.folders.names(text.path) is not None:
        return True
    return False if module_file_at(machine, text) is not None else None


def is_file(machine: Core, text: Text | None) -> bool | None:
    """`os.path.isfile`."""
    if not isinstance(text, PathText):
        return None
    if module_file_at(machine, text) is not None:
        return True
    if machine.world.layout.folders.names(text.path) is not None:
        return False
    # The file of a package is known if it is there; nothing is known of those of no module.
    return False if text.tail.endswith("/__init__.py") else None


def is_there(machine: Core, text: Text | None) -> bool | None:
    """`os.path.exists`."""
    answers = is_file(machine, text), is_folder(machine, text)
    if True in answers:
        return True
    return None if answers == (None, None) else False


# --- functions of the library ----------------------------------------------------------------


def _of_path(act: Callable[[Core, Text, tuple[Value, ...]], Value]) -> Act:
    """A function of the path that is its first argument, and the other arguments."""

    def call(
        machine: Core,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        mark: int,
    ) -> Value:
        machine.may_raise()
        text = text_of(arguments[0]) if arguments else None
        given = (*arguments[1:], *keywords.values())
        return UNKNOWN if text is None else act(machine, text, given)

    return call


def _same(machine: Core, text: Text, given: tuple[Value, ...]) -> Value:
    """Normalizes the text of a path."""
    return UNKNOWN if isinstance(text, Const) else text


def _split(machine: Core, text: Text, given: tuple[Value, ...]) -> Value:
    return sequence(SequenceKind.TUPLE, (folder_around(text) or UNKNOWN, base_name(text)))


def _module_name(machine: Core, text: Text, given: tuple[Value, ...]) -> Value:
    """`inspect.getmodulename`."""
    stem, suffix = split_suffix(base_name(text))
    return stem if suffix == Const(SUFFIX) else UNKNOWN


def _relative(machine: Core, text: Text, given: tuple[Value, ...]) -> Value:
    return relative(text, text_of(given[0]) if given else None, machine.world.target)


def _with_name(machine: Core, text: Text, given: tuple[Value, ...]) -> Value:
    match text, given:
        case PathText(), (Const(value=str(name)),):
            return as_path(text.renamed(name))
        case _:
            return UNKNOWN


def _with_suffix(machine: Core, text: Text, given: tuple[Value, ...]) -> Value:
    stem, old = split_suffix(text)
    match stem, given:
        case OtherText(), _:
            return as_path(stem)
        case Const(value=str(start)), (Const(value=str(suffix)),):
            return PathObject(Const(start + suffix))
        case PathText(path=start, hidden=hidden), (Const(value=str(suffix)),) if old is not UNKNOWN:
            return PathObject(PathText(start + suffix, hidden))
        case _:
            return UNKNOWN


def _asked(act: Callable[[Core, Text | None], bool | None]) -> Act:
    """A question about one path."""
    return _of_path(lambda machine, text, given: _known(act(machine, text)))


CALLS: Final[dict[str, Act]] = {
    **{f"builtins.str.{name}": partial(_text_method, name) for name in _TEXT_METHODS},
    **{
        f"os.path.{name}": _of_path(_same)
        for name in ("abspath", "expanduser", "expandvars", "normcase", "normpath", "realpath")
    },
    **{
        name: _of_path(lambda machine, text, given: text)
        for name in (
            "os.fsdecode",
            "os.fspath",
            "pathlib.Path.__fspath__",
            "pathlib.Path.__str__",
            "pathlib.Path.as_posix",
        )
    },
    "os.path.basename": _of_path(lambda machine, text, given: base_name(text)),
    "os.path.dirname": _of_path(lambda machine, text, given: folder_around(text) or UNKNOWN),
    "os.path.split": _of_path(_split),
    "os.path.splitext": _of_path(
        lambda machine, text, given: sequence(SequenceKind.TUPLE, split_suffix(text))
    ),
    "os.path.join": _of_path(lambda machine, text, given: joined_path(text, given)),
    "os.path.relpath": _of_path(_relative),
    "os.path.isfile": _asked(is_file),
    "os.path.isdir": _asked(is_folder),
    "os.path.exists": _asked(is_there),
    "os.path.lexists": _asked(is_there),
    "inspect.getmodulename": _of_path(_module_name),
    **{
        f"pathlib.{name}": _of_path(lambda machine, text, given: as_path(joined_path(text, given)))
        for name in ("Path", "PosixPath", "PurePath", "PurePosixPath", "Path.joinpath")
    },
    **{
        f"pathlib.Path.{name}": _of_path(
            lambda machine, text, given: as_path(_same(machine, text, given))
        )
        for name in ("absolute", "expanduser", "resolve")
    },
    "pathlib.Path.exists": _asked(is_there),
    "pathlib.Path.is_dir": _asked(is_folder),
    "pathlib.Path.is_file": _asked(is_file),
    "pathlib.Path.relative_to": _of_path(
        lambda machine, text, given: as_path(_relative(machine, text, given))
    ),
    "pathlib.Path.with_name": _of_path(_with_name),
    "pathlib.Path.with_suffix": _of_path(_with_suffix),
}
"""Functions of the library, and methods of its paths, by their dotted names."""

"""Paths to files and folders of the project: texts, and objects of `pathlib`.

The place of the project on the disk must decide nothing. So the machine knows only the end of each
such text: the part below a source root. The whole path serves only to ask the layout which modules
are in a folder.

A folder may hold other files than those of modules, too. `OtherText` is the name of such a file: it
can be anything but the name of a module's file.

Source: Lib/posixpath.py, Lib/pathlib.
"""

from __future__ import annotations

from typing import Final

from import_cycles.base.record import record
from import_cycles.resolve.layout import ModuleFile, ModuleKind
from import_cycles.simulate.library_objects import LibraryObject, method
from import_cycles.simulate.values import (
    UNKNOWN,
    Const,
    Sequence,
    SequenceKind,
    Value,
    sequence,
)
from import_cycles.syntax.target import PythonTarget

OTHER: Final = "\0"
"""In a path: the name of some file or folder in which there are no modules."""

SUFFIX: Final = ".py"


class OtherText(LibraryObject):
    """The name of a file that is no module's, or a text that was made of one."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OtherText)

    def __hash__(self) -> int:
        return hash(OtherText)

    @property
    def is_other(self) -> bool:
        """That is what it is for."""
        return True

    def attribute(self, name: str) -> Value:
        """A method of `str`."""
        return method("builtins.str", name, self)

    def item(self, index: Value) -> Value:
        """One character."""
        return UNKNOWN

    def sliced(self, window: slice) -> Value:
        """A part of it names no module either."""
        return self

    def combined(self, operator: str, other: Value, *, is_left: bool) -> Value:
        """What is put together with it names no module either."""
        return self

    def equals(self, other: Value) -> bool | None:
        """It is not the file of a module, nor its suffix."""
        match other:
            case Const(value=str(text)):
                return False if text.endswith(SUFFIX) or text == "__init__" else None
            case _:
                return None

    def as_text(self) -> Value:
        """Itself."""
        return self


OTHER_TEXT: Final = OtherText()


class OtherParts(LibraryObject):
    """What `split` makes of the name of a file that is no module's."""

    __slots__ = ()

    def item(self, index: Value) -> Value:
        return OTHER_TEXT


@record
class PathText(LibraryObject):
    """The text of a path. What stands before the place `hidden` of `path` decides nothing."""

    path: str
    hidden: int

    @property
    def tail(self) -> str:
        """The end of the text that is known, with the separator before it."""
        return f"/{self.path[self.hidden :]}" if len(self.path) > self.hidden else ""

    @property
    def is_other(self) -> bool:
        """Whether it leads through a file or folder in which there are no modules."""
        return OTHER in self.path

    @property
    def name(self) -> Value:
        """The last part."""
        if len(self.path) <= self.hidden:
            return UNKNOWN
        name = self.path.rpartition("/")[2]
        return OTHER_TEXT if OTHER in name else Const(name)

    @property
    def folder(self) -> PathText | None:
        """The folder around; None where that is not known."""
        folder, slash, _ = self.path.rpartition("/")
        if not self.path or self.path == "/" or (slash and not folder):
            return None
        return PathText(folder, min(self.hidden, len(folder) + bool(folder)))

    def joined(self, part: str) -> Value:
        """`os.path.join(path, part)`."""
        if part.startswith("/") or ":" in part or "\\" in part:
            return UNKNOWN
        return _normal(f"{self.path}/{part}" if self.path else part, self.hidden)

    def renamed(self, name: str) -> Value:
        """The path of another file in the same folder."""
        folder = self.folder
        return UNKNOWN if folder is None else folder.joined(name)

    def ends_with(self, ending: str, target: PythonTarget) -> bool | None:
        """Whether it ends so; None where that cannot be told."""
        known = self.tail.rpartition(OTHER)[2]
        if ("/" in ending or "\\" in ending) and target.os_name == "nt":
            return None
        if len(ending) <= len(known):
            return known.endswith(ending)
        if self.is_other and not known and ending.endswith(SUFFIX):
            return False
        return None if ending.endswith(known) else False

    # --- as a value ------------------------------------------------------------------------

    def attribute(self, name: str) -> Value:
        """A method of `str`."""
        return method("builtins.str", name, self)

    def sliced(self, window: slice) -> Value:
        """A part of the text, counted from its end."""
        tail = self.tail
        match window:
            case slice(start=None, stop=int(stop), step=None) if -len(tail) < stop < 0:
                return PathText(self.path[:stop], self.hidden)
            case slice(start=int(start), stop=None, step=None) if -len(tail) <= start < 0:
                return OTHER_TEXT if self.is_other else Const(tail[start:])
            case _:
                return OTHER_TEXT if self.is_other else UNKNOWN

    def combined(self, operator: str, other: Value, *, is_left: bool) -> Value:
        """`path + text`."""
        if operator == "+" and is_left and isinstance(other, Const) and self.path:
            return PathText(f"{self.path}{other.value}", self.hidden)
        return OTHER_TEXT if self.is_other or other is OTHER_TEXT else UNKNOWN

    def equals(self, other: Value) -> bool | None:
        """Whether it is the same text."""
        return _are_equal(self, other)

    def as_text(self) -> Value:
        """Itself."""
        return self


def _are_equal(one: Value, other: Value) -> bool | None:
    if not isinstance(one, PathText) or not isinstance(other, PathText):
        return None
    if one.is_other and other.is_other:
        return None
    return one.path == other.path


def _normal(path: str, hidden: int) -> Value:
    """A path without `.` and `..` in it."""
    parts: list[str] = []
    for position, part in enumerate(path.split("/")):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", ".") or (position == 0 and not part):
            parts.append(part)
    normal = "/".join(parts)
    if ".." in parts or not normal:
        return UNKNOWN
    return PathText(normal, hidden if normal[:hidden] == path[:hidden] else len(normal))


Text = Const | PathText | OtherText


def text_of(value: Value) -> Text | None:
    """The text that a value is, or that it is to the file system; None where it is not known."""
    match value:
        case PathObject(text=text):
            return text
        case PathText() | OtherText() | Const(value=str()):
            return value
        case _:
            return None


def path_of_file(file: ModuleFile) -> PathText:
    """`__file__` of a module; of a namespace package its folder."""
    root = file.root.rstrip("/")
    return PathText(file.path, len(root) + bool(root))


def folder_of(file: ModuleFile) -> PathText:
    """The folder of a package."""
    path = path_of_file(file)
    if file.kind is ModuleKind.NAMESPACE:
        return path
    folder = path.folder
    assert folder is not None, "a file is in a folder"
    return folder


@record
class PathParts(LibraryObject):
    """The parts of a path, of which the last ones are known."""

    whole: PathText

    def item(self, index: Value) -> Value:
        """Counted from the end."""
        whole: PathText | None = self.whole
        if not isinstance(index, Const) or not isinstance(index.value, int) or index.value >= 0:
            return UNKNOWN
        for _ in range(-1 - index.value):
            whole = None if whole is None else whole.folder
        return UNKNOWN if whole is None else whole.name


@record
class _Parents(LibraryObject):
    """`Path.parents`."""

    whole: PathText

    def item(self, index: Value) -> Value:
        """The folder around, that around it, …"""
        if not isinstance(index, Const) or not isinstance(index.value, int) or index.value < 0:
            return UNKNOWN
        whole: PathText | None = self.whole
        for _ in range(index.value + 1):
            whole = None if whole is None else whole.folder
        return UNKNOWN if whole is None else PathObject(whole)


# --- pathlib ---------------------------------------------------------------------------------


@record
class PathObject(LibraryObject):
    """An object of `pathlib.Path`, or what `importlib.resources.files` gives."""

    text: Text

    @property
    def is_other(self) -> bool:
        """Whether it leads through a file or folder in which there are no modules."""
        return isinstance(self.text, LibraryObject) and self.text.is_other

    def attribute(self, name: str) -> Value:
        """A part of the path, or a method."""
        text = self.text
        match name:
            case "parent":
                folder = folder_around(text)
                return UNKNOWN if folder is None else PathObject(folder)
            case "name":
                return base_name(text)
            case "stem":
                return split_suffix(base_name(text))[0]
            case "suffix":
                return split_suffix(base_name(text))[1]
            case "parents" if isinstance(text, PathText):
                return _Parents(text)
            case "parts" if isinstance(text, PathText):
                return PathParts(text)
            case "parts" if isinstance(text, Const):
                parts = [part for part in str(text.value).split("/") if part]
                return sequence(SequenceKind.TUPLE, tuple(map(Const, parts)))
            case _:
                return method("pathlib.Path", name, self)

    def combined(self, operator: str, other: Value, *, is_left: bool) -> Value:
        """`path / name`."""
        added = text_of(other)
        if operator != "/" or not is_left or added is None:
            return UNKNOWN
        return as_path(join_texts(self.text, added))

    def equals(self, other: Value) -> bool | None:
        """Whether it is the same path."""
        return _are_equal(self.text, other.text) if isinstance(other, PathObject) else None

    def as_text(self) -> Value:
        """The path as a text."""
        return self.text


def as_path(text: Value) -> Value:
    """The object of `pathlib` for a text."""
    return PathObject(text) if isinstance(text, (Const, PathText, OtherText)) else UNKNOWN


# --- os.path ---------------------------------------------------------------------------------


def base_name(text: Text | None) -> Value:
    """`os.path.basename`."""
    match text:
        case Const(value=str(known)):
            return Const(known.rpartition("/")[2])
        case PathText():
            return text.name
        case OtherText():
            return text
        case _:
            return UNKNOWN


def folder_around(text: Text | None) -> Text | None:
    """`os.path.dirname`."""
    match text:
        case Const(value=str(known)):
            return Const(known.rpartition("/")[0])
        case PathText():
            return text.folder
        case _:
            return None


def split_suffix(text: Value) -> tuple[Value, Value]:
    """`os.path.splitext`."""
    match text:
        case Const(value=str(known)):
            stem, suffix = _split_suffix(known)
            return Const(stem), Const(suffix)
        case PathText(path=path, hidden=hidden) if isinstance(text.name, Const):
            stem, suffix = _split_suffix(path)
            return PathText(stem, hidden), Const(suffix)
        case PathText() if text.is_other:
            return OTHER_TEXT, OTHER_TEXT
        case OtherText():
            return text, text
        case _:
            return UNKNOWN, UNKNOWN


def _split_suffix(path: str) -> tuple[str, str]:
    folder, slash, name = path.rpartition("/")
    start = len(name) - len(name.lstrip("."))
    dot = name.rfind(".", start)
    if dot < start or dot == -1 or dot == 0:
        return path, ""
    return f"{folder}{slash}{name[:dot]}", name[dot:]


def joined_texts(values: list[Value]) -> Value:
    """An f-string with a path in it."""
    if OTHER_TEXT in values:
        return OTHER_TEXT
    texts = [text_of(value) if isinstance(value, PathObject) else value for value in values]
    result = texts[0] or UNKNOWN
    for text in texts[1:]:
        if not isinstance(result, PathText) or not isinstance(text, Const):
            return UNKNOWN
        result = result.combined("+", text, is_left=True)
    return result


def join_texts(first: Text, second: Text) -> Value:
    """`os.path.join` of two."""
    match first, second:
        case _, PathText():
            # It starts at the root of the file system.
            return second
        case PathText(path=path, hidden=hidden), OtherText():
            return PathText(f"{path}/{OTHER}" if path else OTHER, hidden)
        case PathText(), Const(value=str(part)):
            return first.joined(part)
        case Const(value=str(start)), Const(value=str(part)):
            is_whole = part.startswith("/") or not start
            return second if is_whole else Const(f"{start.rstrip('/')}/{part}")
        case (OtherText(), _) | (_, OtherText()):
            return OTHER_TEXT
        case _:
            return UNKNOWN


def joined_path(first: Value, others: tuple[Value, ...]) -> Value:
    result: Value = text_of(first) or UNKNOWN
    for each in others:
        start, part = text_of(result), text_of(each)
        result = UNKNOWN if start is None or part is None else join_texts(start, part)
    return result


def relative(text: Text | None, start: Text | None, target: PythonTarget) -> Value:
    """`os.path.relpath` of what lies below `start`."""
    match text, start:
        case PathText(path=path), PathText(path=around):
            if path != around and not path.startswith(f"{around}/" if around else ""):
                return UNKNOWN
            rest = path[len(around) :].lstrip("/") or "."
            if OTHER in rest:
                return OTHER_TEXT
            return Const(rest.replace("/", "\\") if target.os_name == "nt" else rest)
        case OtherText(), _:
            return text
        case _:
            return UNKNOWN


# --- __path__ --------------------------------------------------------------------------------


def search_path(folders: tuple[PathText, ...]) -> Sequence:
    """A new `__path__` of a package."""
    return sequence(SequenceKind.LIST, folders)

"""The import statements that a text may have, found without parsing it.

A *scan* is a superset: whatever `import_cycles.syntax.summarize` finds that can execute at run
time is in it. Words in strings and comments may add imports that are none. So the modules that
no cycle of scanned imports goes through are in no cycle at all, and need not be parsed to know
that. A scan costs about a fiftieth of a summary.

Each `import` in the text gives a *stretch*: its line, or its lines if brackets or backslashes
join several. Stretches are the same in file after file, so they are kept as text (interned) and
read once each. The scan does not read unusual code (a call that imports, names that Unicode
normalises, brackets that never close); it says that the text `needs_summary`.

Left out are imports for type checkers alone: the statements right under `if TYPE_CHECKING:`,
provided that the text gives that name no meaning of its own. A comment on a line leaves nothing
out, for whether it is one hangs on what stands before, unless no quote stands before it.

Why a stretch is enough: `import` is a keyword, so an import statement spells it out, and only
brackets, backslashes and nothing else let a statement go on in the next line.
Tests: tests/properties/test_scan.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain
from sys import intern
from typing import Final
from unicodedata import is_normalized, normalize

from import_cycles.base.record import entity, field, record
from import_cycles.syntax.chains import bound_by, dotted_reads
from import_cycles.syntax.imports import LOADING_WORDS
from import_cycles.syntax.quoted import quoted_names
from import_cycles.syntax.sys_modules import taken_from_modules


@record
class Scan:
    """What a text may import. Equal scans lead to the same modules."""

    stretches: tuple[str, ...] = ()
    """Each once; first those that are not indented, each in the order of the text."""
    typing: tuple[str, ...] = ()
    """Those that are for type checkers alone."""
    needs_summary: bool = False
    """Whether only a summary can tell what the text imports, or which problems it has."""
    n_outer: int = 0
    """The number of `stretches` that are not indented: they execute while the module loads."""
    quoted: tuple[str, ...] = ()
    """Texts in quotes that can name a module; see `import_cycles.syntax.quoted`."""
    taken: tuple[str, ...] = ()
    """What it takes out of `sys.modules`; see `import_cycles.syntax.sys_modules`."""
    chains: tuple[str, ...] = ()
    """Dotted names that it reads; see `import_cycles.syntax.chains`."""

    @property
    def outer(self) -> Scan:
        """The imports that are not indented, alone."""
        return Scan(self.stretches[: self.n_outer])


@record
class Request:
    """One import that a stretch may make.

    `names` are those of a `from` import, `*` among them for a star-import; None for `import a.b`.
    """

    level: int
    module: str
    names: tuple[str, ...] | None


_SPOKEN_OF: Final = (*LOADING_WORDS, "import-cycles:")
"""Texts that hold one of these are summarized: dynamic imports, and comments for this tool."""

# No string begins or ends in here, or else the lines might be no code.
_NAMES = r"(?:[\w., \t]+|[\w., \t]*\((?:[\w., \t\n]|\#[^\n\"']*\n)*\)[ \t]*)"
_STATEMENT = rf"(?:from[ \t]+[\w.]+[ \t]+import[ \t]*{_NAMES}|import[ \t]+[\w., \t]+)"
_COMMENT = r"(?:\#[^\n\"']*)?"
_TYPING_BLOCK: Final = re.compile(
    r"^(?P<indent>[ \t]*)if[ \t]+(?:\w+\.)?TYPE_CHECKING[ \t]*:[ \t]*" + _COMMENT + r"\n"
    r"(?:[ \t]*" + _COMMENT + r"\n|(?P=indent)[ \t]+" + _STATEMENT + _COMMENT + r"\n)*",
    re.MULTILINE,
)
_PLAIN_USE: Final = re.compile(
    r"^[ \t]*(?:el)?if[ \t]+(?:not[ \t]+)?(?:\w+\.)?TYPE_CHECKING[ \t]*:"
    r"|^from[ \t]+[\w.]+[ \t]+import[ \t]+(?:\w+,[ \t]*)*TYPE_CHECKING[ \t]*(?:,[^\n]*)?$",
    re.MULTILINE,
)


@entity
class Scanner:
    """Scans texts; remembers how stretches read, so one serves best for many texts at a time."""

    _read: dict[str, tuple[Request, ...] | None] = field(default_factory=dict)

    def scan(self, text: str, *, type_checking: bool = False) -> Scan:
        """The scan of a text. Cost: about that of searching it for a few words.

        With `type_checking`, what stands under `if TYPE_CHECKING:` executes like anything else.
        """
        quoted, taken = quoted_names(text), taken_from_modules(text)
        text, typing_text, is_plain = _divided(text, leaves_out=not type_checking)
        outer, inner = _stretches(text)
        stretches = [*outer, *inner]
        needs_summary = not is_plain or True in [word in text for word in _SPOKEN_OF]
        if not needs_summary:
            read = self._read
            needs_summary = None in [
                read[each] if each in read else self.requests(each) for each in stretches
            ]
        typing = chain.from_iterable(_stretches(typing_text)) if typing_text else ()
        return Scan(
            tuple(map(intern, stretches)),
            tuple(map(intern, typing)),
            needs_summary,
            len(outer),
            quoted,
            taken,
            dotted_reads(text, bound_by(stretches)),
        )

    def requests(self, stretch: str) -> tuple[Request, ...] | None:
        """Every import that a stretch may make; None when that is not clear."""
        known = self._read.get(stretch, _UNREAD)
        if known is _UNREAD:
            known = self._read[stretch] = _read_stretch(stretch)
        return known


_UNREAD: Final = (Request(-1, "", None),)


def _divided(text: str, *, leaves_out: bool) -> tuple[str, str, bool]:
    """The text without and with what is for type checkers, and whether its words are plain."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii() and not is_normalized("NFKC", text):
        normal = normalize("NFKC", text)
        is_plain = not any(word in normal and word not in text for word in _SPOKEN_OF)
        return text, "", is_plain
    if leaves_out and "TYPE_CHECKING" in text and _has_plain_meaning(text):
        return *_without_typing(text), True
    return text, "", True


def _without_typing(text: str) -> tuple[str, str]:
    """The text without its blocks for type checkers, and these."""
    kept: list[str] = []
    blocks: list[str] = []
    done = 0
    place = text.find("TYPE_CHECKING")
    while place >= 0:
        start = text.rfind("\n", 0, place) + 1
        block = _TYPING_BLOCK.match(text, start)
        if block is not None:
            kept += text[done:start], "\n"
            blocks.append(block.group())
            done = block.end()
        place = text.find("TYPE_CHECKING", max(place + 1, done))
    kept.append(text[done:])
    return "".join(kept), "\n".join(blocks)


def _stretches(text: str) -> tuple[dict[str, None], dict[str, None]]:
    """Each line, or run of lines that belong together, with an `import` in it, once, in order.

    Those that are not indented, and those that always are.
    """
    outer: dict[str, None] = {}
    inner: dict[str, None] = {}
    is_joined = "\\\n" in text
    place = text.find("import")
    # The least for each line: there are ten in a file.
    while place >= 0:
        after = place + 6
        following = text[after : after + 1]
        if following.isalnum() or following == "_":
            place = text.find("import", after)
            continue
        start, end = text.rfind("\n", 0, place) + 1, text.find("\n", place)
        if end < 0:
            end = len(text)
        stretch = text[start:end]
        if "#" in stretch and _is_in_comment(text[start:place]):
            place = text.find("import", after)
            continue
        if "(" in stretch or "\\" in stretch or (is_joined and text[start - 2 : start] == "\\\n"):
            start, done = _joined(text, start, after, end)
            stretch = text[start:done]
            (inner if stretch[0] in " \t" else outer)[stretch.strip()] = None
            # What stands behind it in its last line was read, too.
            place = text.find("import", max(done, after))
        else:
            (inner if stretch[0] in " \t" else outer)[stretch.strip()] = None
            place = text.find("import", end)
    for stretch in outer.keys() & inner.keys():
        del inner[stretch]
    return outer, inner


def _has_plain_meaning(text: str) -> bool:
    """Whether `TYPE_CHECKING` is only imported and asked for."""
    place = text.find("TYPE_CHECKING")
    while place >= 0:
        end = _line_end(text, place)
        use = _PLAIN_USE.match(text, text.rfind("\n", 0, place) + 1, end)
        if use is None or text.find("TYPE_CHECKING", place + 1, end) >= 0:
            return False
        place = text.find("TYPE_CHECKING", end)
    return True


def _is_in_comment(head: str) -> bool:
    """Whether what follows `head`, the start of its line, is in a comment or string for certain."""
    return "#" in head and '"' not in head and "'" not in head


def _joined(text: str, start: int, after: int, end: int) -> tuple[int, int]:
    """The lines around an `import` that brackets and backslashes make one."""
    while text[start - 2 : start] == "\\\n":
        start = text.rfind("\n", 0, start - 1) + 1
    match = _BRACKETS.match(text, after)
    if match is not None and match.end() > end:
        end = _line_end(text, match.end())
    while end < len(text) and text[end - 1] == "\\":
        end = _line_end(text, end + 1)
    return start, end


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end


_SPACE = r"(?:[ \t\f]|\\\n)*"
_BRACKETS: Final = re.compile(_SPACE + r"\([^)#]*(?:#[^\n]*\n[^)#]*)*\)")
_SIMPLE: Final = re.compile(
    r"from (?P<dots>\.*)(?P<module>[\w.]*) import (?:(?P<names>\w+(?:, \w+)*)|\((?P<many>[\w\s,]+)\))"
    r"|import (?P<plain>[\w.]+)(?: as \w+)?",
    re.ASCII,
)
_FORM: Final = re.compile(
    r"(?P<before>(?:^|[^\w])from(?!\w)(?P<module>(?:(?!\bfrom\b)[\s.\w])*?))?(?<!\w)import(?!\w)"
)
_DOTS: Final = re.compile(r"\.\s*|(?<!\s)\s+\.\s*")
"""A dot and the blanks around it. From inside of many blanks no search begins."""
_NAME: Final = re.compile(r"\w+")
_DOTTED: Final = re.compile(r"\w+(?:\.\w+)*")
_CLEAN_START: Final = re.compile(r"(?:^|[^#]*[;:])\s*(?:lazy\s+)?$")


def _read_stretch(stretch: str) -> tuple[Request, ...] | None:
    simple = _SIMPLE.fullmatch(stretch)
    if simple is not None:
        dots, module, names, many, plain = simple.groups()
        if plain is not None:
            return (Request(0, plain, None),)
        if names is not None:
            return (Request(len(dots), module, tuple(names.split(", "))),)
        items = map(str.split, many.split(","))
        return (Request(len(dots), module, tuple([item[0] for item in items if item])),)
    requests: dict[Request, None] = {}
    # Python reads names in normal form; what is recovered of a broken text is as it was written.
    for form in dict.fromkeys((normalize("NFKC", stretch), stretch)):
        is_joined = "\\\n" in form
        found = _read_form(form.replace("\\\n", " "), is_joined=is_joined)
        if found is None:
            return None
        requests.update(dict.fromkeys(found))
    return tuple(requests)


def _read_form(text: str, *, is_joined: bool) -> Iterable[Request] | None:
    requests: dict[Request, None] = {}
    position = 0
    semicolon = -1
    while match := _FORM.search(text, position):
        position = match.end()
        if semicolon < position:
            semicolon = text.find(";", position)
            semicolon = len(text) if semicolon < 0 else semicolon
        is_from = False
        if match["before"] is not None:
            module = _DOTS.sub(".", match["module"].strip())
            name = module.lstrip(".")
            if module and all(part.isidentifier() for part in name.split(".") if name):
                names = _from_names(text[position:semicolon])
                if names is None:
                    return None
                requests[Request(len(module) - len(name), name, names)] = None
                start = match.start("before") + (match["before"][0] != "f")
                is_from = not is_joined and _CLEAN_START.match(text, 0, start) is not None
        if not is_from:
            # In a broken text, what stands before need not belong to the statement, least of all
            # when it stands in another line.
            comment = text.find("#", position, semicolon)
            for module in _imported(text[position : semicolon if comment < 0 else comment]):
                requests[Request(0, module, None)] = None
    return requests


def _from_names(rest: str) -> tuple[str, ...] | None:
    rest = rest.lstrip()
    if rest.startswith("("):
        match = _BRACKETS.match(rest)
        if match is None:
            return None
        rest = re.sub(r"#[^\n]*", "", match.group())[1:-1]
    else:
        rest = rest.partition("#")[0]
    names = []
    for item in rest.split(","):
        word = _NAME.search(item)
        if item.lstrip().startswith("*"):
            names.append("*")
        elif word is not None:
            names.append(word.group())
    return tuple(names)


def _imported(rest: str) -> list[str]:
    modules = []
    for item in _DOTS.sub(".", rest).split(","):
        word = _DOTTED.match(item.lstrip())
        if word is not None:
            modules.append(word.group())
    return modules

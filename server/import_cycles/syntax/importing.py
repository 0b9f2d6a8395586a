"""One import statement, or one call that imports, as records with the places of its names.

`ast` says where a statement and its names stand, but not where the dotted module of a `from`
import does, so the text is asked for that.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from import_cycles.base.names import resolve_relative
from import_cycles.base.text import Site
from import_cycles.syntax.decide import Decider
from import_cycles.syntax.imports import (
    RUNNING_CALLS,
    ImportedName,
    ImportFlag,
    ImportRecord,
    When,
)

_FROM_MODULE = re.compile(rb"from([.\w\s\x80-\xff]*?)\bimport\b")
_DOTTED = re.compile(rb"[\w\x80-\xff]+(?:\s*\.\s*[\w\x80-\xff]+)*")
_FROM_ANYTHING = re.compile(rb"from\s*([^\s\\#]*)")
_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


class ImportReader:
    """Reads import statements of one text and numbers their sites in the order of reading.

    `lines` are those that `ast` counts from; line 1 of it is line `shift` + 1 of the text.
    """

    def __init__(self, decider: Decider) -> None:
        self.lines: Sequence[str] = ()
        self.shift = 0
        self._decider = decider
        self.sites: list[Site] = []

    def records(
        self, node: ast.Import | ast.ImportFrom
    ) -> Iterator[tuple[ImportRecord, list[tuple[str, str]]]]:
        """The records of a statement, each with the names that it binds and what they stand for.

        Kind, flags and code of the records are left for the caller to fill in.
        """
        statement = self._site_of(node)
        if isinstance(node, ast.Import):
            for alias in node.names:
                site = self._alias_site(alias)
                bound = alias.asname or alias.name.partition(".")[0]
                origin = alias.name if alias.asname else bound
                yield (
                    ImportRecord(
                        alias.name, 0, None, alias.asname, site, statement, 0, When.RUNTIME
                    ),
                    [(bound, origin)],
                )
            return
        module = node.module or ""
        site = self._module_site(node)
        names = tuple(
            ImportedName(alias.name, alias.asname or alias.name, self._alias_site(alias))
            for alias in node.names
        )
        origins = [
            (name.bound_as, f"{module}.{name.name}" if module else name.name)
            for name in names
            if name.name != "*"
        ]
        flags = ImportFlag.STAR if names[0].name == "*" else ImportFlag.NONE
        yield (
            ImportRecord(module, node.level, names, None, site, statement, 0, When.RUNTIME, flags),
            origins,
        )

    def dynamic(self, node: ast.Call) -> ImportRecord | None:
        """The record of a call that imports a module or runs one, None for any other call."""
        if _runs_a_module(node):
            site = self._site_of(node)
            return ImportRecord(*_COMPUTED, None, None, site, site, 0, When.RUNTIME)
        if not node.args:
            return None
        is_dunder_import = isinstance(node.func, ast.Name) and node.func.id == "__import__"
        if not (is_dunder_import or self._is_import_module(node.func)):
            return None
        argument = node.args[0]
        named = _literally_named(node, argument, is_dunder_import=is_dunder_import)
        if named is None:
            return None
        site = self._add(
            argument.lineno - 1, argument.col_offset, (argument.end_lineno or argument.lineno) - 1,
            argument.end_col_offset or argument.col_offset,
        )  # fmt: skip
        return ImportRecord(*named, None, None, site, self._site_of(node), 0, When.RUNTIME)

    def _is_import_module(self, function: ast.expr) -> bool:
        match function:
            case ast.Attribute(attr="import_module") | ast.Name():
                origin = self._decider.origin(function)
            case _:
                return False
        if origin is None:
            # Bound inside a function, where the pass keeps no aliases.
            return ast.unparse(function) in ("importlib.import_module", "import_module")
        return origin == "importlib.import_module"

    def _site_of(self, node: ast.stmt | ast.expr) -> int:
        end_line = node.end_lineno or node.lineno
        return self._add(
            node.lineno - 1, node.col_offset, end_line - 1, node.end_col_offset or node.col_offset
        )

    def _alias_site(self, alias: ast.alias) -> int:
        end = alias.col_offset + len(alias.name.encode())
        if "." in alias.name:
            # White space may stand around the dots.
            raw = self.lines[alias.lineno - 1].encode(errors="surrogatepass")
            match = _DOTTED.match(raw, alias.col_offset)
            end = match.end() if match is not None else end
        return self._add(alias.lineno - 1, alias.col_offset, alias.lineno - 1, end)

    def _module_site(self, node: ast.ImportFrom) -> int:
        line = node.lineno - 1
        raw = self.lines[line].encode(errors="surrogatepass")
        match = _FROM_MODULE.match(raw, node.col_offset) or _FROM_ANYTHING.match(
            raw, node.col_offset
        )
        # Stripped here: a pattern that looks for the end of many blanks tries each of them.
        module = b"" if match is None else match[1].strip()
        if match is None or not module:
            return self._add(line, node.col_offset, line, node.col_offset + len(b"from"))
        start = match.end(1) - len(match[1].lstrip())
        return self._add(line, start, line, start + len(module))

    def _add(self, line: int, column: int, end_line: int, end_column: int) -> int:
        shift = self.shift
        self.sites.append(Site(line + shift, column, end_line + shift, end_column))
        return len(self.sites) - 1


def _runs_a_module(node: ast.Call) -> bool:
    """Whether a call may load a module that it does not name, going by how it is spelled."""
    match node.func:
        case ast.Name(id=name):
            return name in RUNNING_CALLS
        case ast.Attribute(attr="load", value=owner) as function:
            # Just as LOAD_CALL is spelled: a line with another spelling is not looked at.
            ends = [(each.end_lineno, each.end_col_offset) for each in (owner, function, node)]
            (line, column), *_ = ends
            column = column or 0
            return ends == [(line, column), (line, column + 5), (line, column + 7)]
        case ast.Attribute(attr=name):
            return name in RUNNING_CALLS
        case _:
            return False


def catches_import_error(caught: ast.expr | None) -> bool:
    """Whether an `except` with this expression (None: bare) catches ImportError, going by names."""
    match caught:
        case None:
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _IMPORT_ERRORS
        case ast.Tuple(elts=items):
            return any(catches_import_error(item) for item in items)
        case _:
            return False


_COMPUTED = ("", 0)
"""Module and level where these are not written out."""


def _literally_named(
    node: ast.Call, argument: ast.expr, *, is_dunder_import: bool
) -> tuple[str, int] | None:
    """Module and level that a call names; `_COMPUTED` if it does not, None if it cannot import."""
    if not isinstance(argument, ast.Constant):
        return _COMPUTED
    if not isinstance(argument.value, str):
        return None
    level = len(argument.value) - len(argument.value.lstrip("."))
    module = argument.value[level:]
    if not level:
        return (module, 0) if _is_dotted(module) else None
    package = None if is_dunder_import else _package_argument(node)
    if package is None:
        return None if is_dunder_import else _COMPUTED
    if not package:
        return module, level
    absolute = resolve_relative(package, level, module)
    return None if absolute is None else (absolute, 0)


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def _package_argument(node: ast.Call) -> str | None:
    """The literal package of `import_module(".x", package)`; empty for the module's own package."""
    values = [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "package")]
    match values:
        case [ast.Constant(value=str(package))]:
            return package
        case [ast.Name(id="__package__")]:
            return ""
        case [ast.BoolOp(op=ast.Or(), values=[ast.Name(id="__package__"), *_])]:
            return ""
        case _:
            return None

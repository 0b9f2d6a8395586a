"""Write what is said of rules and quick fixes elsewhere than in their own files.

`python docs/generate.py` writes docs/rules.md and docs/fixes.md from the docstrings: a docstring
is the documentation; the page only adds its code as a heading (which is the anchor that editors
link to), and of a rule the default severity. docs/libraries.md is written from the table of
libraries, the table of budgets in docs/simulation.md from `import_cycles.simulate.limits`. It also writes what the extension for VS Code knows
of the rules: src/rules.ts, and the setting `import-cycles.severity` in package.json. The table of
docs/configuration.md comes from import-cycles.schema.json, the schema that is shipped with the package,
which in turn has its rules from here.
tests/test_repo.py says when a file is stale.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator
from enum import Enum
from itertools import pairwise
from pathlib import Path
from types import ModuleType

from import_cycles.analysis.registry import rules, rules_by_precedence
from import_cycles.findings.rule import Rule, Severity
from import_cycles.libraries.facts import ANY, NONE, Calls, Imports, Options, Row, Swallows
from import_cycles.libraries.table import PARTS
from import_cycles.repair.fix_registry import fixes
from import_cycles.simulate.limits import LIMITS, Limits

_FOLDER = Path(__file__).parent
_EXTENSION = _FOLDER.parent / "vscode-client"
_SCHEMA = _FOLDER.parent / "server" / "import_cycles" / "import-cycles.schema.json"

_RULES_OPENING = """\
# Rules

<!-- Written by docs/generate.py from the docstrings in server/import_cycles/rules/. -->

Every finding carries the code of its rule. The severity of each can be set, or the rule switched
`off`, in the configuration; a comment accepts the findings of one line. Both are described in the
[README](../README.md).

| code | default severity | |
| --- | --- | --- |
"""

_FIXES_OPENING = """\
# Quick fixes

<!-- Written by docs/generate.py from the docstrings in server/import_cycles/fixes/. -->

Each is offered only after it was tried: its edits are applied to a copy of what is known of the
project, first imports are simulated again, and the cycle must be gone while nothing else has
become worse. Editors offer them in this order, at every import of the cycle. A *safe* one changes
nothing that anybody in the project could notice; `import-cycles fix` and fixing on saving apply
only those. The others say what may change.

| code | |
| --- | --- |
"""

_LIBRARIES_OPENING = """\
# What is known of libraries

<!-- Written by docs/generate.py from the table in server/import_cycles/libraries/. -->

import-cycles does not read code outside your project. What calling, decorating with or deriving
from something of a library does is in this table; the import machine, the rules and the quick
fixes ask it alike. `name.*` stands for all that is below. Of several rows about one name the more
exact decides, fact by fact.

What no row tells: a function of Python's own library changes nothing that it is given, calls
nothing back and imports nothing by name. Other libraries may do anything.

Sources are pages below <https://docs.python.org/3/>, files of CPython, or other addresses.
"""

_TYPESCRIPT_OPENING = """\
// Written by docs/generate.py from the rules in server/import_cycles/rules/.

export interface Rule {
  readonly code: string;
  /** By default. */
  readonly severity: "error" | "warning" | "information" | "hint" | "off";
  /** What it says of a cycle or an import, in a few words. */
  readonly told: string;
}

/** All rules of the server, the worst first. */
export const RULES: readonly Rule[] = [
"""

_BUDGETS_BEGIN = (
    "<!-- Written by docs/generate.py from server/import_cycles/simulate/limits.py -->\n"
)
_PART_END = "<!-- Until here -->\n"

_KEYS_BEGIN = "<!-- Written by docs/generate.py from import-cycles.schema.json -->\n"

_LABEL = re.compile(r"^([A-Z][a-z ]+):(?= |$)", re.MULTILINE)


def pages() -> dict[Path, str]:
    """The whole text of each file."""
    return {
        _FOLDER / "rules.md": _rules_page(),
        _FOLDER / "fixes.md": _fixes_page(),
        _FOLDER / "libraries.md": _libraries_page(),
        _FOLDER / "simulation.md": _simulation_page(),
        _FOLDER / "configuration.md": _configuration_page(),
        _SCHEMA: _schema(),
        _EXTENSION / "src" / "rules.ts": _typescript(),
        _EXTENSION / "package.json": _manifest(),
    }


def _typescript() -> str:
    rows = [
        f"  {{ code: {json.dumps(rule.code)}, severity: {json.dumps(rule.severity.value)},"
        f" told: {json.dumps(rule.told)} }},\n"
        for rule in rules_by_precedence()
    ]
    return f"{_TYPESCRIPT_OPENING}{''.join(rows)}];\n"


def _severities() -> dict[str, object]:
    """A JSON schema of the severity of each rule, by code."""
    return {
        rule.code: {
            "type": "string",
            "enum": [severity.value for severity in Severity],
            "default": rule.severity.value,
            "description": rule.title,
        }
        for rule in rules_by_precedence()
    }


def _manifest() -> str:
    """The extension's package.json with the rules that there are."""
    manifest = json.loads((_EXTENSION / "package.json").read_text(encoding="utf-8"))
    settings = manifest["contributes"]["configuration"]["properties"]
    settings["import-cycles.severity"]["properties"] = _severities()
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def _schema() -> str:
    """The schema of `[tool.import-cycles]` with the rules that there are."""
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    schema["properties"]["severity"]["properties"] = _severities()
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _configuration_page() -> str:
    """The page as it is, with the table of keys that the schema has."""
    rows = ["\n| key | default | |\n| --- | --- | --- |\n"]
    for key, schema in json.loads(_schema())["properties"].items():
        default = schema.get("x-default") or f"`{json.dumps(schema['default'])}`"
        rows.append(f"| `{key}` | {default} | {schema['markdownDescription']} |\n")
    return _with_part(_FOLDER / "configuration.md", _KEYS_BEGIN, "".join([*rows, "\n"]))


def _rules_page() -> str:
    rows = "".join(
        f"| [`{rule.code}`](#{rule.code}) | {rule.severity.value} | {rule.title} |\n"
        for rule in rules()
    )
    return _RULES_OPENING + rows + "".join(_rule_section(rule) for rule in rules())


def _fixes_page() -> str:
    rows = "".join(f"| [`{fix.code}`](#{fix.code}) | {_story(fix.docs)[0]} |\n" for fix in fixes())
    return _FIXES_OPENING + rows + "".join(_section(fix.code, fix.docs) for fix in fixes())


def _libraries_page() -> str:
    return _LIBRARIES_OPENING + "".join(map(_part_of_table, PARTS))


def _part_of_table(part: ModuleType) -> str:
    title, body = _story(part.__doc__ or "")
    text = f"{title}\n\n{body}\n" if body else f"{title}\n"
    rows = "".join(map(_table_row, part.ROWS))
    name = part.__name__.rpartition(".")[2].replace("_", " ").capitalize()
    return f"\n## {name}\n\n{text}\n| names | facts | source |\n| --- | --- | --- |\n{rows}"


def _table_row(row: Row) -> str:
    """One row of the page: names are grouped by their owner."""
    by_owner: dict[str, list[str]] = {}
    for dotted, mark in row.dotted():
        owner, _, name = dotted.rpartition(".")
        told = f"`{name}`"
        by_owner.setdefault(owner, []).append(f"{told} ({mark})" if mark else told)
    names = "; ".join(
        f"{owner}: {', '.join(inside)}" if owner else ", ".join(inside)
        for owner, inside in by_owner.items()
    )
    facts = "; ".join(_fact(field, value) for field, value in row.says.items()) or "is there"
    return f"| {names} | {facts} | {row.source} |\n"


_FACTS = {
    ("changes", ANY): "may change anything that it is given",
    ("changes", NONE): "changes nothing",
    ("calls", Calls.NEVER): "calls nothing back",
    ("calls", Calls.NOW): "calls back before it returns",
    ("calls", Calls.ON_USE): "calls back when its result is used",
    ("calls", Calls.LATER): "registers what it is given",
    ("calls", Calls.PERHAPS): "may call back",
    ("options", Options.ALLOWED): "with or without options",
    ("options", Options.REQUIRED): "with options",
    ("imports", Imports.NOTHING): "imports nothing by name",
    ("imports", Imports.MODULE): "imports the module that it is told",
    ("imports", Imports.OBJECT): "imports the module of the object that it is told",
    ("imports", Imports.NAMED): "may import modules that its arguments name",
    ("imports", Imports.INSTALLED): "may import any module",
    ("shares", False): "gives nothing of what it was given",
    ("swallows", Swallows.GIVEN): "ends exceptions of given classes",
    ("swallows", Swallows.PERHAPS): "may end exceptions",
    ("swallows", Swallows.NEVER): "ends no exceptions",
}


def _fact(field: str, value: object) -> str:
    """`is quiet`, `calls back before it returns`, `changes: argument 1`."""
    told = field.replace("_", " ")
    if (field, value) in _FACTS:
        return _FACTS[field, value]
    if isinstance(value, bool):
        return told if value else f"not {told}"
    if field == "argument" and isinstance(value, int):
        return f"argument {value + 1}"
    if isinstance(value, tuple):
        parts = (f"argument {part + 1}" if isinstance(part, int) else f"`{part}`" for part in value)
        return f"{told} {', '.join(parts)}"
    if isinstance(value, Enum):
        return f"{told}: {(value.name or '').replace('_', ' ').lower()}"
    return f"{told}: {value}"


def _simulation_page() -> str:
    """The page as it is, with the table of budgets that there are."""
    table = f"\n| Budget | | Of what |\n|---|---|---|\n{''.join(_budgets())}\n"
    return _with_part(_FOLDER / "simulation.md", _BUDGETS_BEGIN, table)


def _with_part(path: Path, begin: str, part: str) -> str:
    """The text of a page with what stands between `begin` and the end mark replaced."""
    before, _, rest = path.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(_PART_END)
    return f"{before}{begin}{part}{_PART_END}{after}"


def _budgets() -> Iterator[str]:
    """A row for each field of `Limits`: the text under a field is its documentation."""
    (record,) = ast.parse(inspect.getsource(Limits)).body
    assert isinstance(record, ast.ClassDef)
    for field, docs in pairwise(record.body):
        if isinstance(field, ast.AnnAssign) and isinstance(docs, ast.Expr):
            name = ast.unparse(field.target)
            told = " ".join(ast.literal_eval(docs.value).split())
            yield f"| `{name}` | {getattr(LIMITS, name):,} | {told} |\n"


def _rule_section(rule: Rule) -> str:
    return _section(rule.code, rule.docs, f" Default severity: {rule.severity.value}.")


def _section(code: str, docs: str, remark: str = "") -> str:
    title, body = _story(docs)
    labelled = _LABEL.sub(r"**\1:**", body)
    return f"\n## {code}\n\n{title}{remark}\n\n{labelled}\n"


def _story(docs: str) -> tuple[str, str]:
    """The first line of a docstring, and the rest."""
    title, _, body = docs.strip().partition("\n\n")
    return " ".join(title.split()), body


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")

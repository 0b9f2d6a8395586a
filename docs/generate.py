"""Write what is said of rules and quick fixes elsewhere than in their own files.

`python docs/generate.py` writes docs/rules.md and docs/fixes.md from the docstrings: a docstring
is the documentation; the page only adds its code as a heading (which is the anchor that editors
link to), and of a rule the default severity. It also writes what the extension for VS Code knows
of the rules: src/rules.ts, and the setting `import-cycles.severity` in package.json.
tests/test_repo.py says when a file is stale.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from import_cycles.analysis.fix_registry import fixes
from import_cycles.analysis.registry import rules, rules_by_precedence
from import_cycles.findings.rule import Rule, Severity

_FOLDER = Path(__file__).parent
_EXTENSION = _FOLDER.parent / "vscode-client"

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

_TYPESCRIPT_OPENING = """\
// Written by docs/generate.py from the rules in server/import_cycles/rules/.

export interface Rule {
  readonly code: string;
  /** By default. */
  readonly severity: "error" | "warning" | "information" | "hint";
  /** What it says of a cycle or an import, in a few words. */
  readonly told: string;
}

/** All rules of the server, the worst first. */
export const RULES: readonly Rule[] = [
"""

_LABEL = re.compile(r"^([A-Z][a-z ]+):(?= |$)", re.MULTILINE)


def pages() -> dict[Path, str]:
    """The whole text of each file."""
    return {
        _FOLDER / "rules.md": _rules_page(),
        _FOLDER / "fixes.md": _fixes_page(),
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


def _manifest() -> str:
    """The extension's package.json with the rules that there are."""
    manifest = json.loads((_EXTENSION / "package.json").read_text(encoding="utf-8"))
    settings = manifest["contributes"]["configuration"]["properties"]
    settings["import-cycles.severity"]["properties"] = {
        rule.code: {
            "type": "string",
            "enum": [severity.value for severity in Severity],
            "default": rule.severity.value,
            "description": rule.title,
        }
        for rule in rules_by_precedence()
    }
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def _rules_page() -> str:
    rows = "".join(
        f"| [`{rule.code}`](#{rule.code}) | {rule.severity.value} | {rule.title} |\n"
        for rule in rules()
    )
    return _RULES_OPENING + rows + "".join(_rule_section(rule) for rule in rules())


def _fixes_page() -> str:
    rows = "".join(f"| [`{fix.code}`](#{fix.code}) | {_story(fix.docs)[0]} |\n" for fix in fixes())
    return _FIXES_OPENING + rows + "".join(_section(fix.code, fix.docs) for fix in fixes())


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

"""Write docs/rules.md and docs/fixes.md from the docstrings of rules and quick fixes.

`python docs/generate.py` writes both. A docstring is the documentation; the page only adds its
code as a heading (which is the anchor that editors link to), and of a rule the default severity.
tests/test_repo.py says when a page is stale.
"""

from __future__ import annotations

import re
from pathlib import Path

from import_cycles.analysis.fix_registry import fixes
from import_cycles.analysis.registry import rules
from import_cycles.findings.rule import Rule

_FOLDER = Path(__file__).parent

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

_LABEL = re.compile(r"^([A-Z][a-z ]+):(?= |$)", re.MULTILINE)


def pages() -> dict[Path, str]:
    """The whole text of each page."""
    return {
        _FOLDER / "rules.md": _rules_page(),
        _FOLDER / "fixes.md": _fixes_page(),
    }


def _rules_page() -> str:
    rows = "".join(
        f"| [`{rule.code}`](#{rule.code}) | {rule.severity.value} | {_story(rule.docs)[0]} |\n"
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

"""Write docs/rules.md from the docstrings of the rules: `python docs/generate.py`.

A rule's docstring is its documentation; the page only adds its code as a heading (which
is the anchor that editors link to) and its default severity. tests/test_repo.py says when
the page is stale.
"""

from __future__ import annotations

import re
from pathlib import Path

from import_cycles.analysis.registry import rules
from import_cycles.findings.rule import Rule

PAGE = Path(__file__).with_name("rules.md")

_OPENING = """\
# Rules

<!-- Written by docs/generate.py from the docstrings in server/import_cycles/rules/. -->

Every finding carries the code of its rule. The severity of each can be set, or the rule switched
`off`, in the configuration; a comment accepts the findings of one line. Both are described in the
[README](../README.md).

| code | default severity | |
| --- | --- | --- |
"""

_LABEL = re.compile(r"^([A-Z][a-z ]+):(?= |$)", re.MULTILINE)


def page() -> str:
    """The whole text of docs/rules.md."""
    rows = "".join(
        f"| [`{rule.code}`](#{rule.code}) | {rule.severity.value} | {_story(rule)[0]} |\n"
        for rule in rules()
    )
    return _OPENING + rows + "".join(_section(rule) for rule in rules())


def _section(rule: Rule) -> str:
    title, body = _story(rule)
    labelled = _LABEL.sub(r"**\1:**", body)
    return f"\n## {rule.code}\n\n{title} Default severity: {rule.severity.value}.\n\n{labelled}\n"


def _story(rule: Rule) -> tuple[str, str]:
    """The first line of the docstring, and the rest."""
    title, _, body = rule.docs.strip().partition("\n\n")
    return " ".join(title.split()), body


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

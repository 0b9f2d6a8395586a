"""The language of `.gitignore`: what a list of its patterns says about a path.

Import it only where patterns are at hand: pathspec takes longer to load than a small project to
check, and many a folder has no `.gitignore`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pathspec import GitIgnoreSpec
from pathspec.pattern import RegexPattern

_GROUP_NAME = re.compile(r"\(\?P<\w+>")

Verdict = Callable[[str], "bool | None"]
"""A path relative to the patterns' folder, folders with a slash at the end, to: left out, kept
by a negated pattern, or nothing said."""


def verdict(patterns: Sequence[str]) -> Verdict:
    """The answer of a list of patterns in gitignore's language; lines git cannot read are skipped.

    Nearly every path matches no pattern. All of them in one regular expression say so in a
    third of the time that asking them one by one takes.
    """
    spec = GitIgnoreSpec.from_lines(line for line in patterns if is_pattern(line))
    expressions = [pattern.regex for pattern in spec.patterns if isinstance(pattern, RegexPattern)]
    sources = [_GROUP_NAME.sub("(?:", each.pattern) for each in expressions if each is not None]
    any_of_them = re.compile("|".join(sources)) if sources else None

    def answer(path: str) -> bool | None:
        if any_of_them is None or any_of_them.match(path) is None:
            return None
        return spec.check_file(path).include

    return answer


def is_pattern(line: str) -> bool:
    """Whether a line is a pattern of gitignore's language."""
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True

"""A mistake in a case file is named with its line; what is written is what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.case import Case, Kind
from harness.markers import TextStretch, VersionTest
from harness.reader import CaseError, parse_case
from harness.script import Act, Diagnostics, HoverContains, Send

FILE = Path("some.case")


def read(text: str) -> Case:
    return parse_case(text, FILE, "some")


def test_the_example_of_the_documentation() -> None:
    case = read(
        """Why it must be so.

--- app/a.py
import app.b
#      ^^^^^ info[cycle]
LIMIT = 10
--- app/b.py
from app.a import LIMIT  # py<3.11: error: [cycle-crash] "when"
--- simulate app.a
app.a starts
--- work
summaries 3, components 1, simulations 2

=== edit "typing in a function body recomputes nothing"
--- app/b.py
def spare(): return <|>LIMIT
--- edges
app.a -> app.b runtime
py>=3.14: app.b -> app.a runtime [conditional star]

=== fix cycle-crash at app/b.py "Import the module app.a" safe
--- app/b.py
import app.a

=== no fix cycle at app/a.py: "no reason"

=== rename app/a.py app/c.py
--- expect
app/c.py:1:7-12 info[cycle]: "part"
app/b.py clean
--- entry app.b app.c
"""
    )
    assert case.prose == "Why it must be so."
    assert [state.kind for state in case.states] == [
        Kind.START,
        Kind.EDIT,
        Kind.FIX,
        Kind.NO_FIX,
        Kind.RENAME,
    ]
    start, edit, fix, no_fix, rename = case.states
    a, b = start.expected((3, 10))
    assert (a.stretch, a.severity, a.code) == (TextStretch(1, 7, 1, 12), "info", "cycle")
    assert (b.stretch, b.line, b.part, b.when) == (None, 1, "when", VersionTest("<", (3, 11)))
    assert start.expected((3, 11)) == (a,)
    assert "#      ^^^^^ info[cycle]\n" in start.texts["app/a.py"]
    assert start.traces[0].entry == "app.a"
    assert edit.texts["app/b.py"] == "def spare(): return LIMIT\n"
    assert edit.files["app/b.py"].cursor is not None
    assert edit.change == {"app/b.py": "def spare(): return LIMIT\n"}
    assert edit.edges is not None and str(edit.edges[1].when) == "py>=3.14"
    assert fix.fix is not None and fix.fix.title == "Import the module app.a"
    assert no_fix.fix is not None and no_fix.fix.reason == "no reason"
    assert case.track == (start, edit, rename)
    assert rename.change["app/a.py"] is None
    assert rename.texts["app/b.py"] == edit.texts["app/b.py"]
    assert [str(e) for e in rename.expected((3, 13))] == ['app/c.py:1:7-12 info[cycle]: "part"']
    assert rename.entries == ("app.b", "app.c")


def test_session_lines() -> None:
    case = read(
        r"""Why.

--- a.py
--- session
<- diagnostics a.py: cycle@2, cycle@1
-> type a.py:1:0 "import b\n"
-> replace a.py:1:0-2:3 ""
-> hover a.py:1:7
<- hover contains "a → b"
-> rename a.py b.py
<- diagnostics b.py: clean
"""
    )
    script = case.states[0].session
    assert script is not None
    first, typed, replaced, hover, contains, renamed, clean = script
    assert first == Diagnostics("a.py", ((1, "cycle"), (2, "cycle")), 5)
    assert isinstance(typed, Send) and typed.text == "import b\n" and typed.start == (1, 0)
    assert isinstance(replaced, Send) and replaced.end == (2, 3)
    assert isinstance(hover, Send) and hover.act is Act.HOVER
    assert contains == HoverContains("a → b", 9)
    assert isinstance(renamed, Send) and renamed.to == "b.py"
    assert clean == Diagnostics("b.py", (), 11)


def test_escapes_line_ends_and_trailing_blank_lines() -> None:
    case = read("Why.\n\n--- a.py [crlf]\nX = 1\n\n\n--- cli fix --diff\n\\--- a.py\nexit 0\n")
    assert case.states[0].texts == {"a.py": "X = 1\r\n"}
    command = case.states[0].commands[0]
    assert (command.arguments, command.stdout, command.status) == (
        ("fix", "--diff"),
        "--- a.py\n",
        0,
    )


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("Why.\n", 1, "no `--- path`"),
        ("--- a.py\n", 1, "no prose"),
        ("Why.\n\n--- nonsense\n", 3, "neither a path nor a section"),
        ("Why.\n\n--- a.py\nx\n#  ^^ infos[cycle]\n", 5, "severity is one of"),
        ("Why.\n\n--- a.py\nx\n#  ^^ cycle\n", 5, "expected `#   ^^^"),
        ("Why.\n\n--- a.py\n#  ^^ info[cycle]\n", 4, "no line above"),
        ("Why.\n\n--- a.py\n--- a.py\n", 4, "twice"),
        ("Why.\n\n--- a.py\n<|>x<|>\n", 4, "second"),
        ("Why.\n\n--- a.py\n--- expect\na.py:1 info[cycle]\n", 5, "path:line:col-col"),
        ("Why.\n\n--- a.py\n--- expect\nb.py clean\n", 3, "no such file"),
        ("Why.\n\n--- a.py\n--- edges\na -> b sometimes\n", 5, "a -> b kind"),
        ("Why.\n\n--- a.py\n--- edges\nb -> a typing\na -> b typing\n", 4, "not sorted"),
        ("Why.\n\n--- a.py\n--- outcomes\na: crashes\n", 5, "a: loads"),
        ("Why.\n\n--- a.py\n--- work\nsummaries one\n", 4, "summaries 1"),
        ("Why.\n\n--- a.py\n--- cli check\n", 4, "exit N"),
        ("Why.\n\n--- a.py\n--- runtime skip\n", 4, "skip: reason"),
        ("Why.\n\n--- a.py\n--- session\n-> sing a.py\n", 5, "no such act"),
        ("Why.\n\n--- a.py\n--- session\n<- diagnostics a.py: cycle\n", 5, "code@line"),
        ("Why.\n\n--- a.py\n=== delete b.py\n", 4, "no such file"),
        ("Why.\n\n--- a.py\n=== rename a.py a.py\n", 4, "there already"),
        ("Why.\n\n--- a.py\n=== edit\n", 4, 'edit "'),
        ('Why.\n\n--- a.py\n=== edit "x"\n--- a.py\n', 4, "changes nothing"),
        ("Why.\n\n--- a.py\n=== mend\n", 4, "a step is"),
        ("Why.\n\n--- a.py\n=== fix cycle a.py\n", 4, "=== fix CODE at PATH"),
    ],
)
def test_mistakes_are_named(text: str, line: int, part: str) -> None:
    with pytest.raises(CaseError) as caught:
        read(text)
    assert str(caught.value).startswith(f"some.case:{line}: ")
    assert part in str(caught.value)

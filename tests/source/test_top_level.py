"""The text that belongs to a statement of the top level, and the rest after its removal."""

from __future__ import annotations

import pytest

from import_cycles.base.edits import apply_edits
from import_cycles.source.file import read_source
from import_cycles.source.insertion import NotPossible
from import_cycles.source.top_level import TopLevel, UnitKind
from import_cycles.source.uses import FileUses


def level_of(text: str) -> TopLevel:
    file = read_source(text)
    assert file is not None
    return TopLevel(FileUses(file))


def without(text: str, *names: str) -> str:
    level = level_of(text)
    return apply_edits(text, level.without([u for u in level.units if set(u.names) & set(names)]))


def written(text: str, name: str) -> str:
    level = level_of(text)
    (unit,) = level.binding(name)
    return level.file.slice(level.span(unit))


def test_what_belongs_to_a_statement() -> None:
    text = "a = 1\n\n# of b\n@d  # d\n@e\ndef b():\n    pass  # in b\n    # end\n\n# of c\nc = 1\n"
    assert written(text, "b") == "# of b\n@d  # d\n@e\ndef b():\n    pass  # in b\n    # end\n"
    assert written(text, "c") == "# of c\nc = 1\n"


def test_a_heading_of_the_file_stays() -> None:
    assert written("# Copyright\nb = 1\n", "b") == "b = 1\n"
    assert level_of("#!x\n# coding: utf-8\n# Copyright me\n\nb = 1\n").licence == "# Copyright me\n"
    assert level_of("# about b\nb = 1\n").licence == ""


def test_regions_and_switches_go_as_a_whole_or_not_at_all() -> None:
    text = "a = 1\n# region b\n\n# of b\nb = 1\n\n# endregion\nc = 1\n"
    assert written(text, "b") == "# of b\nb = 1\n"
    text = "a = 1\n# region b\n# of b\nb = 1\n\n# endregion\nc = 1\n"
    assert written(text, "b") == "# region b\n# of b\nb = 1\n\n# endregion\n"
    assert written("a = 1\n# fmt: off\nb = 1\n", "b") == "b = 1\n"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a = 1\nb = 2\nc = 3\n", "a = 1\nc = 3\n"),
        ("a = 1\nb = 2\n\nc = 3\n", "a = 1\n\nc = 3\n"),
        ("a = 1\n\nb = 2\nc = 3\n", "a = 1\n\nc = 3\n"),
        ("a = 1\n\n\nb = 2\n\nc = 3\n", "a = 1\n\n\nc = 3\n"),
        ("a = 1\n\n\nb = 2", "a = 1\n"),
        ("b = 2\n\n\nc = 3\n", "c = 3\n"),
        ("a = 1\r\n\r\nb = 2\r\n\r\nc = 3\r\n", "a = 1\r\n\r\nc = 3\r\n"),
    ],
)
def test_one_gap_is_left(text: str, after: str) -> None:
    assert without(text, "b") == after


def test_neighbours_go_together() -> None:
    assert without("a = 1\n\n\nb = 2\n\n\nd = 2\n\n\nc = 3\n", "b", "d") == "a = 1\n\n\nc = 3\n"
    assert without("a = 1\nb = 2\n\n\n\nx = 1\nd = 2\nc = 3\n", "b", "d") == (
        "a = 1\n\n\n\nx = 1\nc = 3\n"
    )


def test_statements_that_share_a_line_are_left_alone() -> None:
    for text in ("b = 1; c = 2\n", "c = 2; b = 1\n"):
        with pytest.raises(NotPossible, match="several statements"):
            written(text, "b")


def test_kinds() -> None:
    text = (
        "from __future__ import annotations\nimport a\n"
        "try:\n    import b\nexcept ImportError:\n    b = None\n"
        "if TYPE_CHECKING:\n    import c\n"
        "try:\n    import d\nexcept ImportError:\n    d = made()\n"
        "from typing import TYPE_CHECKING\n"
    )
    assert [unit.kind for unit in level_of(text).units] == [
        UnitKind.FUTURE,
        UnitKind.IMPORT,
        UnitKind.CHOICE,
        UnitKind.TYPING,
        UnitKind.CODE,
        UnitKind.IMPORT,
    ]

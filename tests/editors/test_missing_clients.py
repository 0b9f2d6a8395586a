"""A client that is not there is named with its package; in CI it must not be forgotten."""

from __future__ import annotations

import pytest
from editor_clients import missing, program

NAME = "an-editor-that-nobody-has"


@pytest.mark.parametrize("needed_in_ci", [False, True])
def test_is_skipped_and_named(needed_in_ci: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="Editor is not installed: apt install editor"):
        program(NAME, "Editor", "apt install editor", needed_in_ci=needed_in_ci)


def test_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="Editor is not installed: apt install editor"):
        program(NAME, "Editor", "apt install editor", needed_in_ci=True)


def test_others_are_skipped_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.skip.Exception):
        missing("Editor", "apt install editor")

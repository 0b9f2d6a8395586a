"""Fixtures of the tests in real editors."""

from __future__ import annotations

import pytest
from editor_clients import Home, make_home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The home folder of a newcomer."""
    return make_home(tmp_path_factory.mktemp("home"))

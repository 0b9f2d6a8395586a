"""What the client's user has set for us, from whichever of three ways the client knows.

In this order: the answer to `workspace/configuration`, asked for each folder; the payload of the
last `didChangeConfiguration`; the `initializationOptions`. Each may hold our section under its name
or be the section itself. import_cycles.workspace.config checks keys and values, so a mistake gets
the same message as one in `pyproject.toml`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from import_cycles.lsp.convert import SOURCE
from import_cycles.lsp.schedule import ClientSettings

_log = logging.getLogger(__name__)


class ClientConfiguration:
    """The settings that the client sent unasked."""

    def __init__(self, options: object) -> None:
        self._options = section(options)
        self._pushed: ClientSettings = None

    def push(self, payload: object) -> None:
        """Takes the payload of a `didChangeConfiguration`; some clients send an empty one."""
        pushed = section(payload)
        if pushed is not None:
            self._pushed = pushed

    def settings(self, pulled: object = None) -> ClientSettings:
        """The settings in force, given the client's answer for a folder (None: no answer)."""
        for candidate in (section(pulled), self._pushed, self._options):
            if candidate is not None:
                return candidate
        return None


def section(settings: object) -> ClientSettings:
    """Our part of what a client sent; None when there is none."""
    if isinstance(settings, Mapping) and SOURCE in settings:
        settings = settings[SOURCE]
    if settings is None or settings == {}:
        return None
    if not isinstance(settings, Mapping):
        _log.warning("Settings must be an object, not %r", settings)
        return None
    return {str(key): value for key, value in settings.items()}

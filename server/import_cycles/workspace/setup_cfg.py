"""`setup.cfg` as tables, like those of TOML."""

from __future__ import annotations

from import_cycles.workspace.toml import Table


def parse_setup_cfg(text: str) -> Table:
    """The sections with their options; nothing of a text that is no such file."""
    # Imported only now: starting has to be quick where there is no `setup.cfg`.
    from configparser import ConfigParser, Error

    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except Error:
        return {}
    return {section: dict(parser[section]) for section in parser.sections()}

"""A hook of mkdocs: what the site shows of the repository outside `docs/`.

The pages in `docs/` are also read on GitHub and in a checkout, so they link to files beside them.
On the site such a link leads to the repository, and the changelog, the pictures and the schema of
the configuration become part of the site.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

_ROOT = Path(__file__).parents[1]
_SOURCE = "https://github.com/import-cycles/import-cycles/blob/main/"
_SHOWN = {
    "changelog.md": "CHANGELOG.md",
    "import-cycles.schema.json": "server/import_cycles/import-cycles.schema.json",
    **{
        f"media/{path.name}": path.relative_to(_ROOT).as_posix()
        for path in (_ROOT / "vscode-client" / "media").glob("*.png")
    },
}
"""Places on the site, and the files of the repository that are shown there."""

_LINK = re.compile(r"(?<=\]\()(\.\./[^)\s#]+)")


def on_files(files: Files, config: Any) -> Files:
    """Add what lies outside `docs/`."""
    for place, path in _SHOWN.items():
        files.append(File.generated(config, place, abs_src_path=str(_ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead links that leave `docs/` to where they are on the site, or in the repository."""
    places = {path: place for place, path in _SHOWN.items()}
    if page.file.src_uri == "changelog.md":
        return markdown.replace("](docs/", "](")

    def target(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", match[1]))
        return places.get(path) or _SOURCE + path

    return _LINK.sub(target, markdown)

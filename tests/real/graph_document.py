"""Reads what `import-cycles graph --format json` prints, for tools that hold it to others.

The format is documented in docs/cli.md. The command runs in a process of its own, so what is
compared is what people get.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """One import of the document; `file` is absolute, `line` counts from 1."""

    importer: str
    imported: str
    file: Path
    line: int
    kind: str
    flags: frozenset[str]
    called_by: tuple[str, ...]

    @property
    def pair(self) -> tuple[str, str]:
        """Importer and imported."""
        return self.importer, self.imported


@dataclass(frozen=True, slots=True)
class Module:
    """One module of the document; `kind` is source, stub, extension or namespace."""

    name: str
    path: Path
    kind: str
    is_package: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """The document; `problems` are the messages about files that could not be read or parsed."""

    modules: Mapping[str, Module]
    edges: tuple[Edge, ...]
    component_sizes: tuple[int, ...]
    problems: tuple[str, ...]


def graph_of(path: Path) -> Graph:
    """Analyse a project or a package folder. Raises CalledProcessError when that fails."""
    command = [sys.executable, "-m", "import_cycles", "graph", "--format", "json", str(path)]
    # "/" as the working directory: then every path is below it, and so in one form.
    output = subprocess.run(command, cwd="/", stdout=subprocess.PIPE, check=True).stdout
    document = json.loads(output)
    return Graph(
        modules={
            item["name"]: Module(
                item["name"], Path("/", item["path"]), item["kind"], item["is_package"]
            )
            for item in document["modules"]
        },
        edges=tuple(
            Edge(
                item["importer"],
                item["imported"],
                Path("/", item["file"]),
                item["line"],
                item["kind"],
                frozenset(item["flags"]),
                tuple(item["called_by"]),
            )
            for item in document["edges"]
        ),
        component_sizes=tuple(
            sorted((len(each["members"]) for each in document["components"]), reverse=True)
        ),
        problems=tuple(str(item["message"]) for item in document["problems"]),
    )

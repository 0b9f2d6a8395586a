"""What a project folder's manifest says about source roots, in the words of each build tool.

Only explicit declarations count: nothing is executed, and a manifest that does not parse declares
nothing here (import_cycles.workspace.config reports it for the project's own).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import cast

from import_cycles.base.record import record
from import_cycles.workspace.regular_files import read_settings
from import_cycles.workspace.setup_cfg import parse_setup_cfg
from import_cycles.workspace.toml import Table, TomlError, parse_toml, table_at

_SETUP_PY_PACKAGE_DIR = re.compile(
    r"""package_dir\s*=\s*(?:dict\(\s*)?\{\s*["']{2}\s*:\s*["']([^"']+)["']"""
)


@record
class Declared:
    """Source roots that the manifests of one folder declare, relative to it; none is `.`."""

    installed: frozenset[str] = frozenset()
    """What these roots contain gets installed."""
    on_path: frozenset[str] = frozenset()
    """They stand on `sys.path` in tests."""


def declared_roots(folder: Path, manifests: Iterable[str]) -> Declared:
    """What the manifests in `folder` of these names declare."""
    pyproject = _pyproject(folder) if "pyproject.toml" in manifests else {}
    installed = list(_of_pyproject(pyproject))
    if "setup.cfg" in manifests:
        installed += _of_setup_cfg(_text(folder / "setup.cfg"))
    if "setup.py" in manifests:
        installed += _SETUP_PY_PACKAGE_DIR.findall(_text(folder / "setup.py"))
    pytest = table_at(pyproject, "tool", "pytest", "ini_options")
    return Declared(_clean(installed), _clean(_strings(pytest.get("pythonpath"))))


def _clean(folders: Iterable[str]) -> frozenset[str]:
    paths = (PurePosixPath(folder.replace("\\", "/")) for folder in folders)
    return frozenset(
        str(path)
        for path in paths
        if path.parts and ".." not in path.parts and not path.is_absolute()
    )


def _pyproject(folder: Path) -> Table:
    text = _text(folder / "pyproject.toml")
    # Parsing costs milliseconds, and a monorepo can have hundreds of them.
    if "[tool." not in text:
        return {}
    try:
        return parse_toml(text)
    except TomlError:
        return {}


def _text(path: Path) -> str:
    try:
        return read_settings(path)
    except OSError:
        return ""


def _of_pyproject(document: Table) -> Iterator[str]:
    tool = table_at(document, "tool")
    setuptools = table_at(tool, "setuptools")
    yield from _of_package_dir(table_at(setuptools, "package-dir"))
    yield from _strings(table_at(setuptools, "packages", "find").get("where"))
    yield from _of_poetry(table_at(tool, "poetry").get("packages"))
    for build in (
        table_at(tool, "hatch", "build"),
        table_at(tool, "hatch", "build", "targets", "wheel"),
    ):
        yield from _of_hatch(build)
    yield from _strings(table_at(tool, "pdm", "build").get("package-dir"))
    yield from _strings(table_at(tool, "uv", "build-backend").get("module-root"))
    yield from _strings(table_at(tool, "maturin").get("python-source"))


def _of_package_dir(package_dir: Table) -> Iterator[str]:
    """setuptools: `{"" = "lib"}`, or `{"app" = "python/app"}` which makes `python` the root."""
    for package, folder in package_dir.items():
        tail = package.replace(".", "/")
        if isinstance(folder, str):
            if not tail:
                yield folder
            elif folder.endswith(f"/{tail}"):
                yield folder.removesuffix(f"/{tail}")


def _of_poetry(packages: object) -> Iterator[str]:
    for package in packages if isinstance(packages, list) else ():
        if isinstance(package, dict):
            yield from _strings(package.get("from"))


def _of_hatch(build: Table) -> Iterator[str]:
    sources = build.get("sources")
    if isinstance(sources, Mapping):
        yield from (folder for folder, target in sources.items() if target == "")
    else:
        yield from _strings(sources)
    # hatchling drops all but the last part: `packages = ["server/app"]` ships `app`.
    for package in _strings(build.get("packages")):
        yield package.strip("/").rpartition("/")[0]


def _of_setup_cfg(text: str) -> Iterator[str]:
    document = parse_setup_cfg(text)
    for line in table_at(document, "options").get("package_dir", "").splitlines():
        package, _, folder = line.partition("=")
        if not package.strip():
            yield folder.strip()
    yield from table_at(document, "options.packages.find").get("where", "").split()


def _strings(value: object) -> Iterator[str]:
    """One string, or those of a list."""
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    yield from (each for each in values if isinstance(each, str))

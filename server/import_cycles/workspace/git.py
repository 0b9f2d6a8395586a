"""Reads an earlier state of a project out of git, without a checkout and without other programs.

A repository can name programs in its own configuration: hooks, a file system monitor, filters, a
helper that fetches missing objects. So this module uses only commands that need none of these
(`rev-parse`, `merge-base`, `ls-tree`, `cat-file --batch`), and switches off the settings that could
start a program anyway. It writes nothing and fetches nothing. Sources: git's documentation of `git
config`
(`core.fsmonitor`, `core.hooksPath`, `safe.bareRepository`, `protocol.allow`), of `git cat-file` ("BATCH
OUTPUT"), and of environment variables in `git`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from import_cycles.base.names import SourcePath
from import_cycles.base.record import record
from import_cycles.workspace.paths import as_source_path, join
from import_cycles.workspace.regular_files import LIMIT

_SAFE_OPTIONS: Final = (
    "--no-pager",
    "--no-optional-locks",
    "-c", "core.fsmonitor=false",
    "-c", f"core.hooksPath={os.devnull}",
    "-c", "core.pager=cat",
    "-c", "safe.bareRepository=explicit",
    "-c", "protocol.allow=never",
)  # fmt: skip

_ENVIRONMENT: Final = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}

_FILE_MODES: Final = ("100644", "100755")
_LINK_MODE: Final = "120000"
_SUBMODULE_MODE: Final = "160000"


class GitError(Exception):
    """An earlier state is not available; the message says why and what helps."""


@record
class Revision:
    """One commit. `told` describes it to users."""

    oid: str
    told: str


@record
class Tree:
    """The files of a commit that lie in the folder, by their present paths."""

    files: Mapping[SourcePath, str]
    """Names of regular files with the object that has their bytes; larger ones than are read apart."""
    links: frozenset[SourcePath]
    submodules: frozenset[SourcePath]


class Repository:
    """The repository around a folder. Raises GitError where there is none, or no git."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("git")
        if program is None:
            raise GitError("--since needs git, and there is no program of that name")
        self._program = program
        self._folder = folder
        found = self._run("rev-parse", "--show-cdup", "--show-prefix")
        if found.returncode:
            raise GitError(_why_no_repository(folder, _message(found)))
        up, prefix = os.fsdecode(found.stdout).split("\n")[:2]
        self._prefix = prefix
        self._top = as_source_path(Path(os.path.normpath(folder / up)))

    def since(self, name: str) -> Revision:
        """The commit where the present branch left `name`: the merge base with HEAD.

        That is `name` itself if HEAD comes from it, or if there is no common history at hand.
        """
        oid = self._commit(name)
        base = self._run("merge-base", "--end-of-options", oid, "HEAD")
        common = base.stdout.decode("ascii", "replace").strip()
        if base.returncode or not common or common == oid:
            return Revision(oid, name if oid.startswith(name) else f"{name} ({oid[:10]})")
        return Revision(common, f"{common[:10]}, where this branch left {name}")

    def _commit(self, name: str) -> str:
        asked = f"{name}^{{commit}}"
        found = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", asked)
        oid = found.stdout.decode("ascii", "replace").strip()
        if found.returncode or not oid:
            raise GitError(f"there is no revision {name} here{self._hint_of_depth(name)}")
        return oid

    def _hint_of_depth(self, name: str) -> str:
        is_shallow = self._run("rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
        if not is_shallow:
            return "; is it fetched?"
        branch = name.removeprefix("origin/")
        return (
            ": this clone is shallow. Fetch it, for example with"
            f" `git fetch --depth=100 origin {branch}`, or clone with full history"
            " (`fetch-depth: 0` of actions/checkout)"
        )

    def tree(self, revision: Revision) -> Tree:
        """What the folder had in a commit. Raises GitError."""
        listed = self._run(
            "ls-tree", "-r", "-z", "-l", "--full-tree", revision.oid, "--", self._prefix or "."
        )
        if listed.returncode:
            raise GitError(f"git cannot list {revision.told}: {_message(listed)}")
        files: dict[SourcePath, str] = {}
        links: set[SourcePath] = set()
        submodules: set[SourcePath] = set()
        for entry in listed.stdout.split(b"\0")[:-1]:
            facts, _, name = entry.partition(b"\t")
            mode, _, oid, size = facts.decode("ascii").split()
            path = join(self._top, os.fsdecode(name))
            # Git writes BAD for an object that the repository lacks.
            if mode in _FILE_MODES and (not size.isdecimal() or int(size) <= LIMIT):
                files[path] = oid
            elif mode == _LINK_MODE:
                links.add(path)
            elif mode == _SUBMODULE_MODE:
                submodules.add(path)
        return Tree(files, frozenset(links), frozenset(submodules))

    def contents(self, oids: Iterable[str]) -> dict[str, bytes]:
        """The bytes of objects. Raises GitError if one is missing, as in a partial clone."""
        wanted = sorted(set(oids))
        if not wanted:
            return {}
        given = "".join(f"{oid}\n" for oid in wanted).encode("ascii")
        answer = self._run("cat-file", "--batch", given=given)
        data, at = answer.stdout, 0
        found: dict[str, bytes] = {}
        for oid in wanted:
            end = data.find(b"\n", at)
            head = data[at:end].split()
            if answer.returncode or end < 0 or len(head) != 3:
                raise GitError(
                    f"git does not have the object {oid}; in a partial clone, fetch it first"
                )
            start, size = end + 1, int(head[2])
            found[oid] = data[start : start + size]
            at = start + size + 1
        return found

    def _run(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("GIT_")
        }
        try:
            return subprocess.run(
                [self._program, *_SAFE_OPTIONS, *arguments],
                cwd=self._folder,
                env=environment | _ENVIRONMENT,
                input=given,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise GitError(f"git cannot be started: {error.strerror or error}") from error


def _message(done: subprocess.CompletedProcess[bytes]) -> str:
    text = done.stderr.decode("utf-8", "replace").strip()
    return text.partition("\n")[0].removeprefix("fatal: ") or f"exit status {done.returncode}"


def _why_no_repository(folder: Path, message: str) -> str:
    if "dubious ownership" in message:
        return (
            f"git does not read the repository around {folder}, which belongs to another user;"
            " `git config --global --add safe.directory FOLDER` allows it"
        )
    if "not a git repository" in message:
        return f"--since needs a git repository, and {folder} is in none"
    return f"git cannot read the repository around {folder}: {message}"

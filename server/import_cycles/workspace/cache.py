"""The analysis of a project, kept between two runs of the program.

The state of a project is kept as a whole. It equals the result of any sequence of changes, so a
later process goes on from it and applies one more change, of the files that differ by then
(`Workspace`). It has two parts, because most runs find that nothing has changed:

- *shown*: the layout, the stamps of all files, and what users see (`CachedState`);
- *project*: everything else (`Project.__reduce__`), read when there is a change.

Summaries are rows of their own, by the content of the file, read when one is needed. They serve
other checkouts of the same files, too, and files that come back to what they were.

The cache decides nothing that the project's files could contradict: each file has a stamp
(import_cycles.workspace.stamps), and the configuration and the folders are read every time.
Tests: tests/workspace/test_cache.py, and `test_warm` in tests/test_cases.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

from import_cycles.analysis.change import Problem
from import_cycles.analysis.project import Project
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.analysis.summaries import SummaryKey
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import record, replace
from import_cycles.syntax.summarize import Summarized
from import_cycles.syntax.target import PythonTarget
from import_cycles.workspace.cache_database import Database, note
from import_cycles.workspace.discovery import LaidOut
from import_cycles.workspace.paths import as_source_path
from import_cycles.workspace.pickling import UnreadableError, is_whole, packed, unpacked
from import_cycles.workspace.reading import Reader, text_digest
from import_cycles.workspace.semantics import semantics_tag
from import_cycles.workspace.stamps import Stamp

_SHOWN: Final = "shown"
_PROJECT: Final = "project"


@record
class CachedState:
    """The part of a state that is always read."""

    snapshot: Snapshot
    """Without summaries, as it comes from the cache."""
    laid_out: LaidOut
    stamps: Mapping[SourcePath, Stamp]
    """Stamps of the files whose text is certainly that of the state."""
    unreadable: tuple[Problem, ...]
    keys: Mapping[ModuleName, SummaryKey]
    is_settled: bool
    depth: frozenset[str]
    """What users have asked of the project; see `Workspace.understand` and `complete`."""
    token: str = ""


class Cache:
    """The cache of one process. Never raises: None stands for what it does not have, and what it
    cannot write is lost.
    """

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder)

    def of_project(self, folder: Path, only: Iterable[Path], *purposes: str) -> ProjectCache:
        """The cache for a project, or for the parts `only` of it.

        States for different purposes are kept apart, so that one command does not show what another
        one has learned. The first of several purposes is the one that counts; a state for another
        one serves if it has none yet.
        """
        parts = sorted(as_source_path(part) for part in only)
        names = ("\n".join([each, as_source_path(folder), *parts]) for each in purposes)
        # A path can hold bytes that are no text (PEP 383).
        speakable = [name.encode("utf-8", "backslashreplace").decode() for name in names]
        return ProjectCache(self.database, speakable)


class ProjectCache:
    """The cache as one project sees it."""

    def __init__(self, database: Database, names: Sequence[str]) -> None:
        self._database = database
        self._names = names
        self._name = names[0]

    def load(self) -> CachedState | None:
        """The last state that this program has kept; the project itself is loaded later."""
        for name in self._names:
            found = self._database.part(name, _SHOWN, semantics_tag())
            if found is not None:
                self._name = name
                return self._loaded(*found)
        return None

    def _loaded(self, token: str, data: bytes) -> CachedState | None:
        try:
            snapshot, laid_out, *rest = unpacked(data)
            kept = CachedState(Snapshot(*snapshot), LaidOut(*laid_out), *[*rest, token])
        except (UnreadableError, TypeError, ValueError) as error:
            note("A state in the cache cannot be read: %s", error)
            return None
        self._database.use(self._name, semantics_tag(), kept.keys.values())
        return kept

    def load_project(self, kept: CachedState, summary_cache: SummaryCache) -> Project | None:
        """The project of a state that was loaded; None if it is gone."""
        found = self._database.part(self._name, _PROJECT, semantics_tag())
        if found is None or found[0] != kept.token or not summary_cache.fetch(kept.keys.values()):
            return None
        try:
            project = unpacked(found[1])
        except UnreadableError as error:
            note("A project in the cache cannot be read: %s", error)
            return None
        return project if isinstance(project, Project) else None

    def keep(
        self,
        project: Project,
        summary_cache: SummaryCache,
        laid_out: LaidOut,
        reader: Reader,
        depth: frozenset[str],
    ) -> str | None:
        """Keep the state of a project whose texts came from `reader`; its token.

        Files without a stamp are those that could not be read, and those whose summary says more
        than the file: an editor holds another text, or the text no longer parses.
        """
        self._name = self._names[0]
        modules = project.snapshot.layout.modules()
        apart = {modules[name].path for name in project.recalled() if name in modules}
        apart.update(reader.overlays)
        kept = CachedState(
            project.snapshot,
            laid_out,
            {path: stamp for path, stamp in reader.stamps.items() if path not in apart},
            tuple(reader.problems.values()),
            {},
            project.is_settled and project.is_order_settled,
            depth,
        )
        keys, loose = project.kept_summaries()
        try:
            new, loose_keys = summary_cache.to_keep(keys, loose, project.snapshot.summaries)
            kept = replace(kept, keys={**keys, **loose_keys})
            parts = {_SHOWN: _shown(kept), _PROJECT: packed(project)}
        except UnreadableError as error:
            note("A state cannot be kept: %s", error)
            return None
        used = kept.keys.values()
        token = self._database.write(self._name, semantics_tag(), parts, new.items(), used)
        if token is not None:
            summary_cache.forget_offered()
        return token

    def recall(self, what: str, token: str) -> object | None:
        """The value that was stored with the state of this token."""
        found = self._database.part(self._name, what, semantics_tag())
        if found is None or found[0] != token:
            return None
        try:
            recalled: object = unpacked(found[1])
        except UnreadableError as error:
            note("%s in the cache cannot be read: %s", what, error)
            return None
        return recalled

    def remember(self, what: str, token: str, thing: object) -> None:
        """Store a value with the state of this token, as long as that state is in the cache."""
        try:
            data = packed(thing)
        except UnreadableError as error:
            note("%s cannot be kept: %s", what, error)
        else:
            self._database.rewrite(self._name, token, semantics_tag(), what, data)

    def keep_stamps(self, kept: CachedState, stamps: Mapping[SourcePath, Stamp]) -> None:
        """Replace the stamps of the state that was loaded."""
        kept = replace(kept, stamps=stamps)
        self._database.rewrite(self._name, kept.token, semantics_tag(), _SHOWN, _shown(kept))

    def summary_cache(self, reader: Reader) -> SummaryCache:
        """The summaries of the cache, for a project whose texts come from `reader`."""
        return SummaryCache(self._database, reader)


def _shown(kept: CachedState) -> bytes:
    snapshot = kept.snapshot
    parts = (
        (
            snapshot.revision,
            snapshot.settings,
            snapshot.layout,
            dict(snapshot.findings),
            dict(snapshot.problems),
            snapshot.components,
            dict(snapshot.identities),
        ),
        tuple(getattr(kept.laid_out, name) for name in LaidOut.__match_args__),
        kept.stamps,
        kept.unreadable,
        kept.keys,
        kept.is_settled,
        kept.depth,
    )
    return packed(parts, is_small=False)


class SummaryCache:
    """Summaries by the content of texts; see import_cycles.analysis.summaries.SummaryStore."""

    def __init__(self, database: Database, reader: Reader) -> None:
        self._database = database
        self._reader = reader
        self._tags: dict[tuple[PythonTarget, bool], bytes] = {}
        self._fetched: dict[SummaryKey, bytes] = {}
        self._offered: dict[SummaryKey, Summarized] = {}
        self._is_closed = False

    def close(self) -> None:
        """Stop reading and writing."""
        self._is_closed = True

    def key_of_file(
        self, path: SourcePath, target: PythonTarget, *, leaves_out: bool
    ) -> SummaryKey | None:
        """From the stamp of the file; None when it has none, or when an editor holds its text."""
        known = None if path in self._reader.overlays else self._reader.stamps.get(path)
        return None if known is None else known[3] + self._tag(target, leaves_out=leaves_out)

    def key_of_text(self, text: str, target: PythonTarget, *, leaves_out: bool) -> SummaryKey:
        """The same as that of a file with this text in UTF-8."""
        return text_digest(text) + self._tag(target, leaves_out=leaves_out)

    def load(self, key: SummaryKey) -> Summarized | None:
        """A summary that was offered, or fetched, or is in the database."""
        offered = self._offered.get(key)
        if offered is not None or self._is_closed:
            return offered
        data = self._fetched.pop(key, None) or self._database.summary(key)
        if data is None:
            return None
        try:
            found = unpacked(data)
        except UnreadableError as error:
            note("A summary in the cache cannot be read: %s", error)
            return None
        return found if isinstance(found, Summarized) else None

    def offer(self, key: SummaryKey, summarized: Summarized) -> None:
        """To be kept the next time."""
        if not self._is_closed:
            self._offered[key] = summarized

    def fetch(self, keys: Iterable[SummaryKey]) -> bool:
        """Read summaries ahead, before another process can remove them; whether all are there."""
        wanted = set(keys)
        found = self._database.summaries(wanted)
        if len(found) < len(wanted) or not all(map(is_whole, found.values())):
            return False
        self._fetched = found
        return True

    def to_keep(
        self,
        keys: Mapping[ModuleName, SummaryKey],
        loose: Mapping[ModuleName, Summarized],
        summaries: Mapping[ModuleName, Summarized],
    ) -> tuple[dict[SummaryKey, bytes], dict[ModuleName, SummaryKey]]:
        """The `summaries` of `keys` that the database lacks, and keys for the `loose` ones.

        Raises UnreadableError for one that cannot be kept.
        """
        present = self._database.present({*keys.values(), *self._offered})
        new = {key: packed(each) for key, each in self._offered.items() if key not in present}
        for name, key in keys.items():
            if key not in present and key not in new:
                new[key] = self._fetched.get(key) or packed(summaries[name])
        loose_keys: dict[ModuleName, SummaryKey] = {}
        for name, summarized in loose.items():
            data = packed(summarized)
            # It has no key by its text, so no other process can find it.
            key = blake2b(data, digest_size=24, person=b"summary").digest()
            new[key], loose_keys[name] = data, key
        return new, loose_keys

    def forget_offered(self) -> None:
        """The summaries that were offered are in the database now."""
        self._offered.clear()

    def _tag(self, target: PythonTarget, *, leaves_out: bool) -> bytes:
        tag = self._tags.get((target, leaves_out))
        if tag is None:
            told = semantics_tag() + repr((target, leaves_out)).encode()
            tag = self._tags[target, leaves_out] = blake2b(told, digest_size=8).digest()
        return tag

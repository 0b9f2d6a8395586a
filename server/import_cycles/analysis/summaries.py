"""Summaries of modules, made at the first request.

With a `TextSource` the project keeps no texts, and only the summaries that were needed: a request
reads and summarizes the file as it is at that moment. A later text of the file arrives with a
change. Without a source the project has only the summaries that were put in.

A `SummaryStore` has summaries of texts that were seen before, perhaps by another process. The
project asks the store before it reads a text. A project that is saved for later names each summary
by its *key* (`Summaries.keys`). `Summaries` that are made from such keys fetch a summary from their
store when it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from itertools import chain
from typing import Final, Protocol, TypeAlias

from import_cycles.base.layers import Layers
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.record import field, record
from import_cycles.resolve.layout import Layout, ModuleFile, ModuleKind
from import_cycles.syntax.mistakes import has_no_mistake
from import_cycles.syntax.summarize import Summarized, summarize
from import_cycles.syntax.target import PythonTarget

TextSource: TypeAlias = "Callable[[SourcePath], str | None]"
"""The text of a file as the project should see it; None when it is not available."""

MayHave: TypeAlias = "Callable[[SourcePath, str], bool]"
"""Whether a folder may hold a module of this name, now or later, without a source file of it."""

SummaryKey: TypeAlias = bytes
"""Stands for one summary; two summaries of one key are equal."""


class SummaryStore(Protocol):
    """Summaries by key. May be asked from several threads.

    Those that are made with `leaves_out` (`summarize`) have keys of their own.
    """

    def key_of_file(
        self, path: SourcePath, target: PythonTarget, *, leaves_out: bool
    ) -> SummaryKey | None:
        """The key for a file's text as it was last read; None when it was not."""
        ...

    def key_of_text(self, text: str, target: PythonTarget, *, leaves_out: bool) -> SummaryKey:
        """The key for a text."""
        ...

    def load(self, key: SummaryKey) -> Summarized | None:
        """The summary of that key, if the store has it."""
        ...

    def offer(self, key: SummaryKey, summarized: Summarized) -> None:
        """A summary that the store does not have."""
        ...


class ManySummaries(Protocol):
    """Summarizes many texts at once, perhaps with other processes."""

    def are_worth_it(self, n_texts: int) -> bool:
        """Whether so many texts are summarized sooner this way than one by one."""
        ...

    def summarize(
        self, n_texts: int, texts: Iterable[str], target: PythonTarget, *, leaves_out: bool
    ) -> Sequence[Summarized | None]:
        """What `summarize` gives for each text, in their order; None where it has to be asked."""
        ...


MOST_WITH_BODIES: Final = 200
"""In a project with more modules, bodies of functions are left out where that changes no summary, so that a
mistake in one is not found. For fewer it is a tenth of a second."""

NOTHING: Final = Summarized(summarize("", PythonTarget()).summary)
"""The summary of a file whose text is not available."""


class FrozenSummaries(Mapping[ModuleName, Summarized]):
    """The summaries for readers: the known ones as of one revision, the rest made on request."""

    __slots__ = ("_known", "_late", "_load")

    def __init__(
        self,
        known: Layers[ModuleName, Summarized] | None = None,
        load: Callable[[ModuleName], Summarized | None] | None = None,
    ) -> None:
        self._known: Layers[ModuleName, Summarized] = known or Layers()
        self._load = load
        self._late: dict[ModuleName, Summarized] = {}

    def __getitem__(self, name: ModuleName) -> Summarized:
        found = self._known.get(name) or self._late.get(name)
        if found is None and self._load is not None:
            found = self._load(name)
            if found is not None:
                self._late[name] = found
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[ModuleName]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def frozen_summaries(
    source: TextSource,
    store: SummaryStore,
    keys: Mapping[ModuleName, SummaryKey],
    layout: Layout,
    target: PythonTarget,
) -> FrozenSummaries:
    """What `Summaries.freeze` gives after `Summaries.resume`."""
    leaves_out = len(layout.modules()) > MOST_WITH_BODIES
    origin = _Origin(source, store, layout, target, leaves_out, keys)
    return FrozenSummaries(None, lambda name: origin.get(name)[0])


class Summaries(Mapping[ModuleName, Summarized]):
    """The summaries of one project; its length and iteration are over those that are known.

    If it `reads_bodies`, mistakes in bodies of functions are found in every text, also in a large project.
    """

    def __init__(
        self,
        source: TextSource | None,
        store: SummaryStore | None = None,
        many: ManySummaries | None = None,
        *,
        reads_bodies: bool = False,
    ) -> None:
        self._source = source
        self._reads_bodies = reads_bodies
        self._store = store
        self._many = many
        self._ahead: dict[ModuleName, tuple[Summarized | None, SummaryKey | None]] = {}
        """What `made_ahead` has made and nothing has asked for yet."""
        self._known: dict[ModuleName, Summarized] = {}
        self._keys: dict[ModuleName, SummaryKey] = {}
        """Keys of summaries that the store has, or may be given."""
        self._unfetched: dict[ModuleName, SummaryKey] = {}
        """Keys of summaries that are known and still to be fetched from the store."""
        self._frozen: Layers[ModuleName, Summarized] = Layers()
        self._changed: set[ModuleName] = set()
        self.layout: Layout | None = None
        self.target = PythonTarget()
        self.late: set[ModuleName] = set()
        """Summaries made on request since the project last took note of them."""

    # --- keeping -----------------------------------------------------------------------------

    def __reduce__(self) -> tuple[object, ...]:
        # The summaries themselves are not in it; `resume` gets their keys.
        return Summaries, (None,), {"_reads_bodies": self._reads_bodies}

    def __setstate__(self, state: Mapping[str, bool]) -> None:
        self._reads_bodies = state["_reads_bodies"]

    def keys_and_loose(
        self,
    ) -> tuple[Mapping[ModuleName, SummaryKey], Mapping[ModuleName, Summarized]]:
        """The keys of the summaries that have one, and the other summaries."""
        keys = {**self._keys, **self._unfetched}
        return keys, {name: each for name, each in self._known.items() if name not in keys}

    def resume(
        self,
        source: TextSource,
        store: SummaryStore,
        keys: Mapping[ModuleName, SummaryKey],
        layout: Layout,
        target: PythonTarget,
    ) -> None:
        """Go on from an earlier process: the summaries of `keys` are known."""
        self._source, self._store = source, store
        self._unfetched = dict(keys)
        self.layout, self.target = layout, target

    def _fetched(self, name: ModuleName) -> Summarized | None:
        """A summary that is known and was not needed yet."""
        key = self._unfetched.pop(name, None)
        if key is None:
            return None
        found = None if self._store is None else self._store.load(key)
        if found is None:
            # The store has lost it: the present text is the nearest to the one that was summarized.
            return self._made(name)
        self.put(name, found, key)
        return found

    def _made(self, name: ModuleName) -> Summarized | None:
        """A summary that was not requested before."""
        if self._source is None or self.layout is None:
            return None
        ahead = self._ahead.pop(name, None)
        if ahead is None:
            ahead = self._origin(self._source, self.layout).get(name)
        found, key = ahead
        if found is not None:
            self.put(name, found, key)
        return found

    def _origin(
        self,
        source: TextSource,
        layout: Layout,
        keys: Mapping[ModuleName, SummaryKey] | None = None,
    ) -> _Origin:
        return _Origin(source, self._store, layout, self.target, self._leaves_out, keys or {})

    @property
    def _leaves_out(self) -> bool:
        n_modules = 0 if self.layout is None else len(self.layout.modules())
        return n_modules > MOST_WITH_BODIES and not self._reads_bodies

    # --- asking ------------------------------------------------------------------------------

    def known(self, name: ModuleName) -> Summarized | None:
        """The summary of a module if it was made already."""
        found = self._known.get(name)
        return self._fetched(name) if found is None and self._unfetched else found

    @property
    def loaded(self) -> Set[ModuleName]:
        """The modules whose summary is in memory; a live view."""
        return self._known.keys()

    def of_text(
        self, text: str, target: PythonTarget, last_good: Summarized | None
    ) -> tuple[Summarized, SummaryKey | None]:
        """The summary of a text that is on the disk, and its key, if it can be kept."""
        return _of_text(text, target, last_good, self._store, leaves_out=self._leaves_out)

    def put(self, name: ModuleName, summarized: Summarized, key: SummaryKey | None = None) -> None:
        """Set the summary of a module; `key` if the store has it or was offered it."""
        self._unfetched.pop(name, None)
        self._keys.pop(name, None)
        if key is not None:
            self._keys[name] = key
        self._known[name] = summarized
        self._changed.add(name)

    def drop(self, name: ModuleName) -> None:
        """Forget a summary; the next request makes it again."""
        self._keys.pop(name, None)
        known = self._known.pop(name, None), self._unfetched.pop(name, None)
        if known != (None, None):
            self._changed.add(name)

    def freeze(self) -> FrozenSummaries:
        """The state of now for readers. Cost: what changed since the last time."""
        if self._changed:
            put = {name: self._known[name] for name in self._changed if name in self._known}
            self._frozen = self._frozen.changed(put, self._changed - put.keys())
            self._changed = set()
        if self._source is None or self.layout is None:
            return FrozenSummaries(self._frozen)
        origin = self._origin(self._source, self.layout, dict(self._unfetched))
        return FrozenSummaries(self._frozen, lambda name: origin.get(name)[0])

    @contextmanager
    def made_ahead(self, names: Iterable[ModuleName]) -> Iterator[None]:
        """While the block runs, the summaries of these modules are at hand.

        The block asks for each. Many that are not known are made together; else nothing is done.
        """
        if self._many is not None and self._source is not None and self.layout is not None:
            new = [each for each in names if not self.has_made(each)]
            if self._many.are_worth_it(len(new)):
                origin = self._origin(self._source, self.layout)
                self._ahead = origin.get_all(new, self._many)
        try:
            yield
        finally:
            self._ahead = {}

    def make(self, name: ModuleName) -> None:
        """Make sure that the summary of a module is known, though perhaps not loaded."""
        if not self.has_made(name):
            self.get(name)

    def has_made(self, name: ModuleName) -> bool:
        """Whether the summary of a module is known, though perhaps not loaded."""
        return name in self._known or name in self._unfetched

    def would_have_no_problem(self, text: str) -> bool:
        """Whether a text on the disk has no mistake; if false, only its summary tells."""
        return has_no_mistake(text, leaves_out=self._leaves_out)

    def __getitem__(self, name: ModuleName) -> Summarized:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: ModuleName, default: Summarized | None = None) -> Summarized | None:  # type: ignore[override]
        """The summary of a module, made now if need be."""
        found = self.known(name)
        if found is not None:
            return found
        found = self._made(name)
        if found is None:
            return default
        self.late.add(name)
        return found

    def __iter__(self) -> Iterator[ModuleName]:
        return chain(self._known, self._unfetched)

    def __len__(self) -> int:
        return len(self._known) + len(self._unfetched)


@record
class _Origin:
    """The source of summaries that are not loaded, as of one revision."""

    source: TextSource
    store: SummaryStore | None
    layout: Layout
    target: PythonTarget
    leaves_out: bool
    keys: Mapping[ModuleName, SummaryKey] = field(default_factory=dict)
    """Of summaries that are known and were not needed yet."""

    def get(self, name: ModuleName) -> tuple[Summarized | None, SummaryKey | None]:
        """The summary of a module, None if it has no text; and its key, if it can be kept."""
        found: dict[ModuleName, tuple[Summarized | None, SummaryKey | None]] = {}
        text = self._text_to_summarize(name, found)
        if text is None:
            return found.get(name, (None, None))
        return _of_text(text, self.target, None, self.store, leaves_out=self.leaves_out)

    def get_all(
        self, names: Sequence[ModuleName], many: ManySummaries
    ) -> dict[ModuleName, tuple[Summarized | None, SummaryKey | None]]:
        """What `get` gives for each; without those that `many` does not tell."""
        found: dict[ModuleName, tuple[Summarized | None, SummaryKey | None]] = {}
        keys: dict[ModuleName, SummaryKey | None] = {}

        def texts() -> Iterator[str]:
            for name in names:
                text = self._text_to_summarize(name, found)
                if text is not None:
                    kept, key = _stored(text, self.target, self.store, leaves_out=self.leaves_out)
                    if kept is not None:
                        found[name] = kept, key
                    else:
                        keys[name] = key
                        yield text

        made = many.summarize(len(names), texts(), self.target, leaves_out=self.leaves_out)
        for (name, key), summarized in zip(keys.items(), made, strict=True):
            if summarized is not None:
                found[name] = summarized, _offered(summarized, key, self.store)
        return found

    def _text_to_summarize(
        self,
        name: ModuleName,
        found: dict[ModuleName, tuple[Summarized | None, SummaryKey | None]],
    ) -> str | None:
        """The text of a module; if no text is needed, None, and what there is comes into `found`."""
        file = self.layout.module(name)
        if file is None or file.kind not in (ModuleKind.SOURCE, ModuleKind.STUB):
            return None
        kept = self._kept(name, file)
        if kept is not None:
            found[name] = kept
            return None
        text = self.source(file.path)
        if text is None:
            found[name] = NOTHING, None
        return text

    def _kept(
        self, name: ModuleName, file: ModuleFile
    ) -> tuple[Summarized, SummaryKey | None] | None:
        if self.store is None:
            return None
        key = self.keys.get(name) or self.store.key_of_file(
            file.path, self.target, leaves_out=self.leaves_out
        )
        kept = None if key is None else self.store.load(key)
        return None if kept is None else (kept, key)


def _of_text(
    text: str,
    target: PythonTarget,
    last_good: Summarized | None,
    store: SummaryStore | None,
    *,
    leaves_out: bool,
) -> tuple[Summarized, SummaryKey | None]:
    found, key = _stored(text, target, store, leaves_out=leaves_out)
    if found is not None:
        return found, key
    made = summarize(text, target, last_good, leaves_out=leaves_out)
    return made, _offered(made, key, store)


def _stored(
    text: str, target: PythonTarget, store: SummaryStore | None, *, leaves_out: bool
) -> tuple[Summarized | None, SummaryKey | None]:
    """The summary that the store has of a text, and the key of the text; None without a store."""
    if store is None:
        return None, None
    key = store.key_of_text(text, target, leaves_out=leaves_out)
    return store.load(key), key


def _offered(
    made: Summarized, key: SummaryKey | None, store: SummaryStore | None
) -> SummaryKey | None:
    # A summary recovered from a text that does not parse is not for other processes.
    if store is None or key is None or not made.exact:
        return None
    store.offer(key, made)
    return key

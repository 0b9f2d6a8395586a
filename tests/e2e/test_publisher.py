"""Which diagnostics are sent when: no list twice, and none about a text that is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from import_cycles.analysis.change import Problem, ShownFinding, ShownPlace
from import_cycles.analysis.snapshot import Snapshot
from import_cycles.base.names import ModuleName, SourcePath
from import_cycles.base.text import Encoding, Position, TextRange
from import_cycles.findings.identity import Identity
from import_cycles.findings.rule import Severity, Subject
from import_cycles.lsp.convert import DocumentChange, TextChange
from import_cycles.lsp.diagnostics import Publisher
from import_cycles.lsp.documents import OpenDocuments
from import_cycles.lsp.schedule import BatchResult, View

pytestmark = pytest.mark.asyncio

SHOP, INNER = SourcePath("/shop"), SourcePath("/shop/inner")
A, C = SourcePath("/shop/a.py"), SourcePath("/shop/inner/c.py")
PROJECT = SourcePath("/shop/pyproject.toml")


class FakeClient:
    """Keeps what it is sent: path, version and messages."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int | None, tuple[str, ...]]] = []

    def diagnostics(self, findings: Iterable[ShownFinding], problems: Iterable[Problem]) -> Any:
        return tuple(each.message for each in (*findings, *problems))

    def publish(self, uri: str, version: int | None, diagnostics: Any) -> None:
        self.sent.append((uri.removeprefix("file://"), version, diagnostics))

    async def receives(self) -> list[tuple[str, int | None, tuple[str, ...]]]:
        """What was sent since the last time."""
        for _ in range(5):
            await asyncio.sleep(0)
        sent, self.sent = self.sent, []
        return sent


def finding(path: SourcePath, message: str) -> ShownFinding:
    start = Position(0, 0, 0, 0)
    place = ShownPlace(path, TextRange(start, start))
    return ShownFinding(
        "cycle",
        Subject.CYCLE,
        Severity.WARNING,
        ModuleName("m"),
        place,
        message,
        "key",
        Identity("m", "n", "cycle"),
    )


def view(folder: SourcePath, *problems: Problem, **findings: tuple[SourcePath, str]) -> View:
    found = {path: (finding(path, message),) for path, message in findings.values()}
    return View(folder, Snapshot(findings=found), problems)


def outcome(
    *views: View, touched: Iterable[SourcePath], analysed: dict[SourcePath, int] | None = None
) -> BatchResult:
    return BatchResult(1, views, frozenset(touched), analysed or {})


async def test_only_differences_are_sent() -> None:
    client = FakeClient()
    publisher = Publisher(client, OpenDocuments(Encoding.UTF8))
    publisher.take(outcome(view(SHOP, a=(A, "one")), touched=[A, C]))
    assert await client.receives() == [(A, None, ("one",))]
    publisher.take(outcome(view(SHOP, a=(A, "one")), touched=[A]))
    assert await client.receives() == []
    publisher.take(outcome(view(SHOP), touched=[A]))
    publisher.take(outcome(view(SHOP), touched=[A]))
    assert await client.receives() == [(A, None, ())]


async def test_a_list_about_an_old_text_waits_for_the_new_one() -> None:
    client, documents = FakeClient(), OpenDocuments(Encoding.UTF8)
    publisher = Publisher(client, documents)
    first = documents.open(f"file://{A}", 1, "text")
    second = documents.change(DocumentChange(f"file://{A}", 2, (TextChange("new text"),)))
    assert first is not None
    assert second is not None
    shop = view(SHOP, a=(A, "one"), c=(C, "two"))
    publisher.take(outcome(shop, touched=[A, C], analysed={A: first.serial}))
    assert await client.receives() == [(C, None, ("two",))]
    publisher.take(outcome(shop, touched=[], analysed={A: second.serial}))
    assert await client.receives() == [(A, 2, ("one",))]


async def test_open_documents_come_first() -> None:
    client, documents = FakeClient(), OpenDocuments(Encoding.UTF8)
    publisher = Publisher(client, documents)
    document = documents.open(f"file://{C}", 7, "text")
    assert document is not None
    publisher.take(
        outcome(
            view(SHOP, a=(A, "one"), c=(C, "two")), touched=[A, C], analysed={C: document.serial}
        )
    )
    assert [path for path, _, _ in await client.receives()] == [C, A]


async def test_the_deepest_folder_speaks_for_a_file() -> None:
    client = FakeClient()
    publisher = Publisher(client, OpenDocuments(Encoding.UTF8))
    outer, inner = view(SHOP, c=(C, "outer")), view(INNER, c=(C, "inner"))
    publisher.take(outcome(outer, touched=[C]))
    assert await client.receives() == [(C, None, ("outer",))]
    publisher.take(outcome(outer, inner, touched=[]))
    assert await client.receives() == [(C, None, ("inner",))]
    publisher.take(outcome(touched=[]))
    assert await client.receives() == [(C, None, ())]


async def test_mistakes_in_a_configuration_stand_there() -> None:
    client = FakeClient()
    publisher = Publisher(client, OpenDocuments(Encoding.UTF8))
    mistake, other = Problem(PROJECT, "unknown key", 3), Problem(A, "two names")
    publisher.take(outcome(view(SHOP, mistake, other), touched=[]))
    assert await client.receives() == [(PROJECT, None, ("unknown key",))]
    publisher.take(outcome(view(SHOP, other), touched=[]))
    assert await client.receives() == [(PROJECT, None, ())]


async def test_one_file_that_cannot_be_sent_does_not_stop_the_others() -> None:
    class Broken(FakeClient):
        def publish(self, uri: str, version: int | None, diagnostics: Any) -> None:
            if uri.endswith("a.py"):
                raise RuntimeError
            super().publish(uri, version, diagnostics)

    client = Broken()
    publisher = Publisher(client, OpenDocuments(Encoding.UTF8))
    publisher.take(outcome(view(SHOP, a=(A, "one"), c=(C, "two")), touched=[A, C]))
    assert await client.receives() == [(C, None, ("two",))]

"""Messages that should not be: each request is answered, and the server lives on.

What pygls 2.1.1 does with each of them: see import_cycles.lsp.protocol and .framing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.editor import write_files
from e2e.raw import RawClient, raw_client

PARSE_ERROR, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS = -32700, -32600, -32601, -32602
INTERNAL_ERROR, NOT_INITIALIZED = -32603, -32002

HOVER = {"textDocument": {"uri": "file:///x.py"}, "position": {"line": 0, "character": 0}}


@pytest.fixture(scope="module")
def shared() -> Iterator[RawClient]:
    """One session that survives everything that is done to it."""
    with raw_client() as client:
        client.initialize()
        yield client
        assert client.is_alive()
        assert client.leave() == 0
        assert not [line for line in client.stderr_lines.queue if "Traceback" in line]
        assert b"Traceback" not in client.stdout
        assert b"import_cycles/lsp" not in client.stdout
        assert b"window/showMessage" not in client.stdout


def test_bodies_that_are_no_message(shared: RawClient) -> None:
    for body, code in [
        (b'{"jsonrpc": "2.0", ', PARSE_ERROR),
        (b"\xff\xfe\x00", PARSE_ERROR),
        (b"", PARSE_ERROR),
        (b"[" * 200_000, PARSE_ERROR),
        (b'[{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}]', INVALID_REQUEST),
        (b'"hello"', INVALID_REQUEST),
        (b"null", INVALID_REQUEST),
        (b"{}", INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "method": 7}', INVALID_REQUEST),
        (b'{"method": "textDocument/didOpen", "params": {}}', INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": null, "method": "shutdown"}', INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": [1], "method": "shutdown"}', INVALID_REQUEST),
    ]:
        shared.send_body(body)
        answer = shared.receive()
        assert (answer["id"], answer["error"]["code"]) == (None, code), body[:50]
    shared.send_body(b'{"id": 5, "method": "shutdown"}')
    answer = shared.receive()
    assert (answer["id"], answer["error"]["code"]) == (5, INVALID_REQUEST)
    assert shared.is_alive()


def test_invalid_parameters(shared: RawClient) -> None:
    nonsense: list[tuple[str, Any]] = [
        ("textDocument/hover", {**HOVER, "position": {"line": "x", "character": 0}}),
        ("textDocument/hover", {**HOVER, "position": {"line": 0}}),
        ("textDocument/hover", {**HOVER, "position": {"line": -1, "character": 0}}),
        ("textDocument/hover", {**HOVER, "position": None}),
        ("textDocument/hover", []),
        ("textDocument/hover", 5),
        ("textDocument/hover", None),
        ("workspace/executeCommand", {"command": "no.such.command"}),
        ("workspace/executeCommand", {"command": "import-cycles.list", "arguments": [1, 2]}),
        ("workspace/executeCommand", {"command": "import-cycles.graph"}),
        ("workspace/executeCommand", {"command": "import-cycles.graph", "arguments": None}),
        ("workspace/executeCommand", {"command": "import-cycles.graph", "arguments": []}),
        ("workspace/executeCommand", {"command": "import-cycles.graph", "arguments": [5]}),
        ("workspace/executeCommand", {"command": "import-cycles.graph", "arguments": [{}]}),
        ("workspace/executeCommand", {"command": "import-cycles.graph", "arguments": [None] * 2}),
        ("workspace/executeCommand", {"command": "import-cycles.reindex", "arguments": [[]]}),
        ("workspace/executeCommand", {}),
    ]
    for number, (method, params) in enumerate(nonsense):
        assert shared.error_code(number, method, params) == INVALID_PARAMS, params
    assert shared.is_alive()


def test_notifications_with_invalid_parameters_get_no_answer(shared: RawClient) -> None:
    nonsense: list[tuple[str, Any]] = [
        ("textDocument/didOpen", {"textDocument": {"uri": "file:///x.py"}}),
        ("textDocument/didChange", {"textDocument": None, "contentChanges": 3}),
        ("textDocument/didChange", [1]),
        ("textDocument/didClose", "?"),
        ("workspace/didChangeWatchedFiles", {"changes": [{"uri": 1, "type": 99}]}),
        ("workspace/didChangeWorkspaceFolders", {"event": None}),
        ("$/cancelRequest", {"id": "never sent"}),
        ("$/setTrace", {"value": "loud"}),
        ("$/no/such/thing", {"a": 1}),
        ("no/such/thing", None),
        ("window/workDoneProgress/cancel", {"token": "unknown"}),
    ]
    for method, params in nonsense:
        shared.send(method=method, params=params)
    # Answers to questions that were never asked.
    shared.send(id="unknown", result=None)
    shared.send(id=17, error={"code": 1, "message": "?"})
    shared.send(id=None, error={"code": 1, "message": "?"})
    shared.send(id="end", method="no/such/thing")
    answer = shared.receive()
    assert (answer["id"], answer["error"]["code"]) == ("end", NO_METHOD)
    assert shared.is_alive()


def test_frames_that_pygls_cannot_read(shared: RawClient) -> None:
    request = b'{"jsonrpc": "2.0", "id": %d, "method": "no/such/thing"}'
    headers = [
        b"content-length: %d\r\n\r\n",
        b"CONTENT-LENGTH:%d\r\n\r\n",
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: %d\r\n\r\n",
        b"Content-Length: %d\r\nX-Unknown: 1\r\n\r\n",
        b"Content-Length: %d\n\n",
        b"\r\n\r\nContent-Length: %d\r\n\r\n",
        b"Content-Length: 99999999999\r\n\r\nContent-Length: %d\r\n\r\n",
        b"Content-Length: minus\r\n\r\n" + b"x" * 100_000 + b"\r\nContent-Length: %d\r\n\r\n",
    ]
    for number, header in enumerate(headers):
        shared.send_body(request % number, header)
        assert shared.receive()["id"] == number, header
    shared.send_bytes(b"Content-Length: 10\r\n\r\n" + request % 1)
    assert shared.receive()["error"]["code"] == PARSE_ERROR
    shared.send_body(request % 2)
    assert shared.receive()["id"] == 2
    body = request % 3
    for byte in b"Content-Length: %d\r\n\r\n%s" % (len(body), body):
        shared.send_bytes(bytes([byte]))
    assert shared.receive()["id"] == 3


def test_objects_that_look_like_messages(tmp_path: Path) -> None:
    root = write_files(tmp_path, {"a.py": "import b\n", "b.py": "import a\n"})
    with raw_client() as client:
        client.initialize(
            rootUri=root.as_uri(),
            initializationOptions={"severity": {"cycle": "error"}, "jsonrpc": {"jsonrpc": "1"}},
        )
        news = client.receive(lambda message: "diagnostics" in (message.get("params") or {}))
        assert news["params"]["diagnostics"][0]["severity"] == 1


def test_the_order_of_a_session() -> None:
    with raw_client() as client:
        assert client.error_code(1, "textDocument/hover", HOVER) == NOT_INITIALIZED
        assert client.error_code(2, "shutdown") == NOT_INITIALIZED
        client.send(method="textDocument/didOpen", params={})
        assert client.error_code(3, "initialize", {"capabilities": 5}) == INVALID_PARAMS
        client.initialize()
        assert client.error_code(4, "initialize", {"capabilities": {}}) == INVALID_REQUEST
        assert client.error_code(5, "no/such/thing") == NO_METHOD
        assert client.ask(6, "shutdown")["result"] is None
        assert client.error_code(7, "textDocument/hover", HOVER) == INVALID_REQUEST
        assert client.error_code(8, "shutdown") == INVALID_REQUEST
        client.send(method="exit")
        assert client.process.wait(20) == 0


def test_initialized_without_parameters(tmp_path: Path) -> None:
    root = write_files(tmp_path, {"a.py": "import a\n"})
    with raw_client() as client:
        client.ask(1, "initialize", {"capabilities": {}, "rootUri": root.as_uri()})
        client.send(method="initialized")
        news = client.receive(lambda message: "diagnostics" in (message.get("params") or {}))
        assert news["params"]["uri"] == (root / "a.py").as_uri()


@pytest.mark.parametrize(
    "odd",
    [
        {"rootUri": "file://[", "processId": -1},
        {"rootPath": "relative/place"},
        {
            "workspaceFolders": [
                {"uri": uri, "name": ""}
                for uri in ("", "http://example.org/x", "file:///no/such/folder", "file:///%00")
            ],
            "processId": 2**31 - 1,
        },
    ],
)
def test_odd_places_to_work_in(odd: dict[str, Any]) -> None:
    with raw_client() as client:
        assert "result" in client.initialize(**odd)
        assert client.is_alive()
        assert client.leave() == 0


def test_cancelled_requests_are_answered(tmp_path: Path) -> None:
    with raw_client() as client:
        # Before `initialized` nothing is ever settled, so the request is waiting.
        client.ask(1, "initialize", {"capabilities": {}, "rootUri": tmp_path.as_uri()})
        uri = (tmp_path / "a.py").as_uri()
        document = {"uri": uri, "languageId": "python", "version": 1, "text": "import a\n"}
        client.send(method="textDocument/didOpen", params={"textDocument": document})
        client.send(
            id=2, method="textDocument/hover", params={**HOVER, "textDocument": {"uri": uri}}
        )
        client.send(method="$/cancelRequest", params={"id": 2})
        answer = client.receive(lambda message: message.get("id") == 2)
        assert answer["error"]["code"] == -32800


QUESTIONS: list[tuple[str, Any]] = [
    (
        "textDocument/hover",
        lambda uri: {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 8}},
    ),
    ("workspace/executeCommand", lambda uri: {"command": "import-cycles.list"}),
    ("workspace/executeCommand", lambda uri: {"command": "import-cycles.listNow"}),
    (
        "workspace/executeCommand",
        lambda uri: {"command": "import-cycles.graph", "arguments": [uri]},
    ),
]


@pytest.mark.parametrize(("method", "params"), QUESTIONS)
def test_who_asks_at_once_hears_of_the_folders(method: str, params: Any, tmp_path: Path) -> None:
    one = write_files(tmp_path / "one", {"first.py": "import first\n"})
    two = write_files(tmp_path / "two", {"second.py": "import second\n"})
    capabilities = {"workspace": {"configuration": True, "workspaceFolders": True}}

    def answered(client: RawClient, identity: int, file: Path) -> str:
        """The answer to a question that comes before the server has the settings."""
        text = {"languageId": "python", "version": 1, "text": file.read_text()}
        document = {"textDocument": {"uri": file.as_uri(), **text}}
        client.send(method="textDocument/didOpen", params=document)
        client.send(id=identity, method=method, params=params(file.as_uri()))
        question = client.receive(lambda each: each.get("method") == "workspace/configuration")
        client.send(id=question["id"], result=[None for _ in question["params"]["items"]])
        return str(client.receive(lambda each: each.get("id") == identity)["result"])

    with raw_client() as client:
        client.initialize(
            capabilities=capabilities, workspaceFolders=[{"uri": one.as_uri(), "name": "one"}]
        )
        assert "first" in answered(client, 1, one / "first.py")
        added = [{"uri": two.as_uri(), "name": "two"}]
        client.send(
            method="workspace/didChangeWorkspaceFolders",
            params={"event": {"added": added, "removed": []}},
        )
        assert "second" in answered(client, 2, two / "second.py")

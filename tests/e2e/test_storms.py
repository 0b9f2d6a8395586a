"""Very much at once: requests, edits, cancellations, news of files, and a client that never reads."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from e2e.editor import write_files
from e2e.raw import RawClient, raw_client

_CANCELLED, _INVALID_REQUEST = -32800, -32600


def _project(tmp_path: Path) -> Path:
    texts = {f"m{number}.py": f"import m{(number + 1) % 40}\n" for number in range(40)}
    return write_files(tmp_path, texts)


def _opened(client: RawClient, root: Path) -> str:
    client.initialize(workspaceFolders=[{"uri": root.as_uri(), "name": "p"}])
    uri = (root / "m0.py").as_uri()
    document = {"uri": uri, "languageId": "python", "version": 1, "text": "import m1\n"}
    client.send(method="textDocument/didOpen", params={"textDocument": document})
    return uri


def _hover(uri: str) -> dict[str, Any]:
    return {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 8}}


def _answers(client: RawClient, count: int) -> dict[int, dict[str, Any]]:
    """The answers to requests 1 to `count`; each comes once."""
    answers: dict[int, dict[str, Any]] = {}
    while len(answers) < count:
        answer = client.receive(lambda message: "method" not in message)
        assert answer["id"] not in answers
        answers[answer["id"]] = answer
    return answers


def test_a_thousand_requests_at_once(tmp_path: Path) -> None:
    root = _project(tmp_path)
    with raw_client() as client:
        uri = _opened(client, root)
        for number in range(1, 1001):
            if number % 10 == 0:
                params: Any = {"command": "import-cycles.listNow"}
                client.send(id=number, method="workspace/executeCommand", params=params)
            else:
                client.send(id=number, method="textDocument/hover", params=_hover(uri))
        answers = _answers(client, 1000)
        assert all("result" in answer for answer in answers.values())
        assert client.is_alive()
        assert client.leave() == 0


def test_a_storm_of_cancellations(tmp_path: Path) -> None:
    root = _project(tmp_path)
    with raw_client() as client:
        uri = _opened(client, root)
        for number in range(1, 401):
            change = {"text": f"import m1\nx = {number}\n"}
            document = {"uri": uri, "version": number + 1}
            params = {"textDocument": document, "contentChanges": [change]}
            client.send(method="textDocument/didChange", params=params)
            client.send(id=number, method="textDocument/hover", params=_hover(uri))
            for _ in range(3):
                client.send(method="$/cancelRequest", params={"id": number})
        answers = _answers(client, 400)
        codes = Counter(answer.get("error", {}).get("code") for answer in answers.values())
        assert set(codes) <= {None, _CANCELLED}
        assert client.is_alive()
        assert client.leave() == 0
        assert b"window/showMessage" not in client.stdout


def test_a_batch_of_messages_is_refused_once(tmp_path: Path) -> None:
    root = _project(tmp_path)
    with raw_client() as client:
        uri = _opened(client, root)
        each = {"jsonrpc": "2.0", "method": "textDocument/hover", "params": _hover(uri)}
        client.send_body(json.dumps([{**each, "id": number} for number in range(500)]).encode())
        answer = client.receive(lambda message: "method" not in message)
        assert (answer["id"], answer["error"]["code"]) == (None, _INVALID_REQUEST)
        assert client.is_alive()
        assert client.leave() == 0


def test_news_of_very_many_files(tmp_path: Path) -> None:
    root = _project(tmp_path)
    with raw_client() as client:
        _opened(client, root)
        for _ in range(3):
            changes = [
                {"uri": (root / f"{folder}/m{number}.py").as_uri(), "type": kind}
                for folder in ("gone", ".", "a/b/c")
                for number in range(1000)
                for kind in (1, 2, 3)
            ]
            client.send(method="workspace/didChangeWatchedFiles", params={"changes": changes})
        assert client.is_alive()
        assert client.leave() == 0


def test_documents_that_are_edited_out_of_range(tmp_path: Path) -> None:
    root = _project(tmp_path)
    with raw_client() as client:
        uri = _opened(client, root)
        far = {"line": 2**31 - 1, "character": 2**31 - 1}
        for number, (start, end) in enumerate(
            [(far, far), ({"line": 0, "character": 5}, far), (far, {"line": 0, "character": 0})]
        ):
            change = {"range": {"start": start, "end": end}, "text": "\N{GRINNING FACE}\r"}
            document = {"uri": uri, "version": -number}
            params = {"textDocument": document, "contentChanges": [change]}
            client.send(method="textDocument/didChange", params=params)
        whole = {
            "textDocument": {"uri": uri, "version": 9},
            "contentChanges": [{"text": "import m1\n"}],
        }
        client.send(method="textDocument/didChange", params=whole)
        assert "m1" in str(client.ask(1, "textDocument/hover", _hover(uri))["result"])
        assert client.leave() == 0
        assert not [line for line in client.stderr_lines.queue if "Traceback" in line]

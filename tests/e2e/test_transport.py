"""How a session begins and ends: exit statuses, sockets, parents that die."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import pytest

from e2e.editor import PATIENCE
from e2e.raw import RawClient, raw_client
from import_cycles.__main__ import main
from import_cycles.lsp.framing import Framing


def test_a_proper_goodbye() -> None:
    with raw_client("--stdio") as client:
        client.initialize()
        assert client.leave() == 0


def test_exit_without_shutdown() -> None:
    with raw_client() as client:
        client.initialize()
        client.send(method="exit")
        assert client.process.wait(PATIENCE) == 1


def test_exit_before_initialize() -> None:
    with raw_client() as client:
        # An answer shows that it is not just that the server did not start.
        assert client.error_code(1, "shutdown") == -32002
        client.send(method="exit")
        assert client.process.wait(PATIENCE) == 1


@pytest.mark.parametrize(("is_polite", "status"), [(True, 0), (False, 1)])
def test_the_end_of_standard_input(is_polite: bool, status: int) -> None:
    with raw_client() as client:
        client.initialize()
        if is_polite:
            client.ask(1, "shutdown")
        assert client.process.stdin is not None
        client.process.stdin.close()
        assert client.process.wait(PATIENCE) == status


def test_a_client_that_reads_no_more() -> None:
    with raw_client() as client:
        client.initialize()
        client.stop_reading()
        client.send(id=1, method="no/such/thing")
        client.send(id=2, method="no/such/thing")
        assert client.process.wait(PATIENCE) == 1


def test_a_parent_that_dies() -> None:
    waits = [sys.executable, "-c", "input()"]
    with subprocess.Popen(waits, stdin=subprocess.PIPE) as parent, raw_client() as client:
        client.initialize(processId=parent.pid)
        assert client.is_alive()
        parent.communicate(b"\n")
        assert client.process.wait(PATIENCE) == 1


def test_prints_do_not_reach_the_protocol() -> None:
    code = (
        "import os, sys\n"
        "from import_cycles.lsp import server, session\n"
        "def noisy(*arguments):\n"
        "    print('printed'); os.write(1, b'written'); os.system('echo from a child')\n"
        "session.Session.did_save = noisy\n"
        "sys.exit(server.run_server([]))\n"
    )
    with raw_client(command=[sys.executable, "-c", code]) as client:
        client.initialize()
        document = {"textDocument": {"uri": "file:///x.py"}}
        client.send(method="textDocument/didSave", params=document)
        assert client.is_alive()
        assert client.leave() == 0
        assert client.log_line("printed")
        assert b"printed" not in client.stdout
        assert b"written" not in client.stdout
        assert b"child" not in client.stdout


@pytest.mark.parametrize("arguments", [["--tcp", "--ws"], ["--port", "many"], ["--no-such-option"]])
def test_a_wrong_command_line(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as status:
        main(["server", *arguments])
    assert status.value.code == 2
    said = capfd.readouterr()
    assert "usage: import-cycles server" in said.err
    assert said.out == ""


def _port(client: RawClient) -> int:
    return int(client.log_line("Listening on").rpartition(":")[2])


def _bodies(*messages: dict[str, object]) -> list[bytes]:
    return [json.dumps({"jsonrpc": "2.0", **message}).encode() for message in messages]


_WHOLE_SESSION = _bodies(
    {"id": 1, "method": "initialize", "params": {"capabilities": {}}},
    {"method": "initialized", "params": {}},
    {"id": 2, "method": "workspace/executeCommand", "params": {"command": "import-cycles.list"}},
    {"id": 3, "method": "shutdown"},
    {"method": "exit"},
)


def test_tcp() -> None:
    with raw_client("--tcp", "--port", "0") as client:
        with socket.create_connection(("127.0.0.1", _port(client)), timeout=PATIENCE) as link:
            framing, answers = Framing(), []
            for body in _WHOLE_SESSION:
                link.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                if b'"id"' in body:
                    while not (bodies := framing.feed(link.recv(1 << 16))):
                        continue
                    answers += [json.loads(each) for each in bodies]
        assert [answer["id"] for answer in answers] == [1, 2, 3]
        assert client.process.wait(PATIENCE) == 0


def test_a_tcp_client_that_hangs_up() -> None:
    with raw_client("--tcp", "--port", "0") as client:
        socket.create_connection(("127.0.0.1", _port(client)), timeout=PATIENCE).close()
        assert client.process.wait(PATIENCE) == 1


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with raw_client("--tcp", "--port", port) as client:
            assert client.log_line(port)
            assert client.process.wait(PATIENCE) == 2


def test_websocket() -> None:
    connect = pytest.importorskip("websockets.sync.client").connect
    with raw_client("--ws", "--port", "0") as client:
        with connect(f"ws://127.0.0.1:{_port(client)}", open_timeout=PATIENCE) as link:
            answers = []
            for body in _WHOLE_SESSION:
                link.send(body.decode())
                if b'"id"' in body:
                    answers.append(json.loads(link.recv(timeout=PATIENCE)))
        assert [answer["id"] for answer in answers] == [1, 2, 3]
        assert client.process.wait(PATIENCE) == 0

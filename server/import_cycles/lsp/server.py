"""The language server: `import-cycles server`.

Which message goes where, and the command line. Messages become plain values in
import_cycles.lsp.convert and are dealt with in import_cycles.lsp.session.

Notifications about documents are handled at once, in the order in which they came; handling only
records what is new. Requests are coroutines: one that waits for the worker does not delay the
others, and `$/cancelRequest` ends it.

For editors there are these commands besides what LSP has (`workspace/executeCommand`):

- `import-cycles.list`, no arguments: all cycles as JSON, see import_cycles.lsp.listing. Waits
  until everything sent before is analysed.
- `import-cycles.listNow`, no arguments: the same without waiting for verdicts, which a large knot
  takes a while for; see `import-cycles/changed` in import_cycles.lsp.client.
- `import-cycles.graph`, the URI of a file or null: the graph of what is around the file, or of all
  knots, as JSON, see import_cycles.lsp.graph_listing.
- `import-cycles.reindex`, no arguments: reads everything anew; answers null when that is done.
- `import-cycles.fixTypeOnly`, no arguments: ends every cycle of the workspace that only type
  checkers need, by `workspace/applyEdit`; answers `{"applied": …, "files": [uri, …]}`.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInternalError, JsonRpcMethodNotFound
from pygls.lsp.server import LanguageServer

from import_cycles import __version__
from import_cycles.lsp import convert, convert_actions
from import_cycles.lsp.client import Client
from import_cycles.lsp.convert import ClientFacts
from import_cycles.lsp.convert_actions import ActionFacts
from import_cycles.lsp.garbage import leave_old_objects_alone
from import_cycles.lsp.protocol import ArgumentTypes, StrictProtocol
from import_cycles.lsp.session import Session
from import_cycles.lsp.transport import (
    CannotServeError,
    serve_streams,
    serve_tcp,
    serve_websocket,
    take_standard_streams,
)

_log = logging.getLogger(__name__)

LIST_COMMAND = "import-cycles.list"
LIST_NOW_COMMAND = "import-cycles.listNow"
GRAPH_COMMAND = "import-cycles.graph"
REINDEX_COMMAND = "import-cycles.reindex"
WOULD_CLOSE_COMMAND = "import-cycles.wouldClose"
FIX_TYPE_ONLY_COMMAND = "import-cycles.fixTypeOnly"

STOP_PATIENCE = 0.5
"""Seconds that the worker has to finish when the server ends."""


class CyclesServer(LanguageServer):
    """One server for one client."""

    protocol: StrictProtocol

    def __init__(self) -> None:
        super().__init__("import-cycles", __version__, protocol_cls=StrictProtocol)
        self._session: Session | None = None
        self.protocol.on_shutdown = self.end_session

    @property
    def session(self) -> Session:
        """There is one as soon as the client has said `initialize`."""
        assert self._session is not None
        return self._session

    def begin_session(self, facts: ClientFacts, action_facts: ActionFacts) -> None:
        """From here on messages have somewhere to go."""
        self._session = Session(
            lambda documents: Client(self, facts, documents.uri_of),
            facts,
            action_facts,
            on_orphaned=lambda: self.protocol.on_exit(1),
        )

    def end_session(self, patience: float = 0.0) -> None:
        """Stops all work; waits at most `patience` seconds for work that cannot be interrupted."""
        if self._session is not None:
            self._session.stop(patience)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """The fence around every handler: an entry in the log, never a pop-up."""
        if isinstance(error, JsonRpcMethodNotFound):
            return
        revision = "nothing" if self._session is None else self._session.revision
        data = error.data if isinstance(error, JsonRpcInternalError) else None
        trace = "".join(data["traceback"]) if isinstance(data, dict) else ""
        _log.error("%s at %s: %s\n%s", source.__name__, revision, error, trace)


# --- handlers --------------------------------------------------------------------------------
# pygls passes the server to a parameter that is named `ls`.


def _initialize(ls: CyclesServer, params: types.InitializeParams) -> None:
    facts = convert.client_facts(params)
    ls.begin_session(facts, convert_actions.action_facts(params, facts.encoding))


async def _initialized(ls: CyclesServer, params: types.InitializedParams) -> None:
    await ls.session.start()


def _did_open(ls: CyclesServer, params: types.DidOpenTextDocumentParams) -> None:
    ls.session.did_open(*convert.opened_document(params))


def _did_change(ls: CyclesServer, params: types.DidChangeTextDocumentParams) -> None:
    ls.session.did_change(convert.document_change(params))


def _did_save(ls: CyclesServer, params: types.DidSaveTextDocumentParams) -> None:
    ls.session.did_save(convert.document_uri(params))


def _did_close(ls: CyclesServer, params: types.DidCloseTextDocumentParams) -> None:
    ls.session.did_close(convert.document_uri(params))


def _files_changed(
    ls: CyclesServer,
    params: types.DidChangeWatchedFilesParams
    | types.CreateFilesParams
    | types.RenameFilesParams
    | types.DeleteFilesParams,
) -> None:
    ls.session.files_changed(convert.changed_uris(params))


async def _folders_changed(ls: CyclesServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    await ls.session.folders_changed(*convert.changed_folders(params))


async def _settings_changed(ls: CyclesServer, params: types.DidChangeConfigurationParams) -> None:
    await ls.session.settings_changed(convert.changed_settings(params))


def _progress_cancelled(ls: CyclesServer, params: types.WorkDoneProgressCancelParams) -> None:
    ls.session.cancel_progress(convert.cancelled_token(params))


async def _hover(ls: CyclesServer, params: types.HoverParams) -> types.Hover | None:
    session = ls.session
    found = await session.hover(*convert.place_asked_about(params))
    return None if found is None else convert.hover_answer(*found, session.facts)


async def _code_action(ls: CyclesServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    return await ls.session.code_actions(convert_actions.actions_asked(params))


async def _resolve_action(ls: CyclesServer, params: types.CodeAction) -> types.CodeAction:
    return await ls.session.resolve_action(params)


async def _fix_type_only(ls: CyclesServer) -> dict[str, Any]:
    return await ls.session.fix_type_only()


async def _will_rename(ls: CyclesServer, params: types.RenameFilesParams) -> None:
    await ls.session.will_rename(convert.renamed_uris(params))


async def _prepare_hierarchy(
    ls: CyclesServer, params: types.CallHierarchyPrepareParams
) -> list[types.CallHierarchyItem]:
    session = ls.session
    uri, line, _ = convert.place_asked_about(params)
    items = await session.hierarchy_items(uri, line)
    return [convert.hierarchy_item(each, session.module_uri) for each in items]


async def _incoming(
    ls: CyclesServer, params: types.CallHierarchyIncomingCallsParams
) -> list[types.CallHierarchyIncomingCall]:
    session = ls.session
    calls = await session.importers(convert.item_asked_about(params))
    return [convert.incoming_call(each, session.facts, session.module_uri) for each in calls]


async def _outgoing(
    ls: CyclesServer, params: types.CallHierarchyOutgoingCallsParams
) -> list[types.CallHierarchyOutgoingCall]:
    session = ls.session
    calls = await session.imports(convert.item_asked_about(params))
    return [convert.outgoing_call(each, session.facts, session.module_uri) for each in calls]


async def _code_lens(ls: CyclesServer, params: types.CodeLensParams) -> list[types.CodeLens]:
    told = await ls.session.lens(convert.lines_asked_about(params))
    return [convert.lens(told)] if told else []


async def _would_close(
    ls: CyclesServer, importer: str, imported: str, names: list[str]
) -> dict[str, Any]:
    return await ls.session.would_close(importer, imported, names)


async def _more_ways(ls: CyclesServer, uri: str, line: int) -> dict[str, Any]:
    return await ls.session.more_ways(uri, line)


async def _move_to(ls: CyclesServer, chosen: dict[str, Any], new_name: str) -> dict[str, Any]:
    return await ls.session.move_to(chosen, new_name)


async def _list(ls: CyclesServer) -> dict[str, Any]:
    return await ls.session.list_cycles()


async def _list_now(ls: CyclesServer) -> dict[str, Any]:
    return await ls.session.list_cycles(settled=False)


async def _graph(ls: CyclesServer, uri: str | None) -> dict[str, Any]:
    return await ls.session.list_graph(uri)


async def _reindex(ls: CyclesServer) -> None:
    await ls.session.reindex()


_FEATURES: tuple[tuple[str, Callable[..., Any], Any], ...] = (
    (types.INITIALIZE, _initialize, None),
    (types.INITIALIZED, _initialized, None),
    (types.TEXT_DOCUMENT_DID_OPEN, _did_open, None),
    (types.TEXT_DOCUMENT_DID_CHANGE, _did_change, None),
    (types.TEXT_DOCUMENT_DID_SAVE, _did_save, None),
    (types.TEXT_DOCUMENT_DID_CLOSE, _did_close, None),
    (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, _files_changed, None),
    (types.WORKSPACE_DID_CREATE_FILES, _files_changed, convert.file_operations()),
    (types.WORKSPACE_DID_RENAME_FILES, _files_changed, convert.file_operations()),
    (types.WORKSPACE_DID_DELETE_FILES, _files_changed, convert.file_operations()),
    (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, _folders_changed, None),
    (types.WORKSPACE_DID_CHANGE_CONFIGURATION, _settings_changed, None),
    (types.WINDOW_WORK_DONE_PROGRESS_CANCEL, _progress_cancelled, None),
    (types.TEXT_DOCUMENT_HOVER, _hover, None),
    (types.TEXT_DOCUMENT_CODE_ACTION, _code_action, convert_actions.actions_options()),
    (types.CODE_ACTION_RESOLVE, _resolve_action, None),
    (types.WORKSPACE_WILL_RENAME_FILES, _will_rename, convert.file_operations()),
    (types.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY, _prepare_hierarchy, None),
    (types.CALL_HIERARCHY_INCOMING_CALLS, _incoming, None),
    (types.CALL_HIERARCHY_OUTGOING_CALLS, _outgoing, None),
    (types.TEXT_DOCUMENT_CODE_LENS, _code_lens, None),
)


_COMMANDS: Mapping[str, tuple[Callable[..., Any], tuple[ArgumentTypes, ...]]] = {
    LIST_COMMAND: (_list, ()),
    LIST_NOW_COMMAND: (_list_now, ()),
    GRAPH_COMMAND: (_graph, ((str, type(None)),)),
    REINDEX_COMMAND: (_reindex, ()),
    FIX_TYPE_ONLY_COMMAND: (_fix_type_only, ()),
    WOULD_CLOSE_COMMAND: (_would_close, ((str,), (str,), (list,))),
    convert_actions.MORE_COMMAND: (_more_ways, ((str,), (int,))),
    convert_actions.MOVE_COMMAND: (_move_to, ((dict,), (str,))),
}


def create_server() -> CyclesServer:
    """A server that waits for its first message."""
    server = CyclesServer()
    for method, handler, options in _FEATURES:
        server.feature(method, options)(handler)
    for command, (handler, _) in _COMMANDS.items():
        server.command(command)(handler)
    server.protocol.command_arguments = {name: wanted for name, (_, wanted) in _COMMANDS.items()}
    return server


SWITCH_INTERVAL = 0.0005
"""Seconds that the worker runs on when the event loop has something to send; Python's own is 5 ms."""


# --- the command line ------------------------------------------------------------------------


def run_server(argv: Sequence[str]) -> int:
    """Serves one client; the exit status is 1 when it left without `shutdown`."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(
        stream=sys.stderr,
        level=arguments.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    leave_old_objects_alone()
    sys.setswitchinterval(SWITCH_INTERVAL)
    server = create_server()
    try:
        return asyncio.run(_serve(server, arguments))
    except KeyboardInterrupt:
        return 130
    except (CannotServeError, OSError) as error:
        _log.error("The server cannot start: %s", error)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="import-cycles server", description="Run the language server."
    )
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument(
        "--stdio", action="store_true", help="use standard input and output (default)"
    )
    ways.add_argument("--tcp", action="store_true", help="wait for one client on a TCP socket")
    ways.add_argument("--ws", action="store_true", help="wait for one client on a WebSocket")
    parser.add_argument("--host", default="127.0.0.1", help="for --tcp and --ws (%(default)s)")
    parser.add_argument(
        "--port", type=int, default=8888, help="for --tcp and --ws; 0 for any (%(default)s)"
    )
    parser.add_argument(
        "--log-level",
        choices=("error", "warning", "info", "debug"),
        default="warning",
        help="what standard error gets to see (%(default)s)",
    )
    return parser


async def _serve(server: CyclesServer, arguments: argparse.Namespace) -> int:
    host, port = arguments.host, arguments.port
    try:
        if arguments.tcp:
            return await serve_tcp(server.protocol, host, port, _announce)
        if arguments.ws:
            return await serve_websocket(server.protocol, host, port, _announce)
        return await serve_streams(server.protocol, *take_standard_streams())
    finally:
        # A thread that dies with the interpreter can take a lock of standard error with it.
        server.end_session(STOP_PATIENCE)


def _announce(addresses: str) -> None:
    sys.stderr.write(f"Listening on {addresses}\n")
    sys.stderr.flush()

"""JSON-RPC as the specification has it, on top of pygls' dispatcher.

pygls 2.1.1 gives no answer at all to a request with invalid parameters, answers neither broken
JSON nor requests after `shutdown`, shows people a pop-up for what only concerns the client's
authors, sends tracebacks (with paths) to the client, and takes any nested object with a key
`jsonrpc` for a message. So everything between the bytes and the handlers is here: every request
gets exactly one answer, with the error codes of JSON-RPC 2.0 and LSP 3.17 ("Base Protocol"), and
no message ends the server. Dispatch, cancellation and types stay those of pygls and lsprotocol.

pygls' own books on open documents, notebooks and workspace folders are closed: ours differ in
what ends a line (see import_cycles.base.text), and one set of books is enough.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeAlias

from cattrs import transform_error
from cattrs.errors import BaseValidationError
from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInternalError,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.protocol.json_rpc import JsonRPCNotification, JsonRPCRequestMessage

from import_cycles.base.words import counted

_log = logging.getLogger(__name__)

_MessageId: TypeAlias = int | str | None

_OURS_ALONE = (
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.NOTEBOOK_DOCUMENT_DID_OPEN,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS,
    types.WINDOW_WORK_DONE_PROGRESS_CANCEL,
)

ArgumentTypes: TypeAlias = tuple[type, ...]
_JSON_TYPES: Mapping[type, str] = {
    str: "a string",
    int: "a number",
    list: "a list",
    type(None): "null",
}

INTERNAL_ERROR = "Internal error; the log of the language server has the details"


class StrictProtocol(LanguageServerProtocol):
    """What one client may say at which moment, and the answer if it says something else."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.on_exit: Callable[[int], None] = lambda code: None
        """Called with the exit status once the client says `exit`."""
        self.on_shutdown: Callable[[], None] = lambda: None
        """Called when the client says `shutdown`."""
        self.command_arguments: Mapping[str, tuple[ArgumentTypes, ...]] = {}
        """By command the types that each of its arguments may have."""
        self._is_initialized = False

    @property
    def is_shut_down(self) -> bool:
        """Whether the client has sent `shutdown`."""
        return self._shutdown

    def receive(self, body: bytes | str) -> None:
        """Handles one message as it came in. Never raises."""
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            _log.warning("A message is not JSON: %s", error)
            self._refuse(None, JsonRpcParseError(f"Not JSON: {error}"))
            return
        try:
            self._receive_parsed(message)
        except JsonRpcException as error:
            _log.warning("A message is refused: %s", error)
            if not _is_notification(message):
                self._refuse(_id_of(message), error)
        except Exception:
            _log.exception("A message could not be handled")
            if not _is_notification(message):
                self._refuse(_id_of(message), JsonRpcInternalError(INTERNAL_ERROR))

    def _receive_parsed(self, message: object) -> None:
        if not isinstance(message, dict):
            # LSP has no batches (3.17, "Base Protocol").
            raise JsonRpcInvalidRequest("A message is a JSON object")
        if "method" not in message and ("result" in message or "error" in message):
            self._receive_response(message)
            return
        method = message.get("method")
        if message.get("jsonrpc") != "2.0" or not isinstance(method, str):
            raise JsonRpcInvalidRequest('A message has "jsonrpc": "2.0" and a "method"')
        if "id" in message:
            self._receive_request(message, method)
        else:
            self._receive_notification(message, method)

    def _receive_request(self, message: dict[str, Any], method: str) -> None:
        if _id_of(message) is None:
            raise JsonRpcInvalidRequest("The id of a request is a string or an integer")
        if self._shutdown:
            raise JsonRpcInvalidRequest("The server is shutting down")
        if method == types.INITIALIZE:
            if self._is_initialized:
                raise JsonRpcInvalidRequest("The server is initialized already")
        elif not self._is_initialized:
            raise JsonRpcServerNotInitialized("The first request must be initialize")
        structured = self._structure(message, method, JsonRPCRequestMessage)
        if method == types.WORKSPACE_EXECUTE_COMMAND:
            self._check_command(structured.params)
        self._is_initialized = True
        self.handle_message(structured)

    def _check_command(self, params: types.ExecuteCommandParams) -> None:
        """Raises JsonRpcInvalidParams; pygls would do so with a traceback, or only after the call."""
        wanted, given = self.command_arguments.get(params.command), params.arguments or ()
        if wanted is None:
            raise JsonRpcInvalidParams(f"There is no command {params.command!r}")
        if len(given) != len(wanted) or not all(map(isinstance, given, wanted)):
            kinds = (" or ".join(map(_JSON_TYPES.__getitem__, each)) for each in wanted)
            expected = f"{counted(len(wanted), 'argument')} expected"
            raise JsonRpcInvalidParams(": ".join((params.command, expected, *kinds)))

    def _receive_notification(self, message: dict[str, Any], method: str) -> None:
        if method != types.EXIT and (self._shutdown or not self._is_initialized):
            # "Notifications should be dropped, except for the exit notification."
            _log.debug("%s comes too early or too late", method)
            return
        self.handle_message(self._structure(message, method, JsonRPCNotification))

    def _receive_response(self, message: dict[str, Any]) -> None:
        identity = _id_of(message)
        if identity is None:
            _log.warning("The client refuses a message: %s", message.get("error"))
            return
        result_type = self._result_types.pop(identity, None)
        future = self._request_futures.pop(identity, None)
        if future is None or future.done():
            _log.info("Nobody waits for response %r", identity)
            return
        try:
            if "error" in message:
                error = self._converter.structure(message["error"], types.ResponseError)
                raise JsonRpcException.from_error(error)
            if result_type is None:
                future.set_result(message.get("result"))
            else:
                structured = self._converter.structure(message, result_type)
                future.set_result(structured.result)
        except Exception as error:
            future.set_exception(error)

    def _structure(self, message: dict[str, Any], method: str, fallback: type) -> Any:
        """`message` as the type that its method has; custom methods keep plain parameters."""
        message_type = self.get_message_type(method)
        if message_type is None:
            fields = {"method": method, "jsonrpc": "2.0", "params": message.get("params")}
            if "id" in message:
                fields["id"] = message["id"]
            return fallback(**fields)
        try:
            try:
                return self._converter.structure(message, message_type)
            except BaseValidationError:
                if message.get("params") is not None:
                    raise
                # Some clients leave out parameters that are an object without fields.
                return self._converter.structure({**message, "params": {}}, message_type)
        except BaseValidationError as error:
            mistakes = "; ".join(transform_error(error))
            raise JsonRpcInvalidParams(f"{method}: {mistakes}") from error
        except Exception as error:
            # A hook of lsprotocol fails on a value that it does not expect.
            raise JsonRpcInvalidParams(f"{method}: {error}") from error

    def _refuse(self, identity: _MessageId, error: JsonRpcException) -> None:
        refusal = {"code": error.code, "message": error.message}
        self._send_data({"jsonrpc": "2.0", "id": identity, "error": refusal})

    def _send_data(self, data: Any) -> None:
        """As pygls does it; a client that no longer reads counts as gone."""
        try:
            super()._send_data(data)
        except BrokenPipeError:
            self.on_exit(1)

    def _send_response(
        self,
        msg_id: int | str,
        result: Any | None = None,
        error: types.ResponseError | None = None,
    ) -> None:
        """As pygls does it, but without telling the client what went wrong inside."""
        if error is not None and error.code == JsonRpcInternalError.CODE:
            error = types.ResponseError(code=error.code, message=INTERNAL_ERROR)
        super()._send_response(msg_id, result, error)

    def _register_builtin_features(self) -> None:
        super()._register_builtin_features()  # type: ignore[no-untyped-call]
        for method in _OURS_ALONE:
            self.fm.builtin_features.pop(method, None)

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(
        self, params: types.InitializeParams
    ) -> Generator[Any, Any, types.InitializeResult]:
        """As pygls does it, without its workspace, which stumbles over odd URIs."""
        self.client_capabilities = params.capabilities
        handler = self.fm.features.get(types.INITIALIZE)
        if handler is not None:
            yield handler, (params,), None
        builder = ServerCapabilitiesBuilder(
            self.client_capabilities,
            {*self.fm.features, *self.fm.builtin_features},
            self.fm.feature_options,
            list(self.fm.commands),
            types.TextDocumentSyncKind.Incremental,
            None,
            ServerCapabilitiesBuilder.choose_position_encoding(self.client_capabilities),
        )
        self.server_capabilities = builder.build()  # type: ignore[no-untyped-call]
        return types.InitializeResult(
            capabilities=self.server_capabilities, server_info=self.server_info
        )

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *arguments: Any) -> None:  # type: ignore[override]
        """Cancels what is still running; from here on only `exit` is accepted."""
        self.on_shutdown()
        self._shutdown = True
        current = self.msg_id
        for identity, future in list(self._request_futures.items()):
            if identity != current and not future.done():
                future.cancel()

    @lsp_method(types.EXIT)
    def lsp_exit(self, *arguments: Any) -> None:  # type: ignore[override]
        """Status 1 without `shutdown` before (LSP 3.17, "Exit Notification")."""
        self.on_exit(0 if self._shutdown else 1)


def _id_of(message: object) -> _MessageId:
    identity = message.get("id") if isinstance(message, Mapping) else None
    if isinstance(identity, bool) or not isinstance(identity, int | str):
        return None
    return identity


def _is_notification(message: object) -> bool:
    return (
        isinstance(message, Mapping)
        and "id" not in message
        and message.get("jsonrpc") == "2.0"
        and isinstance(message.get("method"), str)
    )

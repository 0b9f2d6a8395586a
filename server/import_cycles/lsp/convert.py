"""Between the protocol's types and ours: the only code that builds or reads lsprotocol types.

Columns are counted in the units that client and server agree upon when they meet
(`ClientFacts.encoding`): the first of the client's list, since all three cost the same: a
`Position` of ours carries its column in each unit. A client gets only what it declares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder

from import_cycles.analysis.change import Problem, ShownFinding, ShownRelated
from import_cycles.base.names import SourcePath
from import_cycles.base.record import record
from import_cycles.base.text import Encoding, Position, TextRange
from import_cycles.base.words import printable
from import_cycles.findings.rule import DOCS_URL, Severity
from import_cycles.lsp.hierarchy import Call, ModuleItem
from import_cycles.lsp.uris import uniform_path, uri_from_path

SOURCE = "import-cycles"
CONFIGURATION_CODE = "configuration"

UriOf = Callable[[SourcePath], str]


@record
class ClientFacts:
    """What the client can do and where it works, as far as the server uses it."""

    encoding: Encoding = Encoding.UTF16
    related_information: bool = False
    code_description: bool = False
    diagnostic_data: bool = False
    markdown_hover: bool = False
    progress: bool = False
    configuration: bool = False
    registers_configuration: bool = False
    registers_watchers: bool = False
    wants_changes: bool = False
    """`capabilities.experimental.importCycles.changes`: tell it when there is something new."""
    folder_uris: tuple[str, ...] = ()
    """Workspace folders, else the root; empty when the client opened a single file."""
    options: object = None
    """The `initializationOptions`, unchecked."""
    process_id: int | None = None
    """The process whose end also ends the server."""


@record
class TextChange:
    """One item of a `didChange`; without a range, the whole text is new."""

    new_text: str
    start: tuple[int, int] | None = None
    end: tuple[int, int] | None = None


@record
class DocumentChange:
    """All of a `didChange`: the changes follow one another."""

    uri: str
    version: int
    changes: tuple[TextChange, ...]


# --- what clients say ------------------------------------------------------------------------


def client_facts(params: types.InitializeParams) -> ClientFacts:
    """The facts of an `initialize` request."""
    capabilities = params.capabilities
    text_document = capabilities.text_document or types.TextDocumentClientCapabilities()
    workspace = capabilities.workspace or types.WorkspaceClientCapabilities()
    window = capabilities.window or types.WindowClientCapabilities()
    diagnostics = text_document.publish_diagnostics or types.PublishDiagnosticsClientCapabilities()
    hover = text_document.hover or types.HoverClientCapabilities()
    watched = workspace.did_change_watched_files
    configured = workspace.did_change_configuration
    encoding = ServerCapabilitiesBuilder.choose_position_encoding(capabilities)
    return ClientFacts(
        encoding=Encoding(getattr(encoding, "value", encoding)),
        related_information=bool(diagnostics.related_information),
        code_description=bool(diagnostics.code_description_support),
        diagnostic_data=bool(diagnostics.data_support),
        # The list is in the client's order of preference (LSP 3.17, "HoverClientCapabilities").
        markdown_hover=list(hover.content_format or ())[:1] == [types.MarkupKind.Markdown],
        progress=bool(window.work_done_progress),
        configuration=bool(workspace.configuration),
        registers_configuration=bool(configured and configured.dynamic_registration),
        registers_watchers=bool(watched and watched.dynamic_registration),
        wants_changes=is_wanted(capabilities.experimental, "changes"),
        folder_uris=_folder_uris(params),
        options=params.initialization_options,
        process_id=params.process_id,
    )


def is_wanted(experimental: object, what: str) -> bool:
    """Whether a client says true to something under `capabilities.experimental.importCycles`."""
    for key in ("importCycles", what):
        experimental = experimental.get(key) if isinstance(experimental, Mapping) else None
    return experimental is True


def _folder_uris(params: types.InitializeParams) -> tuple[str, ...]:
    if params.workspace_folders:
        return tuple(folder.uri for folder in params.workspace_folders)
    if params.root_uri:
        return (params.root_uri,)
    if params.root_path:
        # Clients from before LSP 3.0 send a path here.
        return (uri_from_path(uniform_path(params.root_path)),)
    return ()


def opened_document(params: types.DidOpenTextDocumentParams) -> tuple[str, int, str]:
    """URI, version and text of a document that was opened."""
    document = params.text_document
    return document.uri, document.version, document.text


def document_uri(
    params: types.DidSaveTextDocumentParams | types.DidCloseTextDocumentParams,
) -> str:
    """Which document was saved or closed."""
    return params.text_document.uri


def document_change(params: types.DidChangeTextDocumentParams) -> DocumentChange:
    """The content of a `textDocument/didChange`."""
    return DocumentChange(
        params.text_document.uri,
        params.text_document.version,
        tuple(_text_change(change) for change in params.content_changes),
    )


def _text_change(change: types.TextDocumentContentChangeEvent) -> TextChange:
    if isinstance(change, types.TextDocumentContentChangePartial):
        start, end = change.range.start, change.range.end
        return TextChange(change.text, (start.line, start.character), (end.line, end.character))
    return TextChange(change.text)


def place_asked_about(
    params: types.HoverParams | types.CallHierarchyPrepareParams,
) -> tuple[str, int, int]:
    """URI, line and column of a request about a position."""
    return params.text_document.uri, params.position.line, params.position.character


def lines_asked_about(params: types.CodeLensParams) -> str:
    """The URI of a request about the lines of a document."""
    return params.text_document.uri


def renamed_uris(params: types.RenameFilesParams) -> list[tuple[str, str]]:
    """Old and new URI of everything that is to be renamed."""
    return [(file.old_uri, file.new_uri) for file in params.files]


def item_asked_about(
    params: types.CallHierarchyIncomingCallsParams | types.CallHierarchyOutgoingCallsParams,
) -> str:
    """The URI of the module that a request about the hierarchy is about."""
    return params.item.uri


def changed_uris(
    params: types.DidChangeWatchedFilesParams
    | types.CreateFilesParams
    | types.RenameFilesParams
    | types.DeleteFilesParams,
) -> list[str]:
    """Every URI under which something came, changed or went."""
    if isinstance(params, types.DidChangeWatchedFilesParams):
        return [change.uri for change in params.changes]
    if isinstance(params, types.RenameFilesParams):
        return [uri for file in params.files for uri in (file.old_uri, file.new_uri)]
    return [file.uri for file in params.files]


def changed_folders(
    params: types.DidChangeWorkspaceFoldersParams,
) -> tuple[list[str], list[str]]:
    """URIs of the workspace folders that come, and of those that go."""
    event = params.event
    return [folder.uri for folder in event.added], [folder.uri for folder in event.removed]


def changed_settings(params: types.DidChangeConfigurationParams) -> object:
    """The settings that the client sent along, unchecked."""
    return params.settings


def cancelled_token(params: types.WorkDoneProgressCancelParams) -> object:
    """Which progress is to stop."""
    return params.token


# --- what clients hear -----------------------------------------------------------------------

_SEVERITIES: Mapping[Severity, types.DiagnosticSeverity] = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFORMATION: types.DiagnosticSeverity.Information,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}


def lsp_position(position: Position, encoding: Encoding) -> types.Position:
    """A place, its column in `encoding` units."""
    return types.Position(position.line, position.column(encoding))


def lsp_range(shown: TextRange, encoding: Encoding) -> types.Range:
    """A stretch of text, its columns in `encoding` units."""
    return types.Range(lsp_position(shown.start, encoding), lsp_position(shown.end, encoding))


Diagnostics = tuple[types.Diagnostic, ...]


def diagnostics_of(
    findings: Iterable[ShownFinding],
    problems: Iterable[Problem],
    facts: ClientFacts,
    uri_of: UriOf,
) -> Diagnostics:
    """All that is to be said about one file: its findings, and problems of a configuration."""
    return (
        *(
            _diagnostic(finding, facts, uri_of)
            for finding in findings
            if finding.severity is not Severity.OFF
        ),
        *map(_configuration_problem, problems),
    )


def publication(
    uri: str, version: int | None, diagnostics: Diagnostics
) -> types.PublishDiagnosticsParams:
    """Replaces everything that is shown about a file."""
    return types.PublishDiagnosticsParams(uri, diagnostics, version)


def _diagnostic(finding: ShownFinding, facts: ClientFacts, uri_of: UriOf) -> types.Diagnostic:
    diagnostic = types.Diagnostic(
        range=lsp_range(finding.place.range, facts.encoding),
        message=printable(finding.message),
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        source=SOURCE,
    )
    if facts.code_description:
        diagnostic.code_description = types.CodeDescription(DOCS_URL + finding.code)
    if facts.related_information and finding.related:
        diagnostic.related_information = [
            _related(related, facts, uri_of) for related in finding.related
        ]
    if facts.diagnostic_data:
        diagnostic.data = {"key": finding.key}
    return diagnostic


def _related(
    related: ShownRelated, facts: ClientFacts, uri_of: UriOf
) -> types.DiagnosticRelatedInformation:
    place = related.place
    location = types.Location(uri_of(place.path), lsp_range(place.range, facts.encoding))
    return types.DiagnosticRelatedInformation(location, printable(related.message))


def _configuration_problem(problem: Problem) -> types.Diagnostic:
    line = problem.line or 0
    return types.Diagnostic(
        # The whole line, whatever its length.
        range=types.Range(types.Position(line, 0), types.Position(line + 1, 0)),
        message=printable(problem.message),
        severity=types.DiagnosticSeverity.Warning,
        code=CONFIGURATION_CODE,
        source=SOURCE,
    )


def hover_answer(text: str, shown: TextRange | None, facts: ClientFacts) -> types.Hover:
    """A hover whose `text` is Markdown exactly if the client prefers it."""
    kind = types.MarkupKind.Markdown if facts.markdown_hover else types.MarkupKind.PlainText
    answer = types.Hover(types.MarkupContent(kind, text))
    if shown is not None:
        answer.range = lsp_range(shown, facts.encoding)
    return answer


_START: Final = types.Range(types.Position(0, 0), types.Position(0, 0))


def hierarchy_item(item: ModuleItem, uri_of: UriOf) -> types.CallHierarchyItem:
    """A module, as an item that stands at the start of its file."""
    return types.CallHierarchyItem(
        printable(item.name),
        types.SymbolKind.Module,
        uri_of(item.path),
        _START,
        _START,
        detail=item.detail or None,
    )


def incoming_call(call: Call, facts: ClientFacts, uri_of: UriOf) -> types.CallHierarchyIncomingCall:
    """A module that imports the one asked about."""
    return types.CallHierarchyIncomingCall(hierarchy_item(call.item, uri_of), _ranges(call, facts))


def outgoing_call(call: Call, facts: ClientFacts, uri_of: UriOf) -> types.CallHierarchyOutgoingCall:
    """A module that the one asked about imports."""
    return types.CallHierarchyOutgoingCall(hierarchy_item(call.item, uri_of), _ranges(call, facts))


def _ranges(call: Call, facts: ClientFacts) -> list[types.Range]:
    return [lsp_range(each, facts.encoding) for each in call.ranges] or [_START]


def lens(title: str) -> types.CodeLens:
    """A text above the first line that cannot be clicked."""
    return types.CodeLens(_START, types.Command(printable(title), ""))


def location_json(uri: str, shown: TextRange, encoding: Encoding) -> dict[str, Any]:
    """A `Location` as plain JSON, for answers that have no type in lsprotocol."""
    return {
        "uri": uri,
        "range": {
            "start": {"line": shown.start.line, "character": shown.start.column(encoding)},
            "end": {"line": shown.end.line, "character": shown.end.column(encoding)},
        },
    }


def configuration_question(scope_uris: Iterable[str | None]) -> types.ConfigurationParams:
    """Asks for our section of the settings, once per scope."""
    return types.ConfigurationParams(
        [types.ConfigurationItem(scope_uri=uri, section=SOURCE) for uri in scope_uris]
    )


def log_message(text: str, *, is_warning: bool) -> types.LogMessageParams:
    """A line for the client's log, which needs no click to go away."""
    kind = types.MessageType.Warning if is_warning else types.MessageType.Info
    return types.LogMessageParams(kind, text)


def progress_token(token: str) -> types.WorkDoneProgressCreateParams:
    """Announces a progress of ours."""
    return types.WorkDoneProgressCreateParams(token)


def progress_begin(token: str, title: str) -> types.ProgressParams:
    """A progress that people can stop."""
    value = types.WorkDoneProgressBegin(title=title, cancellable=True, percentage=0)
    return types.ProgressParams(token, value)


def progress_report(token: str, done: int, total: int) -> types.ProgressParams:
    """How far the work is, in files."""
    percentage = min(100, 100 * done // total) if total else 0
    value = types.WorkDoneProgressReport(
        cancellable=True, message=f"{done}/{total} files", percentage=percentage
    )
    return types.ProgressParams(token, value)


def progress_end(token: str, message: str) -> types.ProgressParams:
    """The work is over, well or not."""
    return types.ProgressParams(token, types.WorkDoneProgressEnd(message=message))


def watch_registration(
    globs: Iterable[str], coming_and_going: Iterable[str]
) -> types.RegistrationParams:
    """Asks for news of files: of `globs` all, of `coming_and_going` all but changed contents."""
    watchers = [types.FileSystemWatcher(glob) for glob in globs]
    kind = types.WatchKind.Create | types.WatchKind.Delete
    watchers += [types.FileSystemWatcher(glob, kind=kind) for glob in coming_and_going]
    return _registration(
        "watch-files",
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
        types.DidChangeWatchedFilesRegistrationOptions(watchers),
    )


def configuration_registration() -> types.RegistrationParams:
    """Asks to hear when our section of the settings changes."""
    return _registration(
        "watch-settings",
        types.WORKSPACE_DID_CHANGE_CONFIGURATION,
        types.DidChangeConfigurationRegistrationOptions(section=SOURCE),
    )


def _registration(identity: str, method: str, options: object) -> types.RegistrationParams:
    registration = types.Registration(f"{SOURCE}/{identity}", method, options)
    return types.RegistrationParams([registration])


def file_operations() -> types.FileOperationRegistrationOptions:
    """Asks to hear of every file and folder that people create, rename or delete."""
    everything = types.FileOperationFilter(types.FileOperationPattern("**/*"), scheme="file")
    return types.FileOperationRegistrationOptions([everything])

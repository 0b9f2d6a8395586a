"""Code actions between the protocol's types and ours; see import_cycles.lsp.convert.

A client gets only what it declares. Without `documentChanges` it gets no versions; without
annotations, no confirmation; without `resolve` of edits, everything is verified before the menu
opens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from lsprotocol import types

from import_cycles.analysis.change import ShownFinding
from import_cycles.base.names import SourcePath
from import_cycles.base.record import record
from import_cycles.base.text import Encoding
from import_cycles.base.words import printable
from import_cycles.lsp.convert import UriOf, is_wanted, lsp_range
from import_cycles.lsp.remedies import FileEdits, Remedy, Token
from import_cycles.proposals.fix import Refactoring

MORE_COMMAND: Final = "import-cycles.moreWays"

NAME_COMMAND: Final = "import-cycles.nameModule"
"""A command of the client: it asks for the name of a module that is to be made, with what was
chosen and a name to begin with, and executes MOVE_COMMAND with what was chosen and the user's name."""

MOVE_COMMAND: Final = "import-cycles.moveTo"

FIX_ALL: Final = "source.fixAll.import-cycles"

KINDS: Final = (
    types.CodeActionKind.QuickFix,
    *(types.CodeActionKind(each.value) for each in Refactoring),
)
"""The headings under which fixes are listed."""

NO_NEW_FILES: Final = "the editor cannot make a new file in one step with edits"

_CONFIRM: Final = "confirm"

VersionOf = Callable[[SourcePath], "int | None"]


@record
class ActionFacts:
    """What a client can do with code actions and edits."""

    encoding: Encoding
    literals: bool = False
    resolves_edits: bool = False
    shows_disabled: bool = False
    document_changes: bool = False
    creates_files: bool = False
    annotations: bool = False
    applies_edits: bool = False
    asks_for_names: bool = False
    """`capabilities.experimental.importCycles.names`: it has the command NAME_COMMAND."""


@record
class ActionsAsked:
    """The content of a `textDocument/codeAction`."""

    uri: str
    first_line: int
    last_line: int
    diagnostics: tuple[types.Diagnostic, ...]
    only: tuple[str, ...] | None
    is_automatic: bool

    def wants(self, kind: str) -> bool:
        """Whether actions of a kind are asked for: kinds are a hierarchy, split at dots."""
        if self.only is None:
            return True
        return any(each in ("", kind) or kind.startswith(f"{each}.") for each in self.only)


def action_facts(params: types.InitializeParams, encoding: Encoding) -> ActionFacts:
    """The facts of an `initialize` request."""
    text_document = params.capabilities.text_document or types.TextDocumentClientCapabilities()
    workspace = params.capabilities.workspace or types.WorkspaceClientCapabilities()
    action = text_document.code_action or types.CodeActionClientCapabilities()
    edit = workspace.workspace_edit or types.WorkspaceEditClientCapabilities()
    resolved = action.resolve_support.properties if action.resolve_support else ()
    return ActionFacts(
        encoding=encoding,
        literals=action.code_action_literal_support is not None,
        resolves_edits="edit" in resolved and bool(action.data_support),
        shows_disabled=bool(action.disabled_support),
        document_changes=bool(edit.document_changes),
        creates_files=types.ResourceOperationKind.Create in (edit.resource_operations or ()),
        annotations=bool(
            edit.document_changes
            and edit.change_annotation_support
            and action.honors_change_annotations
        ),
        applies_edits=bool(workspace.apply_edit),
        asks_for_names=is_wanted(params.capabilities.experimental, "names"),
    )


def actions_options() -> types.CodeActionOptions:
    """What we offer."""
    return types.CodeActionOptions(code_action_kinds=[*KINDS, FIX_ALL], resolve_provider=True)


def actions_asked(params: types.CodeActionParams) -> ActionsAsked:
    """The content of a `textDocument/codeAction`; a backward range is turned round."""
    lines = sorted((params.range.start.line, params.range.end.line))
    only = params.context.only
    return ActionsAsked(
        params.text_document.uri,
        lines[0],
        lines[1],
        tuple(params.context.diagnostics),
        None if only is None else tuple(getattr(kind, "value", kind) for kind in only),
        params.context.trigger_kind is types.CodeActionTriggerKind.Automatic,
    )


def quick_fix(
    remedy: Remedy,
    asked: ActionsAsked,
    facts: ActionFacts,
    uri_of: UriOf,
    version_of: VersionOf,
) -> types.CodeAction:
    """One entry of the menu."""
    action = types.CodeAction(title_of(remedy, facts), kind=kind_of(remedy))
    action.diagnostics = [each for each in asked.diagnostics if _is_about(each, remedy)] or None
    reason = remedy.disabled or why_not_here(remedy, facts)
    if reason:
        action.disabled = types.CodeActionDisabled(printable(reason))
        return action
    action.is_preferred = remedy.is_preferred or None
    if facts.asks_for_names and remedy.makes_files and remedy.token is not None:
        words = [_token_json(remedy.token, uri_of, version_of), remedy.new_module]
        action.command = types.Command(action.title, NAME_COMMAND, arguments=words)
    elif not remedy.edits and remedy.token is not None:
        action.data = _token_json(remedy.token, uri_of, version_of)
    else:
        action.edit = workspace_edit(
            remedy.edits,
            remedy.title,
            facts,
            uri_of,
            version_of,
            confirm=not remedy.is_safe,
            effect=remedy.effect,
        )
    return action


def kind_of(remedy: Remedy) -> types.CodeActionKind:
    """The heading under which a client lists it."""
    if remedy.refactoring is None:
        return types.CodeActionKind.QuickFix
    return types.CodeActionKind(remedy.refactoring.value)


def why_not_here(remedy: Remedy, facts: ActionFacts) -> str:
    """What this client lacks to carry a remedy out; empty when it lacks nothing."""
    return NO_NEW_FILES if remedy.makes_files and not facts.creates_files else ""


def title_of(remedy: Remedy, facts: ActionFacts) -> str:
    """The title: what it does, and a warning of possible effects if no preview gives one."""
    unseen = not (remedy.is_safe or remedy.disabled or facts.annotations)
    return printable(f"{remedy.title} (unsafe)" if unseen else remedy.title)


def more_ways(uri: str, line: int) -> types.CodeAction:
    """The last entry of a menu that has no room for all fixes."""
    title = "More ways…"
    return types.CodeAction(
        title,
        kind=types.CodeActionKind.QuickFix,
        command=types.Command(title, MORE_COMMAND, arguments=[uri, line]),
    )


def _is_about(diagnostic: types.Diagnostic, remedy: Remedy) -> bool:
    return any(_speaks_of(diagnostic, finding) for finding in remedy.findings)


def _speaks_of(diagnostic: types.Diagnostic, finding: ShownFinding) -> bool:
    if diagnostic.code != finding.code:
        return False
    data = diagnostic.data
    if isinstance(data, dict) and "key" in data:
        return bool(data["key"] == finding.key)
    return diagnostic.range.start.line == finding.place.range.start.line


def fix_all_action(uri: str, version: int | None) -> types.CodeAction:
    """All safe fixes of a file, to be worked out when it is chosen."""
    return types.CodeAction(
        "Fix all import cycles that can be fixed safely here",
        kind=FIX_ALL,
        data={"fixAll": uri, "version": version},
    )


def workspace_edit(
    files: Sequence[FileEdits],
    label: str,
    facts: ActionFacts,
    uri_of: UriOf,
    version_of: VersionOf,
    *,
    confirm: bool,
    effect: str = "",
) -> types.WorkspaceEdit:
    """The edits, versioned where the client understands that; a preview says what the `effect` is.

    New files are made first. Those can only be said in `documentChanges` (LSP 3.17, "WorkspaceEdit"), which a
    client that declares `resourceOperations` reads (Neovim declares nothing else).
    """
    creates = any(file.is_new for file in files)
    if not (facts.document_changes or creates):
        return types.WorkspaceEdit(
            changes={uri_of(file.path): _text_edits(file, facts) for file in files}
        )
    annotated = confirm and facts.annotations
    return types.WorkspaceEdit(
        document_changes=[
            *(
                types.CreateFile(
                    uri_of(file.path),
                    options=types.CreateFileOptions(overwrite=False, ignore_if_exists=False),
                    annotation_id=_CONFIRM if annotated else None,
                )
                for file in files
                if file.is_new
            ),
            *(
                types.TextDocumentEdit(
                    types.OptionalVersionedTextDocumentIdentifier(
                        uri_of(file.path), version_of(file.path)
                    ),
                    [
                        types.AnnotatedTextEdit(_CONFIRM, edit.range, edit.new_text)
                        if annotated
                        else edit
                        for edit in _text_edits(file, facts)
                    ],
                )
                for file in files
            ),
        ],
        change_annotations=(
            {
                _CONFIRM: types.ChangeAnnotation(
                    printable(label),
                    needs_confirmation=True,
                    description=printable(effect) or None,
                )
            }
            if annotated
            else None
        ),
    )


def _text_edits(file: FileEdits, facts: ActionFacts) -> list[types.TextEdit]:
    return [
        types.TextEdit(lsp_range(each.range, facts.encoding), each.new_text)
        for each in file.replacements
    ]


def apply_edit(edit: types.WorkspaceEdit, label: str) -> types.ApplyWorkspaceEditParams:
    """Asks the client to carry an edit out."""
    return types.ApplyWorkspaceEditParams(edit, printable(label))


# --- what comes back when an entry is chosen ---------------------------------------------------


def _token_json(token: Token, uri_of: UriOf, version_of: VersionOf) -> dict[str, object]:
    return {
        "uri": uri_of(token.path),
        "version": version_of(token.path),
        "finding": token.finding,
        "fix": token.fix,
        "importer": token.importer,
        "imported": token.imported,
        "title": token.title,
    }


def resolve_asked(
    action: types.CodeAction, path_of: Callable[[str], SourcePath | None]
) -> tuple[Token | SourcePath, int | None] | None:
    """What an entry stands for, and the version that it speaks of; None if it is none of ours.

    A path stands for everything that can be fixed in that file.
    """
    data = action.data
    if isinstance(data, dict) and isinstance(data.get("fixAll"), str):
        path = path_of(data["fixAll"])
        return None if path is None else (path, _version_in(data))
    return token_asked(data, path_of)


def _version_in(data: Mapping[str, object]) -> int | None:
    version = data.get("version")
    return version if isinstance(version, int) else None


def token_asked(
    data: object, path_of: Callable[[str], SourcePath | None]
) -> tuple[Token, int | None] | None:
    """The token in what a client sends back, and the version that it speaks of; None without one."""
    if not isinstance(data, dict):
        return None
    fields = ("uri", "finding", "fix", "importer", "imported", "title")
    values = [data.get(field) for field in fields]
    if not all(isinstance(value, str) for value in values):
        return None
    uri, *rest = map(str, values)
    path = path_of(uri)
    return None if path is None else (Token(path, *rest), _version_in(data))


def with_edit(action: types.CodeAction, edit: types.WorkspaceEdit) -> types.CodeAction:
    """The entry, complete."""
    action.edit = edit
    return action


def refused(action: types.CodeAction, reason: str) -> types.CodeAction:
    """The entry, with the reason why it is no use."""
    action.disabled = types.CodeActionDisabled(printable(reason))
    return action


def message(text: str, *, is_warning: bool = False) -> types.ShowMessageParams:
    """An answer to what the user has just asked for, or is about to do."""
    kind = types.MessageType.Warning if is_warning else types.MessageType.Info
    return types.ShowMessageParams(kind, printable(text))


def choice(text: str, titles: Iterable[str]) -> types.ShowMessageRequestParams:
    """A question with an answer for each title."""
    return types.ShowMessageRequestParams(
        types.MessageType.Info,
        printable(text),
        [types.MessageActionItem(printable(title)) for title in titles],
    )


def edited(files: Iterable[FileEdits]) -> tuple[SourcePath, ...]:
    """The files that edits speak of."""
    return tuple(file.path for file in files)

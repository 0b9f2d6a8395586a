/** Runs a suite with mocha inside VS Code, and waits for what has to become true. */
import * as assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import * as path from "node:path";
import { format } from "node:util";
import Mocha from "mocha";
import * as vscode from "vscode";
import type { Api } from "../extension";

const PATIENCE_MS = 20_000;

/**
 * What VS Code calls: `define` describes the tests with mocha's `suite` and `test`.
 *
 * No test runs before the project's `folders` are open. A machine that is very busy may keep VS Code
 * from reading its `.code-workspace`, and VS Code does not try again: `scripts/test.mjs` then does.
 */
export function runWith(define: () => void, folders = 1): () => Promise<void> {
  return async () => {
    const { IMPORT_CYCLES_TEST_REPORT: report, IMPORT_CYCLES_TEST_IN: version } = process.env;
    assert.equal(vscode.version, version, "another VS Code than was asked for");
    if (report) {
      Mocha.reporters.Base.consoleLog = (...words) => appendFileSync(report, `${format(...words)}\n`);
    }
    if (!(await hasOpened(folders))) {
      const { workspaceFile, workspaceFolders } = vscode.workspace;
      Mocha.reporters.Base.consoleLog(`VS Code did not open the project: ${workspaceFile}, ${JSON.stringify(workspaceFolders)}`);
      assert.fail("the project is not open");
    }
    const mocha = new Mocha({ ui: "tdd", timeout: 60_000, color: false, reporter: "spec", grep: process.env.IMPORT_CYCLES_TEST_GREP });
    mocha.suite.emit("pre-require", globalThis, "", mocha);
    define();
    const failures = await new Promise<number>((resolve) => mocha.run(resolve));
    assert.equal(failures, 0, `${failures} tests failed`);
  };
}

async function hasOpened(folders: number): Promise<boolean> {
  try {
    return await until(() => vscode.workspace.workspaceFolders?.length === folders, "folders");
  } catch {
    return false;
  }
}

/** The extension, active. */
export async function api(): Promise<Api> {
  const extension = vscode.extensions.getExtension<Api>("import-cycles.import-cycles");
  assert.ok(extension, "the extension is not installed");
  return extension.activate();
}

/** The value of `question` as soon as it is true; fails with what was `seen` last. */
export async function until<T>(
  question: () => T | false | PromiseLike<T | false>,
  what: string,
  seen: () => unknown = () => "",
  patience = PATIENCE_MS,
): Promise<Exclude<NonNullable<T>, false>> {
  const deadline = Date.now() + patience;
  for (;;) {
    const answer = await question();
    if (answer) {
      return answer as Exclude<NonNullable<T>, false>;
    }
    if (Date.now() > deadline) {
      assert.fail(`Never: ${what}. Last seen: ${JSON.stringify(seen(), undefined, 1)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A file of the first folder, or of another one. */
export function fileAt(name: string, folder = 0): vscode.Uri {
  const root = vscode.workspace.workspaceFolders?.[folder]?.uri;
  assert.ok(root, "no folder is open");
  return vscode.Uri.file(path.join(root.fsPath, name));
}

/** What our server says about a file. */
export function diagnosticsOf(uri: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter((each) => each.source === "import-cycles");
}

export function untilDiagnostics(uri: vscode.Uri, n: number): Promise<unknown> {
  return until(
    () => diagnosticsOf(uri).length === n,
    `${n} diagnostics in ${uri.path}`,
    () => vscode.languages.getDiagnostics(uri),
  );
}

export function codeOf(diagnostic: vscode.Diagnostic | undefined): unknown {
  const code = diagnostic?.code;
  return typeof code === "object" ? code.value : code;
}

/** Replaces all of a document's text, unsaved. */
export async function replaceText(document: vscode.TextDocument, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  const all = new vscode.Range(0, 0, document.lineCount, 0);
  edit.replace(document.uri, document.validateRange(all), text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

export function hoverText(hovers: readonly vscode.Hover[]): string {
  return hovers
    .flatMap((hover) => hover.contents)
    .map((content) => (typeof content === "string" ? content : content.value))
    .join("\n");
}

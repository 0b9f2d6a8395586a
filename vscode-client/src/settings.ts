/**
 * The settings that the client itself needs: how to start the server. All others are the
 * server's: it asks for them, folder by folder, and hears when they change.
 */
import { homedir } from "node:os";
import * as vscode from "vscode";

export const SECTION = "import-cycles";

/** Settings after whose change the server has to be started anew. */
const OF_THE_START = ["interpreter", "path", "importStrategy", "logLevel"];

export interface StartSettings {
  readonly path: readonly string[];
  readonly importStrategy: string;
  readonly logLevel: string;
}

export function startSettings(scope: vscode.WorkspaceFolder | undefined): StartSettings {
  const settings = vscode.workspace.getConfiguration(SECTION, scope);
  return {
    path: substituted(settings.get<string[]>("path", []), scope),
    importStrategy: settings.get<string>("importStrategy", "useBundled"),
    logLevel: settings.get<string>("logLevel", "warning"),
  };
}

export function changesStart(event: vscode.ConfigurationChangeEvent): boolean {
  return OF_THE_START.some((key) => event.affectsConfiguration(`${SECTION}.${key}`));
}

/** `${workspaceFolder}`, `${workspaceFolder:NAME}`, `${userHome}`, `${env:NAME}` and `~/` filled in. */
export function substituted(
  words: readonly string[],
  scope: vscode.WorkspaceFolder | undefined,
): string[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return words.map((word) =>
    word
      .replace(/^~(?=\/|\\|$)/, homedir())
      .replace(/\$\{userHome\}/g, homedir())
      .replace(/\$\{workspaceFolder\}/g, () => (scope ?? folders[0])?.uri.fsPath ?? "")
      .replace(
        /\$\{workspaceFolder:([^}]+)\}/g,
        (whole, name) => folders.find((folder) => folder.name === name)?.uri.fsPath ?? whole,
      )
      .replace(/\$\{env:([^}]+)\}/g, (_, name) => process.env[name] ?? ""),
  );
}

/**
 * Which Python runs the server when the Python extension is there, in two environments whose
 * program writes down its process id and its name before it becomes a Python.
 */
import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as vscode from "vscode";
import type { Api } from "../extension";
import { api, fileAt, runWith, until, untilDiagnostics } from "./harness";

/** The Python extension's stand-in, see python-extension/. */
interface PythonStandIn {
  select(environment: string): void;
}

/** The environment whose program became the server; undefined when it is of none. */
function environmentOf({ server }: Api): string | undefined {
  const started = readFileSync(fileAt("started").fsPath, "utf8").trim().split("\n");
  // A process id may be used again: the last line counts.
  const line = started.reverse().find((each) => each.split(" ")[0] === String(server.pid));
  return line?.split(" ")[1];
}

export const run = runWith(() => {
  suite("with the Python extension", () => {
    let extension: Api;
    let python: PythonStandIn;

    /** Runs what makes a server start, and waits until another one has found the cycle. */
    async function restartBy(act: () => unknown): Promise<void> {
      const { pid } = extension.server;
      await act();
      await until(
        () => extension.server.state === "running" && extension.server.pid !== pid,
        "another server",
        () => [extension.server.state, extension.server.problem],
      );
      await untilDiagnostics(fileAt("a.py"), 1);
    }

    suiteSetup(async () => {
      extension = await api();
      await until(() => extension.server.state === "running", "a running server", () => extension.server.problem);
      const standIn = vscode.extensions.getExtension<PythonStandIn>("ms-python.python");
      assert.ok(standIn?.isActive, "the Python extension was not asked");
      python = standIn.exports;
    });

    test("the selected interpreter runs the server", async () => {
      await untilDiagnostics(fileAt("a.py"), 1);
      assert.equal(environmentOf(extension), "first");
    });

    test("selecting another one starts the server anew with it", async () => {
      await restartBy(() => python.select(fileAt("second").fsPath));
      assert.equal(environmentOf(extension), "second");
      await restartBy(() => python.select(fileAt("first").fsPath));
      assert.equal(environmentOf(extension), "first");
    });

    test("the setting comes before what is selected", async () => {
      const settings = vscode.workspace.getConfiguration("import-cycles");
      const configured = [fileAt("second/python").fsPath];
      await restartBy(() => settings.update("interpreter", configured, vscode.ConfigurationTarget.Workspace));
      assert.equal(environmentOf(extension), "second");
      await restartBy(() => settings.update("interpreter", undefined, vscode.ConfigurationTarget.Workspace));
      assert.equal(environmentOf(extension), "first");
    });

    test("a selected environment without a Python that fits is passed over", async () => {
      for (const environment of ["nowhere", "old"]) {
        await restartBy(() => python.select(fileAt(environment).fsPath));
        assert.equal(environmentOf(extension), undefined);
        assert.match(extension.server.description, /^Python 3\.\d+\.\d+ \(python3?\)$/);
      }
      await restartBy(() => python.select(fileAt("second").fsPath));
      assert.equal(environmentOf(extension), "second");
    });
  });
});

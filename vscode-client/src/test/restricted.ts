/** A folder that is not trusted, with settings that would start a program of its own. */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import * as vscode from "vscode";
import { api, diagnosticsOf, fileAt, runWith, until, untilDiagnostics } from "./harness";

export const run = runWith(() => {
  suite("Restricted Mode", () => {
    test("the server runs, and not the folder's program", async () => {
      assert.equal(vscode.workspace.isTrusted, false);
      const { server } = await api();
      await until(() => server.state === "running", "a running server", () => server.problem);
      await untilDiagnostics(fileAt("a.py"), 1);
      assert.equal(existsSync(fileAt("executed").fsPath), false);
    });

    test("settings that start nothing count", async () => {
      await until(
        () => diagnosticsOf(fileAt("a.py"))[0]?.severity === vscode.DiagnosticSeverity.Warning,
        "a warning",
      );
    });
  });
});

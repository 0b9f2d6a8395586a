/** Two thousand modules in knots: nothing freezes. */
import * as assert from "node:assert/strict";
import * as vscode from "vscode";
import { api, fileAt, runWith, until } from "./harness";

export const run = runWith(() => {
  suite("2,000 modules", () => {
    test("the tree and the status bar are filled", async () => {
      const { cycles, tree } = await api();
      await until(() => cycles.counts.knots === 40, "forty knots", () => cycles.counts, 80_000);
      assert.equal(tree.getChildren().length, 40);
    }).timeout(90_000);

    test("the graph is folded by package", async () => {
      const { graphs } = await api();
      await vscode.commands.executeCommand("import-cycles.showGraph");
      const panel = graphs.get("knots");
      assert.ok(panel);
      const drawn = await until(() => panel.drawn, "a picture", () => panel.drawn, 60_000);
      assert.ok(drawn.boxes.length >= 40 && drawn.boxes.length <= 60, String(drawn.boxes.length));
    }).timeout(90_000);

    test("an edit is followed", async () => {
      const { cycles } = await api();
      const document = await vscode.workspace.openTextDocument(fileAt("big/p0/m0.py"));
      const edit = new vscode.WorkspaceEdit();
      edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), "");
      await vscode.workspace.applyEdit(edit);
      await until(() => cycles.counts.knots === 39, "one knot less", () => cycles.counts, 60_000);
    }).timeout(90_000);
  });
});

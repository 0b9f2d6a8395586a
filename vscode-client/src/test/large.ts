/** Two thousand modules in one knot: nothing freezes. */
import * as assert from "node:assert/strict";
import * as vscode from "vscode";
import { api, fileAt, runWith, until } from "./harness";

export const run = runWith(() => {
  suite("2,000 modules", () => {
    test("the tree and the status bar are filled", async () => {
      const { cycles, tree } = await api();
      await until(() => cycles.counts.cycles > 100, "many cycles", () => cycles.counts, 60_000);
      assert.equal(cycles.counts.knots, 1);
      assert.equal(tree.getChildren().length, 1);
    }).timeout(90_000);

    test("the graph is folded by package", async () => {
      const { graphs } = await api();
      await vscode.commands.executeCommand("import-cycles.showGraph");
      const panel = graphs.get("knots");
      assert.ok(panel);
      const drawn = await until(() => panel.drawn, "a picture", () => panel.drawn, 60_000);
      assert.ok(drawn.boxes.length >= 40 && drawn.boxes.length <= 60, String(drawn.boxes.length));
      console.log(`${drawn.boxes.length} boxes, ${drawn.lines} lines in ${drawn.milliseconds} ms`);
    }).timeout(90_000);

    test("an edit is followed", async () => {
      const { cycles } = await api();
      const before = cycles.counts.cycles;
      const document = await vscode.workspace.openTextDocument(fileAt("big/p0/m0.py"));
      const edit = new vscode.WorkspaceEdit();
      edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), "");
      await vscode.workspace.applyEdit(edit);
      await until(() => cycles.counts.cycles !== before, "another count", () => cycles.counts, 60_000);
    }).timeout(90_000);
  });
});

/** Two folders with modules of the same names. */
import * as assert from "node:assert/strict";
import * as vscode from "vscode";
import { api, diagnosticsOf, fileAt, runWith, until, untilDiagnostics } from "./harness";

export const run = runWith(() => {
  suite("two folders", () => {
    suiteSetup(api);

    test("each has its own cycles", async () => {
      for (const folder of [0, 1]) {
        await untilDiagnostics(fileAt("a.py", folder), 1);
        const related = diagnosticsOf(fileAt("a.py", folder))[0]?.relatedInformation ?? [];
        assert.deepEqual(
          related.map((each) => each.location.uri.path),
          [fileAt("a.py", folder).path, fileAt("b.py", folder).path],
        );
      }
    });

    test("the tree shows both", async () => {
      const { tree } = await api();
      const folders = await until(() => {
        const found = tree.getChildren();
        return found.length === 2 && found;
      }, "two folders");
      for (const folder of folders) {
        assert.equal(folder.kind, "folder");
        assert.deepEqual(tree.getChildren(folder).map((knot) => tree.getTreeItem(knot).label), ["a, b"]);
      }
    });

    test("settings of one folder leave the other alone", async () => {
      const settings = vscode.workspace.getConfiguration("import-cycles", fileAt("a.py", 0));
      await settings.update("severity", { cycle: "off" }, vscode.ConfigurationTarget.WorkspaceFolder);
      await untilDiagnostics(fileAt("a.py", 0), 0);
      await untilDiagnostics(fileAt("a.py", 1), 1);
      await settings.update("severity", undefined, vscode.ConfigurationTarget.WorkspaceFolder);
      await untilDiagnostics(fileAt("a.py", 0), 1);
    });
  });
}, 2);

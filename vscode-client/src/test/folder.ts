/** One folder that is trusted: everything that a single project shows. */
import * as assert from "node:assert/strict";
import * as vscode from "vscode";
import type { Api } from "../extension";
import { nameProblem } from "../naming";
import { MOVE_COMMAND, type Moved } from "../protocol";
import { hopOf, type Node } from "../tree";
import { backoffTests } from "./backoff.test";
import { foldingTests } from "./folding.test";
import {
  api, codeOf, diagnosticsOf, fileAt, hoverText, replaceText, runWith, until, untilDiagnostics,
} from "./harness";

/** Our quick fixes for the first diagnostic of a file, with their edits. */
async function fixesAt(uri: vscode.Uri): Promise<vscode.CodeAction[]> {
  await vscode.workspace.openTextDocument(uri);
  const range = diagnosticsOf(uri)[0]?.range;
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider", uri, range, vscode.CodeActionKind.QuickFix.value, 20,
  );
  return actions.filter((action) => action.disabled === undefined);
}

export const run = runWith(() => {
  backoffTests();
  foldingTests();

  suite("one folder", () => {
    let extension: Api;
    let models: vscode.Uri;
    let orders: vscode.Uri;

    suiteSetup(async () => {
      extension = await api();
      models = fileAt("shop/models.py");
      orders = fileAt("shop/orders.py");
    });

    teardown(async () => {
      await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    });

    test("diagnostics in both files of a cycle, opened or not", async () => {
      await untilDiagnostics(models, 1);
      await untilDiagnostics(orders, 1);
      const [found] = diagnosticsOf(orders);
      assert.equal(codeOf(found), "cycle");
      const document = await vscode.workspace.openTextDocument(orders);
      assert.equal(document.getText(found?.range), "shop.models");
      assert.match(found?.message ?? "", /shop\.orders → shop\.models → shop\.orders/);
      assert.equal(found?.relatedInformation?.length, 2);
    });

    test("a diagnostic links to its rule", async () => {
      await untilDiagnostics(models, 1);
      const code = diagnosticsOf(models)[0]?.code;
      assert.ok(typeof code === "object");
      assert.match(code.target.toString(true), /rules\/#cycle$/);
    });

    test("an unsaved edit clears both files, and undoing it brings both back", async () => {
      const document = await vscode.workspace.openTextDocument(orders);
      await vscode.window.showTextDocument(document);
      await replaceText(document, "MOOD = 1\n");
      await untilDiagnostics(orders, 0);
      await untilDiagnostics(models, 0);
      await vscode.commands.executeCommand("undo");
      await untilDiagnostics(orders, 1);
      await untilDiagnostics(models, 1);
    });

    test("the hover has the way round, each hop a link", async () => {
      await untilDiagnostics(orders, 1);
      const at = diagnosticsOf(orders)[0]?.range.start;
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>("vscode.executeHoverProvider", orders, at);
      const text = hoverText(hovers);
      assert.ok(text.includes(`(${models.toString(true)}#L1)`), text);
      assert.ok(text.includes(`#L1)`), text);
    });

    test("a file that comes and goes on disk is noticed", async () => {
      const late = fileAt("shop/late.py");
      await vscode.workspace.fs.writeFile(late, Buffer.from("import shop.late\n"));
      await until(() => codeOf(diagnosticsOf(late)[0]) === "self-import", "a self-import");
      await vscode.workspace.fs.delete(late);
      await untilDiagnostics(late, 0);
    });

    test("the tree has knots, cycles and imports, the worst first", async () => {
      const { tree } = extension;
      const knots = await until(() => {
        const found = tree.getChildren();
        return found.length === 4 && extension.cycles.counts.crashes > 0 && found;
      }, "four knots", () => tree.getChildren());
      const labels = knots.map((knot) => tree.getTreeItem(knot).label);
      assert.deepEqual(labels, [
        "shop: handlers, signals", "shop: lazy, typed", "shop: models, orders", "shop: one, three, two",
      ]);
      const ring = knots[3] as Node;
      const [cycle] = tree.getChildren(ring);
      assert.ok(cycle);
      assert.equal(tree.getTreeItem(cycle).label, "one → two → three → one");
      const hops = tree.getChildren(cycle);
      assert.deepEqual(
        hops.map((hop) => tree.getTreeItem(hop).description),
        ["shop/one.py:1", "shop/two.py:1", "shop/three.py:1"],
      );
      assert.equal(tree.getParent(hops[0] as Node), cycle);
      assert.equal(tree.view.badge?.value, extension.cycles.counts.warnings + extension.cycles.counts.crashes);
    });

    test("a hop of the tree opens its line", async () => {
      const { tree } = extension;
      await until(() => tree.getChildren().length === 4, "four knots");
      const ring = tree.getChildren()[3] as Node;
      const hop = tree.getChildren(tree.getChildren(ring)[0])[1] as Node;
      const { command, arguments: words = [] } = tree.getTreeItem(hop).command ?? { command: "" };
      await vscode.commands.executeCommand(command, ...(words as unknown[]));
      const editor = vscode.window.activeTextEditor;
      assert.equal(editor?.document.uri.path, fileAt("shop/two.py").path);
      assert.equal(editor?.selection.active.character, hopOf(hop)?.location.range.start.character);
    });

    test("the tree follows edits", async () => {
      const document = await vscode.workspace.openTextDocument(fileAt("shop/three.py"));
      await vscode.window.showTextDocument(document);
      await replaceText(document, "\n");
      await until(() => extension.tree.getChildren().length === 3, "three knots");
      await vscode.commands.executeCommand("undo");
      await until(() => extension.tree.getChildren().length === 4, "four knots");
    });

    test("the status bar counts", async () => {
      await until(() => extension.status.text.endsWith("1 crash · 4 cycles"), "counts", () => extension.status.text);
    });

    test("settings count without a restart", async () => {
      await untilDiagnostics(models, 1);
      const { pid } = extension.server;
      const settings = vscode.workspace.getConfiguration("import-cycles", models);
      await settings.update("severity", { cycle: "error" }, vscode.ConfigurationTarget.Workspace);
      await until(
        () => diagnosticsOf(models)[0]?.severity === vscode.DiagnosticSeverity.Error,
        "an error",
        () => diagnosticsOf(models),
      );
      await settings.update("severity", { cycle: "off" }, vscode.ConfigurationTarget.Workspace);
      await untilDiagnostics(models, 0);
      await settings.update("severity", undefined, vscode.ConfigurationTarget.Workspace);
      await untilDiagnostics(models, 1);
      assert.equal(extension.server.pid, pid);
    });

    test("defaults of the settings leave pyproject.toml in charge", async () => {
      await untilDiagnostics(models, 1);
      const pyproject = fileAt("pyproject.toml");
      const before = await vscode.workspace.fs.readFile(pyproject);
      const text = `${Buffer.from(before).toString()}\n[tool.import-cycles]\nexclude = ["shop/orders.py"]\n`;
      await vscode.workspace.fs.writeFile(pyproject, Buffer.from(text));
      await untilDiagnostics(models, 0);
      await vscode.workspace.fs.writeFile(pyproject, before);
      await untilDiagnostics(models, 1);
    });

    test("quick fixes: each that is offered ends the cycle", async () => {
      const uri = fileAt("shop/lazy.py");
      await until(() => codeOf(diagnosticsOf(uri)[0]) === "cycle-order-dependent", "a crash");
      const titles = (await fixesAt(uri)).map((action) => action.title);
      assert.ok(titles.some((title) => title.includes("TYPE_CHECKING")), titles.join("; "));
      assert.ok(titles.some((title) => title.includes("comment")), titles.join("; "));
      for (const title of titles) {
        await until(() => codeOf(diagnosticsOf(uri)[0]) === "cycle-order-dependent", `${title} undone`);
        // What has not been verified in time for the menu lacks the words in brackets.
        const name = (each: string) => each.replace(/ \(ends .*| – .*/, "");
        const action = (await fixesAt(uri)).find((each) => name(each.title) === name(title));
        assert.ok(action?.edit, `${title} has no edit: ${JSON.stringify(action)}`);
        const before = new Map<string, string>();
        for (const [file] of action.edit.entries()) {
          before.set(file.toString(), (await vscode.workspace.openTextDocument(file)).getText());
        }
        // Without what asks people for their consent: nobody is there to give it.
        const edit = new vscode.WorkspaceEdit();
        edit.set(uri, []);
        action.edit.entries().forEach(([file, edits]) => edit.set(file, edits));
        assert.ok(await vscode.workspace.applyEdit(edit), title);
        // Some end the crash only: a cycle that loads is left.
        const isLoud = (each: vscode.Diagnostic) => each.severity < vscode.DiagnosticSeverity.Information;
        await until(() => !diagnosticsOf(uri).some(isLoud), title, () => diagnosticsOf(uri));
        for (const [file, text] of before) {
          const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(file));
          assert.notEqual(document.getText(), text, title);
          await replaceText(document, text);
        }
      }
      await untilDiagnostics(uri, 1);
    });

    test("moving code asks for the name of the new module", async () => {
      const files = {
        "shop/config.py": "from shop.activations import relu\n\nEPSILON = 1e-6\nUSED = {'relu': relu}\n",
        "shop/activations.py": "from shop.config import EPSILON\n\n\ndef relu(value):\n    return EPSILON\n",
      };
      for (const [name, text] of Object.entries(files)) {
        await vscode.workspace.fs.writeFile(fileAt(name), Buffer.from(text));
      }
      const uri = fileAt("shop/activations.py");
      await untilDiagnostics(uri, 1);
      const document = await vscode.workspace.openTextDocument(uri);
      await vscode.window.showTextDocument(document);
      const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
        "vscode.executeCodeActionProvider", uri, diagnosticsOf(uri)[0]?.range, vscode.CodeActionKind.RefactorMove.value, 20,
      );
      const command = actions.find((each) => each.title.startsWith("Move `EPSILON`"))?.command;
      assert.equal(command?.command, "import-cycles.nameModule", JSON.stringify(actions));
      const [chosen, suggested] = (command.arguments ?? []) as [object, string];
      assert.equal(suggested, "_shared");
      assert.equal(nameProblem("größe_2"), undefined);
      assert.ok(nameProblem("2nd") && nameProblem("two words") && nameProblem("a.b") && nameProblem(""));
      // What is done asks people for their consent, which nobody is there to give; what is not done is told why.
      const moved = await extension.server.execute<Moved>(MOVE_COMMAND, chosen, "config");
      assert.deepEqual(moved, { applied: false, reason: "shop.config is there already" });
      // The text of an open document counts, whatever becomes of its file.
      await replaceText(document, "\n");
      await document.save();
      for (const file of Object.keys(files)) {
        await vscode.workspace.fs.delete(fileAt(file));
      }
      await untilDiagnostics(uri, 0);
    });

    test("fix all on saving", async () => {
      const uri = fileAt("shop/lazy.py");
      await untilDiagnostics(uri, 1);
      const before = await vscode.workspace.fs.readFile(uri);
      const settings = vscode.workspace.getConfiguration("editor", uri);
      await settings.update("codeActionsOnSave", { "source.fixAll.import-cycles": "explicit" }, vscode.ConfigurationTarget.Workspace);
      const document = await vscode.workspace.openTextDocument(uri);
      await vscode.window.showTextDocument(document);
      await replaceText(document, `${document.getText()}\n`);
      await untilDiagnostics(uri, 1);
      await vscode.commands.executeCommand("workbench.action.files.save");
      await untilDiagnostics(uri, 0);
      assert.ok(document.getText().includes("if TYPE_CHECKING:"), document.getText());
      await settings.update("codeActionsOnSave", undefined, vscode.ConfigurationTarget.Workspace);
      await vscode.workspace.fs.writeFile(uri, before);
      await untilDiagnostics(uri, 1);
    });

    test("the graph has the knots, and follows edits", async () => {
      await untilDiagnostics(models, 1);
      await vscode.commands.executeCommand("import-cycles.showGraph");
      const panel = extension.graphs.get("knots");
      assert.ok(panel);
      const n = () => panel.drawn?.boxes.length;
      await until(() => n() === 9, "nine modules", () => panel.drawn);
      assert.equal(panel.drawn?.lines, 9);
      const document = await vscode.workspace.openTextDocument(fileAt("shop/three.py"));
      await vscode.window.showTextDocument(document);
      await replaceText(document, "\n");
      await until(() => n() === 6, "six modules", () => panel.drawn);
      await vscode.commands.executeCommand("undo");
      await until(() => n() === 9, "nine modules again", () => panel.drawn);
      const [, , , ring] = await until(() => {
        const knots = extension.tree.getChildren();
        return knots.length === 4 && knots;
      }, "four knots");
      await vscode.commands.executeCommand("import-cycles.revealInGraph", extension.tree.getChildren(ring)[0]);
      await until(() => panel.drawn?.focused === 3, "three modules in focus", () => panel.drawn);
    });

    test("the graph around a file", async () => {
      await vscode.commands.executeCommand("import-cycles.showFileGraph", fileAt("shop/user.py"));
      const panel = extension.graphs.get("file");
      assert.ok(panel);
      await until(() => panel.drawn?.boxes.length === 3, "three modules", () => panel.drawn);
      assert.deepEqual([...(panel.drawn?.boxes ?? [])].sort(), ["shop.clean", "shop.models", "shop.user"]);
    });

    test("the command restarts the server", async () => {
      await until(() => extension.server.state === "running", "a running server");
      const { pid } = extension.server;
      await vscode.commands.executeCommand("import-cycles.restart");
      await until(() => extension.server.state === "running", "a running server");
      assert.notEqual(extension.server.pid, pid);
      await untilDiagnostics(models, 1);
    });

    test("a server that is killed comes back with the squiggles", async () => {
      for (let time = 0; time < 2; time += 1) {
        await untilDiagnostics(models, 1);
        const pid = extension.server.pid;
        assert.ok(pid);
        process.kill(pid, "SIGKILL");
        await until(() => extension.server.pid !== pid && extension.server.state === "running", "another process");
        await untilDiagnostics(models, 1);
        await untilDiagnostics(orders, 1);
        // It is alive: it follows edits.
        const document = await vscode.workspace.openTextDocument(orders);
        await vscode.window.showTextDocument(document);
        await replaceText(document, "\n");
        await untilDiagnostics(models, 0);
        await vscode.commands.executeCommand("undo");
        await untilDiagnostics(models, 1);
      }
    });

    test("an interpreter that does not fit is told, and the next choice counts", async () => {
      const settings = vscode.workspace.getConfiguration("import-cycles");
      await settings.update("interpreter", ["/nowhere/python3"], vscode.ConfigurationTarget.Workspace);
      await until(() => extension.server.state === "failed", "a failure");
      assert.match(extension.server.problem, /needs Python 3\.10 or newer.*no such program/);
      await settings.update("interpreter", undefined, vscode.ConfigurationTarget.Workspace);
      await until(() => extension.server.state === "running", "a running server");
      await untilDiagnostics(models, 1);
    });

    test("everything that is contributed is there", async () => {
      await until(() => extension.server.state === "running", "a running server");
      const manifest = vscode.extensions.getExtension("import-cycles.import-cycles")?.packageJSON;
      const commands = new Set(await vscode.commands.getCommands(true));
      const absent = manifest.contributes.commands
        .map((each: { command: string }) => each.command)
        .filter((command: string) => !commands.has(command));
      assert.deepEqual(absent, []);
    });
  });
});

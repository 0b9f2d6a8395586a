// Installs the packaged .vsix in a real VS Code without network, does with mouse and keys what a
// newcomer does, and takes pictures: `npm run ui [-- VERSION] [--pictures FOLDER]`.
//
// `npm run package` comes first. Pictures go to .vscode-test/pictures; those that the README shows
// are kept in media/ (`--pictures media`).
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { chromium as playwright } from "playwright-core";
import { write } from "./projects.mjs";
import { root } from "./python.mjs";
import { chromium, CHROMIUM_FLAGS, meant, missing, start } from "./vscode.mjs";

const PATIENCE_MS = 30_000;
const words = process.argv.slice(2);
const version = meant(words);
const pictures = path.resolve(root, words.includes("--pictures") ? words[words.indexOf("--pictures") + 1] : ".vscode-test/pictures");

const vsix = readdirSync(root).find((name) => name.endsWith(".vsix"));
const lacking = [...missing(version), ...(vsix ? [] : ["The package is not there: npm run package"])];
if (lacking.length > 0) {
  console.error(lacking.join("\n"));
  process.exit(2);
}

const project = write({});
const shop = path.join(project.home, "shop");
cpSync(path.join(root, "..", "examples", "shop"), shop, {
  recursive: true,
  filter: (file) => !file.includes("__pycache__"),
});
mkdirSync(pictures, { recursive: true });

// No setting of ours: the server is started with whatever Python is on the PATH.
const vscode = await start(version, {
  extensions: [path.join(root, vsix)],
  settings: {
    "workbench.colorTheme": "Default Dark Modern",
    "window.commandCenter": false,
    "workbench.layoutControl.enabled": false,
    "editor.minimap.enabled": false,
    "breadcrumbs.enabled": false,
    "workbench.tips.enabled": false,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
  },
});
const browser = await playwright.launch({ executablePath: chromium(), args: CHROMIUM_FLAGS });
const page = await browser.newPage({ viewport: { width: 1180, height: 700 } });
page.setDefaultTimeout(PATIENCE_MS);

const step = async (name, work) => {
  const started = Date.now();
  await work();
  console.log(`ok ${name} (${Date.now() - started} ms)`);
};
const picture = (name) => page.screenshot({ path: path.join(pictures, `${name}.png`) });
const check = (truth, what) => {
  if (!truth) {
    throw new Error(what);
  }
};
async function command(title) {
  await page.keyboard.press("F1");
  await page.locator(".quick-input-widget input[type=text]").fill(`>${title}`);
  await page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().waitFor();
  await page.keyboard.press("Enter");
}
async function openFile(name) {
  await page.keyboard.press("Control+p");
  await page.locator(".quick-input-widget input[type=text]").fill(name);
  await page.locator(".quick-input-list .monaco-list-row", { hasText: path.basename(name) }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".tab.active", { hasText: path.basename(name) }).waitFor();
}

/** What our two log channels say. */
function logs(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => /Import Cycles.*\.log$/.test(name))
    .map((name) => `${name}:\n${readFileSync(path.join(folder, name), "utf8")}`)
    .join("\n");
}

let status = 1;
try {
  await page.goto(`http://${vscode.host}/?folder=${shop}`);
  await page.locator(".explorer-folders-view").waitFor();

  const importLine = page.locator(".view-line", { hasText: "from shop.shipping.route import Route" });
  const name = importLine.locator("span span", { hasText: "Route" }).last();
  const squiggles = ".squiggly-error, .squiggly-warning, .squiggly-info";

  await step("a squiggle, without any setting", async () => {
    await openFile("src/shop/shipping/parcel.py");
    await page.locator(squiggles).first().waitFor();
    await page.locator(".statusbar-item", { hasText: /\d cycles/ }).waitFor();
    await picture("squiggle");
  });

  await step("a hover with the way round, as links", async () => {
    await name.hover();
    await page.locator(".monaco-hover:not(.hidden) a", { hasText: "src/shop/shipping/route.py:5" }).first().waitFor();
    await page.waitForTimeout(600);
    await picture("hover");
    await page.keyboard.press("Escape");
  });

  await step("a light bulb with fixes", async () => {
    await name.click();
    // Off the menu that opens: what the mouse is over would be chosen.
    await page.mouse.move(700, 600);
    await page.keyboard.press("Control+.");
    await page.locator(".action-widget .monaco-list-row.action", { hasText: "TYPE_CHECKING" }).first().waitFor();
    await page.waitForTimeout(400);
    await picture("light-bulb");
  });

  await step("the best fix is the first: two keys", async () => {
    await page.keyboard.press("Enter");
    await page.locator(".view-line", { hasText: "if TYPE_CHECKING:" }).waitFor();
    await page.waitForFunction((selector) => document.querySelectorAll(selector).length === 0, squiggles);
    await picture("fixed");
    await page.keyboard.press("Control+z");
    await page.locator(squiggles).first().waitFor();
  });

  await step("what may change the meaning is shown before it is done", async () => {
    await name.click();
    // Off the menu that opens: what the mouse is over would be chosen.
    await page.mouse.move(700, 600);
    await page.keyboard.press("Control+.");
    // With the keys: VS Code 1.96 keeps the mouse of a test off the menu.
    const isChosen = page.locator(".action-widget .monaco-list-row.action.focused", { hasText: "with a comment" });
    await page.locator(".action-widget .monaco-list-row.action", { hasText: "with a comment" }).first().waitFor();
    for (let presses = 0; (await isChosen.count()) === 0; presses += 1) {
      check(presses < 20, "the fix cannot be reached with the keys");
      await page.keyboard.press("ArrowDown");
    }
    await page.keyboard.press("Enter");
    await page.locator(".part.panel .monaco-button", { hasText: "Apply" }).waitFor();
    await page.waitForTimeout(300);
    await picture("preview");
    await page.locator(".part.panel .monaco-button", { hasText: "Discard" }).click();
  });

  await step("the list, from the status bar", async () => {
    await page.locator(".statusbar-item", { hasText: /\d cycles/ }).click();
    const row = page.locator(".monaco-list-row", { hasText: "handlers → signals" }).first();
    await row.waitFor();
    await row.locator(".monaco-tl-twistie").click();
    await page.locator(".monaco-list-row", { hasText: "src/shop/handlers.py:7" }).waitFor();
    // Wide enough to read everything.
    const edge = (await page.locator(".part.sidebar").boundingBox()) ?? { x: 0, width: 0 };
    await page.mouse.move(edge.x + edge.width, 500);
    await page.mouse.down();
    await page.mouse.move(edge.x + edge.width + 260, 500, { steps: 8 });
    await page.mouse.up();
    await page.mouse.move(900, 600);
    await page.waitForTimeout(600);
    await picture("tree");
    await page.locator(".monaco-list-row", { hasText: "src/shop/handlers.py:7" }).click();
    await page.locator(".tab.active", { hasText: "handlers.py" }).waitFor();
  });

  await step("the graph", async () => {
    await command("View: Close Primary Side Bar");
    await command("View: Close All Editors");
    await command("Import Cycles: Show Graph of the Cycles");
    const frame = page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
    await frame.locator("#counts", { hasText: /\d+ modules/ }).waitFor();
    await page.waitForTimeout(800);
    await picture("graph");
    check((await frame.locator("canvas").count()) > 0, "no canvas");
  });
  status = 0;
} catch (error) {
  console.error(`not ok: ${error.stack}`);
  await page.screenshot({ path: path.join(root, ".vscode-test", "ui-failed.png") });
  await page.locator("[id='status.notifications']").click().catch(() => undefined);
  console.error((await page.locator(".notification-list-item-message").allTextContents()).join("\n"));
  console.error(logs(vscode.home));
} finally {
  await browser.close();
  await vscode.stop();
  project.remove();
}
process.exit(status);

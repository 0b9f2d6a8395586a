// Runs the tests in the extension host of a real VS Code: `npm test [-- VERSION [SUITE …]]`.
//
// Ends with status 2 and a sentence for each thing that is missing on this machine.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { chromium as playwright } from "playwright-core";
import { ENVIRONMENTS, EVIL, large, SHOP, TWO_FOLDERS, write } from "./projects.mjs";
import { python, root } from "./python.mjs";
import { chromium, CHROMIUM_FLAGS, meant, missing, start } from "./vscode.mjs";

const PATIENCE_MS = 180_000;

/** What all suites but one begin with: the server runs with the Python that bundled it. */
const OUR_PYTHON = { "import-cycles.interpreter": [python()] };

/** `unpacked`: folders of other extensions, by the names that they are installed under. */
const SUITES = {
  folder: { files: SHOP, query: (home) => `folder=${home}` },
  "multi-root": { files: TWO_FOLDERS, query: (home) => `workspace=${home}/both.code-workspace` },
  restricted: { files: EVIL, query: (home) => `folder=${home}`, trusted: false },
  interpreter: { files: ENVIRONMENTS, query: (home) => `folder=${home}`, unpacked: { "ms-python.python-0.0.1": "src/test/python-extension" }, settings: {} },
  large: { files: large(), query: (home) => `folder=${home}` },
};

/** Whether all tests of a suite passed; undefined if VS Code did not open its project, so that no test ran. */
async function runSuite(name, browser, version) {
  const { files, query, trusted = true, unpacked, settings = OUR_PYTHON } = SUITES[name];
  const project = write(files);
  const report = path.join(root, ".vscode-test", `${name}.txt`);
  writeFileSync(report, "");
  const vscode = await start(version, {
    trusted,
    unpacked,
    // Not the console: VS Code has much to say there about its missing native halves.
    environment: { IMPORT_CYCLES_TEST_REPORT: report, IMPORT_CYCLES_TEST_IN: version },
    settings: { ...settings, "import-cycles.logLevel": "info" },
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  try {
    const ended = new Promise((resolve) => page.exposeFunction("codeAutomationExit", resolve));
    await page.exposeFunction("codeAutomationLog", () => undefined);
    const remote = (file) => `vscode-remote://${vscode.host}${path.join(root, file)}`;
    const payload = JSON.stringify([
      ["extensionDevelopmentPath", remote("")],
      ["extensionTestsPath", remote(`dist/test/${name}.js`)],
    ]);
    await page.goto(`http://${vscode.host}/?${query(project.home)}&payload=${encodeURIComponent(payload)}`);
    const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, "no end"));
    const status = await Promise.race([ended, patience]);
    const said = readFileSync(report, "utf8");
    console.log(said);
    if (said.includes("VS Code did not open the project")) {
      return undefined;
    }
    if (status !== 0) {
      const picture = path.join(root, ".vscode-test", `${name}-failed.png`);
      await page.screenshot({ path: picture });
      console.error(`Suite ${name} in VS Code ${version} failed (${status}); see ${picture}`);
    }
    return status === 0;
  } finally {
    await page.close();
    await vscode.stop();
    project.remove();
  }
}

const words = process.argv.slice(2);
const version = meant(words);
const suites = words.filter((word) => word in SUITES);

const lacking = missing(version);
if (lacking.length > 0) {
  console.error(lacking.join("\n"));
  process.exit(2);
}
const isBuilt = words.includes("--built");
for (const script of isBuilt ? [] : ["check", "build", "bundle"]) {
  execFileSync("npm", ["run", "--silent", script], { cwd: root, stdio: "inherit" });
}
const browser = await playwright.launch({ executablePath: chromium(), args: CHROMIUM_FLAGS });
let passed = true;
for (const name of suites.length > 0 ? suites : Object.keys(SUITES)) {
  console.log(`\n=== VS Code ${version}, ${name}`);
  const result = (await runSuite(name, browser, version)) ?? (await runSuite(name, browser, version));
  passed = result === true && passed;
}
await browser.close();
process.exit(passed ? 0 : 1);

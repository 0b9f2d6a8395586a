// Bundles the page of the graph for `import-cycles graph --format html`: `npm run html-page`.
// The result is kept beside the Python that fills it in, so that installing needs no Node. Its first line says
// what it was made from; tests/cli/test_cli_graph_html.py asks whether that is still so.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = `${root}/../server/import_cycles/cli/render/graph_page.js`;

const { outputFiles, metafile } = await build({
  absWorkingDir: root,
  bundle: true,
  logLevel: "warning",
  minify: true,
  metafile: true,
  write: false,
  platform: "browser",
  format: "iife",
  target: "es2022",
  legalComments: "inline",
  charset: "ascii",
  entryPoints: ["src/graph/file.ts"],
});
const sources = Object.keys(metafile.inputs).filter((each) => each.startsWith("src/")).sort();
const digest = createHash("sha256");
for (const source of sources) {
  digest.update(`${source}\n`).update(readFileSync(`${root}/${source}`));
}
const version = (name) => JSON.parse(readFileSync(`${root}/node_modules/${name}/package.json`, "utf-8")).version;
const libraries = ["cytoscape", "cytoscape-dagre"].map((name) => `${name} ${version(name)}`).join(", ");
const head = `/* sources ${digest.digest("hex")} ${sources.join(" ")}\n * made by vscode-client/scripts/html-page.mjs, with ${libraries} (MIT) */\n`;
writeFileSync(target, head + outputFiles[0].text);

// Bundles the extension, the page of the graph and the tests with esbuild: `npm run build`.
// Types are checked apart: `npm run check`.
import { build } from "esbuild";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const isRelease = process.argv.includes("--release");

const common = {
  absWorkingDir: root,
  bundle: true,
  logLevel: "warning",
  legalComments: "none",
  minify: isRelease,
  sourcemap: isRelease ? false : "linked",
};
const forNode = { ...common, platform: "node", format: "cjs", target: "node20", external: ["vscode"] };

await bundle("extension", { ...forNode, entryPoints: ["src/extension.ts"] });
await bundle("graph", {
  ...common,
  platform: "browser",
  format: "iife",
  target: "es2022",
  entryPoints: ["src/graph/page.ts"],
});
if (!isRelease) {
  await build({
    ...forNode,
    external: ["vscode", "mocha"],
    entryPoints: ["folder", "multi-root", "restricted", "interpreter", "large"].map((suite) => `src/test/${suite}.ts`),
    outdir: "dist/test",
  });
}

/** Writes dist/NAME.js, and beside it what went into it. */
async function bundle(name, options) {
  const { metafile } = await build({ ...options, outfile: `dist/${name}.js`, metafile: true });
  writeFileSync(`${root}/dist/${name}.meta.json`, JSON.stringify(metafile));
}

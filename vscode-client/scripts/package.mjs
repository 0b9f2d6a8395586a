// Makes import-cycles-VERSION.vsix, which needs no network and no compiler to install: `npm run package`.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { python, root } from "./python.mjs";

/** All that is packaged; staged apart, because vsce reads every file below the folder that it works in. */
const CONTENT = [
  "package.json", "README.md", "CHANGELOG.md", "LICENSE", "media",
  "dist/extension.js", "dist/graph.js", "dist/ThirdPartyNotices.txt", "dist/server",
];

const { name, version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const target = path.join(root, `${name}-${version}.vsix`);
const stage = path.join(root, "dist", "package");
const runIn = (cwd, program, ...words) => execFileSync(program, words, { cwd, stdio: "inherit" });
const run = (program, ...words) => runIn(root, program, ...words);

run(process.execPath, path.join(root, "node_modules", "typescript", "bin", "tsc"), "--noEmit");
run(process.execPath, "scripts/build.mjs", "--release");
run(process.execPath, "scripts/bundle-server.mjs");
writeFileSync(path.join(root, "dist", "ThirdPartyNotices.txt"), notices());
rmSync(stage, { recursive: true, force: true });
for (const each of CONTENT) {
  mkdirSync(path.dirname(path.join(stage, each)), { recursive: true });
  cpSync(path.join(root, each), path.join(stage, each), {
    recursive: true,
    filter: (file) => ![".requirements", ".lock", "__pycache__", "bin"].includes(path.basename(file)),
  });
}
runIn(
  stage, process.execPath, path.join(root, "node_modules", "@vscode", "vsce", "vsce"),
  "package", "--no-dependencies", "--skip-license", "--allow-missing-repository", "--no-rewrite-relative-links",
  // Its search for secrets takes minutes for thousands of stub files, and none of ours is secret.
  "--allow-package-all-secrets", "--out", target,
);
rmSync(stage, { recursive: true });
run(python(), path.join(root, "bundle", "check_package.py"), target);

/** The licences of what esbuild has put into our scripts; Python packages carry their own. */
function notices() {
  const inputs = ["extension", "graph"].flatMap((each) => {
    const meta = JSON.parse(readFileSync(path.join(root, "dist", `${each}.meta.json`), "utf8"));
    return Object.keys(meta.inputs);
  });
  const packages = new Set(
    inputs.map((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]).filter((each) => each !== undefined),
  );
  return [...packages]
    .sort()
    .map((each) => {
      const home = path.join(root, "node_modules", each);
      const license = readdirSync(home).find((file) => /^licen[cs]e/i.test(file));
      const manifest = JSON.parse(readFileSync(path.join(home, "package.json"), "utf8"));
      const text = license ? readFileSync(path.join(home, license), "utf8").trim() : `License: ${manifest.license}`;
      return `${each} ${manifest.version}\n\n${text}\n`;
    })
    .join(`\n${"-".repeat(78)}\n\n`);
}

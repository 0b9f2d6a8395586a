// The VS Code that tests run in: VS Code's own server out of the npm package code-server, with
// the Node that it needs, shown by Chromium. Nothing but npm and a Chromium has to be there.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { root } from "./python.mjs";

/**
 * VS Code's version to the version of the npm package and the major version of Node, the newest
 * and the oldest that the extension says it runs in (`engines` of package.json). The oldest lacks
 * a ripgrep of its own.
 */
const VERSIONS = {
  "1.139.1": { codeServer: "4.139.1", node: "24" },
  "1.96.4": { codeServer: "4.96.4", node: "20", ripgrep: "/usr/bin/rg" },
};

/** The version that is meant: a word of the command line, else $VSCODE_TEST_VERSION, else the newest. */
export function meant(words = []) {
  return words.find((word) => /^\d/.test(word)) || process.env.VSCODE_TEST_VERSION || Object.keys(VERSIONS)[0];
}

const downloads = process.env.VSCODE_TEST_DIR ?? path.join(root, ".vscode-test");

const CHROMIUMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** What is missing to run tests, in sentences. */
export function missing(version) {
  const { server, node, ripgrep } = place(version);
  return [
    ...(existsSync(server) ? [] : [`VS Code ${version} is not there: npm run get-vscode -- ${version}`]),
    ...(existsSync(node) ? [] : [`Node for VS Code ${version} is not there: npm run get-vscode -- ${version}`]),
    ...(chromium() ? [] : ["Chromium is not installed: apt install chromium"]),
    ...(!ripgrep || existsSync(ripgrep) ? [] : [`VS Code ${version} needs ${ripgrep}: apt install ripgrep`]),
  ];
}

export function chromium() {
  return [process.env.CHROMIUM, ...CHROMIUMS].find((each) => each && existsSync(each));
}

function place(version) {
  const known = VERSIONS[version];
  if (known === undefined) {
    throw new Error(`No recipe for VS Code ${version}; there is one for ${Object.keys(VERSIONS).join(", ")}`);
  }
  const nodeHome = path.join(downloads, `node-${known.node}`);
  const home = path.join(downloads, `vscode-${version}`);
  return {
    codeServer: known.codeServer,
    major: known.node,
    ripgrep: known.ripgrep,
    home,
    nodeHome,
    node: path.join(nodeHome, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node"),
    server: path.join(home, "lib", "vscode", "out", "server-main.js"),
    installed: path.join(home, "lib", "vscode", "node_modules", ".package-lock.json"),
  };
}

/** Downloads what is not there yet. */
export function get(version) {
  const { codeServer, major, ripgrep, home, nodeHome, node, server, installed } = place(version);
  if (!existsSync(node)) {
    rmSync(nodeHome, { recursive: true, force: true });
    mkdirSync(nodeHome, { recursive: true });
    writeFileSync(path.join(nodeHome, "package.json"), '{ "private": true }');
    npm(nodeHome, ["install", `node-${process.platform}-${process.arch}@${major}`]);
  }
  if (existsSync(server) && existsSync(installed)) {
    return;
  }
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  npm(home, ["pack", "--silent", `code-server@${codeServer}`]);
  const archive = path.join(home, `code-server-${codeServer}.tgz`);
  execFileSync("tar", ["xzf", archive, "-C", home, "--strip-components=1", "package/lib/vscode"]);
  unlinkSync(archive);
  const inner = path.join(home, "lib", "vscode");
  // Without scripts nothing is compiled, and nothing but the npm registry is asked. What then
  // lacks its native half (file watching by inotify, the log) does without.
  const quietly = ["--omit=dev", "--ignore-scripts", "--legacy-peer-deps"];
  if (ripgrep) {
    // The lock file of the oldest names a git repository.
    rmSync(path.join(inner, "npm-shrinkwrap.json"));
    const manifest = path.join(inner, "package.json");
    const described = JSON.parse(readFileSync(manifest, "utf8"));
    described.dependencies["@vscode/proxy-agent"] = "0.27.0";
    writeFileSync(manifest, JSON.stringify(described));
    npm(inner, ["install", ...quietly]);
    const programs = path.join(inner, "node_modules", "@vscode", "ripgrep", "bin");
    mkdirSync(programs, { recursive: true });
    symlinkSync(ripgrep, path.join(programs, "rg"));
  } else {
    npm(inner, ["ci", ...quietly]);
  }
}

function npm(cwd, words) {
  // Not as a child of `npm run`: it would work in the folder of that one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  execFileSync("npm", [...words, "--no-audit", "--no-fund", "--prefix", cwd], {
    cwd,
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** Settings under which nothing pops up by itself. */
const QUIET = {
  "workbench.startupEditor": "none",
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "chat.disableAIFeatures": true,
  "editor.hover.delay": 100,
  "git.enabled": false,
  "files.autoSave": "off",
};

/** A VS Code server that listens; `stop` ends it and forgets all that it wrote. */
export async function start(version, { trusted = true, settings = {}, extensions = [], unpacked = {}, environment = {} } = {}) {
  const { node, server } = place(version);
  const home = mkdtempSync(path.join(tmpdir(), "import-cycles-vscode-"));
  mkdirSync(path.join(home, "data", "User"), { recursive: true });
  const trust = trusted ? { "security.workspace.trust.enabled": false } : { "security.workspace.trust.startupPrompt": "never", "security.workspace.trust.banner": "never" };
  writeFileSync(
    path.join(home, "data", "User", "settings.json"),
    JSON.stringify({ ...QUIET, ...trust, ...settings }),
  );
  const folders = [
    "--accept-server-license-terms",
    "--user-data-dir", path.join(home, "data"),
    "--extensions-dir", path.join(home, "extensions"),
    "--server-data-dir", path.join(home, "server"),
  ];
  for (const extension of extensions) {
    execFileSync(node, [server, "--install-extension", extension, ...folders], { stdio: ["ignore", "ignore", "inherit"] });
  }
  for (const [name, folder] of Object.entries(unpacked)) {
    cpSync(path.join(root, folder), path.join(home, "extensions", name), { recursive: true });
  }
  const port = await freePort();
  const child = spawn(
    node,
    [
      server, "--host", "127.0.0.1", "--port", String(port), "--without-connection-token",
      "--enable-smoke-test-driver", "--telemetry-level", "off", ...(trusted ? ["--disable-workspace-trust"] : []), ...folders,
    ],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } },
  );
  let output = "";
  const listening = new Promise((resolve, reject) => {
    const hear = (words) => {
      output += words;
      if (output.includes("Extension host agent listening")) {
        resolve();
      }
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", (code) => reject(new Error(`VS Code's server ended with ${code}:\n${output}`)));
  });
  await listening;
  return {
    home,
    host: `127.0.0.1:${port}`,
    output: () => output,
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5000))]);
      child.kill("SIGKILL");
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function freePort() {
  return new Promise((resolve) => {
    const socket = createServer();
    socket.listen(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** What Chromium needs to run in a container, and not to talk to anybody. */
export const CHROMIUM_FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
];

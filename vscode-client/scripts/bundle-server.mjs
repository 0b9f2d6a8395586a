// Fills dist/server with the server and all it needs: `npm run bundle`.
//
// Only wheels that are pure Python are taken, as pinned with hashes in bundle/requirements.txt,
// so that one bundle serves every Python from 3.10 on, on every system. bundle/check.py looks
// at the result.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import path from "node:path";
import { python, root } from "./python.mjs";

const source = path.join(root, "bundle");
const target = path.join(root, "dist", "server");
const libs = path.join(target, "libs");
const requirements = path.join(source, "requirements.txt");
const stamp = path.join(libs, ".requirements");
const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  rmSync(libs, { recursive: true, force: true });
  mkdirSync(libs, { recursive: true });
  execFileSync(
    python(),
    [
      "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps",
      "--only-binary=:all:", "--implementation", "py", "--abi", "none", "--platform", "any",
      "--python-version", "3.10", "--no-compile", "--target", libs, "--requirement", requirements,
    ],
    { stdio: "inherit" },
  );
  writeFileSync(stamp, wanted);
}
const server = path.join(libs, "import_cycles");
rmSync(server, { recursive: true, force: true });
cpSync(path.join(root, "..", "server", "import_cycles"), server, {
  recursive: true,
  filter: (file) => path.basename(file) !== "__pycache__",
});
cpSync(path.join(source, "launch.py"), path.join(target, "launch.py"));
execFileSync(python(), [path.join(source, "check.py"), libs], { stdio: "inherit" });

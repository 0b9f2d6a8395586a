// The Python that builds the bundle and runs the server in tests: $PYTHON, else the virtual
// environment of the repository, else python3.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

export function python() {
  const ours = fileURLToPath(new URL("../../.venv/bin/python", import.meta.url));
  return process.env.PYTHON ?? (existsSync(ours) ? ours : "python3");
}

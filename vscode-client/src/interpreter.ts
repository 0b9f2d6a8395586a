/**
 * Which Python runs the server: the one in the settings, else the one that the Python extension
 * has selected, else `python3` of the PATH; the first that is new enough.
 *
 * In a folder that is not trusted, neither the folder's settings (VS Code sees to that) nor the
 * Python extension's choice count: it may be a program that came with the folder.
 */
import { execFile } from "node:child_process";
import { PythonExtension } from "@vscode/python-extension";
import * as vscode from "vscode";
import { substituted } from "./settings";

export const OLDEST = [3, 10] as const;

export interface Interpreter {
  /** Program and leading arguments. */
  readonly command: readonly string[];
  readonly version: string;
}

/** No Python fits; the message is for people. */
export class NoInterpreterError extends Error {}

interface Candidate {
  readonly command: readonly string[];
  readonly from: string;
}

/** The interpreter to use; raises NoInterpreterError. */
export async function findInterpreter(
  scope: vscode.WorkspaceFolder | undefined,
  log: vscode.LogOutputChannel,
): Promise<Interpreter> {
  const configured = substituted(
    vscode.workspace.getConfiguration("import-cycles", scope).get<string[]>("interpreter", []),
    scope,
  );
  const candidates =
    configured.length > 0
      ? [{ command: configured, from: "setting import-cycles.interpreter" }]
      : [...(await ofPythonExtension(scope, log)), ...onPath()];
  const refusals: string[] = [];
  for (const { command, from } of candidates) {
    const found = await ask(command);
    if ("version" in found && isNewEnough(found.version)) {
      log.info(`Python ${found.version}: ${command.join(" ")} (${from})`);
      return { command, version: found.version };
    }
    const refusal =
      "version" in found
        ? `${command.join(" ")} is Python ${found.version}`
        : `${command.join(" ")}: ${found.problem}`;
    log.warn(`${refusal} (${from})`);
    refusals.push(refusal);
  }
  throw new NoInterpreterError(
    `Import Cycles needs Python ${OLDEST.join(".")} or newer to run its language server. ${refusals.join("; ")}.`,
  );
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

function onPath(): Candidate[] {
  const names = process.platform === "win32" ? [["py", "-3"], ["python"]] : [["python3"], ["python"]];
  return names.map((command) => ({ command, from: "PATH" }));
}

async function ofPythonExtension(
  scope: vscode.WorkspaceFolder | undefined,
  log: vscode.LogOutputChannel,
): Promise<Candidate[]> {
  if (!vscode.workspace.isTrusted) {
    return [];
  }
  try {
    const environments = (await pythonExtension())?.environments;
    if (environments === undefined) {
      return [];
    }
    const selected = environments.getActiveEnvironmentPath(scope?.uri);
    const resolved = await environments.resolveEnvironment(selected);
    const program = resolved?.executable.uri?.fsPath ?? selected.path;
    return program ? [{ command: [program], from: "Python extension" }] : [];
  } catch (error) {
    log.warn(`The Python extension does not say which interpreter is selected: ${String(error)}`);
    return [];
  }
}

/** Calls back when the Python extension selects another interpreter; nothing without it. */
export async function onDidSelectInterpreter(callback: () => void): Promise<vscode.Disposable> {
  try {
    const api = await pythonExtension();
    return api?.environments.onDidChangeActiveEnvironmentPath(callback) ?? { dispose: () => undefined };
  } catch {
    return { dispose: () => undefined };
  }
}

async function pythonExtension(): Promise<PythonExtension | undefined> {
  if (vscode.extensions.getExtension("ms-python.python") === undefined) {
    return undefined;
  }
  return PythonExtension.api();
}

const ASK = "import sys; print('.'.join(map(str, sys.version_info[:3])))";
const PATIENCE_MS = 15_000;

function ask(command: readonly string[]): Promise<{ version: string } | { problem: string }> {
  const [program = "", ...leading] = command;
  return new Promise((resolve) => {
    // Isolated, and not in the folder that is open: nothing of the user's project may run.
    execFile(
      program,
      [...leading, "-I", "-c", ASK],
      { timeout: PATIENCE_MS, cwd: __dirname },
      (error, stdout, stderr) => {
        const version = stdout.trim();
        if (error === null && /^\d+\.\d+\.\d+$/.test(version)) {
          resolve({ version });
        } else if (error !== null && "code" in error && error.code === "ENOENT") {
          resolve({ problem: "there is no such program" });
        } else {
          resolve({ problem: stderr.trim().split("\n").at(-1) || String(error ?? "it is no Python") });
        }
      },
    );
  });
}

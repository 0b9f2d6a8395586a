/**
 * Asks what a new module is to be called, and has the server make it: the second half of the refactoring that moves
 * code to a module of its own.
 */
import * as vscode from "vscode";
import { MOVE_COMMAND, type Moved } from "./protocol";
import type { Server } from "./server";

/** A Python identifier (language reference, "Identifiers and keywords"); the server knows the keywords. */
const IDENTIFIER = /^[\p{XID_Start}_][\p{XID_Continue}]*$/u;

/** What is wrong with a name; undefined if nothing is. */
export function nameProblem(name: string): string | undefined {
  return IDENTIFIER.test(name) ? undefined : "A module needs a name that can be imported: letters, digits and _.";
}

/** Asks until the server has carried it out, or the user gives up. */
export async function nameModule(server: Server, chosen: object, suggested: string): Promise<void> {
  let problem = "";
  for (let name: string | undefined = suggested; ; ) {
    name = await vscode.window.showInputBox({
      title: "Move to a new module",
      prompt: problem || "The name of the module, without its package",
      value: name,
      validateInput: nameProblem,
    });
    if (name === undefined) {
      return;
    }
    const moved: Moved | undefined = await server.execute<Moved>(MOVE_COMMAND, chosen, name);
    if (moved?.reason === undefined) {
      return;
    }
    problem = `Not done, because ${moved.reason}.`;
  }
}

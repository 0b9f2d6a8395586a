/**
 * All cycles of the window as the server lists them, kept fresh while somebody edits.
 *
 * The server tells that something changed; a moment later the list is asked for, once, however
 * many changes there were.
 */
import * as vscode from "vscode";
import type { Cycle, Knot, Listing } from "./protocol";
import { LIST_NOW_COMMAND } from "./protocol";
import type { Server } from "./server";

const QUIET_MS = 150;

export interface Folder {
  readonly uri: string;
  readonly knots: readonly Knot[];
}

export interface Counts {
  readonly knots: number;
  readonly cycles: number;
  /** Cycles that crash, whatever is imported first. */
  readonly crashes: number;
  /** Cycles that crash or lose names on some ways, or always take a fallback. */
  readonly warnings: number;
}

export class Cycles implements vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  readonly onDidChange = this.emitter.event;

  private listed: readonly Folder[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isAsking = false;
  private isStale = false;
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly server: Server,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.subscriptions = [
      server.onDidChange(() => this.refreshSoon()),
      server.onDidChangeState((state) => {
        if (state === "failed" || state === "stopped") {
          this.take([]);
        } else {
          this.refreshSoon();
        }
      }),
    ];
  }

  /** Folders with at least one knot that has something to show. */
  get folders(): readonly Folder[] {
    return this.listed;
  }

  get counts(): Counts {
    const knots = this.listed.flatMap((folder) => folder.knots);
    const cycles = knots.flatMap((knot) => knot.cycles);
    return {
      knots: knots.length,
      cycles: cycles.length,
      crashes: cycles.filter((cycle) => cycle.severity === "error").length,
      warnings: cycles.filter((cycle) => cycle.severity === "warning").length,
    };
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(...this.subscriptions, this.emitter).dispose();
  }

  private refreshSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), QUIET_MS);
  }

  private async refresh(): Promise<void> {
    if (this.isAsking) {
      this.isStale = true;
      return;
    }
    this.isAsking = true;
    try {
      const listing = await this.server.execute<Listing>(LIST_NOW_COMMAND);
      if (listing !== undefined) {
        this.take(
          listing.folders
            .map(({ uri, components }) => ({ uri, knots: components.filter((knot) => knot.cycles.length > 0) }))
            .filter((folder) => folder.knots.length > 0),
        );
      }
    } catch (error) {
      // The server ended meanwhile; the next one tells when it knows something.
      this.log.debug(`No list of cycles: ${String(error)}`);
    } finally {
      this.isAsking = false;
    }
    if (this.isStale) {
      this.isStale = false;
      this.refreshSoon();
    }
  }

  private take(folders: readonly Folder[]): void {
    this.listed = folders;
    this.emitter.fire();
  }
}

const LOUDNESS = ["error", "warning", "information", "hint"];

/** The worst of some cycles; undefined if there is none. */
export function worst(cycles: readonly Cycle[]): Cycle | undefined {
  return [...cycles].sort((a, b) => LOUDNESS.indexOf(a.severity) - LOUDNESS.indexOf(b.severity))[0];
}

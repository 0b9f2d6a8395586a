/**
 * The language server's life: started, told of the editor, started again when it ends by itself,
 * and stopped.
 *
 * There is one server for all folders of the window. States: `starting` until it has answered,
 * `running`, `failed` when it cannot be started or was given up, `stopped` on the way out.
 */
import { spawn, type ChildProcess } from "node:child_process";
import * as path from "node:path";
import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  State,
  type LanguageClientOptions,
  type StaticFeature,
} from "vscode-languageclient/node";
import { Backoff } from "./backoff";
import { findInterpreter, NoInterpreterError } from "./interpreter";
import { CHANGED_NOTIFICATION, type Changed } from "./protocol";
import { startSettings } from "./settings";

export type ServerState = "starting" | "running" | "failed" | "stopped";

const DOCUMENTS = [{ scheme: "file", language: "python" }];

export class Server implements vscode.Disposable {
  private readonly stateEmitter = new vscode.EventEmitter<ServerState>();
  private readonly changedEmitter = new vscode.EventEmitter<Changed>();
  /** The state is another one. */
  readonly onDidChangeState = this.stateEmitter.event;
  /** The server knows something new. */
  readonly onDidChange = this.changedEmitter.event;

  /** What is started, in words for people. */
  description = "";
  /** Why the state is `failed`, in words for people. */
  problem = "";

  private currentState: ServerState = "stopped";
  private client: LanguageClient | undefined;
  private process: ChildProcess | undefined;
  private readonly backoff = new Backoff();
  /** Starts and stops follow one another. */
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    private readonly serverLog: vscode.LogOutputChannel,
  ) {}

  get state(): ServerState {
    return this.currentState;
  }

  /** The process id; for those who want to see that another process runs. */
  get pid(): number | undefined {
    return this.process?.exitCode === null ? this.process.pid : undefined;
  }

  get version(): string | undefined {
    return this.client?.initializeResult?.serverInfo?.version;
  }

  start(): Promise<void> {
    return this.inTurn(() => this.doStart());
  }

  stop(): Promise<void> {
    return this.inTurn(() => this.doStop());
  }

  restart(): Promise<void> {
    this.backoff.forget();
    return this.inTurn(async () => {
      await this.doStop();
      await this.doStart();
    });
  }

  /** Runs a command of the server; undefined while none runs. */
  async execute<Answer>(command: string, ...words: unknown[]): Promise<Answer | undefined> {
    if (this.client?.state !== State.Running) {
      return undefined;
    }
    return this.client.sendRequest<Answer>("workspace/executeCommand", { command, arguments: words });
  }

  dispose(): void {
    this.stateEmitter.dispose();
    this.changedEmitter.dispose();
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(work, work);
    return this.queue;
  }

  private async doStart(): Promise<void> {
    this.enter("starting");
    const client = new LanguageClient("import-cycles", "Import Cycles", () => this.spawn(), this.options());
    client.registerFeature(WANTS_CHANGES);
    client.onNotification(CHANGED_NOTIFICATION, (changed: Changed) => this.changedEmitter.fire(changed));
    client.onDidChangeState(({ newState }) => {
      if (client !== this.client) {
        return;
      }
      if (newState === State.Running) {
        this.enter("running");
      } else if (newState === State.Starting) {
        this.enter("starting");
      }
    });
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.fail(error);
    }
  }

  private async doStop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.enter("stopped");
    try {
      await client?.dispose(2000);
    } catch (error) {
      // A server that never started, or that died meanwhile, cannot be stopped politely.
      this.log.debug(`Stopping: ${String(error)}`);
    }
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: DOCUMENTS,
      outputChannel: this.serverLog,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => this.ended(),
      },
    };
  }

  private async ended() {
    const wait = this.backoff.ended(Date.now());
    if (wait === undefined) {
      this.fail(new Error("The language server ended again and again; it is left alone now."));
      return { action: CloseAction.DoNotRestart, handled: true };
    }
    this.enter("starting");
    this.log.warn(`The language server ended by itself; a new one starts in ${wait} ms`);
    await new Promise((resolve) => setTimeout(resolve, wait));
    return { action: CloseAction.Restart, handled: true };
  }

  private enter(state: ServerState): void {
    if (state !== this.currentState) {
      this.currentState = state;
      this.stateEmitter.fire(state);
    }
  }

  private fail(error: unknown): void {
    this.problem = error instanceof Error ? error.message : String(error);
    this.log.error(this.problem);
    this.enter("failed");
    const isAboutPython = error instanceof NoInterpreterError;
    const settings = isAboutPython ? "Choose an Interpreter" : "Open Settings";
    void vscode.window
      .showErrorMessage(this.problem, settings, "Restart Server", "Show Logs")
      .then((chosen) => {
        if (chosen === settings) {
          const query = isAboutPython ? "import-cycles.interpreter" : "@ext:import-cycles.import-cycles";
          void vscode.commands.executeCommand("workbench.action.openSettings", query);
        } else if (chosen === "Restart Server") {
          void this.restart();
        } else if (chosen === "Show Logs") {
          this.log.show();
        }
      });
  }

  /** Starts the process; the language client calls this for each start. */
  private async spawn(): Promise<ChildProcess> {
    const scope = vscode.workspace.workspaceFolders?.[0];
    const { path: program, importStrategy, logLevel } = startSettings(scope);
    const words = ["--log-level", logLevel];
    let command: string[];
    if (program.length > 0) {
      command = [...program, "server", ...words];
      this.description = program.join(" ");
    } else {
      const interpreter = await findInterpreter(scope, this.log);
      const launcher = path.join(this.context.extensionPath, "dist", "server", "launch.py");
      // Isolated from the user's PYTHONPATH, unless packages of the environment are asked for.
      const flags = importStrategy === "fromEnvironment" ? ["-X", "utf8"] : ["-I", "-X", "utf8"];
      command = [...interpreter.command, ...flags, launcher, importStrategy, ...words];
      this.description = `Python ${interpreter.version} (${interpreter.command.join(" ")})`;
    }
    this.log.info(`Starting ${command.join(" ")}`);
    const [file = "", ...rest] = command;
    // Not in the user's folder: a program of the same name there must not be found first.
    const child = spawn(file, rest, { cwd: this.context.extensionPath, stdio: "pipe" });
    this.backoff.started(Date.now());
    this.process = child;
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => reject(new Error(`${file} cannot be started: ${error.message}`)));
    });
    child.once("exit", (code, signal) => this.log.info(`Process ${child.pid} ended: ${signal ?? code}`));
    return child;
  }
}

/** Tells the server that we want to hear of changes, and ask for names of new modules. */
const WANTS_CHANGES: StaticFeature = {
  fillClientCapabilities(capabilities) {
    capabilities.experimental = { ...(capabilities.experimental as object), importCycles: { changes: true, names: true } };
  },
  initialize: () => undefined,
  getState: () => ({ kind: "static" }),
  clear: () => undefined,
};

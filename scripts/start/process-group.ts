import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { eventually } from "../client/eventually.ts";
import { PROJECT_URL } from "../client/project-url.ts";

/** How long a group may take to end by itself before it is ended. */
const GRACE_MS = 5000;

/** How long the system may take to end it. */
const KILL_MS = 1000;

/** How long output may lag behind the end of who wrote it. */
const LAST_OUTPUT_MS = 250;

export type NodeCommand = {
  /** A script of this project, and what it is called with. */
  script: string;
  parameters: readonly string[];
  environment: Readonly<Record<string, string>>;
  onOutput: (line: string) => void;
  onError: (line: string) => void;
};

/** A running command and all that it started. */
export type ProcessGroup = {
  /** How the command ended, such as `code 1` or `SIGTERM`. */
  ended: Promise<string>;
  /** Lets the processes end in their own way; resolves when none of the group is left. */
  stop(): Promise<void>;
  /** Ends them at once, as a power cut would. */
  kill(): Promise<void>;
  /** Nobody of the group does anything until `thaw`. */
  freeze(): void;
  thaw(): void;
};

/**
 * Runs a Node script in a process group of its own: what it starts (wrangler a workerd, for one)
 * would outlive it, but a signal to the group reaches them all.
 */
export function startProcessGroup(command: NodeCommand): ProcessGroup {
  const child = spawn(process.execPath, [command.script, ...command.parameters], {
    cwd: fileURLToPath(PROJECT_URL),
    env: { ...process.env, ...command.environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  readLines(child.stdout, command.onOutput);
  readLines(child.stderr, command.onError);
  // Once the group is empty, another group may get its number.
  let isOver = child.pid === undefined;
  const signal = (name: Signal): boolean => {
    isOver ||= !signalGroup(child.pid, name);
    return !isOver;
  };
  const isGone = (patienceMs: number): Promise<boolean> =>
    eventually(() => Promise.resolve(!signal(0)), Boolean, patienceMs);

  // No process of the group may outlive this one, however this one ends.
  const killOnExit = (): void => void signal("SIGKILL");
  process.on("exit", killOnExit);

  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    // Not "close": what the command started may hold its output open.
    child.on("exit", (code, by) => {
      setTimeout(() => {
        if (!signal(0)) process.off("exit", killOnExit);
        resolve(by ?? `code ${code}`);
      }, LAST_OUTPUT_MS);
    });
  });
  const kill = async (): Promise<void> => {
    signal("SIGKILL");
    await isGone(KILL_MS);
    process.off("exit", killOnExit);
  };
  return {
    ended,
    kill,
    freeze: () => void signal("SIGSTOP"),
    thaw: () => void signal("SIGCONT"),
    async stop() {
      signal("SIGTERM");
      if (!(await isGone(GRACE_MS))) await kill();
    },
  };
}

/** 0 only asks. */
type Signal = "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT" | 0;

/** False if no process of the group is left. */
function signalGroup(groupId: number | undefined, signal: Signal): boolean {
  if (groupId === undefined) return false;
  try {
    return process.kill(-groupId, signal);
  } catch {
    return false;
  }
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on("line", (line) => {
    const text = stripVTControlCharacters(line).trimEnd();
    if (text !== "") onLine(text);
  });
}

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { PROJECT_URL } from "../client/project-url.ts";

/** How long a group may take to end by itself before it is ended. */
const GRACE_MS = 5000;

/** How long the system may take to end it. */
const KILL_MS = 1000;

const POLL_MS = 20;

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
  /** Resolves when nobody of the group is left. */
  stop(): Promise<void>;
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
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(signal ?? `code ${code}`));
  });
  const { pid } = child;
  if (pid === undefined) return { ended, stop: () => Promise.resolve() };

  // Whatever ends this process, nobody stays behind.
  const killAll = (): void => void signalGroup(pid, "SIGKILL");
  process.on("exit", killAll);
  return {
    ended,
    async stop() {
      signalGroup(pid, "SIGTERM");
      if (!(await isGone(pid, GRACE_MS))) {
        killAll();
        await isGone(pid, KILL_MS);
      }
      // Its number may be another group's by now.
      process.off("exit", killAll);
    },
  };
}

async function isGone(groupId: number, patienceMs: number): Promise<boolean> {
  const end = Date.now() + patienceMs;
  while (signalGroup(groupId, 0)) {
    if (Date.now() > end) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** False if nobody of the group is left; signal 0 only asks. */
function signalGroup(groupId: number, signal: "SIGTERM" | "SIGKILL" | 0): boolean {
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

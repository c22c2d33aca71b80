import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import type { LocalWorker } from "../audit/local-worker.ts";

/** Longer than a caller is held, so that all that waits is late together. */
const TROUBLE_MS = 8000;

/** Each core has so many others to serve. */
const BUSY_PROCESSES_PER_CORE = 2;

const BUSY_SCRIPT = `const end = Date.now() + ${TROUBLE_MS}; while (Date.now() < end);`;

/** What befalls a Worker with a long queue. */
export const QUEUE_TROUBLES = {
  kill: async (worker: LocalWorker): Promise<void> => {
    await worker.kill();
    await worker.start();
  },
  standstill: (worker: LocalWorker): Promise<void> => worker.standStill(TROUBLE_MS),
  contention: async (): Promise<void> => {
    const count = BUSY_PROCESSES_PER_CORE * availableParallelism();
    const busy = Array.from({ length: count }, () =>
      spawn(process.execPath, ["--eval", BUSY_SCRIPT]),
    );
    await Promise.all(busy.map((child) => once(child, "exit")));
  },
} as const;

export type QueueTrouble = keyof typeof QUEUE_TROUBLES;

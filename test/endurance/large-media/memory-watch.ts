import { setTimeout as sleep } from "node:timers/promises";
import { WorkerHeap } from "./worker-heap.ts";
import { findWorkerd, forgetPeak, peakResidentBytes } from "./workerd-process.ts";

/** The most memory that was taken, in bytes. */
export type Peak = {
  /** The Worker's isolate: its objects and its array buffers, what Cloudflare limits. */
  isolate: number;
  /** All of workerd, which here also simulates R2, D1 and queues, and wrangler's proxy before it. */
  process: number;
};

const SAMPLE_PAUSE_MS = 20;

/** Asks the isolate again and again; the kernel itself remembers the process's peak. */
export class MemoryWatch {
  readonly atRest: Peak;
  readonly #heap: WorkerHeap;
  readonly #workerd: readonly number[];

  private constructor(heap: WorkerHeap, workerd: readonly number[], atRest: Peak) {
    this.#heap = heap;
    this.#workerd = workerd;
    this.atRest = atRest;
  }

  static async start(inspectorPort: number): Promise<MemoryWatch> {
    const workerd = findWorkerd();
    const heap = await WorkerHeap.connect(inspectorPort);
    workerd.forEach(forgetPeak);
    const atRest = { isolate: await heap.usedBytes(), process: sumOfPeaks(workerd) };
    return new MemoryWatch(heap, workerd, atRest);
  }

  async during<Result>(work: () => Promise<Result>): Promise<{ result: Result; peak: Peak }> {
    this.#workerd.forEach(forgetPeak);
    let isOver = false;
    const watching = this.#watch(() => isOver);
    try {
      const result = await work();
      isOver = true;
      return {
        result,
        peak: { isolate: await watching, process: sumOfPeaks(this.#workerd) },
      };
    } finally {
      isOver = true;
    }
  }

  stop(): void {
    this.#heap.close();
  }

  async #watch(isOver: () => boolean): Promise<number> {
    let most = 0;
    while (!isOver()) {
      most = Math.max(most, await this.#heap.usedBytes());
      await sleep(SAMPLE_PAUSE_MS);
    }
    return most;
  }
}

function sumOfPeaks(workerd: readonly number[]): number {
  return workerd.reduce((sum, id) => sum + peakResidentBytes(id), 0);
}

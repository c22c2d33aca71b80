/** What the simulator still has to do later: webhooks to deliver, statuses to report. */
export interface PendingWork {
  /** Runs `task` after `delayMs`: by a timer, or at the next `flush` when not automatic. */
  schedule(delayMs: number, task: () => Promise<void>): void;
  /** Waits in real time inside a call; `stop` ends the wait early. */
  sleep(durationMs: number): Promise<void>;
  /** Runs everything now, in the order it falls due, and what follows from it, without waiting. */
  flush(options?: FlushOptions): Promise<void>;
  /** Resolves once nothing is pending. */
  idle(): Promise<void>;
  /** Forgets all pending work and clears its timers. */
  stop(): void;
}

interface FlushOptions {
  /** Runs all that is pending at the same time, as Meta's concurrent deliveries do. */
  readonly concurrent?: boolean | undefined;
}

interface Task {
  readonly dueAt: number;
  readonly run: () => Promise<void>;
  readonly timer: ReturnType<typeof setTimeout> | null;
}

/**
 * `automatic: false` starts no timers. In workerd a timer belongs to the request that set it and dies with it,
 * so tests that call a Worker drive the work from their own context through `flush`.
 */
export function pendingWork(automatic: boolean): PendingWork {
  const tasks = new Set<Task>();
  const sleepers = new Map<ReturnType<typeof setTimeout>, () => void>();
  let idleWaiters: (() => void)[] = [];
  let running = 0;
  // Orders tasks by when they fall due, whether or not real time passes.
  let clockMs = 0;

  async function run(task: Task): Promise<void> {
    tasks.delete(task);
    if (task.timer !== null) clearTimeout(task.timer);
    clockMs = Math.max(clockMs, task.dueAt);
    running += 1;
    try {
      await task.run();
    } finally {
      running -= 1;
      settleIdle();
    }
  }

  function settleIdle(): void {
    if (tasks.size > 0 || running > 0) return;
    const waiters = idleWaiters;
    idleWaiters = [];
    for (const resolve of waiters) resolve();
  }

  function untilQuiet(): Promise<void> {
    return new Promise((resolve) => {
      idleWaiters.push(resolve);
      settleIdle();
    });
  }

  async function flush(options: FlushOptions = {}): Promise<void> {
    while (tasks.size > 0) {
      const due = [...tasks].toSorted((left, right) => left.dueAt - right.dueAt);
      // One at a time: what a task schedules may fall due before the next one.
      const round = options.concurrent === true ? due : due.slice(0, 1);
      await Promise.all(round.map(run));
    }
    if (automatic) await untilQuiet();
  }

  return {
    schedule(delayMs, taskToRun) {
      const task: Task = {
        dueAt: clockMs + delayMs,
        run: taskToRun,
        timer: automatic ? setTimeout(() => void run(task), delayMs) : null,
      };
      tasks.add(task);
    },
    sleep: (durationMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => {
          sleepers.delete(timer);
          resolve();
        }, durationMs);
        sleepers.set(timer, resolve);
      }),
    flush,
    idle: () => (automatic ? untilQuiet() : flush()),
    stop() {
      for (const task of tasks) if (task.timer !== null) clearTimeout(task.timer);
      tasks.clear();
      for (const [timer, resolve] of sleepers) {
        clearTimeout(timer);
        resolve();
      }
      sleepers.clear();
      settleIdle();
    },
  };
}

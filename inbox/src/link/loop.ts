/** Repeats a task while the page is open: at once when it comes into view or back online, slower when hidden. */

export type Loop = { now: () => void; stop: () => void };

export type Pace = { visibleMs: number; hiddenMs: number };

/** What failed may succeed soon, and nobody waits for it in a hidden tab. */
const RETRY_PACE: Pace = { visibleMs: 3_000, hiddenMs: 30_000 };

/** Tries until it succeeds. */
export function untilDone(task: () => Promise<boolean>): Loop {
  const loop = repeat(async () => {
    if (await task()) loop.stop();
  }, RETRY_PACE);
  return loop;
}

/** One run at a time; `now` during a run means once more after it. */
export function repeat(task: () => Promise<void>, { visibleMs, hiddenMs }: Pace): Loop {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isRunning = false;
  let isAskedAgain = false;
  let isStopped = false;

  const run = async () => {
    clearTimeout(timer);
    if (isStopped) return;
    if (isRunning) {
      isAskedAgain = true;
      return;
    }
    isRunning = true;
    isAskedAgain = false;
    try {
      await task();
    } finally {
      // A turn that fails must not be the last.
      isRunning = false;
      const pause = document.visibilityState === "visible" ? visibleMs : hiddenMs;
      if (!isStopped) timer = setTimeout(now, isAskedAgain ? 0 : pause);
    }
  };
  const now = () => void run();
  const stopListening = whenBack(now);
  now();
  return {
    now,
    stop() {
      isStopped = true;
      clearTimeout(timer);
      stopListening();
    },
  };
}

/** Calls when somebody looks at the page again, or the network is back; until the function that it returns is called. */
export function whenBack(listener: () => void): () => void {
  const whenVisible = () => {
    if (document.visibilityState === "visible") listener();
  };
  document.addEventListener("visibilitychange", whenVisible);
  window.addEventListener("focus", listener);
  window.addEventListener("online", listener);
  window.addEventListener("pageshow", whenVisible);
  return () => {
    document.removeEventListener("visibilitychange", whenVisible);
    window.removeEventListener("focus", listener);
    window.removeEventListener("online", listener);
    window.removeEventListener("pageshow", whenVisible);
  };
}

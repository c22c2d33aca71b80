/** Repeats a task while the page is open: at once when it comes into view or back online, slower when hidden. */

export type Loop = { now: () => void; stop: () => void };

export type Pace = { visibleMs: number; hiddenMs: number };

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
  const whenVisible = () => {
    if (document.visibilityState === "visible") now();
  };

  document.addEventListener("visibilitychange", whenVisible);
  window.addEventListener("online", now);
  window.addEventListener("pageshow", whenVisible);
  now();
  return {
    now,
    stop() {
      isStopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", whenVisible);
      window.removeEventListener("online", now);
      window.removeEventListener("pageshow", whenVisible);
    },
  };
}

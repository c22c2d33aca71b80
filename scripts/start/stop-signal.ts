const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const PARENT_CHECK_MS = 250;

/** Calls back when this process is asked to stop, maybe more than once. */
export function onStopSignal(stop: () => void): void {
  // Heard every time: npm passes on the Ctrl-C that the terminal sent here as well.
  for (const signal of SIGNALS) process.on(signal, stop);
  if (process.env["npm_lifecycle_event"] !== undefined) onParentGone(stop);
}

/** A SIGTERM to npm ends the shell between npm and us, which sends us nothing. */
function onParentGone(stop: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) stop();
  }, PARENT_CHECK_MS);
  timer.unref();
}

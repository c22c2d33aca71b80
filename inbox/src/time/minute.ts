/** A signal that changes twice a minute, for what depends on the time alone. */
import { signal } from "@preact/signals";
import { clockAheadMs } from "../link/api.ts";

/** A countdown in minutes is never more than this late. */
const TICK_MS = 30_000;

export const minute = signal(0);

const tick = () => {
  minute.value += 1;
};

setInterval(tick, TICK_MS);
document.addEventListener("visibilitychange", tick);
clockAheadMs.subscribe(tick);

/** A signal that changes twice a minute, for what depends on the time alone. */
import { signal } from "@preact/signals";

/** A countdown in minutes is never more than this late. */
const TICK_MS = 30_000;

export const minute = signal(0);

setInterval(() => {
  minute.value += 1;
}, TICK_MS);

document.addEventListener("visibilitychange", () => {
  minute.value += 1;
});

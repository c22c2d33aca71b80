/** Whether the server answers, as staff are shown it. */
import { computed, signal } from "@preact/signals";

export type Reach = "live" | "reconnecting" | "offline" | "delayed";

/** A single lost answer is no news. */
const SAY_AFTER_MS = 2_000;

const isOnline = signal(navigator.onLine);
const hasFailed = signal(false);
const isDelayed = signal(false);
let sayFailed: ReturnType<typeof setTimeout> | undefined;

export const reach = computed<Reach>(() => {
  if (!isOnline.value) return "offline";
  if (hasFailed.value) return "reconnecting";
  return isDelayed.value ? "delayed" : "live";
});

/** An answer came; `late` if the server had to do without its database. */
export function answered(late: boolean): void {
  clearTimeout(sayFailed);
  sayFailed = undefined;
  hasFailed.value = false;
  isDelayed.value = late;
}

export function unanswered(): void {
  sayFailed ??= setTimeout(() => {
    hasFailed.value = true;
  }, SAY_AFTER_MS);
}

window.addEventListener("online", () => {
  isOnline.value = true;
});
window.addEventListener("offline", () => {
  isOnline.value = false;
});

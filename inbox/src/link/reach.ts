/** Whether the server answers and its changes arrive, as staff are shown it. */
import { computed, signal } from "@preact/signals";

/** How changes arrive: by the socket, by asking every few seconds, not yet, or not at all while nobody is signed in. */
type Feed = "live" | "polling" | "connecting" | "idle";

export type Reach = Feed | "reconnecting" | "offline" | "delayed";

/** A single lost answer is no news, and a connection takes its time. */
const SAY_AFTER_MS = 2_000;

export const feed = signal<Feed>("idle");

const isOnline = signal(navigator.onLine);
const hasFailed = signal(false);
const isDelayed = signal(false);
const isSlow = signal(false);
const isBehind = signal(false);
let sayFailed: ReturnType<typeof setTimeout> | undefined;
let saySlow: ReturnType<typeof setTimeout> | undefined;

export const reach = computed<Reach>(() => {
  if (!isOnline.value) return "offline";
  if (hasFailed.value || isSlow.value) return "reconnecting";
  return isDelayed.value || isBehind.value ? "delayed" : feed.value;
});

/** Whether to ask again soon, so that trouble which has passed is not shown for ever. */
export const isTroubled = computed(() => hasFailed.value || isDelayed.value);

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

/** Whether the server could say what has changed; where it can, there is no hurry to connect. */
export function changesCame(came: boolean): void {
  isBehind.value = !came;
  if (came) notSlow();
}

export function feedIs(state: Feed): void {
  if (state === feed.peek()) return;
  feed.value = state;
  if (state === "live" || state === "idle") {
    notSlow();
    return;
  }
  saySlow ??= setTimeout(() => {
    isSlow.value = true;
  }, SAY_AFTER_MS);
}

function notSlow(): void {
  clearTimeout(saySlow);
  saySlow = undefined;
  isSlow.value = false;
}

/** A connection that works answers a ping more often, even where a hidden page's timers run once a minute. */
const SILENT_MS = 75_000;

let heardAt = 0;

/** Something came by the socket. */
export function heard(): void {
  heardAt = Date.now();
}

/** Whether nothing was heard for so long that the socket may be dead, or the clock was set: after a sleep, say. */
export function isSilent(): boolean {
  return Math.abs(Date.now() - heardAt) > SILENT_MS;
}

window.addEventListener("online", () => {
  isOnline.value = true;
});
window.addEventListener("offline", () => {
  isOnline.value = false;
});

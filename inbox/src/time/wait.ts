/** How long a customer has waited for an answer. Pure. */

const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;
const DAY_MINUTES = 24 * HOUR_MINUTES;

export type Wait = { unit: "minute" | "hour" | "day"; count: number };

/** In the largest whole unit; a wait that has just begun is none yet. */
export function waitOf(since: string | null, now: number): Wait | null {
  if (since === null) return null;
  const minutes = Math.floor((now - Date.parse(since)) / MINUTE_MS);
  if (minutes < 1) return null;
  if (minutes < HOUR_MINUTES) return { unit: "minute", count: minutes };
  return minutes < DAY_MINUTES
    ? { unit: "hour", count: Math.floor(minutes / HOUR_MINUTES) }
    : { unit: "day", count: Math.floor(minutes / DAY_MINUTES) };
}

/** Times as the clinic's clock shows them, whatever the zone of this device. */
import { signal } from "@preact/signals";
import { language, words } from "../words/words.ts";

const DAY_MS = 86_400_000;
const DAYS_WITH_NAME = 6;

/** The clinic's zone, from the settings; the device's until they are known. */
export const timeZone = signal<string | undefined>(undefined);

const formats = new Map<string, Intl.DateTimeFormat>();

function format(at: number, options: Intl.DateTimeFormatOptions, zone = timeZone.value): string {
  const locale = language.value === "es" ? "es-MX" : "en";
  const key = JSON.stringify([locale, zone, options]);
  const known =
    formats.get(key) ??
    new Intl.DateTimeFormat(locale, {
      ...options,
      ...(zone === undefined ? {} : { timeZone: zone }),
    });
  formats.set(key, known);
  return known.format(at);
}

/** 14:05 */
export function clockTime(time: string): string {
  return format(Date.parse(time), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** All of it, for a title; with this device's where that is another. */
export function fullTime(time: string): string {
  const options = { dateStyle: "full", timeStyle: "short" } as const;
  const at = Date.parse(time);
  const shown = format(at, options);
  const here = format(at, options, Intl.DateTimeFormat().resolvedOptions().timeZone);
  return shown === here ? shown : words.value.timeHere(shown, here);
}

/** The day as a key that is the same for all times of one day there. */
export function dayKey(at: number): string {
  return format(at, { year: "numeric", month: "2-digit", day: "2-digit" });
}

/** "hoy", "ayer", else the day. */
export function dayName(time: string, now: number): string {
  const at = Date.parse(time);
  const relative = relativeDay(at, now);
  if (relative !== null) return relative;
  const isThisYear = format(at, { year: "numeric" }) === format(now, { year: "numeric" });
  return format(at, {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(isThisYear ? {} : { year: "numeric" }),
  });
}

/** As short as a row has room: 14:05, "ayer", "mar", "3 nov". */
export function rowTime(time: string, now: number): string {
  const at = Date.parse(time);
  if (dayKey(at) === dayKey(now)) return clockTime(time);
  if (dayKey(at) === dayKey(now - DAY_MS)) return relativeDay(at, now) ?? "";
  if (now - at < DAYS_WITH_NAME * DAY_MS) return format(at, { weekday: "short" });
  const isThisYear = format(at, { year: "numeric" }) === format(now, { year: "numeric" });
  return format(at, {
    day: "numeric",
    month: "short",
    ...(isThisYear ? {} : { year: "2-digit" }),
  });
}

function relativeDay(at: number, now: number): string | null {
  const relative = new Intl.RelativeTimeFormat(language.value, { numeric: "auto" });
  if (dayKey(at) === dayKey(now)) return relative.format(0, "day");
  if (dayKey(at) === dayKey(now - DAY_MS)) return relative.format(-1, "day");
  return null;
}

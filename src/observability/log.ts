/** One JSON line an event. Nothing secret or personal goes in: no text, no token, no full number. */
/* oxlint-disable no-console -- the one place that writes logs */

import { requestIdMember } from "./request-scope.ts";

type Level = "info" | "error";

export type LogMembers = Readonly<Record<string, string | number | boolean | null>>;

/** Which request it belongs to is told by itself, where there is one. */
export function log(level: Level, event: string, members: LogMembers = {}): void {
  console[level](JSON.stringify({ event, ...requestIdMember(), ...members }));
}

/** Enough of an id of Meta's to tell one's own numbers apart. */
const ID_CHARACTERS_SHOWN = 4;

export function masked(id: string): string {
  return `…${id.slice(-ID_CHARACTERS_SHOWN)}`;
}

/**
 * What an error may tell: its name, and the platform's own words, which hold no user's data. A
 * SyntaxError quotes the text it failed on, so its name alone must do.
 */
export function errorMembers(error: unknown): { error: string } {
  if (error instanceof SyntaxError) return { error: error.name };
  return {
    error: error instanceof Error ? `${error.name}: ${firstLine(error.message)}` : "unknown",
  };
}

/** drizzle's message quotes the statement and its parameters behind the first line. */
function firstLine(message: string): string {
  const line = message.split("\n", 1)[0] ?? "";
  return line.startsWith("Failed query") ? "Failed query" : line;
}

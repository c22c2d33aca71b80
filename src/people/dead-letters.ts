/**
 * What of a dead letter is about a person. A letter contains one event; a pack of statuses that an older
 * version could not read contains those of many people. Pure.
 */
import { jsonIn } from "../lib/json.ts";
import { isStatusPack } from "../store/message-status.ts";

/** Each is JSON text; `rest` is null where nothing is about others. */
type Split = { about: string; rest: string | null };

/** Null if the letter does not name the person. */
export function splitDeadLetter(payload: string, names: (text: string) => boolean): Split | null {
  if (!names(payload)) return null;
  const body: unknown = jsonIn(payload);
  if (!isStatusPack(body)) return { about: payload, rest: null };
  const isAbout = (status: unknown): boolean => names(JSON.stringify(status));
  const about = body.statuses.filter(isAbout);
  const others = body.statuses.filter((status) => !isAbout(status));
  const packOf = (statuses: readonly unknown[]): string => JSON.stringify({ ...body, statuses });
  // The name may stand in what all statuses of the pack share.
  if (about.length === 0 || others.length === 0) return { about: payload, rest: null };
  return { about: packOf(about), rest: packOf(others) };
}

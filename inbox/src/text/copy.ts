/** What there is to copy of a message: as its author wrote it, without a word of the page's. Pure. */
import type { Message } from "../state/views.ts";
import { answersIn, listIn, memberOf, textIn, textOf } from "./describe.ts";

/** Null where there is nothing. */
export function textToCopy(message: Message): string | null {
  if (message.revoked) return null;
  const lines = [textOf(message), ...linesOf(message)].filter((line) => line !== null);
  const text = lines.join("\n");
  return text === "" ? null : text;
}

/** What has no text of its own. */
function linesOf({ type, content }: Message): (string | null)[] {
  switch (type) {
    case "location": {
      const named = [textIn(content, "name"), textIn(content, "address")];
      const at = [memberOf(content, "latitude"), memberOf(content, "longitude")].map(Number);
      if (named.some((line) => line !== null)) return named;
      return at.every(Number.isFinite) ? [at.join(",")] : [];
    }
    case "contacts":
      return (Array.isArray(content) ? content : []).flatMap(waysTo);
    case "order":
      return [textIn(content, "text")];
    case "interactive":
      return answersIn(content).map(([name, value]) => `${name}: ${value}`);
    default:
      return [];
  }
}

/** The numbers of a contact card, else its name. */
function waysTo(card: unknown): (string | null)[] {
  const numbers = listIn(card, "phones").map((way) => textIn(way, "phone") ?? textIn(way, "wa_id"));
  const isReached = numbers.some((number) => number !== null);
  return isReached ? numbers : [textIn(card, "name", "formatted_name")];
}

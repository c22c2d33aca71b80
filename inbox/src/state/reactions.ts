/** What the business puts on a message: an emoji, in place of the one before, or none. Pure. */
import { textIn } from "../text/describe.ts";
import { cameToNothing } from "./answers.ts";
import { type Entry, isShownBy } from "./outbox.ts";
import type { Message } from "./views.ts";

/** WhatsApp's own six, and what a business says without words. Any other, from the phone, gives way to one of these. */
export const EMOJI = "👍 ❤️ 😂 😮 😢 🙏 👏 🎉 ✅ 👀 💪 😊".split(" ");

/**
 * Meta refuses reactions to older messages, to deleted ones and to reactions.
 * Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/reaction-messages
 */
const OLDEST_MS = 30 * 86_400_000;

/** Whether Meta takes a reaction to it, as far as the page knows. */
export function takesReaction(
  { wamid, type, status, revoked, created_at: at }: Message,
  now: number,
): boolean {
  const isThere = wamid !== null && status !== "failed" && !revoked;
  return isThere && type !== "reaction" && type !== "system" && now - Date.parse(at) < OLDEST_MS;
}

/** The message that a waiting reaction is about, by Meta's id; null for everything else. */
export function targetOfEntry({ request }: Entry): string | null {
  return request.kind === "message" ? textIn(request.body, "reaction", "message_id") : null;
}

export type Reacted = {
  /** Empty for none. */
  emoji: string;
  /** The server or Meta does not have it yet. */
  isOnItsWay: boolean;
  /** The newest one that the server has, as long as none is waiting to take its place. */
  newest: Message | null;
};

/**
 * Our reaction to a message: the newest that is waiting here, else the newest that did not come to nothing.
 *
 * @param sent our reactions to it that are loaded, oldest first
 * @param entries those in the outbox, oldest first
 */
export function ourReaction(
  { reactions }: Pick<Message, "reactions">,
  sent: readonly Message[],
  entries: readonly Entry[],
): Reacted {
  const waiting = entries.findLast(
    (entry) => entry.state.kind !== "refused" && !sent.some((message) => isShownBy(entry, message)),
  );
  if (waiting !== undefined) return { emoji: waiting.text, isOnItsWay: true, newest: null };
  const newest = sent.at(-1) ?? null;
  const standing = sent.findLast((message) => !cameToNothing(message));
  const known = newest === null ? reactions.find(({ from }) => from === "business")?.emoji : "";
  return {
    emoji: standing?.body ?? known ?? "",
    isOnItsWay: standing !== undefined && standing.wamid === null,
    newest,
  };
}

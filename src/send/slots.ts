/** The slots of a batch, booked together: its messages leave in them without asking the number's object. */
import { inTime } from "../lib/deadline.ts";
import { errorMembers, log } from "../lib/log.ts";
import type { OutgoingMessage } from "../message/outgoing-message.ts";

/** So few conversations ask by themselves, and send at once. */
const FEWEST_TO_BOOK = 10;

/** By then the objects have the first answers. */
const LEAD_MS = 200;

/** Without an answer by then, each object asks by itself. */
const BOOKING_PATIENCE_MS = 300;

/**
 * Books a slot for each of these conversations whose first message would leave now, by one call for each
 * business number. Returns the slots by conversation; those without one ask by themselves.
 *
 * @param firsts the first messages by conversation: the next ones leave after Meta's answer to these
 */
export async function bookSlots(
  env: Env,
  firsts: ReadonlyMap<string, OutgoingMessage>,
  conversationIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const now = Date.now();
  const slots = new Map<string, number>();
  const ready = conversationIds.filter((id) => {
    const message = firsts.get(id);
    return message !== undefined && message.wait && message.ready_at <= now;
  });
  await Promise.all(
    [...Map.groupBy(ready, (id) => firsts.get(id)?.phone_number_id ?? "")].map(
      async ([phoneNumberId, group]) => {
        if (group.length < FEWEST_TO_BOOK) return;
        const booked = await book(env, phoneNumberId, group.length);
        for (const [place, conversationId] of group.entries()) {
          const slot = booked[place];
          if (slot !== undefined) slots.set(conversationId, slot);
        }
      },
    ),
  );
  return slots;
}

async function book(env: Env, phoneNumberId: string, count: number): Promise<readonly number[]> {
  try {
    const number = env.BUSINESS_NUMBER.getByName(phoneNumberId);
    return (await inTime(number.bookSlots(count, LEAD_MS), BOOKING_PATIENCE_MS)) ?? [];
  } catch (error) {
    // For a moment during a deploy the object may be of a version without bookings.
    log("error", "slots_not_booked", errorMembers(error));
    return [];
  }
}

/** Statuses of Meta's into D1, and to whoever is subscribed. */
import { erasureId } from "../customer/erasure-id.ts";
import { addressesNamed, identityOf } from "../customer/named-address.ts";
import { queueEvents } from "../delivery/queue-events.ts";
import { createDatabase } from "../store/database.ts";
import type { NewlyNamed } from "../store/newly-named.ts";
import { recordStatuses } from "../store/statuses.ts";
import { eventOfStatus } from "./event-of-status.ts";
import type { MessageStatus } from "./message-status.ts";
import { peopleOfStatus } from "./people-of-status.ts";

/**
 * May be repeated: every status whose message is known is told, recorded just now or before, so
 * that a crash after D1 loses no event. Returns by what else people are known, for their conversations to
 * learn. Throws what D1 or the event queue throws.
 */
export async function applyStatuses(
  env: Env,
  statuses: readonly MessageStatus[],
): Promise<NewlyNamed[]> {
  const told = statuses.map((status) => {
    const people = peopleOfStatus(status.payload);
    return {
      ...status,
      erasure_ids: people.map((each) => erasureId(env.CONVERSATION, each)),
      addresses: addressesNamed(status.people ?? []).map(identityOf),
    };
  });
  const { known, named } = await recordStatuses(createDatabase(env.DB), told);
  await queueEvents(env, known.map(eventOfStatus));
  return named;
}

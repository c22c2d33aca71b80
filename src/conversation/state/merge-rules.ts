/** Merges the states of two conversations of one person: pure. */
import { withAddress } from "./addresses.ts";
import { withKnown, withKnownPhones } from "./person.ts";
import { absorbedBy, type ConversationState, type ConversationStatus } from "./state.ts";
import { waitingOfBoth } from "./unanswered.ts";

/** A customer who waits for an answer in one of both still waits; closed only if both are. */
const STATUS_ORDER: readonly ConversationStatus[] = ["pending", "active", "closed"];

/**
 * The target's state merged with the source's; `unread` counts both inboxes. The later read mark wins,
 * unless an unread message is before it: an unseen message must not count as read. The version is the
 * greater of both, so that D1 accepts the next one.
 */
export function mergedState(
  target: ConversationState,
  source: ConversationState,
  unread: { count: number; first: string | null },
): ConversationState {
  const [earlier, later] =
    target.read_up_to < source.read_up_to
      ? [target.read_up_to, source.read_up_to]
      : [source.read_up_to, target.read_up_to];
  const addresses = [source.address, ...source.links.map(({ address }) => address)];
  return {
    ...addresses.reduce(withAddress, target),
    ...waitingOfBoth(target, source),
    phones: withKnownPhones(target.phones, source.phones),
    found_by_more: target.found_by_more || source.found_by_more,
    person: withKnown(target.person, source.person),
    status:
      STATUS_ORDER.find((status) => status === target.status || status === source.status) ??
      target.status,
    unread_count: unread.count,
    read_up_to: unread.first === null || unread.first > later ? later : earlier,
    newest_id: greater(target.newest_id, source.newest_id),
    last_message_at: Math.max(target.last_message_at, source.last_message_at),
    last_customer_message_at: latest(
      target.last_customer_message_at,
      source.last_customer_message_at,
    ),
    absorbed: absorbedBy(target, source.absorbed),
    pair_rate_at: Math.max(target.pair_rate_at, source.pair_rate_at),
    version: Math.max(target.version, source.version),
    created_at: Math.min(target.created_at, source.created_at),
  };
}

/** "" = unknown: if one state does not know it, the merged one does not. */
function greater(one: string, other: string): string {
  if (one === "" || other === "") return "";
  return one > other ? one : other;
}

function latest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}

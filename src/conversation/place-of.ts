/**
 * The order within a second: Meta's stamps are whole seconds, so that what shares one stands in the
 * order in which its object took it. Pure.
 */
import { idBehind, isUnplaced, lowestMessageId } from "../messages/message-id.ts";

const SECOND_MS = 1000;

/** The second that a time lies in, by its beginning. */
export function secondOf(at: number): number {
  return at - (at % SECOND_MS);
}

/** Sorts before all that is stamped in the second of a time. */
export function beginningOfSecond(at: number): string {
  return lowestMessageId(secondOf(at));
}

/** Sorts before all that is stamped later than the second of a time. */
export function endOfSecond(at: number): string {
  return beginningOfSecond(at + SECOND_MS);
}

/**
 * The id under which a message that nobody has taken yet stands from now on.
 *
 * @param id as it was delivered
 * @param newest the greatest id known that is not of a later second; "" if there is none
 */
export function placedId(id: string, newest: string): string {
  return id > newest || !isUnplaced(id) ? id : idBehind(id, newest);
}

/**
 * Ids that sort by time: 12 hex digits of milliseconds, then 20 hex digits that tell apart what
 * happened in the same millisecond. Ordering by id is ordering by (time, id).
 */

const TIME_DIGITS = 12;
const TAIL_BYTES = 10;
const ID_TIME_END = "msg_".length + TIME_DIGITS;

/** Ids made here in one millisecond count up, so that a batch keeps its order. */
const COUNTER_DIGITS = 4;
const RANDOM_BYTES = 8;
const COUNTER_LIMIT = 16 ** COUNTER_DIGITS;

/** A clock that was set back by more than this is believed: ids must not stay in the future. */
const CLOCK_SLIP_MS = 10_000;

let lastTime = 0;
let counter = 0;

/** Latest time that fits the digits, in milliseconds. */
const LATEST_TIME_MS = 2 ** 48 - 1;

/** The id of a message of Meta's: the same for every delivery of the same wamid. */
export async function inboundMessageId(
  at: number,
  phoneNumberId: string,
  wamid: string,
): Promise<string> {
  const name = new TextEncoder().encode(`${phoneNumberId}:${wamid}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", name));
  return `msg_${timeDigits(at)}${digest.subarray(0, TAIL_BYTES).toHex()}`;
}

/** A new message of ours. */
export function outboundMessageId(now: number): string {
  return `msg_${randomSuffix(now)}`;
}

/** The part of an id behind its prefix, for anything that is made once; later calls sort later. */
export function randomSuffix(now: number): string {
  const time = Math.trunc(now);
  if (time > lastTime || lastTime - time > CLOCK_SLIP_MS) {
    lastTime = time;
    counter = 0;
  } else {
    counter += 1;
  }
  if (counter === COUNTER_LIMIT) {
    lastTime += 1;
    counter = 0;
  }
  return (
    timeDigits(lastTime) +
    counter.toString(16).padStart(COUNTER_DIGITS, "0") +
    crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)).toHex()
  );
}

/** Whether two ids begin with the same millisecond. */
export function isSameTime(one: string, other: string): boolean {
  return one.slice(0, ID_TIME_END) === other.slice(0, ID_TIME_END);
}

/** Sorts before every id of the same or a later millisecond. */
export function lowestMessageId(at: number): string {
  return lowestId("msg_", at);
}

/** The same among ids of another kind that are made of a time. */
export function lowestId(prefix: string, at: number): string {
  return `${prefix}${timeDigits(at)}`;
}

/** Whether an id begins with this millisecond or an earlier one. */
export function isMadeBy(id: string, at: number): boolean {
  return id < lowestMessageId(at + 1);
}

function timeDigits(at: number): string {
  const time = Math.min(Math.max(0, Math.trunc(at)), LATEST_TIME_MS);
  return time.toString(16).padStart(TIME_DIGITS, "0");
}

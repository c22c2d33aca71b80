/**
 * Ids that sort by place: 12 hex digits of milliseconds and 4 of a counter within the millisecond.
 * The 16 behind them tell apart whatever stands there. Ordering by id is ordering by place.
 */
import { sha256 } from "./digest.ts";
import { SECOND_MS } from "./time.ts";

const PREFIX = "msg_";
const HEX = 16;
const TIME_DIGITS = 12;

/** Places within one millisecond count up, so that what shares a time keeps its order. */
const COUNTER_DIGITS = 4;
const COUNTER_LIMIT = HEX ** COUNTER_DIGITS;
const FIRST_COUNTER = "0".repeat(COUNTER_DIGITS);

const PLACE_DIGITS = TIME_DIGITS + COUNTER_DIGITS;
const PLACE_END = PREFIX.length + PLACE_DIGITS;

const TAIL_BYTES = 8;

/** Ids of 0.1.0 have two more bytes of the same digest where the counter is now. */
const DIGEST_START = 2;

/** A clock that was set back by more than this is believed: ids must not stay in the future. */
const CLOCK_SLIP_MS = 10_000;

let lastTime = 0;
let counter = 0;

/** Latest time that fits the digits, in milliseconds. */
const LATEST_TIME_MS = 2 ** 48 - 1;

/**
 * A message of Meta's as every delivery of its wamid names it, at the very beginning of its stamp:
 * the object of its conversation gives it its place.
 */
export async function inboundMessageId(
  at: number,
  phoneNumberId: string,
  wamid: string,
): Promise<string> {
  const digest = new Uint8Array(await sha256(`${phoneNumberId}:${wamid}`));
  const tail = digest.subarray(DIGEST_START, DIGEST_START + TAIL_BYTES).toHex();
  return `${PREFIX}${timeDigits(at)}${FIRST_COUNTER}${tail}`;
}

/** A new message of ours; it stands behind another, whatever time that has. */
export function outboundMessageId(now: number, behind = ""): string {
  const id = `${PREFIX}${randomSuffix(now)}`;
  return id > behind ? id : idBehind(id, behind);
}

/** Whether nobody gave the message a place; a Worker of 0.1.0 gives it one itself. */
export function isUnplaced(id: string): boolean {
  return id.slice(PREFIX.length + TIME_DIGITS, PLACE_END) === FIRST_COUNTER;
}

/** The same message at the next place behind another id, or behind a read mark. */
export function idBehind(id: string, other: string): string {
  const place = BigInt(`0x${placeDigits(other)}`) + 1n;
  return PREFIX + place.toString(HEX).padStart(PLACE_DIGITS, "0") + id.slice(PLACE_END);
}

/** Whether two ids name the same message, whatever places it was given. */
export function isSameMessage(one: string, other: string): boolean {
  return one.slice(PLACE_END) === other.slice(PLACE_END);
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
    counter.toString(HEX).padStart(COUNTER_DIGITS, "0") +
    crypto.getRandomValues(new Uint8Array(TAIL_BYTES)).toHex()
  );
}

/** The milliseconds with which an id begins. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(PREFIX.length, PREFIX.length + TIME_DIGITS), HEX);
}

/** Sorts before every id of the same or a later millisecond. */
export function lowestMessageId(at: number): string {
  return lowestId(PREFIX, at);
}

/** The same among ids of another kind that are made of a time. */
export function lowestId(prefix: string, at: number): string {
  return `${prefix}${timeDigits(at)}`;
}

/** Whether an id begins with this millisecond or an earlier one. */
export function isMadeBy(id: string, at: number): boolean {
  return id < lowestMessageId(at + 1);
}

/** A read mark may be as short as a time. */
function placeDigits(id: string): string {
  return id.slice(PREFIX.length, PLACE_END).padEnd(PLACE_DIGITS, "0");
}

function timeDigits(at: number): string {
  const time = Math.min(Math.max(0, Math.trunc(at)), LATEST_TIME_MS);
  return time.toString(HEX).padStart(TIME_DIGITS, "0");
}

const ID_DIGITS = 32;

/** The id of an event, made of what it says: whoever meets it again gives it the same. */
export async function eventId(said: readonly (string | number | null)[]): Promise<string> {
  const digest = new Uint8Array(await sha256(JSON.stringify(said)));
  return `evt_${digest.toHex().slice(0, ID_DIGITS)}`;
}

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

/**
 * Ids that sort by place in a conversation: 12 hex digits of milliseconds, 4 of a counter within the
 * millisecond, and 16 that make the id unique.
 */
import { utf8 } from "./bytes.ts";
import { SECOND_MS } from "./time.ts";

const PREFIX = "msg_";
const HEX = 16;
const TIME_DIGITS = 12;

/** Places within one millisecond count up, so that messages of the same time keep their order. */
const COUNTER_DIGITS = 4;
const COUNTER_LIMIT = HEX ** COUNTER_DIGITS;
const FIRST_COUNTER = "0".repeat(COUNTER_DIGITS);

const PLACE_DIGITS = TIME_DIGITS + COUNTER_DIGITS;
const PLACE_END = PREFIX.length + PLACE_DIGITS;

const TAIL_BYTES = 8;

/** Version 0.1.0 wrote the first two bytes of the digest where the counter is now. */
const DIGEST_START = 2;

/** After a larger step back the new clock is right: ids must not stay in the future. */
const CLOCK_SLIP_MS = 10_000;

let lastTime = 0;
let counter = 0;

/** Latest time that fits the digits, in milliseconds. */
const LATEST_TIME_MS = 2 ** 48 - 1;

/**
 * The id of a message from Meta: the same for every delivery of its wamid, and the first of its
 * millisecond. The conversation's object then gives the message its place.
 */
export async function inboundMessageId(
  at: number,
  phoneNumberId: string,
  wamid: string,
): Promise<string> {
  return `${PREFIX}${timeDigits(at)}${FIRST_COUNTER}${await tailOfWamid(phoneNumberId, wamid)}`;
}

/** The last digits of the id of a message from Meta, at any place. */
export async function tailOfWamid(phoneNumberId: string, wamid: string): Promise<string> {
  const digest = new Uint8Array(await sha256(`${phoneNumberId}:${wamid}`));
  return digest.subarray(DIGEST_START, DIGEST_START + TAIL_BYTES).toHex();
}

const MESSAGE_ID = /^msg_[0-9a-f]{32}$/;

/** Whether this is the id of a message of ours. */
export function isMessageId(text: string): boolean {
  return MESSAGE_ID.test(text);
}

/** The last digits of an id, which the message keeps at any place. */
export function tailOf(id: string): string {
  return id.slice(PLACE_END);
}

/** The id of a new message of ours; it sorts after `behind`, even if that id's time is later. */
export function outboundMessageId(now: number, behind = ""): string {
  const id = `${PREFIX}${randomSuffix(now)}`;
  return id > behind ? id : idBehind(id, behind);
}

/** Whether the message has no place yet; a Worker of version 0.1.0 assigns the place itself. */
export function isUnplaced(id: string): boolean {
  return id.slice(PREFIX.length + TIME_DIGITS, PLACE_END) === FIRST_COUNTER;
}

/** The same message at the next place after another id, or after a read mark. */
export function idBehind(id: string, other: string): string {
  const place = BigInt(`0x${placeDigits(other)}`) + 1n;
  return PREFIX + place.toString(HEX).padStart(PLACE_DIGITS, "0") + tailOf(id);
}

/** Whether two ids name the same message at any place. */
export function isSameMessage(one: string, other: string): boolean {
  return tailOf(one) === tailOf(other);
}

/** The part of a new id after its prefix; later calls return ids that sort later. */
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

/** The time of an id, in milliseconds since the epoch. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(PREFIX.length, PREFIX.length + TIME_DIGITS), HEX);
}

/** Sorts before every id of the same or a later millisecond. */
export function lowestMessageId(at: number): string {
  return lowestId(PREFIX, at);
}

/** The same for ids with another prefix. */
export function lowestId(prefix: string, at: number): string {
  return `${prefix}${timeDigits(at)}`;
}

/** Whether the time of an id is this millisecond or an earlier one. */
export function isMadeBy(id: string, at: number): boolean {
  return id < lowestMessageId(at + 1);
}

/** A read mark may consist of a time alone. */
function placeDigits(id: string): string {
  return id.slice(PREFIX.length, PLACE_END).padEnd(PLACE_DIGITS, "0");
}

function timeDigits(at: number): string {
  const time = Math.min(Math.max(0, Math.trunc(at)), LATEST_TIME_MS);
  return time.toString(HEX).padStart(TIME_DIGITS, "0");
}

const ID_DIGITS = 32;

/** The id of an event, a digest of its content: every delivery of the event gets the same id. */
export async function eventId(content: readonly (string | number | null)[]): Promise<string> {
  const digest = new Uint8Array(await sha256(JSON.stringify(content)));
  return `evt_${digest.toHex().slice(0, ID_DIGITS)}`;
}

/** The beginning of the second that a time is in. */
export function secondOf(at: number): number {
  return at - (at % SECOND_MS);
}

/** Sorts before every id in the second of a time. */
export function beginningOfSecond(at: number): string {
  return lowestMessageId(secondOf(at));
}

/** Sorts before every id later than the second of a time. */
export function endOfSecond(at: number): string {
  return beginningOfSecond(at + SECOND_MS);
}

/**
 * The id of a new message at its place: after the newest known message, unless it has a place already.
 *
 * @param id the id at delivery
 * @param newest the greatest known id that is not in a later second; "" if there is none
 */
export function placedId(id: string, newest: string): string {
  return id > newest || !isUnplaced(id) ? id : idBehind(id, newest);
}

/** The SHA-256 of a text's UTF-8 bytes: always 32 bytes, as `timingSafeEqual` requires. */
export function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", utf8(text));
}

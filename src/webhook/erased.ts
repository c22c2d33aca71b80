/**
 * Removes from a webhook body what names people erased after Meta stamped it, since Meta may deliver it
 * for up to 7 days. This covers account events, preferences, unusable events and messages in groups; the
 * objects of people's own conversations leave out messages themselves, and D1 leaves out statuses.
 */
import { addressNamed } from "../lib/address.ts";
import { erasureId } from "../lib/erasure-id.ts";
import { phonesIn, withoutEscapes } from "../lib/phone-in-text.ts";
import { parseMetaTimestamp } from "../lib/time.ts";
import { splitTextByPerson, withoutStamps } from "../people/identities.ts";
import { ANSWER_PATIENCE_MS, createDatabase, type Database, withD1Timeout } from "../store/d1.ts";
import { type AboutPeople, listAllErased, listErased } from "../store/erasures.ts";
import type { AccountEvent, MessageEvent, WebhookEvents } from "./events.ts";

type RawEvents = Pick<WebhookEvents, "account" | "effects" | "unusable">;

/** Whether a text names a person who was erased at or after a time. */
type NamesErased = (text: string, at: number) => boolean;

/** A possible BSUID anywhere in a text. */
const BSUID = /(?<![\w.])[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}(?!\w)/g;

/** From this many on, D1 is first asked whether anyone was erased, since each spelling costs a digest. */
const MANY_SPELLINGS = 5000;

const TIMESTAMP = /"timestamp":"?(\d+)/g;

/** Asks D1 once for the whole body, and not at all where the body names no one. */
export async function withoutErased(
  env: Env,
  database: Database,
  { account, effects, unusable }: RawEvents,
  now: number,
): Promise<RawEvents> {
  const marketing = effects.flatMap((effect) =>
    effect.kind === "marketing" ? effect.addresses : [],
  );
  const names = await namesErased(env, database, [
    ...account.map(({ value }) => value),
    ...unusable.map(({ value }) => value),
    ...marketing,
  ]);
  if (names === null) return { account, effects, unusable };
  return {
    account: account.flatMap((event) => withoutPeople(event, names)),
    effects: effects.filter(
      (effect) =>
        effect.kind !== "marketing" ||
        !effect.addresses.some((address) => names(address, effect.at)),
    ),
    unusable: unusable.filter(({ value }) => !names(value, newestStamp(value, now) ?? now)),
  };
}

/** Leaves out what members of groups wrote before they were erased: the group's object knows no one's erasure. */
export async function withoutErasedMembers(
  env: Env,
  messages: readonly MessageEvent[],
): Promise<readonly MessageEvent[]> {
  const authors = messages.map(({ address, person }) =>
    address.kind === "group" ? `${person.wa_id} ${person.user_id}` : "",
  );
  if (authors.every((author) => author === "")) return messages;
  const { DB } = withD1Timeout(env, ANSWER_PATIENCE_MS);
  const names = await namesErased(env, createDatabase(DB), authors);
  return names === null
    ? messages
    : messages.filter(({ at }, place) => !names(authors[place] ?? "", at));
}

/** Null where no person in the texts was erased. */
async function namesErased(
  env: Env,
  database: Database,
  texts: readonly string[],
): Promise<NamesErased | null> {
  const spellings = texts.flatMap(identitiesIn);
  const all = spellings.length < MANY_SPELLINGS ? null : await listAllErased(database);
  if (all?.size === 0) return null;
  const ids = new Map<string, string>();
  for (const spelling of new Set(spellings)) {
    const id = erasureIdOf(env, spelling);
    if (all === null || all.has(id)) ids.set(spelling, id);
  }
  const erased = all ?? (await listErased(database, [...ids.values()]));
  if (erased.size === 0 || ids.size === 0) return null;
  return (text, at) =>
    identitiesIn(text).some((spelling) => (erased.get(ids.get(spelling) ?? "") ?? 0) >= at);
}

/** More than one event names: a text with so many is no single event. */
const NAMED_MAX = 500;

/** Whom a dead letter is about; its text is one event, or what nobody can read. */
export function peopleIn(env: Env, text: string, at: number): AboutPeople {
  const spellings = new Set(identitiesIn(text));
  if (spellings.size > NAMED_MAX) return { erasure_ids: [], at };
  const ids = [...spellings].map((spelling) => erasureIdOf(env, spelling));
  return { erasure_ids: [...new Set(ids)], at };
}

function identitiesIn(text: string): string[] {
  const plain = withoutEscapes(withoutStamps(text));
  return [...phonesIn(plain), ...[...plain.matchAll(BSUID)].map(([userId]) => userId)];
}

function erasureIdOf(env: Env, spelling: string): string {
  return erasureId(env.CONVERSATION, addressNamed(spelling));
}

function withoutPeople(event: AccountEvent, names: NamesErased): AccountEvent[] {
  const { value } = event;
  const at = timeOf(event);
  if (!names(value, at)) return [event];
  const { rest } = splitTextByPerson(value, (text) => names(text, at));
  return rest === undefined ? [] : [{ ...event, value: JSON.stringify(rest) }];
}

/** When an event happened, by Meta's clock where it says so. */
export function timeOf({ value, entry_time, received_at }: AccountEvent): number {
  return entry_time === null
    ? (newestStamp(value, received_at) ?? received_at)
    : parseMetaTimestamp(entry_time, received_at);
}

/** The newest of Meta's timestamps in a text; null where it has none. */
export function newestStamp(text: string, receivedAt: number): number | null {
  const stamps = [...text.matchAll(TIMESTAMP)].map(([, digits]) =>
    parseMetaTimestamp(digits, receivedAt),
  );
  return stamps.length === 0 ? null : Math.max(...stamps);
}

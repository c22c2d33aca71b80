/**
 * Takes out of a webhook what speaks of people who were erased since it was stamped: Meta delivers
 * for up to 7 days. Messages are left out by their conversation's object, statuses by D1.
 */
import { addressNamed } from "../lib/address.ts";
import { erasureId } from "../lib/erasure-id.ts";
import { phonesIn, withoutEscapes } from "../lib/phone-in-text.ts";
import { parseMetaTimestamp } from "../lib/time.ts";
import { splitTextByPerson, withoutStamps } from "../people/identities.ts";
import type { Database } from "../store/d1.ts";
import { listAllErased, listErased } from "../store/erasures.ts";
import type { AccountEvent, WebhookEvents } from "./events.ts";

type RawEvents = Pick<WebhookEvents, "account" | "effects" | "unusable">;

/** Whether a text names somebody who was erased at or after a time. */
type NamesErased = (text: string, at: number) => boolean;

/** What may be a BSUID, wherever it stands in a text. */
const BSUID = /(?<![\w.])[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}(?!\w)/g;

/** From so many on it is first asked whether anybody was erased: a digest for each takes its time. */
const MANY_SPELLINGS = 5000;

const TIMESTAMP = /"timestamp":"?(\d+)/g;

/** One look-up in D1 for all of it, and none where there is nothing of the kind. */
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

/** Null where nobody among them was erased. */
async function namesErased(
  env: Env,
  database: Database,
  texts: readonly string[],
): Promise<NamesErased | null> {
  const told = texts.flatMap(identitiesIn);
  const all = told.length < MANY_SPELLINGS ? null : await listAllErased(database);
  if (all?.size === 0) return null;
  const ids = new Map<string, string>();
  for (const spelling of new Set(told)) {
    const id = erasureIdOf(env, spelling);
    if (all === null || all.has(id)) ids.set(spelling, id);
  }
  const erased = all ?? (await listErased(database, [...ids.values()]));
  if (erased.size === 0 || ids.size === 0) return null;
  return (text, at) =>
    identitiesIn(text).some((spelling) => (erased.get(ids.get(spelling) ?? "") ?? 0) >= at);
}

function identitiesIn(text: string): string[] {
  const plain = withoutEscapes(withoutStamps(text));
  return [...phonesIn(plain), ...[...plain.matchAll(BSUID)].map(([userId]) => userId)];
}

function erasureIdOf(env: Env, spelling: string): string {
  return erasureId(env.CONVERSATION, addressNamed(spelling));
}

function withoutPeople(event: AccountEvent, names: NamesErased): AccountEvent[] {
  const { value, entry_time, received_at } = event;
  const at =
    entry_time === null
      ? (newestStamp(value, received_at) ?? received_at)
      : parseMetaTimestamp(entry_time, received_at);
  if (!names(value, at)) return [event];
  const { rest } = splitTextByPerson(value, (text) => names(text, at));
  return rest === undefined ? [] : [{ ...event, value: JSON.stringify(rest) }];
}

/** The newest time that Meta gave to anything in it; null where there is none. */
function newestStamp(text: string, receivedAt: number): number | null {
  const stamps = [...text.matchAll(TIMESTAMP)].map(([, digits]) =>
    parseMetaTimestamp(digits, receivedAt),
  );
  return stamps.length === 0 ? null : Math.max(...stamps);
}

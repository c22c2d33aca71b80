/**
 * What the object knows about its person: facts, each with the id of the message that reported it, and
 * phones. A BSUID belongs to one person for ever; a phone belongs to the person that Meta named with it
 * last. Pure.
 */
import type { Address } from "../../lib/address.ts";
import { phoneOf } from "../../lib/phone.ts";
import type { Person } from "../../message/inbound-message.ts";
import {
  identifyingUserIds,
  phonesAmong,
  type ReportedIdentity,
} from "../../message/reported-identity.ts";

type Fact = { value: string; by: string };

export type KnownPerson = { readonly [Member in keyof Person]: Fact | null };

/** Sorts before every message id: what a webhook says wins over what a send returned. */
const BEFORE_EVERY_MESSAGE = "";

export const NOBODY: KnownPerson = eachFact(() => null);

function eachFact<Value>(factOf: (member: keyof Person) => Value): Record<keyof Person, Value> {
  return {
    wa_id: factOf("wa_id"),
    user_id: factOf("user_id"),
    parent_user_id: factOf("parent_user_id"),
    username: factOf("username"),
    name: factOf("name"),
  };
}

/** Keeps each fact from the message with the greatest id, so that the order of arrival does not matter. */
export function withFacts(known: KnownPerson, person: Person, by: string): KnownPerson {
  return eachFact((member) => {
    const value = person[member];
    const fact = known[member];
    return value === null || (fact !== null && fact.by > by) ? fact : { value, by };
  });
}

/** Adds a BSUID that a status or a call reported. */
export function withUserIdFact(known: KnownPerson, userId: string, by: string): KnownPerson {
  const fact = known.user_id;
  const stands = fact !== null && (fact.by > by || (fact.by === by && fact.value >= userId));
  return stands ? known : { ...known, user_id: { value: userId, by } };
}

/** The newer of each fact, from two conversations of the same person. */
export function withKnown(one: KnownPerson, other: KnownPerson): KnownPerson {
  return eachFact((member) => {
    const fact = one[member];
    const rival = other[member];
    return fact === null || (rival !== null && rival.by > fact.by) ? rival : fact;
  });
}

/** Adds the WhatsApp id that Meta's answer to a send named. */
export function withDialedWaId(known: KnownPerson, waId: string | null): KnownPerson {
  return waId === null || known.wa_id !== null
    ? known
    : { ...known, wa_id: { value: waId, by: BEFORE_EVERY_MESSAGE } };
}

/** The facts without their messages. */
export function personOf(known: KnownPerson): Person {
  return eachFact((member) => known[member]?.value ?? null);
}

type KnownPhone = {
  /** When Meta last named it together with a BSUID of the person, by Meta's clock; 0 = never. */
  told_at: number;
  /** The phone in Meta's answer when this one was dialled; null if it is the same. */
  reaches: string | null;
};

/** By canonical number. */
export type KnownPhones = Readonly<Record<string, KnownPhone>>;

const UNKNOWN: KnownPhone = { told_at: 0, reaches: null };

/**
 * The phones after a report; the same object if nothing is new. Several phones in one report are spellings
 * of the one in `wa_id`, unless the report says that the phone changed.
 *
 * @param ofPerson the addresses of the person: the number of phones stays limited by theirs
 */
export function withReportedPhones(
  known: KnownPhones,
  reported: ReportedIdentity,
  ofPerson: readonly Address[],
): KnownPhones {
  const ours = phonesAmong(ofPerson);
  const phones = phonesAmong(reported.addresses).filter((phone) => ours.includes(phone));
  const byUserId = identifyingUserIds(reported.addresses).length > 0;
  const reached =
    reported.wa_id === null || reported.changed || phones.length < 2
      ? null
      : (phoneOf(reported.wa_id) ?? reported.wa_id);
  const news = phones.flatMap((phone): [string, KnownPhone][] => {
    const before = phoneIn(known, phone);
    const told_at = byUserId ? Math.max(before.told_at, reported.at) : before.told_at;
    const reaches = reached === null || reached === phone ? before.reaches : reached;
    const stands = told_at === before.told_at && reaches === before.reaches;
    return stands ? [] : [[phone, { told_at, reaches }]];
  });
  return news.length === 0 ? known : { ...known, ...Object.fromEntries(news) };
}

/** The phones of two conversations of the same person. */
export function withKnownPhones(one: KnownPhones, other: KnownPhones): KnownPhones {
  const phones = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(
    phones.map((phone) => {
      const [here, there] = [phoneIn(one, phone), phoneIn(other, phone)];
      const told_at = Math.max(here.told_at, there.told_at);
      return [phone, { told_at, reaches: here.reaches ?? there.reaches }];
    }),
  );
}

export function withoutPhones(known: KnownPhones, gone: readonly string[]): KnownPhones {
  return Object.fromEntries(Object.entries(known).filter(([phone]) => !gone.includes(phone)));
}

/** When Meta last named any of these phones together with a BSUID of the person; 0 = never. */
export function reportedAt(known: KnownPhones, phones: readonly string[]): number {
  return Math.max(0, ...phones.map((phone) => phoneIn(known, phone).told_at));
}

/** This phone with all other spellings of it: they change their owner together. */
export function phonesLike(known: KnownPhones, phone: string): string[] {
  const reached = reachedBy(known, phone);
  const others = Object.keys(known).filter((other) => reachedBy(known, other) === reached);
  return [...new Set([phone, reached, ...others])];
}

function reachedBy(known: KnownPhones, phone: string): string {
  return phoneIn(known, phone).reaches ?? phone;
}

function phoneIn(known: KnownPhones, phone: string): KnownPhone {
  return known[phone] ?? UNKNOWN;
}

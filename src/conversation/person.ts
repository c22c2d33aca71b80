/**
 * What was learnt of the person at the other end, each fact with the message that told it.
 *
 * The phones of a person: a BSUID is one person's for ever, a phone belongs to whom Meta names with it
 * last. Pure.
 */
import type { Address } from "../lib/address.ts";
import { phoneOf } from "../lib/phone.ts";
import type { Person } from "../message/inbound-message.ts";
import { phonesAmong, tellingUserIds, type ToldIdentity } from "../message/told-identity.ts";

type Fact = { value: string; by: string };

export type KnownPerson = { readonly [Member in keyof Person]: Fact | null };

/** Sorts before every message id: what a send taught gives way to what a webhook says. */
const BEFORE_EVERY_MESSAGE = "";

export const NOBODY: KnownPerson = {
  wa_id: null,
  user_id: null,
  parent_user_id: null,
  username: null,
  name: null,
};

/** Each fact by the greatest message id (time, then digest) that tells it, in whatever order they come. */
export function withFacts(known: KnownPerson, person: Person, by: string): KnownPerson {
  const newest = (member: keyof Person): Fact | null => {
    const value = person[member];
    const fact = known[member];
    return value === null || (fact !== null && fact.by > by) ? fact : { value, by };
  };
  return {
    wa_id: newest("wa_id"),
    user_id: newest("user_id"),
    parent_user_id: newest("parent_user_id"),
    username: newest("username"),
    name: newest("name"),
  };
}

/** A BSUID that something other than a message told. */
export function withUserIdFact(known: KnownPerson, userId: string, by: string): KnownPerson {
  const fact = known.user_id;
  const stands = fact !== null && (fact.by > by || (fact.by === by && fact.value >= userId));
  return stands ? known : { ...known, user_id: { value: userId, by } };
}

/** Of each fact the newer, from two places that knew the same person. */
export function withKnown(one: KnownPerson, other: KnownPerson): KnownPerson {
  const newer = (member: keyof Person): Fact | null => {
    const fact = one[member];
    const rival = other[member];
    return fact === null || (rival !== null && rival.by > fact.by) ? rival : fact;
  };
  return {
    wa_id: newer("wa_id"),
    user_id: newer("user_id"),
    parent_user_id: newer("parent_user_id"),
    username: newer("username"),
    name: newer("name"),
  };
}

/** The WhatsApp id that Meta's answer to a send gave. */
export function withDialedWaId(known: KnownPerson, waId: string | null): KnownPerson {
  return waId === null || known.wa_id !== null
    ? known
    : { ...known, wa_id: { value: waId, by: BEFORE_EVERY_MESSAGE } };
}

/** The facts alone. */
export function personOf(known: KnownPerson): Person {
  return {
    wa_id: known.wa_id?.value ?? null,
    user_id: known.user_id?.value ?? null,
    parent_user_id: known.parent_user_id?.value ?? null,
    username: known.username?.value ?? null,
    name: known.name?.value ?? null,
  };
}

type KnownPhone = {
  /** When it was last told together with a BSUID of the person, by Meta's clock; 0 = never. */
  told_at: number;
  /** The phone that Meta answered with when this one was dialled; null where that is the same. */
  reaches: string | null;
};

/** By canonical number. */
export type KnownPhones = Readonly<Record<string, KnownPhone>>;

const UNKNOWN: KnownPhone = { told_at: 0, reaches: null };

/**
 * The phones once this was told of the person; the same where nothing of it is new. Several phones at
 * once are spellings of the one that Meta calls the person by, unless they changed.
 *
 * @param ofPerson the addresses of the person, of which none are kept without end
 */
export function withPhonesTold(
  known: KnownPhones,
  told: ToldIdentity,
  ofPerson: readonly Address[],
): KnownPhones {
  const ours = phonesAmong(ofPerson);
  const phones = phonesAmong(told.addresses).filter((phone) => ours.includes(phone));
  const byUserId = tellingUserIds(told.addresses).length > 0;
  const reached =
    told.wa_id === null || told.changed || phones.length < 2
      ? null
      : (phoneOf(told.wa_id) ?? told.wa_id);
  const news = phones.flatMap((phone): [string, KnownPhone][] => {
    const before = phoneIn(known, phone);
    const told_at = byUserId ? Math.max(before.told_at, told.at) : before.told_at;
    const reaches = reached === null || reached === phone ? before.reaches : reached;
    const stands = told_at === before.told_at && reaches === before.reaches;
    return stands ? [] : [[phone, { told_at, reaches }]];
  });
  return news.length === 0 ? known : { ...known, ...Object.fromEntries(news) };
}

/** Of two places that knew the same person what each knew last. */
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

/** When any of these phones was last told together with a BSUID of the person; 0 = never. */
export function toldAt(known: KnownPhones, phones: readonly string[]): number {
  return Math.max(0, ...phones.map((phone) => phoneIn(known, phone).told_at));
}

/** This phone and all that stand for the same: who gets one of them gets all. */
export function phonesLike(known: KnownPhones, phone: string): string[] {
  const reached = reachedBy(known, phone);
  const likewise = Object.keys(known).filter((other) => reachedBy(known, other) === reached);
  return [...new Set([phone, reached, ...likewise])];
}

function reachedBy(known: KnownPhones, phone: string): string {
  return phoneIn(known, phone).reaches ?? phone;
}

function phoneIn(known: KnownPhones, phone: string): KnownPhone {
  return known[phone] ?? UNKNOWN;
}

/** What was learnt of the person at the other end, each fact with the message that told it. */
import type { Person } from "./inbound-message.ts";

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

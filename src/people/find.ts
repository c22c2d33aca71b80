/** Everything by which a person is known here: addresses, conversations, objects. */
import { conversations } from "../conversation/client.ts";
import type { LinkedAddresses } from "../conversation/record.ts";
import { type Address, isSameAddress } from "../lib/address.ts";
import { findContacts } from "../store/contacts.ts";
import {
  type ConversationRow,
  conversationsOf,
  findConversation,
  listBusinessNumbers,
  listMergedInto,
} from "../store/conversations.ts";
import type { Database } from "../store/d1.ts";
import { listOwnMessageIds } from "../store/person.ts";
import { rawTextsWith } from "../store/raw-values.ts";
import { type Identities, identitiesOf, namesOneOf } from "./identities.ts";

/** A person is one phone or one BSUID to whoever asks. */
export type AskedAddress = Extract<Address, { kind: "phone" | "user" }>;

export type Person = {
  addresses: readonly Address[];
  identities: Identities;
  conversations: readonly ConversationRow[];
  /**
   * The objects of all their addresses on every business number, whether anything is there or not;
   * first those of conversations.
   */
  objectIds: readonly string[];
  /** Whether any of the objects knows them. */
  isKnownToObjects: boolean;
  /** Whether two of their conversations are just becoming one. */
  isMoving: boolean;
};

/**
 * Follows every trail from one address: rows lead to other addresses, addresses to objects, and those
 * know more addresses still. Throws what D1 or an object throws.
 *
 * @param configuredNumber a business number that D1 may know nothing of yet
 */
export async function findPerson(
  env: Env,
  database: Database,
  asked: AskedAddress,
  configuredNumber: string,
): Promise<Person> {
  const numbers = new Set([configuredNumber, ...(await listBusinessNumbers(database))]);
  const addresses: Address[] = [];
  const rows = new Map<string, ConversationRow>();
  const objects = new Map<string, LinkedAddresses | null>();
  let trail: Address[] = [asked];
  while (trail.length > 0) {
    addresses.push(...trail);
    const found = await rowsOf(database, trail);
    for (const row of found) rows.set(row.id, row);
    const named = trail.flatMap((address) =>
      [...numbers].map((number) => conversations(env).idOf(number, address)),
    );
    const learnt = await askObjects(env, database, [...named, ...found.map(({ id }) => id)], {
      rows,
      objects,
    });
    trail = distinct([...found.flatMap(addressesOf), ...learnt]).filter(
      (address) => !addresses.some((known) => isSameAddress(known, address)),
    );
  }
  const spellings = [...rows.values()].flatMap((row) => [
    row.wa_id,
    row.user_id,
    row.parent_user_id,
  ]);
  return {
    addresses,
    identities: identitiesOf(addresses, spellings),
    conversations: [...rows.values()],
    objectIds: [true, false].flatMap((isConversation) =>
      [...objects.keys()].filter(
        (id) => (objects.get(id)?.addresses.length ?? 0) > 0 === isConversation,
      ),
    ),
    isKnownToObjects: [...objects.values()].some((each) => each !== null),
    isMoving: [...objects.values()].some((each) => each?.moving ?? false),
  };
}

/** What these objects, and those they lead to, know of addresses. */
async function askObjects(
  env: Env,
  database: Database,
  ids: readonly string[],
  known: { rows: Map<string, ConversationRow>; objects: Map<string, LinkedAddresses | null> },
): Promise<Address[]> {
  const client = conversations(env);
  const addresses: Address[] = [];
  let open = ids;
  while (open.length > 0) {
    const fresh = [...new Set(open)].filter((id) => !known.objects.has(id));
    const answers = await Promise.all(fresh.map((id) => client.linkedAddresses(id)));
    const merged = await listMergedInto(database, fresh);
    for (const [place, id] of fresh.entries()) known.objects.set(id, answers[place] ?? null);
    // A phone's object may lead to who has the phone now, while its old conversation is in D1 part of
    // that of who had it: what an object of the person's past leads to is not theirs, nor the other way.
    open = answers.flatMap((answer) => answer?.leads_to ?? []);
    for (const id of merged) {
      if (!known.objects.has(id)) known.objects.set(id, await client.linkedAddresses(id));
    }
    const standing = fresh.filter((_id, place) => (answers[place]?.leads_to.length ?? 0) === 0);
    for (const row of await Promise.all(standing.map((id) => findConversation(database, id)))) {
      if (row === null || known.rows.has(row.id)) continue;
      known.rows.set(row.id, row);
      addresses.push(...addressesOf(row));
      open = [...open, row.id];
    }
    addresses.push(...answers.flatMap((answer) => answer?.addresses ?? []));
  }
  return addresses;
}

async function rowsOf(
  database: Database,
  addresses: readonly Address[],
): Promise<ConversationRow[]> {
  const rows = await Promise.all(
    addresses.map(async (address) => {
      switch (address.kind) {
        case "phone":
          return conversationsOf(database, { phone: address.phone });
        case "user":
          return conversationsOf(database, { user_id: address.user_id });
        case "group":
          return [];
      }
    }),
  );
  return rows.flat();
}

/** Of a conversation's row; the rest is known to its object. */
function addressesOf({ phone, user_id }: ConversationRow): Address[] {
  return [
    ...(phone === null ? [] : [{ kind: "phone" as const, phone }]),
    ...(user_id === null ? [] : [{ kind: "user" as const, user_id }]),
  ];
}

function distinct(addresses: readonly Address[]): Address[] {
  return addresses.filter(
    (address, place) => addresses.findIndex((other) => isSameAddress(other, address)) === place,
  );
}

/** Whether anything is kept of a person, be it in a raw value that somebody else's system sent. */
export async function isKnown(database: Database, person: Person): Promise<boolean> {
  if (person.isKnownToObjects || person.conversations.length > 0) return true;
  const { identities } = person;
  const names = [...identities.phones, ...identities.ids];
  if ((await findContacts(database, names)).length > 0) return true;
  const inGroups = { of: "participant" as const, identities: names };
  if ((await listOwnMessageIds(database, inGroups, 1)).length > 0) return true;
  const isNamed = namesOneOf(identities);
  for (const table of ["account_events", "dead_letters"] as const) {
    for await (const { text } of rawTextsWith(database, table, identities)) {
      if (isNamed(text)) return true;
    }
  }
  return false;
}

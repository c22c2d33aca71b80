/** Finds everything by which a person is known here: addresses, conversations, objects. */
import { conversations } from "../conversation/client.ts";
import type { LinkedAddresses } from "../conversation/storage/record.ts";
import { type Address, isSameAddress } from "../lib/address.ts";
import { findContacts } from "../store/contacts.ts";
import {
  type ConversationRow,
  conversationsOf,
  findConversation,
  listMergedInto,
} from "../store/conversations.ts";
import { listBusinessNumbers } from "../store/business-numbers.ts";
import type { Database } from "../store/d1.ts";
import { listOwnMessageIds } from "../store/person.ts";
import { rawTextsWith } from "../store/raw-values.ts";
import { type Identities, identitiesOf, namesOneOf } from "./identities.ts";

/** The phone or BSUID by which the caller names a person. */
export type AskedAddress = Extract<Address, { kind: "phone" | "user" }>;

export type Person = {
  addresses: readonly Address[];
  identities: Identities;
  conversations: readonly ConversationRow[];
  /**
   * The objects of all their addresses on every business number, also those that hold nothing; the
   * objects of conversations come first.
   */
  objectIds: readonly string[];
  /** Whether any of the objects knows them. */
  isKnownToObjects: boolean;
  /** Whether two of their conversations are merging. */
  isMoving: boolean;
};

/**
 * Follows every link from one address: rows lead to other addresses, addresses to objects, and objects
 * know further addresses. Throws an error of D1 or of an object.
 *
 * @param configuredNumber a business number that D1 may have no row of yet
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

/** The addresses that these objects know, and those that the objects they forward to know. */
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
    // A phone's object may forward to the phone's new owner, while D1 has merged the phone's old
    // conversation into the former owner's. So nothing is followed from an object that D1 merged away.
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

/** The addresses in a conversation's row; its object may know more. */
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

/** Whether anything of a person is kept, also in a raw value of an account event or a dead letter. */
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

/**
 * What the business knows of people, by canonical phone or BSUID, and gives to conversations.
 *
 * The addresses of a person in D1: those in a conversation's row, and what else it is known by.
 */
import { and, desc, sql, type SQL } from "drizzle-orm";
import { type Database, runBatch } from "./d1.ts";
import { batchedLookup, jsonChunks } from "./rows.ts";
import { contacts, conversations } from "./schema.ts";

/**
 * Ids of the conversations with people of these addresses, on every business number.
 *
 * @param addresses selects the addresses
 */
export function conversationIdsOf(addresses: SQL): SQL {
  return sql`
    SELECT id FROM conversations WHERE phone IS NOT NULL AND phone IN (${addresses})
    UNION SELECT id FROM conversations WHERE user_id IS NOT NULL AND user_id IN (${addresses})
    UNION SELECT conversation_id FROM conversation_addresses WHERE address IN (${addresses})`;
}

/**
 * Every address of the people of these conversations.
 *
 * @param conversationIds selects the ids
 */
function addressesOfConversations(conversationIds: SQL): SQL {
  return sql`
    SELECT phone AS address FROM conversations
    WHERE id IN (${conversationIds}) AND phone IS NOT NULL
    UNION SELECT user_id FROM conversations
    WHERE id IN (${conversationIds}) AND user_id IS NOT NULL
    UNION SELECT address FROM conversation_addresses WHERE conversation_id IN (${conversationIds})`;
}

/**
 * These addresses of one person, and all others by which the person is known.
 *
 * @param addresses selects the addresses
 */
function addressesOfPerson(addresses: SQL): SQL {
  return sql`${addresses} UNION ${addressesOfConversations(conversationIdsOf(addresses))}`;
}

export type ContactRow = typeof contacts.$inferSelect;

/** What is kept of the person of an address, by whichever of theirs it was given or told. */
export async function findContact(database: Database, address: string): Promise<ContactRow | null> {
  const rows = await database
    .select()
    .from(contacts)
    .where(sql`${contacts.address} IN (${addressesOfPerson(sql`SELECT ${address}`)})`);
  return contactGiven(rows);
}

/** Of several rows of one person that which the business put last. */
export function contactGiven(rows: readonly ContactRow[]): ContactRow | null {
  const [last] = rows.toSorted(
    (one, other) =>
      Number(isGiven(other)) - Number(isGiven(one)) ||
      other.updated_at - one.updated_at ||
      (one.address < other.address ? -1 : 1),
  );
  return last ?? null;
}

function isGiven({ name, owner, changed_by }: ContactRow): boolean {
  return (changed_by ?? name ?? owner) !== null;
}

/** What was given or told by any of these addresses, the latest choice first. */
export async function findContacts(
  database: Database,
  addresses: readonly string[],
): Promise<ContactRow[]> {
  return database
    .select()
    .from(contacts)
    .where(sql`${contacts.address} IN (SELECT value FROM json_each(${JSON.stringify(addresses)}))`)
    .orderBy(desc(contacts.marketing_at), desc(contacts.marketing));
}

/** Stores the name and the owner, and gives both to the person's conversations. */
export async function putContact(
  database: Database,
  contact: { address: string; name: string | null; owner: string | null; changed_by: string },
  now: number,
): Promise<void> {
  const { address, name, owner, changed_by } = contact;
  const given = { name, owner, changed_by, updated_at: now };
  const isOthers = sql`${contacts.address} IN (${addressesOfPerson(sql`SELECT ${address}`)})`;
  await database.batch([
    // What was put by another address of theirs is changed with it.
    database
      .update(contacts)
      .set(given)
      .where(and(isOthers, sql`coalesce(changed_by, name, owner) IS NOT NULL`)),
    database
      .insert(contacts)
      .values({ ...contact, created_at: now, updated_at: now })
      .onConflictDoUpdate({
        target: contacts.address,
        set: given,
      }),
    database
      .update(conversations)
      .set({ contact_name: name, owner, changed_by, updated_at: now })
      .where(sql`${conversations.id} IN (${conversationIdsOf(sql`${address}`)})`),
  ]);
}

/**
 * A customer's choice by every address it names them with; the later one holds, and of two in the
 * same second "stop".
 */
export async function keepMarketingPreferences(
  database: Database,
  preferences: readonly { addresses: readonly string[]; preference: string; at: number }[],
): Promise<void> {
  const rows = preferences.flatMap(({ addresses, preference, at }) =>
    addresses.map((address) => ({ address, preference, at })),
  );
  await runBatch(
    database,
    jsonChunks(rows).map(
      (chunk) => sql`
        INSERT INTO contacts (address, marketing, marketing_at, created_at, updated_at)
        SELECT value ->> 'address', value ->> 'preference', value ->> 'at', value ->> 'at',
          value ->> 'at'
        FROM json_each(${chunk})
        WHERE true
        ON CONFLICT (address) DO UPDATE SET
          marketing = excluded.marketing, marketing_at = excluded.marketing_at
        WHERE marketing_at IS NULL
          OR (excluded.marketing_at, excluded.marketing) > (marketing_at, marketing)`,
    ),
  );
}

/** Whether the person's latest choice, by whichever address of theirs it came, was to stop. */
export async function hasStoppedMarketing(
  database: Database,
  addresses: readonly string[],
): Promise<boolean> {
  return (await latestMarketingChoice(database, addresses)) === "stop";
}

const latestMarketingChoice = batchedLookup(loadMarketingChoices);

async function loadMarketingChoices(
  database: Database,
  people: readonly (readonly string[])[],
): Promise<(string | null)[]> {
  const asked = sql`SELECT value FROM json_each(person.value)`;
  const rows = await database.all<{ place: number; marketing: string }>(sql`
    SELECT person.key AS place, marketing
    FROM json_each(${JSON.stringify(people)}) AS person CROSS JOIN contacts
    WHERE contacts.address IN (${addressesOfPerson(asked)}) AND marketing IS NOT NULL
    ORDER BY marketing_at DESC, marketing DESC`);
  return people.map(
    (_addresses, person) => rows.find(({ place }) => place === person)?.marketing ?? null,
  );
}

export async function eraseContacts(
  database: Database,
  addresses: readonly string[],
): Promise<void> {
  await runBatch(database, [
    sql`DELETE FROM contacts
        WHERE address IN (SELECT value FROM json_each(${JSON.stringify(addresses)}))`,
  ]);
}

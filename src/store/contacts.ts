/**
 * Contacts in D1: the name, owner and marketing choice of a person, by canonical phone or BSUID.
 *
 * A person may have several addresses: those in the conversation's row, and those in
 * `conversation_addresses`. Every look-up includes all of them.
 */
import { runLogged, selectChanged } from "./change-log.ts";
import { folded } from "../lib/folded.ts";
import { type Database, runBatch } from "./d1.ts";
import { type AboutPeople, isAboutNobodyErased } from "./erasures.ts";
import { batchedLookup, jsonChunks } from "./rows.ts";
import type { contacts } from "./schema.ts";
import { insertInto, listOf, sql, type SQL } from "./sql.ts";

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
 * These addresses of one person, and all other addresses of that person.
 *
 * @param addresses selects the addresses
 */
function addressesOfPerson(addresses: SQL): SQL {
  return sql`${addresses} UNION ${addressesOfConversations(conversationIdsOf(addresses))}`;
}

export type ContactRow = typeof contacts.$inferSelect;

/** The contact of the person with this address, under any address of that person. */
export async function findContact(database: Database, address: string): Promise<ContactRow | null> {
  const rows = await database.all<ContactRow>(
    sql`SELECT * FROM contacts WHERE address IN (${addressesOfPerson(sql`SELECT ${address}`)})`,
  );
  return contactGiven(rows);
}

/** Of several rows of one person, the one that the business wrote last. */
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

/** The contacts under any of these addresses, the latest marketing choice first. */
export async function findContacts(
  database: Database,
  addresses: readonly string[],
): Promise<ContactRow[]> {
  return database.all(sql`
    SELECT * FROM contacts
    WHERE address IN ${listOf(addresses)}
    ORDER BY marketing_at DESC, marketing DESC`);
}

/** Stores the name and the owner, and copies both to the person's conversations. */
export async function putContact(
  database: Database,
  contact: { address: string; name: string | null; owner: string | null; changed_by: string },
  now: number,
): Promise<void> {
  const { address, name, owner, changed_by } = contact;
  const who = sql`owner = ${owner}, changed_by = ${changed_by}, updated_at = ${now}`;
  const own = sql`id IN (${conversationIdsOf(sql`${address}`)})`;
  const statements = [
    // Keeps the rows under the person's other addresses equal.
    sql`
      UPDATE contacts SET name = ${name}, ${who}
      WHERE address IN (${addressesOfPerson(sql`SELECT ${address}`)})
        AND coalesce(changed_by, name, owner) IS NOT NULL`,
    sql`
      INSERT INTO contacts (address, name, owner, changed_by, created_at, updated_at)
      VALUES (${address}, ${name}, ${owner}, ${changed_by}, ${now}, ${now})
      ON CONFLICT (address) DO UPDATE SET name = ${name}, ${who}`,
    sql`
      UPDATE conversations
      SET contact_name = ${name}, contact_folded = ${name === null ? null : folded(name)}, ${who}
      WHERE ${own}`,
  ];
  await runLogged(database, statements, {}, [
    selectChanged("conversation", "id", sql`FROM conversations WHERE ${own}`),
  ]);
}

/** A customer's choice; `about` is the customer. */
type MarketingPreference = {
  addresses: readonly string[];
  preference: string;
  at: number;
  about?: AboutPeople;
};

/**
 * Stores a customer's choice under every address in the webhook. The later choice wins, and "stop" wins
 * within one second.
 */
export async function keepMarketingPreferences(
  database: Database,
  preferences: readonly MarketingPreference[],
): Promise<void> {
  const rows = preferences.flatMap(({ addresses, preference, at, about }) =>
    addresses.map((address) => ({
      about,
      address,
      marketing: preference,
      marketing_at: at,
      created_at: at,
      updated_at: at,
    })),
  );
  await runBatch(
    database,
    jsonChunks(rows).map((chunk) =>
      insertInto(
        "contacts",
        "address, marketing, marketing_at, created_at, updated_at",
        sql`
          FROM json_each(${chunk}) AS input
          WHERE ${isAboutNobodyErased(sql`input.value`)}
          ON CONFLICT (address) DO UPDATE SET
            marketing = excluded.marketing, marketing_at = excluded.marketing_at
          WHERE marketing_at IS NULL
            OR (excluded.marketing_at, excluded.marketing) > (marketing_at, marketing)`,
      ),
    ),
  );
}

/** Whether the person's latest choice, under any of their addresses, is "stop". */
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
  const addresses = sql`SELECT value FROM json_each(person.value)`;
  const rows = await database.all<{ place: number; marketing: string }>(sql`
    SELECT person.key AS place, marketing
    FROM json_each(${JSON.stringify(people)}) AS person CROSS JOIN contacts
    WHERE contacts.address IN (${addressesOfPerson(addresses)}) AND marketing IS NOT NULL
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
        WHERE address IN ${listOf(addresses)}`,
  ]);
}

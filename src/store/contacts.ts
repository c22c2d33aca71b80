/** What the business knows of people, by canonical phone or BSUID, and gives to conversations. */
import { and, desc, sql } from "drizzle-orm";
import { coalesced } from "./coalesced.ts";
import type { Database } from "./database.ts";
import { addressesOfPerson, conversationIdsOf } from "./person-addresses.ts";
import { runBatch } from "./run-batch.ts";
import { contacts, conversations } from "./schema.ts";
import { jsonChunks } from "./value-size.ts";

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

const latestMarketingChoice = coalesced(loadMarketingChoices);

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

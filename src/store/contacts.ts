/** What the business knows of people, by canonical phone or BSUID, and gives to conversations. */
import { and, desc, eq, isNotNull, or, sql } from "drizzle-orm";
import { coalesced } from "./coalesced.ts";
import type { Database } from "./database.ts";
import { runBatch } from "./run-batch.ts";
import { contacts, conversations } from "./schema.ts";
import { jsonChunks } from "./value-size.ts";

export type ContactRow = typeof contacts.$inferSelect;

export async function findContact(database: Database, address: string): Promise<ContactRow | null> {
  const rows = await database.select().from(contacts).where(eq(contacts.address, address));
  return rows[0] ?? null;
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
  await database.batch([
    database
      .insert(contacts)
      .values({ ...contact, created_at: now, updated_at: now })
      .onConflictDoUpdate({
        target: contacts.address,
        set: { name, owner, changed_by, updated_at: now },
      }),
    database
      .update(conversations)
      .set({ contact_name: name, owner, changed_by, updated_at: now })
      .where(belongsTo(address)),
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

/** Whether the person's latest choice, by whichever of the addresses it came, was to stop. */
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
  const rows = await database
    .select({ address: contacts.address, marketing: contacts.marketing })
    .from(contacts)
    .where(
      and(
        sql`${contacts.address} IN (SELECT value FROM json_each(${JSON.stringify(people.flat())}))`,
        isNotNull(contacts.marketing),
      ),
    )
    .orderBy(desc(contacts.marketing_at), desc(contacts.marketing));
  return people.map(
    (addresses) => rows.find(({ address }) => addresses.includes(address))?.marketing ?? null,
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

function belongsTo(address: string) {
  return or(
    sql`${conversations.phone} IS NOT NULL AND ${conversations.phone} = ${address}`,
    sql`${conversations.user_id} IS NOT NULL AND ${conversations.user_id} = ${address}`,
  );
}

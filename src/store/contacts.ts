/** What the business knows of people, by canonical phone or BSUID, and gives to conversations. */
import { eq, or, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { contacts, conversations } from "./schema.ts";

export type ContactRow = typeof contacts.$inferSelect;

export async function findContact(database: Database, address: string): Promise<ContactRow | null> {
  const rows = await database.select().from(contacts).where(eq(contacts.address, address));
  return rows[0] ?? null;
}

/** Stores the name and the owner, and gives both to the person's conversations. */
export async function putContact(
  database: Database,
  contact: { address: string; name: string | null; owner: string | null },
  now: number,
): Promise<void> {
  const { address, name, owner } = contact;
  await database.batch([
    database
      .insert(contacts)
      .values({ ...contact, created_at: now, updated_at: now })
      .onConflictDoUpdate({ target: contacts.address, set: { name, owner, updated_at: now } }),
    database
      .update(conversations)
      .set({ contact_name: name, owner, updated_at: now })
      .where(belongsTo(address)),
  ]);
}

function belongsTo(address: string) {
  return or(
    sql`${conversations.phone} IS NOT NULL AND ${conversations.phone} = ${address}`,
    sql`${conversations.user_id} IS NOT NULL AND ${conversations.user_id} = ${address}`,
  );
}

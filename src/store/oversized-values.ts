/** Raw values larger than a D1 value, kept in parts. */
import { asc, inArray, type SQLWrapper } from "drizzle-orm";
import type { Database } from "./database.ts";
import { oversizedValues } from "./schema.ts";
import { fitsValue, textParts } from "./value-size.ts";

/** Inserts for a batch that also writes the owner; none where the value fits its own column. */
export function keepOversized(database: Database, ownerId: string, text: string): SQLWrapper[] {
  if (fitsValue(text)) return [];
  return textParts(text).map((part, number) =>
    database
      .insert(oversizedValues)
      .values({ owner_id: ownerId, part: number, text: part })
      .onConflictDoNothing(),
  );
}

/** The whole values by owner. */
export async function readOversized(
  database: Database,
  ownerIds: readonly string[],
): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  if (ownerIds.length === 0) return values;
  const parts = await database
    .select()
    .from(oversizedValues)
    .where(inArray(oversizedValues.owner_id, [...ownerIds]))
    .orderBy(asc(oversizedValues.owner_id), asc(oversizedValues.part));
  for (const { owner_id, text } of parts) {
    values.set(owner_id, (values.get(owner_id) ?? "") + text);
  }
  return values;
}

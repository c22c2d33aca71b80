/** Account events in D1: the webhook fields that are neither messages nor statuses. */
import { eventId } from "../lib/ids.ts";
import { type Database, runBatch } from "./d1.ts";
import { type AboutPeople, isAboutNobodyErased } from "./erasures.ts";
import { keepOversized, readOversized } from "./raw-values.ts";
import { fitsValue, jsonChunks } from "./rows.ts";
import { insertInto, limitTo, sql, type SQL } from "./sql.ts";

export type NewAccountEvent = {
  field: string;
  business_account_id: string | null;
  /** Meta's time of the event: it differs in a new event, and is the same in a redelivery. */
  entry_time: string | null;
  phone_number_id: string | null;
  /** JSON text. */
  value: string;
  received_at: number;
};

/** An event to keep, with the people that it names; absent where it names none. */
type EventToKeep = NewAccountEvent & { about?: AboutPeople };

export type AccountEventRow = Omit<NewAccountEvent, "entry_time"> & { id: string };

/** In D1, the value is null if it is larger than a row. */
type StoredEvent = Omit<AccountEventRow, "value"> & { value: string | null };

/** Where a page ends, newest first. */
type AccountEventPosition = { received_at: number; id: string };

/**
 * Stores events in one transaction; an event with the same content and number is stored once. Returns
 * all of them with their ids. D1 refuses all of them where somebody in one was erased in between: delivered
 * again, that event comes without the person and keeps the others.
 */
export async function keepAccountEvents(
  database: Database,
  events: readonly EventToKeep[],
): Promise<(NewAccountEvent & { id: string })[]> {
  const rows = await Promise.all(
    events.map(async (event) => ({ ...event, id: await idOf(event) })),
  );
  await runBatch(database, [
    ...jsonChunks(
      rows.map((row) => ({ ...row, value: fitsValue(row.value) ? row.value : null })),
    ).map(insertEvents),
    ...rows.flatMap(({ id, value }) => keepOversized("account_events", id, value)),
  ]);
  return rows;
}

export async function findAccountEvent(
  database: Database,
  id: string,
): Promise<AccountEventRow | null> {
  const [row] = await database.all<StoredEvent>(sql`SELECT * FROM account_events WHERE id = ${id}`);
  if (row === undefined) return null;
  const value = row.value ?? (await readOversized(database, [id])).get(id);
  return { ...row, value: value ?? "null" };
}

/** A page of events, newest first. */
export async function listAccountEvents(
  database: Database,
  filter: { field: string | null; after: AccountEventPosition | null; limit: number },
): Promise<AccountEventRow[]> {
  const { field, after, limit } = filter;
  const isOfField = field === null ? sql`true` : sql`field = ${field}`;
  const isBehind =
    after === null ? sql`true` : sql`(received_at, id) < (${after.received_at}, ${after.id})`;
  const rows = await database.all<StoredEvent>(sql`
    SELECT * FROM account_events WHERE ${isOfField} AND ${isBehind}
    ORDER BY received_at DESC, id DESC ${limitTo(limit)}`);
  const oversized = await readOversized(
    database,
    rows.filter(({ value }) => value === null).map(({ id }) => id),
  );
  return rows.map((row) => ({ ...row, value: row.value ?? oversized.get(row.id) ?? "null" }));
}

/** One statement for many rows: D1 counts statements. */
function insertEvents(rows: string): SQL {
  return insertInto(
    "account_events",
    "id, field, business_account_id, phone_number_id, value, received_at",
    sql`FROM json_each(${rows}) AS input WHERE true ON CONFLICT DO NOTHING`,
    {
      received_at: sql`
        CASE WHEN ${isAboutNobodyErased(sql`input.value`)} THEN value ->> 'received_at' END`,
    },
  );
}

function idOf(event: NewAccountEvent): Promise<string> {
  const { field, business_account_id, phone_number_id, entry_time, value } = event;
  return eventId([business_account_id, phone_number_id, field, entry_time, value]);
}

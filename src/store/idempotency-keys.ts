/**
 * Idempotency keys in D1: one key of a sender stands for one message for 48 hours. Keys that a Worker of
 * 0.1.0 claimed stand in the messages themselves and count too.
 */
import { DAY_MS, HOUR_MS } from "../lib/time.ts";
import { type Database, runBatch, statementOf } from "./d1.ts";
import { isSinceErased } from "./erasures.ts";
import { jsonChunks } from "./rows.ts";
import { insertInto, listOf, member, sql, type SQL } from "./sql.ts";

/** The API promises this life of an idempotency key. */
export const IDEMPOTENCY_KEY_LIFE_MS = 48 * HOUR_MS;

/** A key that was deleted or erased: a step never blocks D1's single thread for long. */
const KEYS_AT_ONCE = 500;

/** A key and the message that wants it. */
export type KeyClaim = {
  sent_by: string;
  key: string;
  message_id: string;
  /** SHA-256 of the canonical request, in hex. */
  request_hash: string;
  conversation_id: string;
  /** When the claim is made, in milliseconds. */
  created_at: number;
  /** The id that records an erasure of the key. */
  erased_key_id: string;
};

/** The message that a key stands for. */
export type KeyHolder = Pick<
  KeyClaim,
  "message_id" | "request_hash" | "conversation_id" | "created_at"
>;

export type ClaimedKey =
  | { kind: "ours" }
  | { kind: "earlier"; holder: KeyHolder }
  /** The message of the key was erased with its customer, or its customer since the claim was made. */
  | { kind: "erased" };

/** The day of a claim. */
const DAY = sql`value ->> 'created_at' / ${DAY_MS}`;

/** Keys that were claimed before are over. */
const LIVING_SINCE = sql`value ->> 'created_at' - ${IDEMPOTENCY_KEY_LIFE_MS}`;

/** A living key of the same sender in the table, whose alias is `held`. */
const IS_SAME_KEY = sql`
  held.day IN (${DAY} - 2, ${DAY} - 1, ${DAY}, ${DAY} + 1)
  AND held.sent_by = value ->> 'sent_by' AND held.key = value ->> 'key'
  AND held.created_at > ${LIVING_SINCE}`;

/** The same for a message of 0.1.0, whose alias is `earlier`. */
const IS_SAME_KEY_OF_MESSAGE = sql`
  earlier.idempotency_key IS NOT NULL AND earlier.sent_by = value ->> 'sent_by'
  AND earlier.idempotency_key = value ->> 'key'
  AND +earlier.id >= printf('msg_%012x', ${LIVING_SINCE})`;

/** Inserts the keys that are free, and returns the ids of their messages. */
const insertKeys = statementOf((rows) =>
  insertInto(
    "idempotency_keys",
    "day, sent_by, key, message_id, request_hash, conversation_id, created_at",
    sql`
      FROM json_each(${rows})
      WHERE NOT EXISTS (SELECT 1 FROM idempotency_keys AS held WHERE ${IS_SAME_KEY})
        AND NOT EXISTS (SELECT 1 FROM messages AS earlier WHERE ${IS_SAME_KEY_OF_MESSAGE})
        AND ${isSinceErased(member("erased_key_id"), LIVING_SINCE)}
        AND ${isSinceErased(member("conversation_id"), member("created_at"))}
      ON CONFLICT DO NOTHING
      RETURNING message_id`,
    { day: DAY },
  ),
);

type HolderRow = KeyHolder & { place: number };

/** Selects the message of each key by the key's place in the list; the first one claimed comes first. */
const selectHolders = statementOf(
  (rows) => sql`
    SELECT input.key AS place, held.message_id, held.request_hash, held.conversation_id,
      held.created_at
    FROM json_each(${rows}) AS input CROSS JOIN idempotency_keys AS held
    WHERE ${IS_SAME_KEY}
    UNION ALL
    SELECT input.key, earlier.id, coalesce(earlier.request_hash, ''), earlier.conversation_id,
      earlier.created_at
    FROM json_each(${rows}) AS input CROSS JOIN messages AS earlier
    WHERE ${IS_SAME_KEY_OF_MESSAGE}
    ORDER BY created_at, message_id`,
);

/**
 * Claims each key that is free, in one transaction, and says whose each is; only if one was not free, a
 * second round trip asks whose. Idempotent: a message that has its key keeps it. Throws what D1 throws.
 */
export async function claimKeys(
  database: Database,
  claims: readonly KeyClaim[],
): Promise<ClaimedKey[]> {
  const claimed: ClaimedKey[] = [];
  for (const chunk of jsonChunks(claims)) {
    const size: number = JSON.parse(chunk).length;
    const some = claims.slice(claimed.length, claimed.length + size);
    const [result] = await runBatch(database, [insertKeys(chunk)]);
    const inserted = new Set(
      rowsOf<Pick<KeyClaim, "message_id">>(result).map(({ message_id }) => message_id),
    );
    // Two claims of one key in one statement do not see each other.
    const keys = new Set(some.map(({ sent_by, key }) => JSON.stringify([sent_by, key])));
    const isAll = keys.size === size && some.every(({ message_id }) => inserted.has(message_id));
    const holders = isAll ? null : await holdersOf(database, chunk);
    for (const [place, { message_id }] of some.entries()) {
      const holder = holders?.get(place);
      if (isAll || holder?.message_id === message_id) claimed.push({ kind: "ours" });
      else claimed.push(holder === undefined ? { kind: "erased" } : { kind: "earlier", holder });
    }
  }
  return claimed;
}

/** The message of a key; null if the key is free. */
export async function findKey(
  database: Database,
  sent_by: string,
  key: string,
  now: number,
): Promise<KeyHolder | null> {
  const asked = JSON.stringify([{ sent_by, key, created_at: now }]);
  return (await holdersOf(database, asked)).get(0) ?? null;
}

async function holdersOf(database: Database, keys: string): Promise<Map<number, KeyHolder>> {
  const [found] = await runBatch(database, [selectHolders(keys)]);
  const holders = new Map<number, KeyHolder>();
  for (const { place, ...holder } of rowsOf<HolderRow>(found)) {
    if (!holders.has(place)) holders.set(place, holder);
  }
  return holders;
}

function rowsOf<Row>(result: D1Result | undefined): Row[] {
  // The columns of our own statements.
  return (result?.results ?? []) as Row[]; // oxlint-disable-line typescript/no-unsafe-type-assertion
}

type SendersKey = Pick<KeyClaim, "sent_by" | "key">;

/** Keys of messages to these conversations, some at a time; none once all are deleted. */
export async function listKeysOfConversations(
  database: Database,
  conversationIds: readonly string[],
  until: number,
): Promise<SendersKey[]> {
  return database.all<SendersKey>(sql`
    SELECT sent_by, key FROM idempotency_keys
    WHERE ${isOfConversations(conversationIds, until)} LIMIT ${KEYS_AT_ONCE}`);
}

/** Deletes these keys of the conversations. */
export async function eraseKeys(
  database: Database,
  conversationIds: readonly string[],
  keys: readonly SendersKey[],
  until: number,
): Promise<void> {
  await runBatch(
    database,
    jsonChunks(keys).map(
      (chunk) => sql`
        DELETE FROM idempotency_keys
        WHERE ${isOfConversations(conversationIds, until)} AND (sent_by, key) IN (
          SELECT value ->> 'sent_by', value ->> 'key' FROM json_each(${chunk}))`,
    ),
  );
}

/** The table holds the keys of a few days and is read whole: an erasure is rare, a further index is not. */
function isOfConversations(conversationIds: readonly string[], until: number): SQL {
  return sql`created_at <= ${until} AND conversation_id IN ${listOf(conversationIds)}`;
}

/** Deletes keys whose life is over; returns their number. */
export async function expireKeys(database: Database, now: number): Promise<number> {
  const before = Math.floor((now - IDEMPOTENCY_KEY_LIFE_MS) / DAY_MS);
  const result = await database.run(sql`
    DELETE FROM idempotency_keys WHERE (day, sent_by, key) IN (
      SELECT day, sent_by, key FROM idempotency_keys WHERE day < ${before} LIMIT ${KEYS_AT_ONCE})`);
  return result.meta.changes;
}

/** Looks up messages in D1 by our id or by wamid. */
import { tailOf, tailOfWamid } from "../lib/ids.ts";
import { numbersOf, selectNumbers } from "./business-numbers.ts";
import { type Database, runBatch } from "./d1.ts";
import { isAnyByWamid, isNamedIn } from "./message-keys.ts";
import { type MessageRow, selectMessages, shownMessages, shownRows } from "./messages.ts";
import { batchedLookup, fitsValue, jsonChunks } from "./rows.ts";
import { sql, type SQL } from "./sql.ts";

/** Finds a message by our id, at whatever place, or by wamid. */
export const findMessage = batchedLookup(loadMessages);

/**
 * The business numbers that D1 had at the last look-up: the digest of a wamid contains its number, and
 * a caller may not know it. Every look-up asks D1 for its numbers again.
 */
let seenNumbers: ReadonlySet<string> = new Set();

async function loadMessages(
  database: Database,
  references: readonly string[],
): Promise<(MessageRow | null)[]> {
  // No row contains a longer value.
  const fitting = references.filter(fitsValue);
  const [ids, wamids] = [true, false].map((ours) =>
    fitting.filter((reference) => isMessageId(reference) === ours),
  );
  const [byId, byWamid] = await Promise.all([
    findByIds(database, ids ?? []),
    findByWamids(database, wamids ?? []),
  ]);
  const found = new Map([
    ...byId.map((row) => [tailOf(row.id), row] as const),
    ...byWamid.map((row) => [row.wamid ?? "", row] as const),
  ]);
  return references.map(
    (reference) => found.get(isMessageId(reference) ? tailOf(reference) : reference) ?? null,
  );
}

async function findByIds(database: Database, ids: readonly string[]): Promise<MessageRow[]> {
  const rows = await Promise.all(
    jsonChunks(ids).map((chunk) =>
      selectMessages(database, sql`WHERE ${isNamedIn("messages", sql`${chunk}`)}`),
    ),
  );
  return rows.flat();
}

/** Only if D1 has a number that no look-up has seen, and a message is missing, a second round trip. */
async function findByWamids(database: Database, wamids: readonly string[]): Promise<MessageRow[]> {
  if (wamids.length === 0) return [];
  const rows: MessageRow[] = [];
  const asked = seenNumbers;
  const lookUps = await shownOf(wamids, [...asked]);
  const [numbers, ...results] = await runBatch(database, [selectNumbers, ...lookUps]);
  rows.push(...results.flatMap(shownRows));
  seenNumbers = new Set(numbersOf(numbers));
  const fresh = [...seenNumbers].filter((number) => !asked.has(number));
  const found = new Set(rows.map(({ wamid }) => wamid));
  const missing = wamids.filter((wamid) => !found.has(wamid));
  if (fresh.length === 0 || missing.length === 0) return rows;
  const others = await runBatch(database, await shownOf(missing, fresh));
  return [...rows, ...others.flatMap(shownRows)];
}

/** Outbound messages by wamid, and those from Meta by the digests on these numbers. */
async function shownOf(wamids: readonly string[], numbers: readonly string[]): Promise<SQL[]> {
  const keys = await Promise.all(
    wamids.map(async (wamid) => {
      const tails = numbers.map((number) => tailOfWamid(number, wamid));
      return { wamid, tails: await Promise.all(tails) };
    }),
  );
  return jsonChunks(keys).map((chunk) => shownMessages(sql`WHERE ${isAnyByWamid(sql`${chunk}`)}`));
}

function isMessageId(reference: string): boolean {
  return reference.startsWith("msg_");
}

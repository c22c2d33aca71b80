/** Reads the log of what the inbox's pages show. */
import { CHANGED_IDS_MAX } from "./change-log.ts";
import { type ConversationRow, survivorOf } from "./conversations.ts";
import { type Database, runBatch } from "./d1.ts";
import { isOneOf, messagesById } from "./message-keys.ts";
import { type MessageRow, selectMessages } from "./messages.ts";
import { sql } from "./sql.ts";

/** Rows of the log that a page is sent at once. */
const CHANGES_MAX = 500;

/** Of the log's texts: many batches with many ids each are as much as many changes. */
const CHANGES_MAX_CHARACTERS = 256 * 1024;

/** The ids that changed, as far as one page takes them. */
export type ChangedIds = {
  conversations: readonly string[];
  messages: readonly string[];
  templates: boolean;
};

/** What changed after a place in the log. */
export type ChangesSince =
  | { kind: "changes"; to: number; ids: ChangedIds }
  /** The log does not reach back so far, or too much has changed since. */
  | { kind: "reset"; to: number };

/** How far the log goes; 0 before the first change. */
export async function newestChange(database: Database): Promise<number> {
  const [row] = await database.all<{ seq: number | null }>(
    sql`SELECT max(seq) AS seq FROM changes`,
  );
  return row?.seq ?? 0;
}

/** Both null where the log is empty. */
type LogEnds = { oldest: number | null; newest: number | null };

type LogRow = { seq: number; changed: string | null };

export async function readChanges(database: Database, after: number): Promise<ChangesSince> {
  const [ends, log] = await runBatch(database, [
    sql`SELECT (SELECT min(seq) FROM changes) AS oldest, (SELECT max(seq) FROM changes) AS newest`,
    sql`
      SELECT seq, CASE
        WHEN sum(length(changed)) OVER (ORDER BY seq) <= ${CHANGES_MAX_CHARACTERS} THEN changed END AS changed
      FROM (SELECT seq, changed FROM changes WHERE seq > ${after} ORDER BY seq LIMIT ${CHANGES_MAX + 1})
      ORDER BY seq`,
  ]);
  // The columns of our own statements.
  const [end] = (ends?.results ?? []) as LogEnds[]; // oxlint-disable-line typescript/no-unsafe-type-assertion
  const rows = (log?.results ?? []) as LogRow[]; // oxlint-disable-line typescript/no-unsafe-type-assertion
  const to = end?.newest ?? 0;
  const isKept = after <= to && after >= (end?.oldest ?? 1) - 1;
  const ids = isKept && rows.length <= CHANGES_MAX ? idsIn(rows) : null;
  return ids === null ? { kind: "reset", to } : { kind: "changes", to, ids };
}

type Logged = { c?: string[]; m?: string[]; t?: boolean; gap?: boolean };

/** Null if they are too many to be listed one by one. */
function idsIn(rows: readonly LogRow[]): ChangedIds | null {
  const conversations = new Set<string>();
  const messages = new Set<string>();
  let templates = false;
  for (const { changed } of rows) {
    if (changed === null) return null;
    // Our own column, written by the log.
    const { c = [], m = [], t = false, gap = false }: Logged = JSON.parse(changed);
    if (gap || c.length + m.length >= CHANGED_IDS_MAX) return null;
    for (const id of c) conversations.add(id);
    for (const id of m) messages.add(id);
    templates ||= t;
  }
  const isFew = conversations.size + messages.size < CHANGED_IDS_MAX;
  return isFew ? { conversations: [...conversations], messages: [...messages], templates } : null;
}

/** A conversation that changed, or one of whose messages did. */
export type ChangedConversation = ConversationRow & {
  /** 1 where it is named itself, or one that was merged into it is. */
  is_named: 0 | 1;
};

/** The rows of these ids as they are now, at most `limit` of each kind; ids without a row are gone. */
export async function rowsOf(
  database: Database,
  { conversations, messages }: ChangedIds,
  limits: { conversations: number; messages: number },
): Promise<{ conversations: ChangedConversation[]; messages: MessageRow[] }> {
  if (conversations.length + messages.length === 0) return { conversations: [], messages: [] };
  const named = sql`
    SELECT ${survivorOf(sql`asked.value`)}
    FROM json_each(${JSON.stringify(conversations)}) AS asked`;
  const changed = messagesById(sql`${JSON.stringify(messages)}`);
  const [conversationRows, messageRows] = await Promise.all([
    database.all<ChangedConversation>(sql`
      SELECT conversations.*, id IN (${named}) AS is_named FROM conversations
      WHERE id IN (${named} UNION SELECT conversation_id FROM (${changed}))
      LIMIT ${limits.conversations}`),
    messages.length === 0
      ? []
      : selectMessages(
          database,
          sql`WHERE ${isOneOf(changed)} ORDER BY messages.id LIMIT ${limits.messages}`,
        ),
  ]);
  return { conversations: conversationRows, messages: messageRows };
}

/** Rows that a step of the upkeep deletes: a longer step would block D1's single thread. */
export const CHANGES_AT_ONCE = 500;

/**
 * Deletes old rows from the beginning on, so that the log never has a hole, and never the newest, whose
 * number the next one counts on from. Returns how many.
 */
export async function expireChanges(database: Database, before: number): Promise<number> {
  const result = await database.run(sql`
    WITH oldest AS (SELECT seq, at FROM changes ORDER BY seq LIMIT ${CHANGES_AT_ONCE})
    DELETE FROM changes WHERE seq IN (SELECT seq FROM oldest WHERE at < ${before})
      AND seq < coalesce((SELECT min(seq) FROM oldest WHERE at >= ${before}), ${Number.MAX_SAFE_INTEGER})
      AND seq < (SELECT max(seq) FROM changes)`);
  return result.meta.changes;
}

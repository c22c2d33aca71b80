/** Messages in D1: claims, look-ups, lists. */
import { and, asc, desc, eq, getTableColumns, isNotNull, lt, lte, type SQL } from "drizzle-orm";
import type { Database } from "./database.ts";
import { survivorOf } from "./merged-conversations.ts";
import { conversations, messages, messageStatuses } from "./schema.ts";
import { STATUS_RANK } from "./status-recompute.ts";

type StoredMessage = typeof messages.$inferSelect;

/** A message with what its display needs of its conversation. */
export type MessageRow = StoredMessage & {
  conversation: {
    phone: string | null;
    wa_id: string | null;
    user_id: string | null;
    username: string | null;
    profile_name: string | null;
    contact_name: string | null;
    read_up_to: string | null;
  };
};

export type StatusRow = Pick<
  typeof messageStatuses.$inferSelect,
  "status" | "at" | "participant" | "payload"
>;

/** An outbound message to claim, and its conversation's row, should it be the first. */
export type Claim = {
  message: typeof messages.$inferInsert;
  conversation: typeof conversations.$inferInsert | null;
};

/** Three statements each: one transaction stays short for whoever waits behind it. */
const CLAIMS_AT_ONCE = 100;

const columns = {
  ...getTableColumns(messages),
  conversation: {
    phone: conversations.phone,
    wa_id: conversations.wa_id,
    user_id: conversations.user_id,
    username: conversations.username,
    profile_name: conversations.profile_name,
    contact_name: conversations.contact_name,
    read_up_to: conversations.read_up_to,
  },
};

/** Messages as they are shown. */
export function selectMessages(database: Database) {
  return database
    .select(columns)
    .from(messages)
    .innerJoin(conversations, eq(conversations.id, messages.conversation_id));
}

/**
 * Inserts the message unless its sender used the idempotency key before, and returns the row that
 * stands there: this one's or the earlier one's.
 */
export async function claimMessage(database: Database, claim: Claim): Promise<MessageRow | null> {
  const rows = await claimMessages(database, [claim]);
  return rows[0] ?? null;
}

/** The same for many, in their order, in one transaction for each hundred. */
export async function claimMessages(
  database: Database,
  claims: readonly Claim[],
): Promise<(MessageRow | null)[]> {
  const rows: (MessageRow | null)[] = [];
  for (let start = 0; start < claims.length; start += CLAIMS_AT_ONCE) {
    rows.push(...(await claimSome(database, claims.slice(start, start + CLAIMS_AT_ONCE))));
  }
  return rows;
}

async function claimSome(
  database: Database,
  claims: readonly Claim[],
): Promise<(MessageRow | null)[]> {
  const inserts = claims.flatMap(({ message, conversation }) => [
    ...(conversation === null
      ? []
      : [database.insert(conversations).values(conversation).onConflictDoNothing()]),
    database.insert(messages).values(message).onConflictDoNothing(),
  ]);
  const selects = claims.map(({ message }) => selectMessages(database).where(isClaimOf(message)));
  const [first, ...rest] = [...inserts, ...selects];
  if (first === undefined) return [];
  const results = await database.batch([first, ...rest]);
  // The selects' results come last, one for each claim.
  const found = results.slice(-claims.length) as MessageRow[][]; // oxlint-disable-line typescript/no-unsafe-type-assertion -- a batch of mixed statements has no finer type
  return found.map(([row]) => row ?? null);
}

function isClaimOf({ id, sent_by, idempotency_key }: Claim["message"]): SQL | undefined {
  return sent_by && idempotency_key
    ? and(
        eq(messages.sent_by, sent_by),
        eq(messages.idempotency_key, idempotency_key),
        isNotNull(messages.idempotency_key),
      )
    : eq(messages.id, id);
}

/** By our id or by wamid. */
export async function findMessage(
  database: Database,
  reference: string,
): Promise<MessageRow | null> {
  const rows = await selectMessages(database).where(isReference(reference)).limit(1);
  return rows[0] ?? null;
}

/** A page of a conversation, newest first; `after` is the last id of the page before. */
export async function listMessages(
  database: Database,
  conversationId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<MessageRow[]> {
  return selectMessages(database)
    .where(
      and(
        eq(messages.conversation_id, survivorOf(conversationId)),
        after === null ? undefined : lt(messages.id, after),
      ),
    )
    .orderBy(desc(messages.id))
    .limit(limit);
}

/** The newest message from the customer, up to one if given. */
export async function newestInbound(
  database: Database,
  conversationId: string,
  upTo: string | null,
): Promise<MessageRow | null> {
  const rows = await selectMessages(database)
    .where(
      and(
        eq(messages.conversation_id, conversationId),
        eq(messages.direction, "inbound"),
        upTo === null ? undefined : lte(messages.id, upTo),
      ),
    )
    .orderBy(desc(messages.id))
    .limit(1);
  return rows[0] ?? null;
}

/** What Meta reported of a message, oldest first, and what shares a second in its usual order. */
export async function listStatuses(
  database: Database,
  { wamid, phone_number_id }: { wamid: string; phone_number_id: string },
): Promise<StatusRow[]> {
  return database
    .select({
      status: messageStatuses.status,
      at: messageStatuses.at,
      participant: messageStatuses.participant,
      payload: messageStatuses.payload,
    })
    .from(messageStatuses)
    .where(
      and(eq(messageStatuses.wamid, wamid), eq(messageStatuses.phone_number_id, phone_number_id)),
    )
    .orderBy(asc(messageStatuses.at), STATUS_RANK, asc(messageStatuses.status));
}

function isReference(reference: string): SQL | undefined {
  return reference.startsWith("msg_")
    ? eq(messages.id, reference)
    : and(isNotNull(messages.wamid), eq(messages.wamid, reference));
}

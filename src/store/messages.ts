/** Messages in D1: claims, look-ups, lists. */
import { and, asc, desc, eq, getTableColumns, isNotNull, lt, lte, type SQL } from "drizzle-orm";
import type { Database } from "./database.ts";
import { conversations, messages, messageStatuses } from "./schema.ts";

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

/** An outbound message to claim, and its conversation, should it be the first. */
export type Claim = {
  message: typeof messages.$inferInsert;
  conversation: typeof conversations.$inferInsert;
};

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

function selectMessages(database: Database) {
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
  const { message, conversation } = claim;
  const { id, sent_by, idempotency_key } = message;
  const standing =
    sent_by && idempotency_key
      ? and(
          eq(messages.sent_by, sent_by),
          eq(messages.idempotency_key, idempotency_key),
          isNotNull(messages.idempotency_key),
        )
      : eq(messages.id, id);
  const [, , rows] = await database.batch([
    database.insert(conversations).values(conversation).onConflictDoNothing(),
    database.insert(messages).values(message).onConflictDoNothing(),
    selectMessages(database).where(standing),
  ]);
  return rows[0] ?? null;
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
        eq(messages.conversation_id, conversationId),
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

/** What Meta reported of a message, oldest first. */
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
    .orderBy(asc(messageStatuses.at), asc(messageStatuses.status));
}

function isReference(reference: string): SQL | undefined {
  return reference.startsWith("msg_")
    ? eq(messages.id, reference)
    : and(isNotNull(messages.wamid), eq(messages.wamid, reference));
}

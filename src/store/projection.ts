/**
 * Writes the changes of conversation objects to D1: one transaction for any number of conversations
 * and messages, each list as one JSON parameter. Idempotent.
 */
import { tailOf } from "../lib/ids.ts";
import { runLogged } from "./change-log.ts";
import { survivorOf } from "./conversations.ts";
import { type Database, statementOf, statementsOf } from "./d1.ts";
import { isOfNow, isSinceErased } from "./erasures.ts";
import {
  hasId,
  IS_DELIVERED_AS_INPUT,
  IS_SENT_AS_INPUT,
  messagesById,
  ON_KNOWN_MESSAGE,
} from "./message-keys.ts";
import { type MessageRow, shownByIds, shownRows } from "./messages.ts";
import { advanceConversations, bringWhole } from "./project-conversations.ts";
import {
  areNew,
  placesReplaced,
  projectSends,
  recordRest,
  type SendProjection,
  sendRows,
} from "./project-sends.ts";
import { jsonChunks } from "./rows.ts";
import { eachOf, insertInto, member, sql } from "./sql.ts";
import { adoptStatuses, type KnownStatus, knownStatuses, statusesOf } from "./statuses.ts";
import {
  derive,
  deriveFromSends,
  targetsChanged,
  targetsOfSends,
  type WamidKey,
  withTails,
} from "./targeting.ts";

/** A conversation as its object projects it, by the column names of `conversations`. */
export type ConversationProjection = {
  id: string;
  /** The person's other addresses; left out if D1 never had any. */
  other_addresses?: readonly string[];
  kind: "individual" | "group";
  phone_number_id: string;
  phone: string | null;
  wa_id: string | null;
  user_id: string | null;
  parent_user_id: string | null;
  username: string | null;
  group_id: string | null;
  profile_name: string | null;
  /** What a search looks through besides the contact's name; absent from objects of 0.1.0. */
  profile_folded?: string;
  status: "pending" | "active" | "closed";
  unread_count: number;
  read_up_to: string | null;
  last_message_at: number;
  last_customer_message_at: number | null;
  /** Absent from objects of 0.1.0, which know of no wait. */
  waiting_since?: number | null;
  version: number;
  created_at: number;
  updated_at: number;
};

/** An inbound message or echo, by the column names of `messages`; JSON columns are text. */
export type MessageProjection = {
  id: string;
  conversation_id: string;
  phone_number_id: string;
  direction: "inbound" | "outbound";
  type: string;
  wamid: string;
  body: string;
  payload: string;
  participant: string | null;
  target_wamid: string | null;
  state: "delivered" | "accepted";
  created_at: number;
  received_at: number;
  media: MediaProjection | null;
};

/** The file of a message, by the column names of `media`. */
type MediaProjection = {
  id: string;
  meta_id: string;
  meta_expires_at: number;
  mime_type: string;
  sha256: string | null;
  filename: string | null;
};

/** Changes of objects that D1 does not have yet. */
export type Projection = {
  conversations: readonly ConversationProjection[];
  /** Conversations of which D1 had all but CHANGING when their object brought them last. */
  advanced?: readonly ConversationProjection[];
  messages: readonly MessageProjection[];
  sends: readonly SendProjection[];
};

/** A message that D1 did not have. */
type InsertedMessage = {
  /** Its id if another message targets it. */
  targeted_id: string | null;
};

/** A message whose wamid D1 already has under another id or in another conversation. */
export type HeldMessage = {
  wamid: string;
  told_id: string;
  message_id: string;
  /** The conversation that has the row. */
  holder_id: string;
};

/** The result of a projection. */
type Projected = {
  /** All statuses of its sends and echoes: Meta may have reported them before. */
  statuses: KnownStatus[];
  held: HeldMessage[];
  /** The rows of its sends that have details, as D1 has them now. */
  shown: MessageRow[];
};

/**
 * Writes everything in one round trip and one transaction. A second one follows only where D1 has other
 * rows than expected: a message or its reaction before, or no row of the conversation. Throws what D1
 * throws.
 */
export async function project(database: Database, projection: Projection): Promise<Projected> {
  const { messages, sends } = projection;
  const { whole, advanced } = newestOfEach(projection);
  const files = messages.flatMap(({ id, media, phone_number_id, received_at }) =>
    media === null ? [] : [{ ...media, message_id: id, phone_number_id, created_at: received_at }],
  );
  const targets = await withTails(
    messages.flatMap(({ phone_number_id, target_wamid }) =>
      target_wamid === null ? [] : [{ phone_number_id, wamid: target_wamid }],
    ),
  );
  const known = new Map([...whole, ...advanced].map((each) => [each.id, each]));
  // The insert of new ones returns what of their rows is not known here.
  const areKnown = areNew(sends) && sends.every(({ conversation_id: id }) => known.has(id));
  const asked = areKnown ? [] : sends;
  const echoIds = messages.filter(isEcho).map(({ id }) => id);
  const ours = jsonChunks([...echoIds, ...asked.map(({ id }) => id)]);
  const sent = sendRows(sends).flatMap((rows) => projectSends(rows, sends));
  // Whether a send without details is a reaction only its row says.
  const targeting = jsonChunks(sends.filter(({ details }) => details?.target_wamid !== null));
  const shown = jsonChunks(asked.flatMap(({ id, details }) => (details === undefined ? [] : [id])));
  const inserts = jsonChunks(
    messages.map((message) => ({
      ...message,
      version: known.get(message.conversation_id)?.version,
    })),
  ).map(insertMessages);
  const advances = jsonChunks(advanced).map(advanceConversations);
  const derived = derive(targets, targets);
  const statements = [
    ...inserts,
    ...advances,
    ...bringWhole(whole),
    ...jsonChunks(files).map(insertMedia),
    ...jsonChunks(echoIds).flatMap(adoptStatusesOf),
    ...sent,
    // A reaction may come with its target.
    ...derived,
    ...targeting.map(targetsOfSends),
    ...ours.map(statusesOf),
    ...shown.map(shownByIds),
  ];
  const changed = {
    conversations: [...known.keys()],
    messages: [...messages, ...sends].map(({ id }) => id),
  };
  const results = await runLogged(database, statements, changed, [
    ...placesReplaced(sends),
    ...targetsChanged(targets),
  ]);
  const takeLast = (count: number) => results.splice(results.length - count);
  const rows = takeLast(shown.length);
  const statuses = takeLast(ours.length);
  await deriveFromSends(database, takeLast(targeting.length));
  takeLast(derived.length);
  const written = takeLast(sent.length);
  const inserted = rowsOf<InsertedMessage>(results.splice(0, inserts.length));
  const found = new Set(
    rowsOf<{ id: string }>(results.splice(0, advances.length)).map(({ id }) => id),
  );
  const lost = advanced.filter(({ id }) => !found.has(id));
  for (const { id } of lost) known.delete(id);
  const targeted = new Set(inserted.map(({ targeted_id }) => targeted_id));
  const areAllNew = inserted.length === messages.length;
  const held = await projectUnexpected(database, {
    lost,
    known: areAllNew ? [] : messages,
    targeted: areAllNew ? messages.filter(({ id }) => targeted.has(id)) : messages,
  });
  const selected = { statuses: knownStatuses(statuses), shown: rows.flatMap(shownRows) };
  const inD1 = areNew(sends)
    ? await recordRest(database, sends, { written, known, ...selected })
    : selected;
  return { ...inD1, held };
}

/** Brings what the first round trip could not know, and returns the messages that D1 already held. */
async function projectUnexpected(
  database: Database,
  {
    lost,
    known,
    targeted,
  }: {
    lost: readonly ConversationProjection[];
    known: readonly MessageProjection[];
    targeted: readonly MessageProjection[];
  },
): Promise<HeldMessage[]> {
  const finding = jsonChunks(
    known.map((message) => {
      return { ...wamidOf(message), id: message.id, conversation_id: message.conversation_id };
    }),
  ).map(selectHeld);
  const statements = [
    ...bringWhole(lost),
    ...derive(targeted.map(wamidOf), targeted.filter(isEcho).map(wamidOf)),
    ...finding,
  ];
  const results = await runLogged(database, statements, {
    conversations: lost.map(({ id }) => id),
    messages: targeted.map(({ id }) => id),
  });
  return rowsOf(results.splice(results.length - finding.length));
}

const isEcho = ({ direction }: MessageProjection) => direction === "outbound";

/** The rows of statements; the caller names their columns, as its own SQL returns them. */
function rowsOf<Row>(results: readonly D1Result[]): Row[] {
  return results.flatMap(({ results: rows }) => rows as Row[]); // oxlint-disable-line typescript/no-unsafe-type-assertion
}

/**
 * A batch may contain one conversation more than once: its customer wrote from two addresses, or the
 * object took its messages in several calls. If D1 may lack more than CHANGING of one, it is written whole.
 */
function newestOfEach({ conversations, advanced = [] }: Projection): {
  whole: ConversationProjection[];
  advanced: ConversationProjection[];
} {
  const inOrder = [...conversations, ...advanced].toSorted(
    (one, other) => one.version - other.version,
  );
  const newest = [...new Map(inOrder.map((each) => [each.id, each])).values()];
  const lacking = new Set(conversations.map(({ id }) => id));
  return {
    whole: newest.filter(({ id }) => lacking.has(id)),
    advanced: newest.filter(({ id }) => !lacking.has(id)),
  };
}

/**
 * Inserts messages, without those that the object took before the erasure of its conversation, by
 * version if the input has one. Returns a row for each new message, and whether another message came before
 * that targets it.
 */
const insertMessages = statementOf((rows) => {
  const id = member("conversation_id");
  const ofNow = isOfNow(id, sql`coalesce(value ->> 'version', 0)`);
  return insertInto(
    "messages",
    `id, conversation_id, phone_number_id, direction, type, wamid, body, payload, participant, media_id,
    target_wamid, state, created_at, received_at`,
    sql`
      FROM ${eachOf(rows)}
      WHERE ${ofNow} OR ${isSinceErased(id, member("received_at"))}
      ${ON_KNOWN_MESSAGE}
      RETURNING CASE WHEN EXISTS (
        SELECT 1 FROM messages AS by
        WHERE by.target_wamid = messages.wamid AND by.phone_number_id = messages.phone_number_id)
      THEN id END AS targeted_id`,
    { conversation_id: survivorOf(id), media_id: member("$.media.id") },
  );
});

/** Inserts the files of messages that D1 has. */
const insertMedia = statementOf((rows) =>
  insertInto(
    "media",
    "id, phone_number_id, meta_id, meta_expires_at, mime_type, sha256, filename, created_at",
    sql`
      FROM ${eachOf(rows)}
      WHERE EXISTS (SELECT 1 FROM messages WHERE ${hasId("messages", member("message_id"))})
      ON CONFLICT DO NOTHING`,
  ),
);

/** Selects the messages whose row has another id or another conversation than the input. */
const selectHeld = statementOf((rows) => {
  const held = sql`
    SELECT m.wamid, input.value ->> 'id' AS told_id, m.id AS message_id,
      m.conversation_id AS holder_id
    FROM json_each(${rows}) AS input CROSS JOIN messages AS m`;
  const isElse = sql`(m.id <> input.value ->> 'id'
    OR m.conversation_id <> ${survivorOf(sql`input.value ->> 'conversation_id'`)})`;
  return sql`
    ${held} WHERE ${IS_DELIVERED_AS_INPUT} AND ${isElse}
    UNION
    ${held} WHERE ${IS_SENT_AS_INPUT} AND ${isElse}`;
});

const adoptStatusesOf = statementsOf((ids) => adoptStatuses(messagesById(ids)));

function wamidOf({ id, phone_number_id, wamid }: MessageProjection): WamidKey {
  return { phone_number_id, wamid, tail: tailOf(id) };
}

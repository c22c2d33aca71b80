/**
 * How statements find messages. D1 has a message under its conversation and its id, and has an index of
 * the last digits of ids. Those of a message from Meta are a digest of its wamid; ours are random, so
 * they need an index of wamids.
 */
import { sql, type SQL } from "./sql.ts";

/** The messages whose keys a statement selects: `(conversation_id, id)`. */
export const MESSAGE_KEY = sql.raw("(conversation_id, id)");

/** SQLite uses an index of an expression only where a statement repeats the expression. */
const TAIL_START = sql.raw("21");

/**
 * Whether the message has this id.
 *
 * @param message the table or its alias
 */
export function hasId(message: string, id: SQL): SQL {
  const own = sql.raw(`${message}.id`);
  return sql`${isNamed(message, id)} AND ${own} = ${id}`;
}

/** Whether the message has one of the ids in a JSON list. */
export function hasIdIn(message: string, ids: SQL): SQL {
  const own = sql.raw(`${message}.id`);
  return sql`
    ${isNamedIn(message, ids)} AND ${own} IN (SELECT value FROM json_each(${ids}))`;
}

/**
 * Whether the message has this id at any place: its object may have given it another than the caller
 * knows.
 */
export function isNamed(message: string, id: SQL): SQL {
  const own = sql.raw(`${message}.id`);
  return sql`substr(${own}, ${TAIL_START}) = substr(${id}, ${TAIL_START})`;
}

/** The same for one of the ids in a JSON list. */
export function isNamedIn(message: string, ids: SQL): SQL {
  const own = sql.raw(`${message}.id`);
  return sql`
    substr(${own}, ${TAIL_START}) IN (SELECT substr(value, ${TAIL_START}) FROM json_each(${ids}))`;
}

/**
 * Selects the keys of messages by id.
 *
 * @param ids a JSON list
 */
export function messagesById(ids: SQL): SQL {
  return sql`
    SELECT m.conversation_id, m.id FROM json_each(${ids}) AS input CROSS JOIN messages AS m
    WHERE ${hasId("m", sql`input.value`)}`;
}

/** Whether the message `m` went out, by us or from the business's phone, under the wamid of `input`. */
export const IS_SENT_AS_INPUT = sql`
  m.direction = 'outbound' AND m.wamid = input.value ->> 'wamid'
    AND m.phone_number_id = input.value ->> 'phone_number_id'`;

/** Whether the message `m` came from Meta under the wamid of `input`, whose digest is in `input`. */
export const IS_DELIVERED_AS_INPUT = sql`
  substr(m.id, ${TAIL_START}) = input.value ->> 'tail' AND m.wamid = input.value ->> 'wamid'
    AND m.phone_number_id = input.value ->> 'phone_number_id'`;

/**
 * Selects the keys of outbound messages by wamid. CROSS JOIN fixes the order of the join: for a row
 * value in a list SQLite would read every message instead of the partial index.
 *
 * @param rows JSON objects with a wamid and a phone_number_id
 */
export function messagesSentAs(rows: SQL): SQL {
  return sql`
    SELECT m.conversation_id, m.id FROM json_each(${rows}) AS input CROSS JOIN messages AS m
    WHERE ${IS_SENT_AS_INPUT}`;
}

/**
 * Selects the keys of messages from Meta by wamid.
 *
 * @param rows JSON objects with a wamid, its `tail` and a phone_number_id
 */
export function messagesDeliveredAs(rows: SQL): SQL {
  return sql`
    SELECT m.conversation_id, m.id FROM json_each(${rows}) AS input CROSS JOIN messages AS m
    WHERE ${IS_DELIVERED_AS_INPUT}`;
}

/**
 * Whether the row of `messages` is among several selections of keys. Without the outer SELECT, SQLite
 * would read all messages: it uses no index for a row value in a UNION.
 */
export function isOneOf(union: SQL): SQL {
  return sql`(messages.conversation_id, messages.id) IN (
    SELECT conversation_id, id FROM (${union}))`;
}

/**
 * Whether the row of `messages` has one of these wamids, on any business number that made the tails.
 *
 * @param rows JSON objects with a wamid and its `tails`
 */
export function isAnyByWamid(rows: SQL): SQL {
  const input = sql`json_each(${rows}) AS input`;
  return isOneOf(sql`
    SELECT m.conversation_id, m.id FROM ${input} CROSS JOIN messages AS m
    WHERE m.direction = 'outbound' AND m.wamid = input.value ->> 'wamid'
    UNION
    SELECT m.conversation_id, m.id
    FROM ${input} CROSS JOIN json_each(input.value, '$.tails') AS tail CROSS JOIN messages AS m
    WHERE substr(m.id, ${TAIL_START}) = tail.value AND m.wamid = input.value ->> 'wamid'`);
}

/**
 * What an insert does with rows that D1 has. Another message with the same last digits makes D1 refuse
 * the row as content that it can't store, since leaving it out would lose the message: Meta's is another
 * one if the wamid differs, and ours if the time does.
 */
export const ON_KNOWN_MESSAGE = sql`
  ON CONFLICT (substr(id, ${TAIL_START})) DO UPDATE SET payload = NULL
  WHERE CASE WHEN excluded.wamid IS NULL THEN messages.created_at <> excluded.created_at
    ELSE messages.wamid IS NOT excluded.wamid
      OR messages.phone_number_id <> excluded.phone_number_id END
  ON CONFLICT DO NOTHING`;

/**
 * The same for a send, whose row D1 may have already: inserted before the object had the message, or in
 * an earlier state.
 */
export const ON_KNOWN_SEND = sql`
  ON CONFLICT (substr(id, ${TAIL_START})) DO UPDATE SET payload = NULL
  WHERE messages.direction <> 'outbound' OR messages.created_at <> excluded.created_at
  ON CONFLICT DO NOTHING`;

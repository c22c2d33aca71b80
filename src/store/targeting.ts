/** Messages that target others: what reactions, edits and revokes did to their targets in D1. */
import { tailOfWamid } from "../lib/ids.ts";
import { runLogged, selectChanged } from "./change-log.ts";
import { type Database, statementOf } from "./d1.ts";
import { hasId, MESSAGE_KEY, messagesDeliveredAs, messagesSentAs } from "./message-keys.ts";
import { jsonChunks } from "./rows.ts";
import { sql, type SQL } from "./sql.ts";

/** A group member stays the same person if the name changes or the phone is absent. */
const PARTICIPANT_ID = sql`coalesce(participant ->> 'user_id', participant ->> 'wa_id')`;

/** What finds a message in D1 by the wamid that Meta gave it. */
export type WamidKey = { phone_number_id: string; wamid: string; tail: string };

export function withTails(wamids: readonly Omit<WamidKey, "tail">[]): Promise<WamidKey[]> {
  return Promise.all(
    wamids.map(async ({ phone_number_id, wamid }) => {
      return { phone_number_id, wamid, tail: await tailOfWamid(phone_number_id, wamid) };
    }),
  );
}

/**
 * Recomputes what reactions, edits and revokes did to their targets. It runs when they arrive and when
 * their target arrives, so either may come first. The newest reaction of a person counts; an empty one
 * removes it.
 *
 * @param keys selects the keys of the messages concerned
 */
function deriveFromTargeting(keys: SQL): SQL {
  const targeting = sql`
    by.target_wamid = messages.wamid AND by.phone_number_id = messages.phone_number_id
      AND (by.direction = 'inbound' OR by.state = 'accepted')`;
  return sql`
    UPDATE messages SET
      reactions = (
        SELECT json_group_array(json_object('emoji', emoji, 'from', author, 'at', at))
        FROM (
          SELECT body AS emoji, created_at AS at,
            CASE direction WHEN 'inbound' THEN 'customer' ELSE 'business' END AS author,
            row_number() OVER (PARTITION BY direction, ${PARTICIPANT_ID} ORDER BY id DESC) AS age
          FROM messages AS by WHERE by.type = 'reaction' AND ${targeting}
          ORDER BY id)
        WHERE age = 1 AND emoji <> ''),
      edited_body = (
        SELECT body FROM messages AS by
        WHERE by.type = 'edit' AND ${targeting} ORDER BY id DESC LIMIT 1),
      revoked_at = (
        SELECT min(created_at) FROM messages AS by WHERE by.type = 'revoke' AND ${targeting})
    WHERE ${MESSAGE_KEY} IN (${keys})
      AND EXISTS (SELECT 1 FROM messages AS by WHERE ${targeting})`;
}

const deriveDelivered = statementOf((rows) => deriveFromTargeting(messagesDeliveredAs(rows)));
const deriveSent = statementOf((rows) => deriveFromTargeting(messagesSentAs(rows)));

/** Statements for messages that Meta may have delivered, and for those that may have been sent. */
export function derive(delivered: readonly WamidKey[], sent: readonly Omit<WamidKey, "tail">[]) {
  return [...jsonChunks(delivered).map(deriveDelivered), ...jsonChunks(sent).map(deriveSent)];
}

/** Selects the targets themselves. */
export function targetsChanged(targets: readonly WamidKey[]): SQL[] {
  return jsonChunks(targets).flatMap((rows) => [
    selectChanged("message", "id", sql`FROM (${messagesDeliveredAs(sql`${rows}`)})`),
    selectChanged("message", "id", sql`FROM (${messagesSentAs(sql`${rows}`)})`),
  ]);
}

/** Selects the wamids that the reactions among these sends target. */
export const targetsOfSends = statementOf(
  (rows) => sql`
    SELECT sent.target_wamid AS wamid, sent.phone_number_id
    FROM json_each(${rows}) AS input CROSS JOIN messages AS sent
    WHERE ${hasId("sent", sql`input.value ->> 'id'`)} AND sent.target_wamid IS NOT NULL`,
);

/** A round trip of its own, for reactions alone: D1 can't make the digest of a target's wamid. */
export async function deriveFromSends(
  database: Database,
  selected: readonly D1Result[],
): Promise<void> {
  // The columns of our own statement.
  const wamids = selected.flatMap(({ results }) => results as Omit<WamidKey, "tail">[]); // oxlint-disable-line typescript/no-unsafe-type-assertion
  const targets = await withTails(wamids);
  await runLogged(database, derive(targets, targets), {}, targetsChanged(targets));
}

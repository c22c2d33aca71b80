/** New addresses in statuses: those that D1 does not know yet for the person. */
import { statementOf } from "./d1.ts";
import { hasId } from "./message-keys.ts";
import type { StatusToRecord } from "./message-status.ts";
import { sql } from "./sql.ts";

export type NewlyNamed = {
  conversation_id: string;
  at: number;
  /** Phones and BSUIDs of one person, in Meta's spelling. */
  people: readonly string[];
};

/** The input of `selectNewlyNamed`, without statuses that name no person. */
export function namingOf(statuses: readonly StatusToRecord[]) {
  return statuses.flatMap(
    ({ message_id, phone_number_id, participant, at, people = [], addresses = [] }) =>
      addresses.length === 0 || (addresses.length === 1 && message_id === null)
        ? []
        : [{ message_id, phone_number_id, participant, at, people, addresses }],
  );
}

/** The rows of `selectNewlyNamed`. */
export function newlyNamed(results: readonly D1Result[]): NewlyNamed[] {
  // The columns of our own statement.
  const rows = results.flatMap(({ results: some }) => some as NamedRow[]); // oxlint-disable-line typescript/no-unsafe-type-assertion
  return rows.map(({ people, ...row }) => ({ ...row, people: JSON.parse(people) }));
}

type NamedRow = { conversation_id: string; at: number; people: string };

/**
 * Selects the statuses with an address that D1 does not know yet for the person, and the person's
 * conversation. Addresses in one status belong to one person. If Meta's answer to the send was lost,
 * the recipient of the message and the person in the status are one person too.
 */
export const selectNewlyNamed = statementOf((rows) => {
  const addresses = sql`(SELECT value FROM json_each(input.value, '$.addresses'))`;
  const ofNumber = sql`phone_number_id = input.value ->> 'phone_number_id'`;
  const isUnanswered = sql`state = 'unconfirmed' AND input.value ->> 'participant' = ''`;
  return sql`
    SELECT c.id AS conversation_id, input.value ->> 'at' AS at, input.value -> 'people' AS people
    FROM json_each(${rows}) AS input CROSS JOIN conversations AS c
    WHERE c.kind = 'individual'
      AND c.id = coalesce(
        (SELECT conversation_id FROM messages
         WHERE ${hasId("messages", sql`input.value ->> 'message_id'`)} AND ${ofNumber} AND ${isUnanswered}),
        CASE WHEN json_array_length(input.value, '$.addresses') > 1 THEN coalesce(
          (SELECT id FROM conversations
           WHERE phone IS NOT NULL AND phone IN ${addresses} AND ${ofNumber}),
          (SELECT id FROM conversations
           WHERE user_id IS NOT NULL AND user_id IN ${addresses} AND ${ofNumber}),
          (SELECT conversation_id FROM conversation_addresses
           WHERE address IN ${addresses} AND ${ofNumber})) END)
      AND EXISTS (
        SELECT 1 FROM json_each(input.value, '$.addresses') AS named
        WHERE named.value IS NOT c.phone AND named.value IS NOT c.user_id
          AND NOT EXISTS (
            SELECT 1 FROM conversation_addresses AS known
            WHERE known.address = named.value AND known.phone_number_id = c.phone_number_id
              AND known.conversation_id = c.id))`;
});

import { sql, type SQL } from "drizzle-orm";

/**
 * Selects the ids of messages by wamid, in the order of a join that SQLite can't turn round: a
 * row value in a list would not use the partial index but read every message there is.
 *
 * @param rows JSON objects with a wamid and a phone_number_id
 */
export function messagesByWamid(rows: SQL): SQL {
  return sql`
    SELECT m.id FROM json_each(${rows}) AS told CROSS JOIN messages AS m
    WHERE m.wamid = told.value ->> 'wamid'
      AND m.phone_number_id = told.value ->> 'phone_number_id'`;
}

/** How many conversations there are of each kind, as far as a badge shows it. */
import { NUMBERS } from "./business-numbers.ts";
import type { Database } from "./d1.ts";
import { sql, type SQL } from "./sql.ts";

/** A badge shows `99+`; counting on would read a row for each conversation. */
export const COUNT_MAX = 100;

type Counts = {
  pending: number;
  active: number;
  closed: number;
  waiting: number;
  /** Open ones of the asked person. */
  mine: number;
  unread: number;
};

/** The conversations of each kind, counted to `COUNT_MAX`. */
export async function countConversations(database: Database, assignee: string): Promise<Counts> {
  const [row] = await database.all<Counts>(sql`
    WITH RECURSIVE asked (name) AS (SELECT ${assignee}), ${NUMBERS} ${COUNTS}`);
  if (row === undefined) throw new Error("D1 answered a SELECT without FROM with no row");
  return row;
}

/** Every index that counts begins with the number, but for the assignee's. */
function counted(which: string): SQL {
  return sql.raw(`(
    SELECT count(*) FROM (
      SELECT 1 FROM numbers CROSS JOIN conversations
      WHERE phone_number_id = number AND ${which} LIMIT ${COUNT_MAX}))`);
}

const COUNTS = sql`
  SELECT ${counted("status = 'pending'")} AS pending, ${counted("status = 'active'")} AS active,
    ${counted("status = 'closed'")} AS closed,
    (SELECT count(*) FROM (
      SELECT 1 FROM conversations WHERE waiting_since IS NOT NULL LIMIT ${COUNT_MAX})) AS waiting,
    ${counted(
      "assignee IS NOT NULL AND assignee = (SELECT name FROM asked) AND status IN ('pending', 'active')",
    )} AS mine,
    ${counted("status IN ('pending', 'active', 'closed') AND (unread_count > 0) = 1")} AS unread`;

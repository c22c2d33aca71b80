/** How many conversations there are of each kind, as far as a badge shows it. */
import { type ConversationFilter, isMatched } from "./conversations.ts";
import type { Database } from "./d1.ts";
import { sql } from "./sql.ts";

/** A badge shows `99+`; counting on would read a row for each conversation. */
export const COUNT_MAX = 100;

/** What is counted: each list's conditions, by the list's name. */
type Counted<Name extends string> = Readonly<Record<Name, readonly ConversationFilter[]>>;

/** The conversations of each list, counted to `COUNT_MAX`. */
export async function countConversations<Name extends string>(
  database: Database,
  lists: Counted<Name>,
): Promise<Record<Name, number>> {
  const counts = Object.entries<readonly ConversationFilter[]>(lists).map(
    ([name, filters]) => sql`(
      SELECT count(*) FROM (
        SELECT 1 FROM conversations WHERE ${isMatched(filters)} LIMIT ${COUNT_MAX})) AS ${sql.raw(name)}`,
  );
  const [row] = await database.all<Record<Name, number>>(sql`SELECT ${sql.join(counts, sql`, `)}`);
  if (row === undefined) throw new Error("D1 answered a SELECT without FROM with no row");
  return row;
}

/** Statements as D1 gets them. Those whose text never changes are put together once. */
import { sql, type SQL, type SQLWrapper } from "drizzle-orm";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";

export type Statement = { text: string; parameters: readonly unknown[] };

/** The one parameter of a statement, as often as it stands there. */
const PARAMETER = sql.raw("?1");

const dialect = new SQLiteAsyncDialect();

export function statementFrom(query: SQLWrapper): Statement {
  const { sql: text, params: parameters } = dialect.sqlToQuery(query.getSQL());
  return { text, parameters };
}

/**
 * A statement of one parameter, put together once: drizzle looks at each piece of it a dozen times.
 *
 * @param build is given what stands for the parameter; all else in it is constant
 */
export function statementOf(build: (parameter: SQL) => SQL): (value: string) => Statement {
  const text = rendered(build(PARAMETER));
  return (value) => ({ text, parameters: [value] });
}

/** The same for several, to run in order; each has that parameter. */
export function statementsOf(
  build: (parameter: SQL) => readonly SQL[],
): (value: string) => Statement[] {
  const texts = build(PARAMETER).map(rendered);
  return (value) => texts.map((text) => ({ text, parameters: [value] }));
}

/** The text of a part that is constant. */
export function rendered(part: SQL): string {
  // Its own: the flag stays with what it is set on.
  return dialect.sqlToQuery(sql`${part}`.inlineParams()).sql;
}

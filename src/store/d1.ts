/**
 * D1 through drizzle.
 *
 * D1 that is waited for, but not for ever: it answers within milliseconds or is in trouble.
 *
 * Statements as D1 gets them. Those whose text never changes are put together once.
 */
import { sql, type SQL, type SQLWrapper } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import { DeadlineExceeded, withDeadline } from "../lib/deadline.ts";

export type Database = DrizzleD1Database & { $client: D1Database };

/** Without the schema, which only relational queries need: reading it would be most of the work. */
export function createDatabase(d1: D1Database): Database {
  return drizzle(d1);
}

/** How much of an answer's time D1 may take: with all else it is told within 2 s. */
export const ANSWER_PATIENCE_MS = 1500;

/** What asks D1 of a statement. */
const ASKING = new Set<PropertyKey>(["all", "first", "raw", "run"]);

/**
 * The same database, of which each answer is waited for no longer than the limit; then the caller
 * gets DeadlineExceeded. Where it hung just now it is not asked again, so that whoever asks several
 * times waits once. What it was asked goes on: it may still be done.
 */
export function patientD1(d1: D1Database, limitMs: number): D1Database {
  let hungAt = -Infinity;
  const originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>();

  async function patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    if (performance.now() - hungAt < limitMs) throw new DeadlineExceeded("D1 hung just now");
    try {
      return await withDeadline(ask(), limitMs);
    } catch (error) {
      if (error instanceof DeadlineExceeded) hungAt = performance.now();
      throw error;
    }
  }

  function patient(statement: D1PreparedStatement): D1PreparedStatement {
    const wrapped = new Proxy(statement, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => patient(target.bind(...values));
        const member: unknown = Reflect.get(target, name);
        return ASKING.has(name) && typeof member === "function"
          ? (...options: unknown[]) => patiently(async () => Reflect.apply(member, target, options))
          : member;
      },
    });
    originals.set(wrapped, statement);
    return wrapped;
  }

  return new Proxy(d1, {
    get(target, name) {
      switch (name) {
        case "prepare":
          return (query: string) => patient(target.prepare(query));
        case "batch":
          return (statements: D1PreparedStatement[]) =>
            patiently(() => target.batch(statements.map((each) => originals.get(each) ?? each)));
        default:
          return Reflect.get(target, name);
      }
    },
  });
}

/** The environment with such a database. */
export function withD1Timeout(env: Env, limitMs: number): Env {
  return { ...env, DB: patientD1(env.DB, limitMs) };
}

/** What a D1 error means for whoever got it: the one place that reads the platform's messages. */

type D1Failure =
  /** The connection broke: an idempotent statement may be repeated at once. */
  | "repeat"
  /** The content can't be stored, now or ever. */
  | "content"
  /** Overloaded, unavailable or unknown: later, and not hot. */
  | "later";

/** https://developers.cloudflare.com/d1/observability/debug-d1/ */
const REPEATABLE = [
  "Network connection lost",
  "storage caused object to be reset",
  "reset because its code was updated",
];

/** SQLite's result codes for values that fit no column, and for JSON that it can't read. */
const OF_CONTENT = [
  "SQLITE_TOOBIG",
  "SQLITE_CONSTRAINT",
  "SQLITE_MISMATCH",
  "SQLITE_RANGE",
  "malformed JSON",
];

export function d1Failure(error: unknown): D1Failure {
  const text = messagesOf(error);
  if (REPEATABLE.some((part) => text.includes(part))) return "repeat";
  return OF_CONTENT.some((part) => text.includes(part)) ? "content" : "later";
}

/** Tables or columns that this version needs are not there: its migrations were not applied. */
export function lacksMigrations(error: unknown): boolean {
  return /no such (?:table|column)|has no column named/.test(messagesOf(error));
}

/** What to do about it, on this machine and deployed. */
export const APPLY_MIGRATIONS =
  "apply them with `npx wrangler d1 migrations apply DB --local`, or, for a Worker that is deployed, with `npm run deploy`";

/** drizzle and D1 wrap what SQLite said. */
function messagesOf(error: unknown): string {
  const messages: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) messages.push(each.message);
  return messages.join("\n");
}

type Statement = { text: string; parameters: readonly unknown[] };

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

/**
 * Runs statements in one transaction and one round trip; none at all is no round trip. They must be
 * idempotent: where the connection breaks, nobody knows whether they ran, and they run once more.
 * Returns their results in order;
 * throws what D1 throws. (drizzle's own `batch` can't bind the parameters of raw statements.)
 */
export async function runBatch(
  database: Database,
  statements: readonly (SQLWrapper | Statement)[],
): Promise<D1Result[]> {
  if (statements.length === 0) return [];
  const { $client: client } = database;
  return onceMoreIfBroken(() =>
    client.batch(
      statements.map((statement) => {
        const { text, parameters } = "text" in statement ? statement : statementFrom(statement);
        return client.prepare(text).bind(...parameters);
      }),
    ),
  );
}

/** Repeats idempotent work at once where the connection broke. */
async function onceMoreIfBroken<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (d1Failure(error) !== "repeat") throw error;
    return work();
  }
}

/**
 * D1: a deadline for each answer, the meaning of errors, statements that are put together once, and batches
 * that survive a broken connection.
 */
import { hasInbox } from "../config/inbox.ts";
import { DeadlineExceeded, withDeadline } from "../lib/deadline.ts";
import { hintFeed } from "./feed-hint.ts";
import { sql, type SQL, withLiterals } from "./sql.ts";

export type Database = {
  readonly client: D1Database;
  /** The rows of a query; the caller names their type, as its own SQL selects them. */
  readonly all: <Row>(query: SQL | Statement) => Promise<Row[]>;
  /** The same as arrays of values, in the order of the columns. */
  readonly raw: <Values extends readonly unknown[]>(query: Statement) => Promise<Values[]>;
  /** Runs a statement whose rows nobody needs. */
  readonly run: (statement: SQL) => Promise<D1Result>;
  /** Whether pages of the inbox may follow what changes. */
  readonly hasFollowers: () => boolean;
  /** Says to those pages that something has changed; costs the caller nothing and never fails. */
  readonly announce: () => void;
};

/** What a database is made of; a bare D1 has no followers. */
type DatabaseSource = Pick<Env, "DB" | "INBOX" | "INBOX_SIGN_IN" | "INBOX_FEED">;

export function createDatabase(source: D1Database | DatabaseSource): Database {
  const [client, env] = "DB" in source ? [source.DB, source] : [source, null];
  return {
    client,
    hasFollowers: () => env !== null && hasInbox(env),
    announce: () => env !== null && hintFeed(env),
    all: async <Row>(query: SQL | Statement) =>
      rowsOf<Row>(await prepared(client, query).raw({ columnNames: true })),
    raw: async <Values extends readonly unknown[]>(query: Statement) =>
      prepared(client, query).raw<Values>(),
    run: async (statement) => prepared(client, statement).run(),
  };
}

/** The rows as objects: the binding's own `all` takes several times as long to make them. */
function rowsOf<Row>([names, ...rows]: [string[], ...unknown[][]]): Row[] {
  return rows.map((values) => {
    const row: Record<string, unknown> = {};
    for (const [place, name] of names.entries()) row[name] = values[place];
    // The caller names the type of the columns that its own SQL selects.
    return row as Row; // oxlint-disable-line typescript/no-unsafe-type-assertion
  });
}

/** How long a request waits for D1: together with all other work, it gets its answer within 2 s. */
export const ANSWER_PATIENCE_MS = 1500;

/** The members of a statement that call D1. */
const QUERY_MEMBERS = new Set<PropertyKey>(["all", "first", "raw", "run"]);

/**
 * The same database with a deadline: D1 answers within milliseconds or has an outage. After the limit
 * the caller gets DeadlineExceeded, and until as much time has passed again every further call fails at
 * once, so that a caller with several calls waits once. D1 may still execute a call that timed out.
 */
export function d1WithTimeout(d1: D1Database, limitMs: number): D1Database {
  let hungAt = -Infinity;
  const originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>();

  async function limited<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    if (performance.now() - hungAt < limitMs) throw new DeadlineExceeded("D1 hung just now");
    try {
      return await withDeadline(call(), limitMs);
    } catch (error) {
      if (error instanceof DeadlineExceeded) hungAt = performance.now();
      throw error;
    }
  }

  function wrap(statement: D1PreparedStatement): D1PreparedStatement {
    const wrapped = new Proxy(statement, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => wrap(target.bind(...values));
        const member: unknown = Reflect.get(target, name);
        return QUERY_MEMBERS.has(name) && typeof member === "function"
          ? (...options: unknown[]) => limited(async () => Reflect.apply(member, target, options))
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
          return (query: string) => wrap(target.prepare(query));
        case "batch":
          return (statements: D1PreparedStatement[]) =>
            limited(() => target.batch(statements.map((each) => originals.get(each) ?? each)));
        default:
          return Reflect.get(target, name);
      }
    },
  });
}

/** The environment with a deadline for D1; it inherits the rest, since a copy walks all bindings for each request. */
export function withD1Timeout(env: Env, limitMs: number): Env {
  const DB = { value: d1WithTimeout(env.DB, limitMs), enumerable: true };
  const limited: Env = Object.create(env, { DB });
  return limited;
}

/** What a D1 error means for the caller. */
type D1Failure =
  /** The connection broke: the caller may repeat an idempotent statement at once. */
  | "repeat"
  /** D1 can never store this content. */
  | "content"
  /** Overloaded, unavailable or unknown: the caller may repeat it later, after a wait. */
  | "later";

/** https://developers.cloudflare.com/d1/observability/debug-d1/ */
const REPEATABLE = [
  "Network connection lost",
  "storage caused object to be reset",
  "reset because its code was updated",
];

/** SQLite's result codes for values that no column accepts, and for JSON that it can't read. */
const OF_CONTENT = [
  "SQLITE_TOOBIG",
  "SQLITE_CONSTRAINT",
  "SQLITE_MISMATCH",
  "SQLITE_RANGE",
  "malformed JSON",
];

/** Only this function interprets the platform's messages. */
export function d1Failure(error: unknown): D1Failure {
  const text = messagesOf(error);
  if (REPEATABLE.some((part) => text.includes(part))) return "repeat";
  return OF_CONTENT.some((part) => text.includes(part)) ? "content" : "later";
}

/** Whether D1 lacks tables or columns of this version: its migrations were not applied. */
export function lacksMigrations(error: unknown): boolean {
  return /no such (?:table|column)|has no column named/.test(messagesOf(error));
}

/** The remedy, on this machine and for a deployed Worker. */
export const APPLY_MIGRATIONS =
  "apply them with `npx wrangler d1 migrations apply DB --local`, or, for a Worker that is deployed, with `npm run deploy`";

/** D1 wraps SQLite's error: the message of each level. */
function messagesOf(error: unknown): string {
  const messages: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) messages.push(each.message);
  return messages.join("\n");
}

export type Statement = { text: string; parameters: readonly unknown[] };

/** The single parameter of a statement; it may occur several times. */
const PARAMETER = sql.raw("?1");

/**
 * A statement with one parameter, put together once: some have dozens of parts.
 *
 * @param build receives the parameter; everything else in the statement is constant
 */
export function statementOf(build: (parameter: SQL) => SQL): (value: string) => Statement {
  const text = withLiterals(build(PARAMETER));
  return (value) => ({ text, parameters: [value] });
}

/** The same for several statements, which run in order; all have the same parameter. */
export function statementsOf(
  build: (parameter: SQL) => readonly SQL[],
): (value: string) => Statement[] {
  const texts = build(PARAMETER).map(withLiterals);
  return (value) => texts.map((text) => ({ text, parameters: [value] }));
}

/**
 * Runs statements in one transaction and one round trip; no statements make no round trip. They must
 * be idempotent: if the connection breaks, they may have run, and they run once more. Returns the
 * results in order; throws what D1 throws.
 */
export async function runBatch(
  database: Database,
  statements: readonly (SQL | Statement)[],
): Promise<D1Result[]> {
  if (statements.length === 0) return [];
  const { client } = database;
  return onceMoreIfBroken(() =>
    client.batch(statements.map((statement) => prepared(client, statement))),
  );
}

function prepared(client: D1Database, statement: SQL | Statement): D1PreparedStatement {
  return "text" in statement
    ? client.prepare(statement.text).bind(...statement.parameters)
    : client.prepare(statement.texts.join("?")).bind(...statement.values);
}

/** Repeats idempotent work at once if the connection broke. */
async function onceMoreIfBroken<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (d1Failure(error) !== "repeat") throw error;
    return work();
  }
}

/** D1 that is waited for, but not for ever: it answers within milliseconds or is in trouble. */
import { DeadlineExceeded, withDeadline } from "../deadline.ts";

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
export function withPatience(env: Env, limitMs: number): Env {
  return { ...env, DB: patientD1(env.DB, limitMs) };
}

/** A D1 that remembers what it was asked and what that cost. */

export type D1Record = {
  roundTrips: number;
  rowsWritten: number;
  statements: { sql: string; values: unknown[] }[];
};

/** The database itself behind a recorder. */
export function recordedD1(database: D1Database): { database: D1Database; record: D1Record } {
  const record: D1Record = { roundTrips: 0, rowsWritten: 0, statements: [] };
  const known = new WeakMap<D1PreparedStatement, { inner: D1PreparedStatement; sql: string }>();
  const asked = new WeakMap<D1PreparedStatement, unknown[]>();

  function note(statement: D1PreparedStatement): void {
    const { sql = "" } = known.get(statement) ?? {};
    record.statements.push({ sql, values: asked.get(statement) ?? [] });
  }

  function wrap(inner: D1PreparedStatement, sql: string, values: unknown[]): D1PreparedStatement {
    const outer: D1PreparedStatement = new Proxy(inner, {
      get(target, name) {
        if (name === "bind")
          return (...bound: unknown[]) => wrap(target.bind(...bound), sql, bound);
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return async (...parameters: unknown[]): Promise<unknown> => {
          record.roundTrips += 1;
          note(outer);
          const result: unknown = await Reflect.apply(member, target, parameters);
          record.rowsWritten += rowsWritten(result);
          return result;
        };
      },
    });
    known.set(outer, { inner, sql });
    asked.set(outer, values);
    return outer;
  }

  const recorded = new Proxy(database, {
    get(target, name) {
      if (name === "prepare") return (sql: string) => wrap(target.prepare(sql), sql, []);
      if (name !== "batch") return Reflect.get(target, name);
      return async (statements: D1PreparedStatement[]): Promise<D1Result[]> => {
        record.roundTrips += 1;
        statements.forEach(note);
        const results = await target.batch(
          statements.map((statement) => known.get(statement)?.inner ?? statement),
        );
        for (const result of results) record.rowsWritten += rowsWritten(result);
        return results;
      };
    },
  });
  return { database: recorded, record };
}

function rowsWritten(result: unknown): number {
  const meta: unknown =
    typeof result === "object" && result !== null && "meta" in result ? result.meta : null;
  return typeof meta === "object" && meta !== null && "rows_written" in meta
    ? Number(meta.rows_written)
    : 0;
}

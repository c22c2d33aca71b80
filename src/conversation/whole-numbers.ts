/** The SQL of an object, whose INTEGER columns take whole numbers alone. */
export type ObjectSql = Pick<SqlStorage, "exec">;

/** Rounds a fraction of a time up, so that nothing is due before its time and no row is refused. */
export function wholeNumbers(sql: SqlStorage): ObjectSql {
  return {
    exec: (query, ...bindings) =>
      sql.exec(
        query,
        ...bindings.map((value: unknown) => (typeof value === "number" ? Math.ceil(value) : value)),
      ),
  };
}

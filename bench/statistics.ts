/** What is said of a handful of measurements: pure. */

/** The middle, and the least and greatest beside it. */
export type Spread = { median: number; least: number; greatest: number };

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  return {
    median: percentile(sorted, 50),
    least: sorted[0] ?? Number.NaN,
    greatest: sorted.at(-1) ?? Number.NaN,
  };
}

/** By nearest rank, of values sorted upwards; NaN of none. */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

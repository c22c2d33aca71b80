/** A value that must be told apart from its likes, and where it stands. */
export type PlacedValue = {
  value: string;
  path: readonly [string | number, ...(string | number)[]];
};

/** The values that repeat an earlier one. */
export function repeatedValues(values: readonly PlacedValue[]): PlacedValue[] {
  const seen = new Set<string>();
  return values.filter(({ value }) => {
    const repeated = seen.has(value);
    seen.add(value);
    return repeated;
  });
}

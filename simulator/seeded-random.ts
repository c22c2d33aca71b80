/** A repeatable source of chance: the same seed gives the same wamids, BSUIDs and order. */
export interface SeededRandom {
  /** A fraction in [0, 1). */
  fraction(): number;
  /** An integer in [0, limit). */
  below(limit: number): number;
  /** `length` characters drawn from `alphabet`. */
  characters(alphabet: string, length: number): string;
  /** A new list with the same items in chance order. */
  shuffled<Item>(items: readonly Item[]): Item[];
}

const MULBERRY_INCREMENT = 0x6d2b79f5;
const UINT32_RANGE = 2 ** 32;

/** The mulberry32 generator, small and good enough for test data. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;

  function fraction(): number {
    state = (state + MULBERRY_INCREMENT) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / UINT32_RANGE;
  }

  function below(limit: number): number {
    return Math.floor(fraction() * limit);
  }

  return {
    fraction,
    below,
    characters: (alphabet, length) =>
      Array.from({ length }, () => alphabet.charAt(below(alphabet.length))).join(""),
    shuffled: (items) =>
      items
        .map((item) => ({ item, rank: fraction() }))
        .toSorted((left, right) => left.rank - right.rank)
        .map(({ item }) => item),
  };
}

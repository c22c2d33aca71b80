/** A random order of everything that can happen, from a seed. */

export const STEPS = [
  "write",
  "write",
  "write",
  "write_without_phone",
  "write_burst",
  "deliver",
  "deliver",
  "deliver_twice",
  "deliver_old",
  "deliver_interrupted",
  "deliver_and_send",
  "send",
  "send",
  "send_dialled",
  "send_without_key",
  "send_batch",
  "send_interrupted",
  "prefer",
  "repeat_send",
  "statuses",
  "read",
  "read_some",
  "close",
  "evict",
  "abort_all",
  "d1_refuses",
  "d1_loses_answers",
  "d1_recovers",
  "alarms",
] as const;

export type Step = (typeof STEPS)[number];

/** Numbers from 0 up to 1; the same for the same seed. (Mulberry32, public domain.) */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of them. */
export function pick<Value>(values: readonly Value[], random: () => number): Value {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error("nothing to pick from");
  return value;
}

/** Which of the loaded messages are drawn: so many at most, wherever somebody reads. Pure. */

/** The messages from `from` up to, but without, `to`. */
export type Range = { readonly from: number; readonly to: number };

/** A browser stays quick with these, and they fill many screens. */
export const MOST_DRAWN = 400;

/** Taken up at once when somebody scrolls to an end of what is drawn. */
export const STEP = 50;

/** The newest ones. */
export function atEnd(count: number): Range {
  return { from: Math.max(0, count - STEP), to: count };
}

/** Those around a place, as many as at an end. */
export function around(place: number, count: number): Range {
  const from = Math.max(0, Math.min(place - STEP / 2, count - STEP));
  return { from, to: Math.min(count, from + STEP) };
}

/** Where reading begins: the newest ones, or those around an older place; -1 for none. */
export function beginning(place: number, count: number): Range {
  const end = atEnd(count);
  return place >= 0 && place < end.from ? around(place, count) : end;
}

/** Shows older ones; the newest leave where there are too many. */
export function towardsOlder({ from, to }: Range): Range {
  const earlier = Math.max(0, from - STEP);
  return { from: earlier, to: Math.min(to, earlier + MOST_DRAWN) };
}

/** Shows newer ones; the oldest leave where there are too many. */
export function towardsNewer({ from, to }: Range, count: number): Range {
  const later = Math.min(count, to + STEP);
  return { from: Math.max(from, later - MOST_DRAWN), to: later };
}

/**
 * The same messages after others came: `before` older ones were loaded in front of them, and the newest
 * ones join if the end was drawn. Where there are fewer than before, as many as there are.
 */
export function afterLoading(
  range: Range,
  before: number,
  countThen: number,
  count: number,
): Range {
  const isAtEnd = range.to >= countThen;
  const to = isAtEnd ? count : Math.min(range.to + before, count);
  const from = Math.max(range.from + before, to - MOST_DRAWN);
  return { from: Math.min(from, Math.max(0, to - STEP)), to };
}

/**
 * A walk through the list of conversations, page by page, while some of them move to its top: each
 * round looks through what was written to during the round before, so that the walk shows all that
 * was there when it began.
 */
import * as v from "valibot";
import { decodeCursor, encodeCursor, type Position, positionSchema } from "../page.ts";

export type Walk = {
  /** When this round began: what is written to from then on is the next round's. */
  began: number;
  /** When the round before began; null in the first, which looks through all. */
  since: number | null;
  /** What was shown, by the beginnings of ids; null once that is too much for a cursor. */
  seen: readonly string[] | null;
  /** Where this round goes on; null = at the top. */
  after: Position | null;
};

/** Ids of conversations are digests: so much of one is nobody else's in a walk. */
const ID_SHOWN_CHARACTERS = 12;

/** Together 4 KB of an address; behind that a conversation written to meanwhile comes once more. */
const SEEN_MAX_COUNT = 250;

const time = v.pipe(v.number(), v.safeInteger());

const walkSchema = v.strictTuple([
  time,
  v.nullable(time),
  v.nullable(positionSchema),
  v.nullable(v.pipe(v.string(), v.maxLength(SEEN_MAX_COUNT * ID_SHOWN_CHARACTERS))),
]);

/** A walk's beginning. */
export function newWalk(now: number): Walk {
  return { began: now, since: null, seen: [], after: null };
}

/** The round after this one. */
export function nextRound({ began, seen }: Walk, now: number): Walk {
  return { began: now, since: began, seen, after: null };
}

/** Whether no round follows: one that looked through what was written to, and forgets what it showed. */
export function isLastRound({ since, seen }: Walk): boolean {
  return since !== null && seen === null;
}

/** Behind a page that this round showed. */
export function walkedPast(walk: Walk, shown: readonly { id: string; at: number }[]): Walk {
  const seen = [...(walk.seen ?? []), ...shown.map(({ id }) => id.slice(0, ID_SHOWN_CHARACTERS))];
  return {
    ...walk,
    seen: walk.seen === null || seen.length > SEEN_MAX_COUNT ? null : seen,
    after: shown.at(-1) ?? walk.after,
  };
}

/** Whether the walk knows that it showed this one. */
export function hasSeen({ seen }: Walk, id: string): boolean {
  return seen?.includes(id.slice(0, ID_SHOWN_CHARACTERS)) ?? false;
}

export function walkCursor({ began, since, seen, after }: Walk): string {
  const position = after === null ? null : [after.at, after.id];
  return encodeCursor([began, since, position, seen?.join("") ?? null]);
}

/** Cursors of earlier versions hold a position alone. */
export function parseWalk(cursor: string, now: number): Walk | null {
  const position = decodeCursor(cursor, positionSchema);
  if (position !== null) return { ...newWalk(now), seen: null, after: positionOf(position) };
  const walk = decodeCursor(cursor, walkSchema);
  if (walk === null) return null;
  const [began, since, after, seen] = walk;
  return {
    began,
    since,
    seen: seen === null ? null : seenIn(seen),
    after: after === null ? null : positionOf(after),
  };
}

function positionOf([at, id]: v.InferOutput<typeof positionSchema>): Position {
  return { at, id };
}

function seenIn(text: string): string[] {
  return text.match(new RegExp(`.{1,${ID_SHOWN_CHARACTERS}}`, "gs")) ?? [];
}

/**
 * A walk reads the list of conversations page by page while new messages move some of them to the top.
 * Each round reads the conversations that got messages during the round before, so that the walk shows
 * every conversation that existed when it began.
 */
import * as v from "valibot";
import { decodedJson, encodedJson } from "../../lib/bytes.ts";
import { acceptedBy, integer } from "../../lib/validate.ts";
import { type Position, positionSchema } from "../page.ts";

export type Walk = {
  /** When this round began: the next round has the conversations written to since then. */
  began: number;
  /** When the previous round began; null in the first, which reads all. */
  since: number | null;
  /** The shown conversations, by the beginnings of their ids; null once a cursor can't hold them. */
  seen: readonly string[] | null;
  /** Where this round continues; null = at the top. */
  after: Position | null;
};

/** Conversation ids are digests: this much of one is unique within a walk. */
const ID_SHOWN_CHARACTERS = 10;

/** 7 KB of the URL. Beyond it, a conversation that gets a message may be shown twice. */
const SEEN_MAX_COUNT = 500;

const walkSchema = v.strictTuple([
  integer,
  v.nullable(integer),
  v.nullable(positionSchema),
  v.nullable(v.pipe(v.string(), v.maxLength(SEEN_MAX_COUNT * ID_SHOWN_CHARACTERS))),
]);

/** The beginning of a walk. */
export function newWalk(now: number): Walk {
  return { began: now, since: null, seen: [], after: null };
}

/** The round after this one. */
export function nextRound({ began, seen }: Walk, now: number): Walk {
  return { began: now, since: began, seen, after: null };
}

/** Whether no round follows: a second round that can't remember what it showed would never end. */
export function isLastRound({ since, seen }: Walk): boolean {
  return since !== null && seen === null;
}

/** The walk after a page that this round showed. */
export function walkedPast(walk: Walk, shown: readonly { id: string; at: number }[]): Walk {
  const seen = [...(walk.seen ?? []), ...shown.map(({ id }) => id.slice(0, ID_SHOWN_CHARACTERS))];
  return {
    ...walk,
    seen: walk.seen === null || seen.length > SEEN_MAX_COUNT ? null : seen,
    after: shown.at(-1) ?? walk.after,
  };
}

/** Whether the walk remembers that it showed this conversation. */
export function hasSeen({ seen }: Walk, id: string): boolean {
  return seen?.includes(id.slice(0, ID_SHOWN_CHARACTERS)) ?? false;
}

export function walkCursor({ began, since, seen, after }: Walk): string {
  const position = after === null ? null : [after.at, after.id];
  return encodedJson([began, since, position, seen?.join("") ?? null]);
}

/** Cursors of earlier versions contain only a position. */
export function parseWalk(cursor: string, now: number): Walk | null {
  const content = decodedJson(cursor);
  const position = acceptedBy(positionSchema, content);
  if (position !== null) return { ...newWalk(now), seen: null, after: positionOf(position) };
  const walk = acceptedBy(walkSchema, content);
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

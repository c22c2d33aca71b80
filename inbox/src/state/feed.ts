/** The feed's frames, and what each means for the place in the log. Pure. */
import type { ChangesFrame, ResetFrame } from "../../../src/api/inbox/schema.ts";

/** Changed views: what the log named between two places, as it is now. */
export type Changes = ChangesFrame;

/** The page is too far behind: it loads anew what it shows. */
export type Reset = ResetFrame;

export type Person = { name: string; at: string | null; typing: boolean };

export type FeedFrame =
  | Changes
  | Reset
  | { t: "hello"; seq: number; time: string; version: string | null }
  | { t: "people"; list: Person[] };

/** A frame of the server; null for one that this page does not know. */
export function parseFrame(text: string): FeedFrame | null {
  const value = jsonOf(text);
  if (typeof value !== "object" || value === null || !("t" in value)) return null;
  const { t } = value;
  const isKnown = t === "hello" || t === "changes" || t === "reset" || t === "people";
  // The page and the feed are deployed together, and the feed's tests hold its frames to their shape.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return isKnown ? (value as FeedFrame) : null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export type Step =
  /** The page knows all changes up to here. */
  | { kind: "on"; seq: number }
  /** Changes between the page's place and the frame's are missing. */
  | { kind: "gap" }
  /** The views that the page has may be older than the log reaches. */
  | { kind: "anew"; seq: number };

/** From a place in the log to the next; backwards only by a reset. */
export function step(seen: number, frame: Changes | Reset): Step {
  if (frame.t === "reset") return { kind: "anew", seq: frame.seq };
  if (frame.from > seen) return { kind: "gap" };
  return { kind: "on", seq: Math.max(seen, frame.to) };
}

/** What a page says over its socket. Pure. */
import * as v from "valibot";
import { jsonIn } from "../lib/json.ts";
import { acceptedBy, integer } from "../lib/validate.ts";

/** More than any frame of ours; longer ones are not even parsed. */
const FRAME_MAX_CHARACTERS = 1000;

/** Conversations' ids have 64. */
const ID_MAX_CHARACTERS = 100;

const clientFrameSchema = v.variant("t", [
  /** "I am here: what comes after?" */
  v.object({
    t: v.literal("sync"),
    after: v.pipe(
      integer,
      v.check((after) => after >= 0),
    ),
  }),
  /** The conversation on screen, and whether its person types an answer. */
  v.object({
    t: v.literal("here"),
    at: v.nullable(v.pipe(v.string(), v.maxLength(ID_MAX_CHARACTERS))),
    typing: v.optional(v.boolean(), false),
  }),
]);

export type ClientFrame = v.InferOutput<typeof clientFrameSchema>;

/** Null for anything else. */
export function readClientFrame(message: string | ArrayBuffer): ClientFrame | null {
  if (typeof message !== "string" || message.length > FRAME_MAX_CHARACTERS) return null;
  return acceptedBy(clientFrameSchema, jsonIn(message));
}

/** How often in a row a socket may say something of one kind; then once a second. */
const BURST_FRAMES = 5;

/** How much a socket may still say now, of each kind. */
export type Allowance = Readonly<Record<ClientFrame["t"], { left: number; at: number }>>;

export function newAllowance(now: number): Allowance {
  const full = { left: BURST_FRAMES, at: now };
  return { sync: full, here: full };
}

/** What is left after one more frame of the kind; null if it is one too many. */
export function spend(allowance: Allowance, kind: ClientFrame["t"], now: number): Allowance | null {
  const { left, at } = allowance[kind];
  const seconds = Math.max(0, now - at) / 1000;
  const available = Math.min(BURST_FRAMES, left + seconds);
  return available < 1 ? null : { ...allowance, [kind]: { left: available - 1, at: now } };
}

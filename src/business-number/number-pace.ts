/**
 * How fast a business number may send, and when not at all: pure. Slots are spaced evenly, for
 * Meta counts what arrives within a second, and a burst of ours may arrive as a bigger one.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
 */
import { retryDelayMs } from "../graph/retry-delay.ts";

const SECOND_MS = 1000;

/** Messages may take so much longer than others on their way, and yet not arrive too close. */
const JITTER_MS = 100;

/** How long a caller is held until its slot comes; who must wait longer comes back with it. */
const HOLD_MS = 2 * SECOND_MS;

/** After so long without "too fast", the next one begins its back-off anew. */
const CALM_MS = 60 * SECOND_MS;

export type NumberPace = {
  /** Slots up to here are given away. */
  reserved_until: number;
  /** When the next caller that comes back with its slot may go: many may be late together. */
  next_return_at: number;
  /** Meta said "too fast": nothing leaves before. */
  paused_until: number;
  /** How often in a row it said so. */
  pauses: number;
};

/** When the caller's message may leave; `later` = it is to come back then, with that slot. */
export type Turn = { kind: "go"; at: number } | { kind: "later"; at: number };

/** The time between two slots. */
export function slotIntervalMs(messagesPerSecond: number): number {
  return (SECOND_MS + JITTER_MS) / messagesPerSecond;
}

/**
 * The pace after waking. `reservedUntil` is what was written down of it: whoever holds a slot up to
 * there still comes, and what left within the last second is not known.
 */
export function wokenPace(reservedUntil: number, now: number): NumberPace {
  const quietUntil = reservedUntil > now - SECOND_MS ? now + SECOND_MS : 0;
  return {
    reserved_until: Math.max(reservedUntil, quietUntil),
    next_return_at: quietUntil,
    paused_until: 0,
    pauses: 0,
  };
}

/**
 * Gives a slot away, or takes the one that the caller was told to come back with.
 *
 * @param slotAt that slot; null if it has none
 */
export function withSlot(
  pace: NumberPace,
  { slotAt, intervalMs, now }: { slotAt: number | null; intervalMs: number; now: number },
): { pace: NumberPace; turn: Turn } {
  if (slotAt !== null && slotAt <= now && slotAt >= pace.paused_until) {
    const at = Math.max(now, pace.next_return_at);
    return { pace: { ...pace, next_return_at: at + intervalMs }, turn: turnAt(at, now) };
  }
  const at = Math.max(now, pace.reserved_until, pace.paused_until);
  return { pace: { ...pace, reserved_until: at + intervalMs }, turn: turnAt(at, now) };
}

function turnAt(at: number, now: number): Turn {
  return { kind: at > now + HOLD_MS ? "later" : "go", at };
}

/**
 * Meta said "too fast". Answers to calls that left before the pause began say nothing new.
 *
 * @param random from 0 up to 1, as `Math.random()` gives
 */
export function withPause(
  pace: NumberPace,
  retryAfterSeconds: number | null,
  now: number,
  random: number,
): NumberPace {
  const isPaused = now < pace.paused_until;
  const recently = now < pace.paused_until + CALM_MS;
  const before = isPaused ? pace.pauses - 1 : recently ? pace.pauses : 0;
  const until = now + retryDelayMs(before, retryAfterSeconds, random);
  return { ...pace, paused_until: Math.max(pace.paused_until, until), pauses: before + 1 };
}

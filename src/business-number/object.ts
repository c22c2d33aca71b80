/**
 * The Durable Object of one business number. It grants slots to send, so that all conversations
 * together keep the pace that Meta allows, and holds them back while Meta refuses the number itself.
 * It stores only what would break the pace or repeat a report if it were lost; all else is in memory.
 */
import { DurableObject } from "cloudflare:workers";
import { readMessagesPerSecond } from "../config/config.ts";
import type { GraphError } from "../graph/errors.ts";
import { log, masked } from "../lib/log.ts";
import { HOUR_MS, SECOND_MS } from "../lib/time.ts";
import { BookingUse } from "./booking-use.ts";
import { NumberPace, slotIntervalMs, type Turn } from "./pace.ts";

/** A shorter queue is not worth a write: the space between slots makes up for it. */
const UNWRITTEN_MS = 100;

/** How far ahead it writes, so that a long queue costs one write every few seconds. */
const WRITTEN_AHEAD_MS = 5 * SECOND_MS;

/** While Meta refuses the number, one message per pause tests whether it still does. */
const PROBE_PAUSE_MS = 15 * SECOND_MS;

/** A trouble that lasts is logged again after this time, so that it isn't forgotten. */
const REPORT_AGAIN_MS = HOUR_MS;

/** The answer to a conversation that asks to send. */
export type Slot =
  /** Send now. If Meta accepts a probe, its conversation must call `works`. */
  | { kind: "granted"; probe: boolean }
  /** Ask again at `at` with the slot `slot_at`; 0.1.0 sends no `slot_at` and means `at`. */
  | { kind: "later"; at: number; slot_at?: number }
  /** Meta refuses the number until the operator acts. */
  | { kind: "blocked"; error: GraphError };

/** A conversation that waits for its answer. */
type Caller = { probe: boolean; answer: (slot: Slot) => void };

export class BusinessNumber extends DurableObject<Env> {
  readonly #kept: SyncKvStorage;
  readonly #pace: NumberPace<Caller>;
  readonly #bookingUse = new BookingUse();
  /** The stored upper bound of the slots given away. */
  #writtenUntil: number;
  /** The stored end of the booked slots. */
  #bookedUntil: number;
  #blockedBy: GraphError | null;
  #probeAt = 0;
  #wakesAt: number | null = null;
  #reportedAt = new Map<number | null, number>();

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.#kept = context.storage.kv;
    this.#writtenUntil = this.#kept.get<number>("reserved_until") ?? 0;
    this.#bookedUntil = this.#kept.get<number>("booked_until") ?? 0;
    this.#blockedBy = this.#kept.get<GraphError>("blocked_by") ?? null;
    this.#pace = new NumberPace(
      slotIntervalMs(readMessagesPerSecond(env)),
      {
        reservedUntil: this.#writtenUntil,
        bookedUntil: this.#bookedUntil,
        pausedUntil: this.#kept.get<number>("paused_until") ?? 0,
      },
      Date.now(),
    );
  }

  /**
   * Answers once the message may leave, or that the caller must come back later.
   *
   * @param slotAt the slot that the caller already has; null if it has none
   */
  takeSlot(slotAt: number | null): Promise<Slot> {
    const now = Date.now();
    if (slotAt !== null) this.#bookingUse.noteBack(slotAt);
    const error = this.#blockedBy;
    if (error !== null && now < this.#probeAt) return Promise.resolve({ kind: "blocked", error });
    if (error !== null) this.#probeAt = now + PROBE_PAUSE_MS;
    const { promise, resolve } = Promise.withResolvers<Slot>();
    this.#answer(this.#pace.enter({ probe: error !== null, answer: resolve }, slotAt, now));
    return promise;
  }

  /**
   * Books slots for messages of different conversations, which leave in them without asking: each at its
   * slot, or ON_TIME_MS later at most. A message that is later asks with its slot.
   *
   * @param leadMs how long the caller needs until the first
   * @returns in milliseconds since 1970; fewer where the line is long, and none where Meta refuses the number or
   *   most messages were late for the last ones
   */
  bookSlots(count: number, leadMs: number): number[] {
    const now = Date.now();
    if (this.#blockedBy !== null || !this.#bookingUse.mayBook(now)) return [];
    const booked = this.#pace.book(count, now + leadMs, now);
    this.#bookingUse.noteBooked(booked);
    const { bookedUntil } = this.#pace;
    if (booked.length > 0 && bookedUntil > this.#bookedUntil) {
      this.#bookedUntil = bookedUntil;
      // The answer waits for this write: after a restart nobody else may leave before.
      this.#kept.put("booked_until", bookedUntil);
    }
    this.#write(now);
    return booked;
  }

  /** Meta said "too fast" for the whole number. */
  pause(retryAfterSeconds: number | null): void {
    const before = this.#pace.pausedUntil;
    this.#answer(this.#pace.pause(retryAfterSeconds, Date.now(), Math.random()));
    const { pausedUntil } = this.#pace;
    if (pausedUntil > before) this.#kept.put("paused_until", pausedUntil);
  }

  /**
   * Meta's error needs the operator. The first call with a new code logs it.
   *
   * @param blocks whether Meta refuses the number as a whole
   */
  needsOperator(error: GraphError, blocks: boolean): void {
    const now = Date.now();
    if (this.#blockedBy?.code !== error.code) this.#report(error, blocks, now);
    if (!blocks) return;
    if (this.#blockedBy?.code !== error.code) this.#kept.put("blocked_by", error);
    this.#blockedBy = error;
    this.#probeAt = now + PROBE_PAUSE_MS;
    for (const { answer } of this.#pace.dismiss()) answer({ kind: "blocked", error });
  }

  /** Meta takes messages of this number again. */
  works(): void {
    if (this.#blockedBy === null) return;
    log("info", "meta_works_again", this.#members(this.#blockedBy));
    this.#kept.delete("blocked_by");
    this.#blockedBy = null;
    this.#reportedAt.clear();
  }

  #answer(turns: readonly Turn<Caller>[]): void {
    for (const { caller, ...turn } of turns) {
      const { probe, answer } = caller;
      if (turn.kind === "go") answer({ kind: "granted", probe });
      else answer({ kind: "later", at: turn.at, slot_at: turn.slotAt });
    }
    this.#write(Date.now());
    const at = this.#pace.nextTurnAt;
    if (at !== null && (this.#wakesAt === null || at < this.#wakesAt)) void this.#wakeAt(at);
  }

  /** A timer that fired proves that its time has come, even if the clock is behind. */
  async #wakeAt(at: number): Promise<void> {
    this.#wakesAt = at;
    await scheduler.wait(Math.max(at - Date.now(), 0));
    if (this.#wakesAt === at) this.#wakesAt = null;
    this.#answer(this.#pace.turns(Math.max(at, Date.now())));
  }

  #write(now: number): void {
    const { reservedUntil } = this.#pace;
    if (reservedUntil <= now + UNWRITTEN_MS || reservedUntil <= this.#writtenUntil) return;
    this.#writtenUntil = reservedUntil + WRITTEN_AHEAD_MS;
    // Answers don't wait for this write: held back together, they would all leave at once.
    void this.ctx.storage.put("reserved_until", this.#writtenUntil, { allowUnconfirmed: true });
  }

  #report(error: GraphError, blocks: boolean, now: number): void {
    const reportedAt = this.#reportedAt.get(error.code);
    if (reportedAt !== undefined && now < reportedAt + REPORT_AGAIN_MS) return;
    this.#reportedAt.set(error.code, now);
    log("error", "meta_needs_operator", { ...this.#members(error), blocks_number: blocks });
  }

  #members({ code, message, details }: GraphError) {
    return {
      phone_number_id: masked(this.ctx.id.name ?? ""),
      code,
      reason: details ?? message,
    };
  }
}

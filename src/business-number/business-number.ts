/**
 * The Durable Object of one business number: grants slots to send, so that all conversations
 * together keep the pace that Meta allows, and holds them back while Meta refuses the number itself.
 * It keeps in memory what it may forget; written down is only what would break the pace or report
 * the same trouble twice.
 */
import { DurableObject } from "cloudflare:workers";
import { readMessagesPerSecond } from "../config.ts";
import type { GraphError } from "../graph/graph-error.ts";
import { log, masked } from "../observability/log.ts";
import { slotIntervalMs, withPause, withSlot, wokenPace, type NumberPace } from "./number-pace.ts";

const SECOND_MS = 1000;

/** A shorter queue is not worth a row: the space between slots makes up for it. */
const UNWRITTEN_MS = 100;

/** Written so far ahead, a long queue costs a row every few seconds. */
const WRITTEN_AHEAD_MS = 5 * SECOND_MS;

/** While Meta refuses the number, one message in so long a time tries whether it still does. */
const PROBE_PAUSE_MS = 15 * SECOND_MS;

/** The same trouble is reported again after so long. */
const REPORT_AGAIN_MS = 60 * 60 * SECOND_MS;

/** An answer to whoever wants to send. */
export type Slot =
  /** Go. A probe is to tell, with `works`, if Meta takes it. */
  | { kind: "granted"; probe: boolean }
  /** Come back then, with this slot. */
  | { kind: "later"; at: number }
  /** Meta refuses the number, until somebody acts. */
  | { kind: "blocked"; error: GraphError };

export class BusinessNumber extends DurableObject<Env> {
  readonly #kept: SyncKvStorage;
  readonly #intervalMs: number;
  #pace: NumberPace;
  /** How far the queue of slots reaches at most, as written down. */
  #writtenUntil: number;
  #blockedBy: GraphError | null;
  #probeAt = 0;
  #reportedAt = new Map<number | null, number>();

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.#kept = context.storage.kv;
    this.#intervalMs = slotIntervalMs(readMessagesPerSecond({ ...env }));
    this.#writtenUntil = this.#kept.get<number>("reserved_until") ?? 0;
    this.#blockedBy = this.#kept.get<GraphError>("blocked_by") ?? null;
    this.#pace = wokenPace(this.#writtenUntil, Date.now());
  }

  /** Answers once the message may leave, unless that is too long to wait for. */
  async takeSlot(slotAt: number | null): Promise<Slot> {
    const now = Date.now();
    const error = this.#blockedBy;
    if (error !== null && now < this.#probeAt) return { kind: "blocked", error };
    const { pace, turn } = withSlot(this.#pace, { slotAt, intervalMs: this.#intervalMs, now });
    this.#pace = pace;
    this.#write(now);
    if (error !== null) this.#probeAt = now + PROBE_PAUSE_MS;
    if (turn.kind === "later") return turn;
    if (turn.at > now) await scheduler.wait(turn.at - now);
    // Meta may have said something in the meantime.
    if (turn.at < this.#pace.paused_until) return this.takeSlot(null);
    if (error === null && this.#blockedBy !== null) return this.takeSlot(null);
    return { kind: "granted", probe: error !== null };
  }

  /** Meta said "too fast" for the whole number. */
  pause(retryAfterSeconds: number | null): void {
    this.#pace = withPause(this.#pace, retryAfterSeconds, Date.now(), Math.random());
  }

  /**
   * Somebody must act. The first to find out is the one that reports it.
   *
   * @param blocks whether the number as a whole is refused
   */
  needsOperator(error: GraphError, blocks: boolean): void {
    const now = Date.now();
    if (this.#blockedBy?.code !== error.code) this.#report(error, blocks, now);
    if (!blocks) return;
    if (this.#blockedBy?.code !== error.code) this.#kept.put("blocked_by", error);
    this.#blockedBy = error;
    this.#probeAt = now + PROBE_PAUSE_MS;
  }

  /** Meta takes messages of this number again. */
  works(): void {
    if (this.#blockedBy === null) return;
    log("info", "meta_works_again", this.#members(this.#blockedBy));
    this.#kept.delete("blocked_by");
    this.#blockedBy = null;
    this.#reportedAt.clear();
  }

  #write(now: number): void {
    const { reserved_until } = this.#pace;
    if (reserved_until <= now + UNWRITTEN_MS || reserved_until <= this.#writtenUntil) return;
    this.#writtenUntil = reserved_until + WRITTEN_AHEAD_MS;
    this.#kept.put("reserved_until", this.#writtenUntil);
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

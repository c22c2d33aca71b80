/**
 * What one object sends to another when a conversation moves: one call if the conversation is small,
 * otherwise parts before the last call, so that no call and no stored value grows with the history.
 */
import type { Address } from "../../lib/address.ts";
import type { SeenMessage } from "../state/seen.ts";
import type { ConversationState } from "../state/state.ts";
import type { Inbox } from "../storage/inbox.ts";
import type { Outbox } from "../storage/outbox.ts";
import type { PendingHandover } from "../storage/record.ts";
import type { Part } from "../tables/arrivals.ts";
import type { OutboxRow } from "../tables/outbox-rows.ts";

/** The tables with the rows of a conversation. */
type Boxes = { inbox: Inbox; outbox: Outbox };

/** A whole conversation that moves, or what remains of it beside its parts. */
export type ConversationSnapshot = {
  state: ConversationState;
  home: Address | null;
  seen: readonly SeenMessage[];
  outbox: readonly OutboxRow[];
  /** The number of parts sent before; absent = none. */
  parts?: number;
};

/** Everything of a conversation that leaves; null if that is too much for one call. */
export function wholeOf(
  { inbox, outbox }: Boxes,
  { state, home }: PendingHandover,
): ConversationSnapshot | null {
  const [seen = [], ...more] = inbox.seen(state.read_up_to, state.updated_at);
  const rows = outbox.records.rowsAfter("");
  const last = rows.at(-1);
  const isAll =
    more.length === 0 &&
    (last === undefined || outbox.records.rowsAfter(last.message_id).length === 0);
  return isAll ? { state, home, seen, outbox: rows } : null;
}

/** The rows of a conversation that leaves, in parts: the same each time, since a moved object is frozen. */
export function* partsOf(
  { inbox, outbox }: Boxes,
  { read_up_to, updated_at }: ConversationState,
): Generator<Part> {
  for (const seen of inbox.seen(read_up_to, updated_at)) {
    yield { table: "inbox", rows: JSON.stringify(seen) };
  }
  for (let after = ""; ;) {
    const rows = outbox.records.rowsAfter(after);
    const last = rows.at(-1);
    if (last === undefined) break;
    yield { table: "outbox", rows: JSON.stringify(rows) };
    after = last.message_id;
  }
}

/** Stores the rows of a part; returns its seen messages, which are taken all at once. */
export function takePart(outbox: Outbox, { table, rows }: Part): SeenMessage[] {
  if (table === "inbox") return JSON.parse(rows);
  outbox.records.takeRows(rows);
  return [];
}

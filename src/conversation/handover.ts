/**
 * What goes from one object to another when a conversation moves: in one call where it is little, else
 * in parts before the last call, so that no call and no value grows with a history.
 */
import type { Address } from "../customer/address.ts";
import type { Part } from "./arrivals.ts";
import type { ConversationState } from "./conversation-state.ts";
import type { ConversationStorage, Departing } from "./conversation-storage.ts";
import type { SeenMessage } from "./inbox.ts";
import type { OutboxRow } from "./outbox.ts";

/** A whole conversation on its way from one object to another, or what is left beside its parts. */
export type Belongings = {
  state: ConversationState;
  home: Address | null;
  seen: readonly SeenMessage[];
  outbox: readonly OutboxRow[];
  /** How many parts went before; left out = none. */
  parts?: number;
};

/** Everything of a departing conversation; null where that is too much for one call. */
export function wholeOf(
  { inbox, outbox }: ConversationStorage,
  { state, home }: Departing,
): Belongings | null {
  const whole = { state, home, seen: inbox.seenAfter(""), outbox: outbox.rowsAfter("") };
  const [lastSeen, lastRow] = [whole.seen.at(-1), whole.outbox.at(-1)];
  const isAll =
    (lastSeen === undefined || inbox.seenAfter(lastSeen.wamid).length === 0) &&
    (lastRow === undefined || outbox.rowsAfter(lastRow.message_id).length === 0);
  return isAll ? whole : null;
}

/** The rows of a departing conversation in parts: the same each time, since a moved object changes no more. */
export function* partsOf({ inbox, outbox }: ConversationStorage): Generator<Part> {
  for (let after = ""; ;) {
    const seen = inbox.seenAfter(after);
    const last = seen.at(-1);
    if (last === undefined) break;
    yield { table: "inbox", rows: JSON.stringify(seen) };
    after = last.wamid;
  }
  for (let after = ""; ;) {
    const rows = outbox.rowsAfter(after);
    const last = rows.at(-1);
    if (last === undefined) break;
    yield { table: "outbox", rows: JSON.stringify(rows) };
    after = last.message_id;
  }
}

/** Takes a part over. */
export function takePart({ inbox, outbox }: ConversationStorage, { table, rows }: Part): void {
  if (table === "inbox") inbox.takeSeen(rows);
  else outbox.takeRows(rows);
}

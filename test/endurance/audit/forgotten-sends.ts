import type { Simulator } from "../../../simulator/simulator.ts";
import type { Ledger } from "./ledger.ts";
import type { Store } from "./read-store.ts";
import { sendKeyIn } from "./store-views.ts";

const WAITING: ReadonlySet<string> = new Set(["pending", "queued", "scheduled"]);

/** What became of the sends that were under way when a version took over that does not know them. */
export function fatesOfForgotten(
  { forgottenSends }: Ledger,
  { messages }: Store,
  { sent }: Simulator,
): Readonly<Record<string, number>> {
  if (forgottenSends.size === 0) return {};
  const left = Map.groupBy(sent, ({ body }) => sendKeyIn(JSON.stringify(body)));
  const rows = Map.groupBy(messages, ({ body }) => sendKeyIn(body));
  const fates = [...forgottenSends].map((key) => ({
    left: left.get(key) ?? [],
    rows: rows.get(key) ?? [],
  }));
  const count = (is: (fate: (typeof fates)[number]) => boolean): number => fates.filter(is).length;
  return {
    "sends under way at the roll-back": fates.length,
    "of these, never at Meta": count((fate) => fate.left.length === 0),
    "of these, at Meta twice": count((fate) => fate.left.length > 1),
    "of these, at Meta without a row": count(
      (fate) => fate.left.length > 0 && fate.rows.length === 0,
    ),
    "of these, with a row that stays as if it waited": count((fate) =>
      fate.rows.some(({ status }) => WAITING.has(status)),
    ),
  };
}

import { finding, type Finding } from "./finding.ts";
import type { Ledger } from "./ledger.ts";
import type { Store } from "./read-store.ts";
import { keyOfStored } from "./store-views.ts";

/** Every acknowledged message stands exactly once, as it was written, where it belongs. */
export function auditMessages(
  { written }: Ledger,
  { conversations, messages }: Store,
  acknowledged: ReadonlySet<string>,
): Finding[] {
  const keys = new Map(conversations.map((stored) => [stored.id, keyOfStored(stored)]));
  const inbound = messages.filter(({ direction }) => direction === "inbound");
  const byWamid = Map.groupBy(inbound, ({ wamid }) => wamid);
  const wamids = new Set<string | null>(written.map(({ wamid }) => wamid));
  const invented = inbound
    .filter(({ wamid }) => !wamids.has(wamid))
    .map(({ id }) => finding("invented", id));
  const wrong = written.flatMap(({ wamid, body, at, conversation }): Finding[] => {
    const [stored, twin] = byWamid.get(wamid) ?? [];
    if (stored === undefined) {
      return [finding(acknowledged.has(wamid) ? "lost" : "unacknowledged", wamid)];
    }
    if (twin !== undefined) return [finding("duplicate", wamid)];
    const isTrue =
      stored.body === body &&
      stored.created_at === new Date(at).toISOString() &&
      keys.get(stored.conversation_id) === conversation;
    return isTrue ? [] : [finding("altered", `${wamid}: ${JSON.stringify(stored)}`)];
  });
  return [...invented, ...wrong];
}

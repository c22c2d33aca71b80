import { acknowledgedWebhooks } from "./acknowledged-webhooks.ts";
import { auditConversations } from "./audit-conversations.ts";
import { auditMessages } from "./audit-messages.ts";
import { auditSends } from "./audit-sends.ts";
import { finding, type Finding } from "./finding.ts";
import { fatesOfForgotten } from "./forgotten-sends.ts";
import { readStore } from "./read-store.ts";
import type { Scene } from "./scene.ts";

export type Audit = {
  /** What happened and what is stored, by name. */
  figures: Readonly<Record<string, number>>;
  findings: readonly Finding[];
};

/**
 * Compares what was acknowledged with what is stored.
 *
 * @param statusesSince Unix milliseconds: statuses acknowledged earlier may have died in a queue
 */
export async function audit(scene: Scene, statusesSince: number): Promise<Audit> {
  const { simulator, ledger, clinic, page } = scene;
  const store = await readStore(clinic, ledger);
  const acknowledged = acknowledgedWebhooks(simulator, statusesSince);
  const safeStatuses = unitedWith(acknowledged.statuses, ledger.queuedStatuses);
  const stored = [...store.sends.values()];
  const ofPage = await page.findings(store);
  return {
    figures: {
      "events, statuses aside": ledger.events,
      "webhook bodies": acknowledged.bodies,
      "webhook deliveries": acknowledged.attempts,
      "messages written": ledger.written.length,
      "messages acknowledged": acknowledged.messages.size,
      "messages stored": store.messages.filter(({ direction }) => direction === "inbound").length,
      conversations: store.conversations.length,
      "read marks": ledger.readMarks.size,
      "sends ordered": ledger.sends.length,
      "sends without a key": ledger.sends.filter(({ isRepeated }) => !isRepeated).length,
      "sends interrupted": ledger.sends.filter(({ wasInterrupted }) => wasInterrupted).length,
      "sends at Meta": simulator.sent.length,
      "sends unconfirmed": stored.filter(({ status }) => status === "unconfirmed").length,
      "statuses reported": simulator.sent.flatMap(({ statuses }) => statuses).length,
      "statuses to be found": [...safeStatuses.values()].flatMap((names) => [...names]).length,
      "statuses recorded": stored.flatMap(({ statuses }) => statuses).length,
      ...fatesOfForgotten(ledger, store, simulator),
      ...page.figures,
    },
    findings: [
      ...simulator.webhooks.givenUp.map((body) => finding("unacknowledged", body)),
      ...auditMessages(ledger, store, acknowledged.messages),
      ...auditConversations(ledger, store),
      ...auditSends(ledger, store, simulator, safeStatuses),
      ...ofPage,
    ],
  };
}

type Statuses = ReadonlyMap<string, ReadonlySet<string>>;

function unitedWith(some: Statuses, others: Statuses): Statuses {
  const all = new Map(some);
  for (const [wamid, names] of others) {
    all.set(wamid, (all.get(wamid) ?? new Set<string>()).union(names));
  }
  return all;
}

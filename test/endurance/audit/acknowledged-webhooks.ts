import * as v from "valibot";
import type { Simulator } from "../../../simulator/simulator.ts";

const identified = v.object({ id: v.string() });

const webhookBody = v.object({
  entry: v.array(
    v.object({
      changes: v.array(
        v.object({
          value: v.object({
            messages: v.optional(v.array(identified), []),
            statuses: v.optional(
              v.array(v.object({ ...identified.entries, status: v.string() })),
              [],
            ),
          }),
        }),
      ),
    }),
  ),
});

/** What stood in webhooks that were answered with 200. */
export type AcknowledgedWebhooks = {
  bodies: number;
  /** Tries, redeliveries and copies included. */
  attempts: number;
  /** Wamids of messages. */
  messages: ReadonlySet<string>;
  /** By wamid, the statuses that were acknowledged at the time given or later. */
  statuses: ReadonlyMap<string, ReadonlySet<string>>;
};

const OK = 200;

/** @param statusesSince Unix milliseconds */
export function acknowledgedWebhooks(
  { webhooks }: Simulator,
  statusesSince: number,
): AcknowledgedWebhooks {
  const messages = new Set<string>();
  const statuses = new Map<string, Set<string>>();
  for (const { body, status, at } of webhooks.attempts) {
    if (status !== OK) continue;
    const { entry } = v.parse(webhookBody, JSON.parse(body));
    for (const { value } of entry.flatMap(({ changes }) => changes)) {
      for (const { id } of value.messages) messages.add(id);
      if (at < statusesSince) continue;
      for (const { id, status: name } of value.statuses) {
        statuses.set(id, (statuses.get(id) ?? new Set()).add(name));
      }
    }
  }
  return {
    bodies: new Set(webhooks.attempts.map(({ delivery }) => delivery)).size,
    attempts: webhooks.attempts.length,
    messages,
    statuses,
  };
}

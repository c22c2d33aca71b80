import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { eventually } from "../../../scripts/client/eventually.ts";
import { createJsonClient } from "../../../scripts/client/json-client.ts";
import { messageView } from "../../../scripts/client/views.ts";
import type { Simulator } from "../../../simulator/simulator.ts";
import { API_TOKEN, BUSINESS_NUMBERS } from "../audit/local-clinic.ts";
import type { LocalWorker } from "../audit/local-worker.ts";
import { QUEUE_TROUBLES, type QueueTrouble } from "./queue-troubles.ts";

const SECOND_MS = 1000;
const ACCEPTED = 202;
const BATCH_MESSAGES = 100;
const POLL_MS = 5;

/** A batch makes a hundred objects, and the machine may have other work. */
const PATIENCE_MS = 120 * SECOND_MS;

/** Meta has no room for more: what the pace is there to prevent. */
const TOO_FAST_CODE = 130429;

/** The share of a queue that is sent when the trouble begins: most of it still waits. */
const SENT_SHARE = 1 / 8;

/** The tenth of space between messages, and as much again for a machine with other work. */
const LONGER = 1.2;

/**
 * Beside the trouble itself: the platform's own repeated alarms, and what a restarted number leaves
 * free since it does not know whether it was given away.
 */
const SLACK_MS = 20 * SECOND_MS;

/** Calls may be under way when trouble comes, for so many seconds of the pace. */
const UNDER_WAY_SECONDS = 0.5;

const batchAnswer = v.object({
  data: v.array(v.object({ message: v.object({ id: v.string() }) })),
});

export type QueueRun = {
  perSecond: number;
  trouble: QueueTrouble;
  messages: number;
  /** What Meta took of them, of all that was asked of it. */
  sent: number;
  /** At Meta more than once: never right. */
  doubled: number;
  /** Interrupted or out of time while Meta was called: they are not sent again. */
  unconfirmed: number;
  /** Not sent in time. */
  left: number;
  refusals: number;
  seconds: number;
  /** By when all had to have left. */
  secondsAllowed: number;
};

/** A queue of so many seconds, the trouble in the middle of it, and when the last message left. */
export async function drillQueue(
  {
    worker,
    simulator,
    firstCustomer,
  }: { worker: LocalWorker; simulator: Simulator; firstCustomer: number },
  { perSecond, trouble, messages }: Pick<QueueRun, "perSecond" | "trouble" | "messages">,
): Promise<QueueRun> {
  const api = createJsonClient(worker.url, API_TOKEN, PATIENCE_MS);
  const callsBefore = simulator.calls.length;
  const ids = new Set<unknown>();
  const startedAt = Date.now();
  for (let first = 0; first < messages; first += BATCH_MESSAGES) {
    const count = Math.min(BATCH_MESSAGES, messages - first);
    const batch = Array.from({ length: count }, (_, place) =>
      reminderTo(firstCustomer + first + place),
    );
    const { status, body } = await api.call("POST", "/v1/messages/batch", { messages: batch });
    assert.equal(status, ACCEPTED, `a batch was answered ${status}: ${JSON.stringify(body)}`);
    for (const { message } of v.parse(batchAnswer, body).data) ids.add(message.id);
  }
  const handedInMs = Date.now() - startedAt;
  const idsAtMeta = (): unknown[] =>
    simulator.sent.map((each) => each.body["biz_opaque_callback_data"]).filter((id) => ids.has(id));
  const sentIds = (): Set<unknown> => new Set(idsAtMeta());
  while (sentIds().size < SENT_SHARE * messages) await sleep(POLL_MS);
  const troubleAt = Date.now();
  await QUEUE_TROUBLES[trouble](worker);
  const troubleMs = Date.now() - troubleAt;
  const lineMs = (LONGER * messages * SECOND_MS) / perSecond;
  const allowedMs = handedInMs + lineMs + troubleMs + SLACK_MS;

  const unconfirmed = new Set<unknown>();
  const missing = (): unknown[] => {
    const sent = sentIds();
    return [...ids].filter((id) => !sent.has(id) && !unconfirmed.has(id));
  };
  const waitFor = (mostMissing: number): Promise<number> =>
    eventually(
      () => Promise.resolve(missing().length),
      (count) => count <= mostMissing,
      startedAt + allowedMs - Date.now(),
    );
  // What was under way, and is not sent again, is looked up once the rest has left.
  await waitFor(UNDER_WAY_SECONDS * perSecond);
  for (const id of missing()) {
    const { body } = await api.call("GET", `/v1/messages/${String(id)}`);
    if (v.parse(messageView, body).status === "unconfirmed") unconfirmed.add(id);
  }
  await waitFor(0);
  const calls = simulator.calls.slice(callsBefore);
  return {
    perSecond,
    trouble,
    messages,
    sent: sentIds().size,
    doubled: idsAtMeta().length - sentIds().size,
    unconfirmed: unconfirmed.size,
    left: missing().length,
    refusals: calls.filter(({ errorCode }) => errorCode === TOO_FAST_CODE).length,
    seconds: (Date.now() - startedAt) / SECOND_MS,
    secondsAllowed: allowedMs / SECOND_MS,
  };
}

function reminderTo(customer: number): object {
  return {
    to: `+52${customer}`,
    from: BUSINESS_NUMBERS[0].id,
    type: "template",
    template: {
      name: "appointment_reminder",
      params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
    },
  };
}

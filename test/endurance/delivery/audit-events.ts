/**
 * Compares what a subscriber received with the events that follow from what the API shows. What a local queue
 * had taken and not delivered when the Worker was killed is counted, and no finding.
 */
import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import type { PatientClient } from "../audit/patient-client.ts";
import type { LostInQueues } from "./queue-witness.ts";
import type { ReceivedEvent, SubscriberProcess } from "./subscriber-process.ts";

export type EventAudit = { figures: Readonly<Record<string, number>>; findings: string[] };

const PAGE = 200;

const NOTHING_LOST: LostInQueues = { events: [], statuses: new Set() };

const page = <Item extends v.GenericSchema>(item: Item) =>
  v.object({ data: v.array(item), next_cursor: v.nullable(v.string()) });

const conversationSchema = v.looseObject({ id: v.string() });
const messageSchema = v.looseObject({
  id: v.string(),
  direction: v.string(),
  wamid: v.nullable(v.string()),
});
const messageWithStatuses = v.object({ statuses: v.array(v.object({ status: v.string() })) });

/** @param lost what stood in local queues at a kill of the Worker, and may have died with them */
export async function auditEvents(
  api: PatientClient,
  { received, refused }: Pick<SubscriberProcess, "received" | "refused">,
  lost: LostInQueues = NOTHING_LOST,
): Promise<EventAudit> {
  const findings = refused.map((line) => `refused by the subscriber: ${line}`);
  const distinct = new Map(received.map((event) => [event.id, event]));
  const events = [...distinct.values()];
  const died = lost.events.filter(({ id }) => !distinct.has(id));
  const lostIds = new Set(died.map(({ id }) => id));
  const lostEvents = died.map(({ event }) => event);
  const lostNumbers = new Set(
    lostEvents.map(({ conversation_id, sequence }) => `${conversation_id} ${sequence}`),
  );
  const conversations = await listAll(api, "/v1/conversations", conversationSchema);
  const receivedIds = new Set([
    ...events.flatMap(({ type, data }) => (type === "message.received" ? [data.message?.id] : [])),
    ...lostEvents.flatMap(({ type, message_id }) =>
      type === "message.received" ? [message_id] : [],
    ),
  ]);
  const receivedStatuses = new Set([
    ...events.map(({ data }) => `${data.message?.id} ${data.status?.status}`),
    ...lostEvents.map(({ message_id, status }) => `${message_id} ${status}`),
  ]);
  let statusesLost = 0;
  let messages = 0;
  let statuses = 0;
  for (const conversation of conversations) {
    findings.push(...auditSequence(conversation, events, lostNumbers));
    const path = `/v1/conversations/${conversation.id}/messages`;
    for (const { id, direction, wamid } of await listAll(api, path, messageSchema)) {
      messages += 1;
      if (direction === "inbound") {
        if (!receivedIds.has(id)) findings.push(`no event of message ${id}`);
        continue;
      }
      const { body } = await api.call("GET", `/v1/messages/${id}`);
      const expected = v.parse(messageWithStatuses, body).statuses.map(({ status }) => status);
      // If a kill of the Worker cut off the call, Meta may or may not have accepted it.
      const own = receivedStatuses.has(`${id} unconfirmed`) ? "unconfirmed" : "accepted";
      for (const status of [own, ...expected]) {
        statuses += 1;
        if (receivedStatuses.has(`${id} ${status}`)) continue;
        if (lost.statuses.has(`${wamid} ${status}`)) statusesLost += 1;
        else findings.push(`no event of ${id} ${status}`);
      }
    }
  }
  return {
    figures: {
      conversations: conversations.length,
      messages,
      "statuses, our own with Meta's": statuses,
      "different events received": events.length,
      "received more than once": received.length - events.length,
      "events that a local queue had taken, lost as the Worker was killed": lostIds.size,
      "statuses lost so on their way to being events": statusesLost,
    },
    findings,
  };
}

/** 1, 2, 3 … without a gap, and the last of them shows the conversation as it is. */
function auditSequence(
  conversation: v.InferOutput<typeof conversationSchema>,
  events: readonly ReceivedEvent[],
  lostNumbers: ReadonlySet<string>,
): string[] {
  const { id } = conversation;
  const numbered = new Map(
    events.flatMap((event) =>
      event.conversation_id === id && event.sequence !== undefined ? [[event.sequence, event]] : [],
    ),
  );
  const isLost = (number: number): boolean => lostNumbers.has(`${id} ${number}`);
  let last = 0;
  for (let number = 1; numbered.has(number) || isLost(number); number += 1) last = number;
  const beyond = [...numbered.keys()].filter((number) => number > last);
  if (beyond.length > 0) return [`${id}: number ${last + 1} is missing`];
  if (isLost(last)) return [];
  const shown = numbered.get(last)?.data.conversation;
  return isDeepStrictEqual(shown, conversation)
    ? []
    : [`${id}: the last event does not show it as it is`];
}

async function listAll<Item extends v.GenericSchema>(
  api: PatientClient,
  path: string,
  item: Item,
): Promise<v.InferOutput<Item>[]> {
  const all: v.InferOutput<Item>[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await api.call("GET", `${path}?limit=${PAGE}${query}`);
    const { data, next_cursor } = v.parse(page(item), body);
    all.push(...data);
    cursor = next_cursor;
  } while (cursor !== null);
  return all;
}

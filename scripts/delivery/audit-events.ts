/** Compares what a subscriber received with what the API says there is to be told. */
import * as v from "valibot";
import type { PatientClient } from "../audit/patient-client.ts";
import { isDeepStrictEqual } from "node:util";
import type { ReceivedEvent } from "./subscriber-process.ts";

export type EventAudit = { figures: Readonly<Record<string, number>>; findings: string[] };

const PAGE = 200;

const page = <Item extends v.GenericSchema>(item: Item) =>
  v.object({ data: v.array(item), next_cursor: v.nullable(v.string()) });

const conversationSchema = v.looseObject({ id: v.string() });
const messageSchema = v.looseObject({ id: v.string(), direction: v.string() });
const messageWithStatuses = v.object({ statuses: v.array(v.object({ status: v.string() })) });

export async function auditEvents(
  api: PatientClient,
  received: readonly ReceivedEvent[],
  refused: readonly string[],
): Promise<EventAudit> {
  const findings = refused.map((line) => `refused by the subscriber: ${line}`);
  const distinct = new Map(received.map((event) => [event.id, event]));
  const events = [...distinct.values()];
  const conversations = await listAll(api, "/v1/conversations", conversationSchema);
  const toldReceived = new Set(
    events.flatMap(({ type, data }) => (type === "message.received" ? [data.message?.id] : [])),
  );
  const toldStatuses = new Set(
    events.map(({ data }) => `${data.message?.id} ${data.status?.status}`),
  );
  let messages = 0;
  let statuses = 0;
  for (const conversation of conversations) {
    findings.push(...auditSequence(conversation, events));
    const path = `/v1/conversations/${conversation.id}/messages`;
    for (const { id, direction } of await listAll(api, path, messageSchema)) {
      messages += 1;
      if (direction === "inbound") {
        if (!toldReceived.has(id)) findings.push(`not told of message ${id}`);
        continue;
      }
      const { body } = await api.call("GET", `/v1/messages/${id}`);
      const expected = v.parse(messageWithStatuses, body).statuses.map(({ status }) => status);
      for (const status of ["accepted", ...expected]) {
        statuses += 1;
        if (!toldStatuses.has(`${id} ${status}`)) findings.push(`not told of ${id} ${status}`);
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
    },
    findings,
  };
}

/** 1, 2, 3 … without a gap, and the last of them shows the conversation as it is. */
function auditSequence(
  conversation: v.InferOutput<typeof conversationSchema>,
  events: readonly ReceivedEvent[],
): string[] {
  const numbered = events
    .filter(({ conversation_id }) => conversation_id === conversation.id)
    .toSorted((one, other) => (one.sequence ?? 0) - (other.sequence ?? 0));
  const gap = numbered.findIndex(({ sequence }, place) => sequence !== place + 1);
  if (gap !== -1) return [`${conversation.id}: number ${gap + 1} is missing`];
  const shown = numbered.at(-1)?.data.conversation;
  return isDeepStrictEqual(shown, conversation)
    ? []
    : [`${conversation.id}: the last event does not show it as it is`];
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

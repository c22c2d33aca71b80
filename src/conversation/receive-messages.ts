/**
 * The way in, on the Worker's side: messages to their objects, what the objects took into D1, and
 * word of that back to the objects.
 */
import { eventOfStatus } from "../messages/event-of-status.ts";
import { createDatabase } from "../store/database.ts";
import { project, type ConversationProjection } from "../store/projection.ts";
import { callConversation, inCalls } from "./call-conversation.ts";
import { sequencesOf } from "./conversation-event.ts";
import { messageProjection } from "./conversation-projection.ts";
import type { Received } from "./conversation-answer.ts";
import { queueProjected } from "./queue-projected.ts";
import { inBodyOrder } from "./in-body-order.ts";
import type { InboundMessage } from "./inbound-message.ts";

/** What one conversation took: its state, and the messages D1 may lack. */
export type Reception = Pick<Received, "conversation" | "events"> & {
  messages: readonly InboundMessage[];
  /** Those never seen before. */
  fresh: readonly InboundMessage[];
};

/** Commits every message in its conversation's object; throws if one can't be reached. */
export async function receiveMessages(
  env: Env,
  messages: readonly InboundMessage[],
): Promise<Reception[]> {
  const receptions = await Promise.all(
    inBodyOrder(messages).map(async (deliveries) => {
      const receptionsInTurn: Reception[] = [];
      for (const { name, messages: group } of deliveries) {
        const id = env.CONVERSATION.idFromName(name);
        for (const some of inCalls(group)) {
          const received = await callConversation(env.CONVERSATION, id, (stub) =>
            stub.receive(some),
          );
          receptionsInTurn.push(...received.map((each) => receptionOf(each, some)));
        }
      }
      return receptionsInTurn;
    }),
  );
  return receptions.flat();
}

/**
 * One D1 round trip for all of it, and then the queues: what they carry ids of stands in D1 by then.
 * Returns what the objects may forget: no wamid that was taken before, which their own alarms see to.
 */
export async function projectReceptions(
  env: Env,
  receptions: readonly Reception[],
): Promise<readonly Reception[]> {
  const messages = receptions.flatMap((reception) =>
    reception.messages.map((message) => messageProjection(reception.conversation.id, message)),
  );
  const conversations = newestOfEach(receptions.map(({ conversation }) => conversation));
  const { statuses, held } = await project(createDatabase(env.DB), {
    conversations,
    messages,
    sends: [],
  });
  await queueProjected(
    env,
    messages,
    [...receptions.flatMap(({ events }) => events), ...statuses.map(eventOfStatus)],
    held,
  );
  const heldWamids = new Set(held.map(({ wamid }) => wamid));
  return receptions.map((reception) => ({
    ...reception,
    messages: reception.messages.filter(({ wamid }) => !heldWamids.has(wamid)),
  }));
}

/** Tells the objects what is in D1 and in the event queue; where that fails, their alarms project it once more. */
export async function settleReceptions(env: Env, receptions: readonly Reception[]): Promise<void> {
  await Promise.all(
    receptions.map(({ conversation, messages, events }) =>
      env.CONVERSATION.get(env.CONVERSATION.idFromString(conversation.id)).settle({
        version: conversation.version,
        wamids: messages.map(({ wamid }) => wamid),
        sends: [],
        events: sequencesOf(events),
      }),
    ),
  );
}

/** A conversation that took its messages in several calls is as it was after the last. */
function newestOfEach(conversations: readonly ConversationProjection[]): ConversationProjection[] {
  const newest = new Map<string, ConversationProjection>();
  for (const each of conversations) {
    if (each.version >= (newest.get(each.id)?.version ?? 0)) newest.set(each.id, each);
  }
  return [...newest.values()];
}

function receptionOf(received: Received, group: readonly InboundMessage[]): Reception {
  const { conversation, events, unsettled } = received;
  const ids = new Map(received.placed?.map(({ wamid, id }) => [wamid, id]));
  const freshWamids = new Set(received.fresh);
  // A wamid twice in one body is one message.
  const fresh = group
    .filter(({ wamid }) => freshWamids.delete(wamid))
    .map((message) => ({ ...message, id: ids.get(message.wamid) ?? message.id }));
  return { conversation, events, messages: [...fresh, ...unsettled], fresh };
}

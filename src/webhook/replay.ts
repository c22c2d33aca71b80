/** Processes a dead letter again, after an operator has removed the cause of its failure. */
import { readEventSubscribers } from "../config/config.ts";
import { eventOfProgress, eventsOfMessage } from "../conversation/state/events.ts";
import { messageProjection, sendProjection } from "../conversation/state/projection.ts";
import type { TakenMessage } from "../conversation/state/state.ts";
import { queueFollowUps } from "../conversation/sync/writer.ts";
import { parseJson } from "../lib/json.ts";
import { isArchiveJob, queueArchive } from "../media/archive.ts";
import type { SendToShow } from "../message/outgoing-message.ts";
import { createDatabase, d1Failure } from "../store/d1.ts";
import { dropDeadLetter, findDeadLetter } from "../store/dead-letters.ts";
import { project } from "../store/projection.ts";
import { eventOfStatus, isQueuedEvent, type QueuedEvent } from "../subscribers/event.ts";
import { commitEvents } from "./commit.ts";
import { splitEvents } from "./parse.ts";
import { readStatusBody } from "./status-pack.ts";
import { keepUntaken, takeStatuses } from "./statuses.ts";

type ReplayOutcome =
  | { kind: "replayed" }
  | { kind: "unknown" }
  /** It still can't be processed, and stays a dead letter. */
  | { kind: "refused"; reason: string };

export async function replayDeadLetter(env: Env, id: string): Promise<ReplayOutcome> {
  const database = createDatabase(env);
  const letter = await findDeadLetter(database, id);
  if (letter === null) return { kind: "unknown" };
  try {
    const reason = await process(env, letter.source, letter.payload);
    if (reason !== null) return { kind: "refused", reason };
  } catch (error) {
    if (d1Failure(error) !== "content") throw error;
    return { kind: "refused", reason: letter.reason };
  }
  await dropDeadLetter(database, id);
  return { kind: "replayed" };
}

/** Without the old `queued_at`: the event waited for days and would expire at once. */
async function deliverAgain(env: Env, given: QueuedEvent): Promise<string | null> {
  const { queued_at: _queuedAt, ...event } = given;
  const result = readEventSubscribers(env);
  if (!result.ok) return "EVENT_SUBSCRIBERS is wrong";
  if (!result.subscribers.some(({ url }) => url === event.subscriber)) {
    return "no subscriber has its address any more";
  }
  await env.EVENT_QUEUE.send(event);
  return null;
}

/** Null once it is done, else the reason why it can't be done. */
async function process(env: Env, source: string, payload: string): Promise<string | null> {
  const database = createDatabase(env);
  switch (source) {
    case "webhook": {
      const events = splitEvents(payload, parseJson(payload), Date.now());
      const [unusable] = events.unusable;
      if (unusable !== undefined) return unusable.reason;
      await commitEvents(env, events);
      return null;
    }
    case "message": {
      // The object's projector wrote this JSON.
      const { conversation_id, message }: { conversation_id: string; message: TakenMessage } =
        JSON.parse(payload);
      const messages = [messageProjection(conversation_id, message)];
      const { held } = await project(database, { conversations: [], messages, sends: [] });
      await queueFollowUps(env, messages, eventsOfMessage(conversation_id, message), held);
      return null;
    }
    case "send": {
      const { conversation_id, send }: { conversation_id: string; send: SendToShow } =
        JSON.parse(payload);
      const sends = [sendProjection(conversation_id, send)];
      const { statuses } = await project(database, { conversations: [], messages: [], sends });
      const events = [eventOfProgress(send, Date.now()), ...statuses.map(eventOfStatus)];
      await queueFollowUps(env, [], events, []);
      return null;
    }
    default: {
      // The payload is the body of a message that a queue gave up on.
      const body: unknown = JSON.parse(payload);
      if (isArchiveJob(body)) {
        await queueArchive(env, [body.media_id]);
        return null;
      }
      if (isQueuedEvent(body)) return deliverAgain(env, body);
      return takeBody(env, source, body);
    }
  }
}

/** A pack contains many statuses: those that still can't be recorded become dead letters of their own. */
async function takeBody(env: Env, source: string, body: unknown): Promise<string | null> {
  const { statuses, unreadable } = readStatusBody(body);
  if (statuses.length === 0) return "nothing this version can read";
  const refused = await takeStatuses(env, statuses);
  if (refused.length === statuses.length) return "D1 refused its content";
  await keepUntaken(env, source, { unreadable, refused });
  return null;
}

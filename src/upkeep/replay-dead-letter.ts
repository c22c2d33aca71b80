/** Tries a dead letter once more, after whatever kept it from being processed was mended. */
import { messageProjection } from "../conversation/conversation-projection.ts";
import type { InboundMessage } from "../conversation/inbound-message.ts";
import type { MessageStatus } from "../messages/message-status.ts";
import { d1Failure } from "../store/d1-failure.ts";
import { createDatabase } from "../store/database.ts";
import { dropDeadLetter, findDeadLetter } from "../store/dead-letters.ts";
import { project } from "../store/projection.ts";
import { recordStatuses } from "../store/statuses.ts";
import { commitEvents } from "../webhook/commit-events.ts";
import { splitEvents } from "../webhook/split-events.ts";

export type ReplayOutcome =
  | { kind: "replayed" }
  | { kind: "unknown" }
  /** It can't be processed still, and stays. */
  | { kind: "refused"; reason: string };

export async function replayDeadLetter(env: Env, id: string): Promise<ReplayOutcome> {
  const database = createDatabase(env.DB);
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

/** Null once it is done, else why it can't be. */
async function process(env: Env, source: string, payload: string): Promise<string | null> {
  const database = createDatabase(env.DB);
  switch (source) {
    case "webhook": {
      const events = splitEvents(payload, JSON.parse(payload), Date.now());
      const [unusable] = events.unusable;
      if (unusable !== undefined) return unusable.reason;
      await commitEvents(env, events);
      return null;
    }
    case "message": {
      // Written by our own projector.
      const { conversation_id, message }: { conversation_id: string; message: InboundMessage } =
        JSON.parse(payload);
      const messages = [messageProjection(conversation_id, message)];
      await project(database, { conversations: [], messages, sends: [] });
      return null;
    }
    default: {
      // What a queue gave up on is what it carried.
      const status: MessageStatus = JSON.parse(payload);
      await recordStatuses(database, [status]);
      return null;
    }
  }
}

/** What an object changed, into D1 and to whoever is subscribed. */
import { waitUntil } from "cloudflare:workers";
import { queueEvents } from "../delivery/queue-events.ts";
import { errorMembers, log } from "../observability/log.ts";
import { eventOfStatus } from "../messages/event-of-status.ts";
import type { Database } from "../store/database.ts";
import { project } from "../store/projection.ts";
import { eventOfProgress, sequencesOf } from "./conversation-event.ts";
import { sendProjection } from "./conversation-projection.ts";
import type { Changed } from "./conversation-answer.ts";
import type { SendProgress } from "./outgoing-message.ts";

/**
 * Resolves once D1 has it; the events follow after the answer. Where either fails, the object's
 * alarm does the same. Throws what D1 throws.
 */
export async function recordChange(
  env: Env,
  database: Database,
  { conversation, events }: Changed,
  sends: readonly SendProgress[] = [],
): Promise<void> {
  const { statuses } = await project(database, {
    conversations: [conversation],
    messages: [],
    sends: sends.map((progress) => sendProjection(conversation.id, progress)),
  });
  const told = async (): Promise<void> => {
    await queueEvents(env, [
      ...events,
      ...sends.map((progress) => eventOfProgress(progress, conversation.updated_at)),
      ...statuses.map(eventOfStatus),
    ]);
    await env.CONVERSATION.get(env.CONVERSATION.idFromString(conversation.id)).settle({
      version: conversation.version,
      wamids: [],
      sends,
      events: sequencesOf(events),
    });
  };
  waitUntil(
    told().catch((error: unknown) => {
      log("error", "events_left_to_alarm", errorMembers(error));
    }),
  );
}

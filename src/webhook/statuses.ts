/**
 * The consumer of the status queue. A batch of Meta's statuses goes into D1 and to subscribers; then a
 * fallback goes out where a status reports a closed session window, and conversations learn the
 * addresses that statuses report of their customers.
 */
import { conversations } from "../conversation/client.ts";
import { type Address, addressesNamed, identityOf } from "../lib/address.ts";
import { retryDelaySeconds } from "../lib/backoff.ts";
import { erasureId } from "../lib/erasure-id.ts";
import { objectIn, textMember } from "../lib/json.ts";
import { errorMembers, log } from "../lib/log.ts";
import { fallbackOf, WINDOW_CLOSED_CODE } from "../message/fallback.ts";
import { isFreeForm, readOutgoing } from "../message/outgoing-message.ts";
import { reportedBy } from "../message/reported-identity.ts";
import { createDatabase } from "../store/d1.ts";
import { keepDeadLetters, type NewDeadLetter } from "../store/dead-letters.ts";
import { isMessageStatus, type MessageStatus } from "../store/message-status.ts";
import type { NewlyNamed } from "../store/newly-named.ts";
import { isolateRefused } from "../store/rows.ts";
import { listLateFailures } from "../store/sends.ts";
import { recordStatuses } from "../store/statuses.ts";
import { eventOfStatus } from "../subscribers/event.ts";
import { queueEvents } from "../subscribers/queue.ts";
import { newestStamp, peopleIn } from "./erased.ts";
import { readStatusBody } from "./status-pack.ts";

/**
 * Acknowledges each message after the effects of all of its statuses; else each message comes back after
 * a growing delay. What can never be recorded becomes a dead letter of its own.
 */
export async function consumeStatuses(batch: MessageBatch, env: Env): Promise<void> {
  const { queue, messages } = batch;
  if (messages.length === 0) return;
  const bodies = messages.map(({ body }) => readStatusBody(body));
  const unreadable = bodies.flatMap((each) => each.unreadable);
  try {
    const refused = await takeStatuses(
      env,
      bodies.flatMap(({ statuses }) => statuses),
    );
    // Last: a repetition of the work would keep them twice.
    await keepUntaken(env, queue, { unreadable, refused });
    for (const message of messages) message.ack();
  } catch (error) {
    log("error", "queue_batch_failed", { messages: messages.length, ...errorMembers(error) });
    for (const message of messages) {
      message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
    }
  }
}

/**
 * All effects of statuses; may be repeated. Returns those whose content D1 refuses. Throws an error of
 * D1, of an object or of the event queue.
 */
export async function takeStatuses(
  env: Env,
  statuses: readonly MessageStatus[],
): Promise<MessageStatus[]> {
  if (statuses.length === 0) return [];
  const named: NewlyNamed[] = [];
  const refused = await isolateRefused(statuses, async (some) => {
    named.push(...(await applyStatuses(env, some)));
  });
  await heedLateFailures(
    env,
    statuses.filter((status) => !refused.includes(status)),
  );
  await learnFromStatuses(env, named);
  return refused;
}

/** Each as a dead letter of its own, from which it can be replayed. */
export async function keepUntaken(
  env: Env,
  source: string,
  { unreadable, refused }: { unreadable: readonly unknown[]; refused: readonly MessageStatus[] },
): Promise<void> {
  const letters = [
    ...unreadable.map((body) => ({ reason: "not a status this version can read", body })),
    ...refused.map((body) => ({ reason: "D1 refused its content", body })),
  ];
  const now = Date.now();
  await keepDeadLetters(
    createDatabase(env),
    letters.map(({ reason, body }) => deadLetterOf(env, { source, reason, body }, now)),
    now,
  );
}

/** A queue message as a dead letter. */
export function deadLetterOf(
  env: Env,
  { source, reason, body }: { source: string; reason: string; body: unknown },
  now: number,
): NewDeadLetter {
  const payload = JSON.stringify(body) ?? "null";
  const at = isMessageStatus(body) ? body.at : (newestStamp(payload, now) ?? now);
  return { source, reason, payload, about: peopleIn(env, payload, at) };
}

/**
 * Records statuses in D1 and queues their events. May be repeated: an event is queued for every status
 * whose message is known, also if D1 already had it, so that a crash after D1 loses no event. Returns
 * addresses that the conversations must learn. Throws an error of D1 or of the event queue.
 */
export async function applyStatuses(
  env: Env,
  statuses: readonly MessageStatus[],
): Promise<NewlyNamed[]> {
  const inputs = statuses.map((status) => {
    const people = peopleOfStatus(status.payload);
    return {
      ...status,
      erasure_ids: people.map((each) => erasureId(env.CONVERSATION, each)),
      addresses: addressesNamed(status.people ?? []).map(identityOf),
    };
  });
  const { known, named } = await recordStatuses(createDatabase(env), inputs);
  await queueEvents(env, known.map(eventOfStatus));
  return named;
}

/** Members of a status that identify its recipient, or a participant of its group. */
const PERSON_MEMBERS = [
  "recipient_id",
  "recipient_participant_id",
  "recipient_user_id",
  "recipient_participant_user_id",
];

/** Every address that a status of Meta's contains; none where the status can't be read. */
export function peopleOfStatus(payload: string): Address[] {
  const status = objectIn(payload);
  if (status === null) return [];
  return addressesNamed(PERSON_MEMBERS.map((member) => textMember(status, member)));
}

/**
 * Meta may accept a message and report only later, in a status, that it failed: then its customer waits for an
 * answer as before. If the session window was closed, the message's fallback goes out, once, because its
 * row in D1 is unique. Needs the statuses in D1; may be repeated. Throws an error of D1 or of an object.
 */
export async function heedLateFailures(
  env: Env,
  statuses: readonly MessageStatus[],
): Promise<void> {
  const failed = statuses.filter(({ status }) => status === "failed");
  if (failed.length === 0) return;
  const failures = await listLateFailures(
    createDatabase(env),
    failed.map(({ wamid, phone_number_id }) => ({ wamid, phone_number_id })),
    WINDOW_CLOSED_CODE,
  );
  const now = Date.now();
  for (const { id, conversation_id, type, send_options } of failures) {
    if (isFreeForm({ type })) await conversations(env).messageFailed(conversation_id, id);
    const fallback = send_options === null ? null : fallbackOf(readOutgoing({ send_options }), now);
    if (fallback !== null) await conversations(env).enqueue(conversation_id, [fallback], null);
  }
}

/** May be repeated. Throws an object's error. */
async function learnFromStatuses(env: Env, named: readonly NewlyNamed[]): Promise<void> {
  const byConversation = Map.groupBy(named, ({ conversation_id }) => conversation_id);
  await Promise.all(
    [...byConversation].map(async ([id, reports]) => {
      // Several statuses may report the same addresses: the conversation learns them once, by the last.
      const facts = new Map(
        reports
          .toSorted((one, other) => one.at - other.at)
          .map((each) => [each.people.join(), each]),
      );
      for (const { people, at } of facts.values()) {
        await conversations(env).learn(id, reportedBy(people, at));
      }
    }),
  );
}

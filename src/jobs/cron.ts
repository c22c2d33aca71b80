/**
 * Upkeep of D1, once a minute in small steps: resumes claims that a Worker left behind, fails sends
 * whose outcome Meta never reported, and deletes rows that are older than their use or their retention.
 */
import { readRetention } from "../config/config.ts";
import { hasInbox } from "../config/inbox.ts";
import { conversations } from "../conversation/client.ts";
import { addressOf } from "../lib/address.ts";
import { errorMembers, log } from "../lib/log.ts";
import { DAY_MS, MINUTE_MS } from "../lib/time.ts";
import { readOutgoing } from "../message/outgoing-message.ts";
import { interruptLog } from "../store/change-log.ts";
import { CHANGES_AT_ONCE, expireChanges } from "../store/changes.ts";
import { createDatabase, type Database, withD1Timeout } from "../store/d1.ts";
import { expireKeys } from "../store/idempotency-keys.ts";
import {
  dropPlaceholders,
  expireErasures,
  expireOrphanedStatuses,
  failUnconfirmed,
  listStaleClaims,
  listUnconfirmed,
  type StaleClaim,
} from "../store/upkeep.ts";
import { foldNames } from "../store/unfolded-names.ts";
import type { SubscriberEvent } from "../subscribers/event.ts";
import { queueEvents } from "../subscribers/queue.ts";
import { RETENTION_STEPS } from "./retention.ts";

/** Longer than any request works on its claim. */
const CLAIM_STALE_AFTER_MS = 2 * MINUTE_MS;

/** Meta reports a message that it has within minutes; after a day no report will come. */
const UNCONFIRMED_AFTER_MS = DAY_MS;

/** Kept for the status of a message that another system sent through the same number. */
const ORPHAN_LIFE_MS = 30 * DAY_MS;

/** Short, because the next minute tries again. */
const D1_PATIENCE_MS = 10_000;

/** As long as an orphaned status: afterwards nothing older than an erasure arrives. */
const ERASURE_LIFE_MS = ORPHAN_LIFE_MS;

/** A page that was closed or asleep for longer loads its lists anew. */
const CHANGES_LIFE_MS = 3 * DAY_MS;

/** Steps of one minute: together they delete more than D1 writes in that time. */
const CHANGES_STEPS = 20;

/** A revision that no object uses, since D1 and not the object makes this event. */
const NOT_ITS_OBJECTS = 0;

/** Longer than D1 takes to fail the messages, so that a subscriber who reads them finds them failed. */
const EVENT_DELAY_SECONDS = 10;

/** Runs each step by itself: a failing one does not stop the others. */
export async function upkeep(bindings: Env, now: number): Promise<void> {
  const env = withD1Timeout(bindings, D1_PATIENCE_MS);
  const database = createDatabase(env);
  await step("resume_claims", () => resumeClaims(env, now));
  await step("drop_unspoken_conversations", () =>
    dropPlaceholders(database, now - CLAIM_STALE_AFTER_MS),
  );
  await step("fail_unconfirmed", () => giveUpUnconfirmed(env, now));
  const retentionMs = readRetentionMs(env);
  await step("expire_orphaned_statuses", () =>
    expireOrphanedStatuses(database, now - Math.min(ORPHAN_LIFE_MS, retentionMs)),
  );
  await step("expire_keys", () => expireKeys(database, now));
  await step("fold_names", () => foldNames(database));
  await step("expire_erasures", () => expireErasures(database, now - ERASURE_LIFE_MS));
  if (!hasInbox(env)) await step("interrupt_changes", () => interruptLog(database, now));
  await step("expire_changes", () => expireSome(database, now - CHANGES_LIFE_MS));
  if (!Number.isFinite(retentionMs)) return;
  for (const [name, work] of Object.entries(RETENTION_STEPS)) {
    await step(name, () => work(env, now - retentionMs, now));
  }
}

async function expireSome(database: Database, before: number): Promise<number> {
  let rows = 0;
  for (let count = 0; count < CHANGES_STEPS; count += 1) {
    const deleted = await expireChanges(database, before);
    rows += deleted;
    if (deleted < CHANGES_AT_ONCE) break;
  }
  return rows;
}

/** Infinite where retention is off or can't be read. */
function readRetentionMs(env: Env): number {
  const retention = readRetention(env);
  return retention.ok && retention.days !== null ? retention.days * DAY_MS : Infinity;
}

/** Informs objects and queues the events before D1 changes: either may happen twice but must happen. */
async function giveUpUnconfirmed(env: Env, now: number): Promise<number> {
  const database = createDatabase(env);
  const ids: string[] = [];
  for (const { id, conversation_id } of await listUnconfirmed(
    database,
    now - UNCONFIRMED_AFTER_MS,
  )) {
    try {
      await conversations(env).messageFailed(conversation_id, id);
      ids.push(id);
    } catch (error) {
      log("error", "send_not_given_up", { message_id: id, ...errorMembers(error) });
    }
  }
  const events = ids.map((message_id): SubscriberEvent => {
    return {
      type: "message.status",
      message_id,
      status: "failed",
      participant: "",
      revision: NOT_ITS_OBJECTS,
      at: now,
    };
  });
  await queueEvents(env, events, { delaySeconds: EVENT_DELAY_SECONDS });
  return failUnconfirmed(database, ids, now);
}

/** Hands over the claims of Workers that stopped before they reached the conversation's object. */
async function resumeClaims(env: Env, now: number): Promise<number> {
  const claims = await listStaleClaims(createDatabase(env), now - CLAIM_STALE_AFTER_MS);
  let resumed = 0;
  for (const claim of claims) {
    try {
      await resumeClaim(env, claim);
      resumed += 1;
    } catch (error) {
      // The oldest come first, and one that can't be resumed must not stop the others.
      log("error", "claim_not_resumed", { message_id: claim.id, ...errorMembers(error) });
    }
  }
  return resumed;
}

async function resumeClaim(env: Env, claim: StaleClaim): Promise<void> {
  const messages = [readOutgoing(claim)];
  await conversations(env).enqueue(claim.conversation_id, messages, addressOf(claim));
}

async function step(name: string, work: () => Promise<number>): Promise<void> {
  try {
    const rows = await work();
    if (rows > 0) log("info", "upkeep", { step: name, rows });
  } catch (error) {
    log("error", "upkeep_failed", { step: name, ...errorMembers(error) });
  }
}

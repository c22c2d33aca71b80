/**
 * Erases a person at the conversations' objects, in D1 and in the bucket. The same request repeated
 * continues an interrupted erasure, since the rows that lead to the rest go last.
 */
import { requireInD1 } from "../conversation/change.ts";
import { conversations } from "../conversation/client.ts";
import { beginningOfSecond } from "../lib/ids.ts";
import { erasedKeyId, erasureId } from "../lib/erasure-id.ts";
import { log } from "../lib/log.ts";
import { bucketOf } from "../media/bucket.ts";
import { eraseContacts } from "../store/contacts.ts";
import { eraseConversations } from "../store/conversations.ts";
import type { Database } from "../store/d1.ts";
import { type Erasure, listErased, rememberErased } from "../store/erasures.ts";
import { eraseKeys, listKeysOfConversations } from "../store/idempotency-keys.ts";
import {
  eraseMessages,
  listFilesOf,
  listKeysOf,
  listOwnMessageIds,
  type OwnMessages,
  type Until,
} from "../store/person.ts";
import { eraseRaw, rawTextsWith, replaceRaw } from "../store/raw-values.ts";
import { eraseStatuses } from "../store/statuses.ts";
import { splitDeadLetter } from "./dead-letters.ts";
import { type AskedAddress, findPerson, isKnown, type Person } from "./find.ts";
import { type Identities, namesOneOf, splitTextByPerson } from "./identities.ts";

type EraseOutcome =
  /** Nothing of the person is left, erased by this request or an earlier one. */
  | { kind: "erased" }
  | { kind: "unknown" }
  /** Two of the person's conversations are merging: the caller repeats the request a moment later. */
  | { kind: "moving" };

/** An object's answer after it erased the person. */
type ErasedObject = Erasure & { message_ids: readonly string[] };

/** Messages that one transaction deletes: D1 has one thread, which a longer one would block. */
const MESSAGES_PER_TRANSACTION = 500;

/** Throws an error of D1, an object or the bucket; a repeated call continues. */
export async function erasePerson(
  env: Env,
  database: Database,
  asked: AskedAddress,
  configuredNumber: string,
): Promise<EraseOutcome> {
  const person = await findPerson(env, database, asked, configuredNumber);
  if (person.isMoving) return { kind: "moving" };
  if (!(await isKnown(database, person)) && !(await wasErased(env, database, person))) {
    return { kind: "unknown" };
  }
  const begunAt = Date.now();
  const { addresses, identities, objectIds } = person;
  const erasuresOfAddresses = (erased_at: number): Erasure[] =>
    addresses.map((address) => {
      return { id: erasureId(env.CONVERSATION, address), version: 0, erased_at };
    });
  // From here on D1 refuses everything older than the erasure.
  await rememberErased(database, erasuresOfAddresses(begunAt));
  const objects = await eraseObjects(env, person, begunAt);
  const erased_at = Math.max(begunAt, ...objects.map((each) => each.erased_at));
  await rememberErased(database, [...erasuresOfAddresses(erased_at), ...objects.map(erasureOf)]);
  const names = [...identities.phones, ...identities.ids];
  await eraseDeadLetters(database, { ...identities, ids: [...identities.ids, ...objectIds] });
  await eraseAccountEvents(database, identities);
  await eraseStatuses(database, names);
  await eraseKeysOf(env, database, objects);
  const messages = await eraseOwnMessages(env, database, erased_at, [
    ...objects.map((each) => ({
      of: "conversation" as const,
      id: each.id,
      until: untilErased(each),
    })),
    { of: "participant", identities: names },
  ]);
  await eraseContacts(database, names);
  await eraseConversations(database, objectIds);
  await showNewConversations(env, objectIds);
  log("info", "person_erased", { conversations: person.conversations.length, messages });
  return { kind: "erased" };
}

/** D1 remembers an erasure for a limited time. */
async function wasErased(env: Env, database: Database, { addresses }: Person): Promise<boolean> {
  const ids = addresses.map((address) => erasureId(env.CONVERSATION, address));
  return (await listErased(database, ids)).size > 0;
}

/** Conversations' objects come first: an object that only forwards to one must not bring its messages back. */
async function eraseObjects(env: Env, { objectIds }: Person, at: number): Promise<ErasedObject[]> {
  const objects: ErasedObject[] = [];
  let messageIds: readonly string[] = [];
  for (const id of objectIds) {
    const erased = await conversations(env).erase(id, { at, elsewhere: messageIds });
    messageIds = erased?.message_ids ?? messageIds;
    objects.push({
      id,
      version: erased?.version ?? 0,
      erased_at: erased?.erased_at ?? at,
      message_ids: messageIds,
    });
  }
  return objects;
}

function erasureOf({ id, version, erased_at }: ErasedObject): Erasure {
  return { id, version, erased_at };
}

/** A message that came after the object's erasure belongs to a new conversation. */
function untilErased({ erased_at, message_ids }: ErasedObject): Until {
  return {
    ours: erased_at,
    others: beginningOfSecond(erased_at),
    but: message_ids,
  };
}

/** Projects a conversation that began again during the erasure, whose row went with the old one's. */
async function showNewConversations(env: Env, objectIds: readonly string[]): Promise<void> {
  for (const id of objectIds) {
    const changed = await conversations(env).announceChange(id);
    if (changed !== null) requireInD1(await conversations(env).bring(id));
  }
}

/** A repeated request must not send an erased message again: what remains of its key is a digest. */
async function eraseKeysOf(
  env: Env,
  database: Database,
  objects: readonly ErasedObject[],
): Promise<void> {
  const ids = objects.map(({ id }) => id);
  const erased_at = Math.max(0, ...objects.map((each) => each.erased_at));
  for (;;) {
    const keys = await listKeysOfConversations(database, ids, erased_at);
    if (keys.length === 0) return;
    await rememberErased(
      database,
      keys.map(({ sent_by, key }) => {
        return { id: erasedKeyId(env.CONVERSATION, sent_by, key), version: 0, erased_at };
      }),
    );
    await eraseKeys(database, ids, keys, erased_at);
  }
}

async function eraseOwnMessages(
  env: Env,
  database: Database,
  erased_at: number,
  all: readonly OwnMessages[],
): Promise<number> {
  const bucket = bucketOf(env);
  let erased = 0;
  for (const own of all) {
    for (;;) {
      const ids = await listOwnMessageIds(database, own, MESSAGES_PER_TRANSACTION);
      if (ids.length === 0) break;
      const keys = await listKeysOf(database, ids, erased_at);
      await rememberErased(
        database,
        keys.map(({ sent_by, idempotency_key }) => {
          const id = erasedKeyId(env.CONVERSATION, sent_by, idempotency_key);
          return { id, version: 0, erased_at };
        }),
      );
      const files = await listFilesOf(database, ids, { withReceived: true });
      if (files.length > 0) await bucket?.delete(files);
      await eraseMessages(database, ids, files);
      // The archive may have stored one until its row was gone.
      if (files.length > 0) await bucket?.delete(files);
      erased += ids.length;
    }
  }
  return erased;
}

/** A letter that also contains events of other people keeps their part. */
async function eraseDeadLetters(database: Database, identities: Identities): Promise<void> {
  const names = namesOneOf(identities);
  for await (const { id, text } of rawTextsWith(database, "dead_letters", identities)) {
    const split = splitDeadLetter(text, names);
    if (split === null) continue;
    if (split.rest === null) await eraseRaw(database, "dead_letters", id);
    else await replaceRaw(database, "dead_letters", id, split.rest);
  }
}

/** An event that also contains other people keeps their part. */
async function eraseAccountEvents(database: Database, identities: Identities): Promise<void> {
  const names = namesOneOf(identities);
  for await (const { id, text } of rawTextsWith(database, "account_events", identities)) {
    if (!names(text)) continue;
    const { rest } = splitTextByPerson(text, names);
    if (rest === undefined) await eraseRaw(database, "account_events", id);
    else await replaceRaw(database, "account_events", id, JSON.stringify(rest));
  }
}

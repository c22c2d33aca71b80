/**
 * Forgets a person: at the conversations' objects, in D1 and in the bucket. Whatever breaks it off, the
 * same request once more goes on; what is needed to find the rest goes last.
 */
import { recordChange } from "../conversation/change.ts";
import { conversations } from "../conversation/client.ts";
import { beginningOfSecond } from "../lib/ids.ts";
import { erasedKeyId, erasureId } from "../lib/erasure-id.ts";
import { log } from "../lib/log.ts";
import { bucketOf } from "../media/bucket.ts";
import { replaceAccountEvent } from "../store/account-events.ts";
import { eraseContacts } from "../store/contacts.ts";
import { eraseConversations } from "../store/conversations.ts";
import type { Database } from "../store/d1.ts";
import { type Erasure, listErased, rememberErased } from "../store/erasures.ts";
import {
  eraseMessages,
  listFilesOf,
  listKeysOf,
  listOwnMessageIds,
  type OwnMessages,
  type Until,
} from "../store/person.ts";
import { eraseRaw, rawTextsWith } from "../store/raw-values.ts";
import { eraseStatuses } from "../store/statuses.ts";
import { type AskedAddress, findPerson, isKnown, type Person } from "./find.ts";
import { type Identities, namesOneOf, splitTextByPerson } from "./identities.ts";

type EraseOutcome =
  /** Nothing of the person is left, be it since now or before. */
  | { kind: "erased" }
  | { kind: "unknown" }
  /** Two of the person's conversations are just becoming one: in a moment it can be done. */
  | { kind: "moving" };

/** What an object says once it has forgotten the person. */
type ErasedObject = Erasure & { message_ids: readonly string[] };

/** Messages taken away in one transaction, so that none holds D1's one thread for long. */
const MESSAGES_AT_ONCE = 500;

/** Throws what D1, an object or the bucket throws; repeated, it goes on. */
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
  const ofAddresses = (erased_at: number): Erasure[] =>
    addresses.map((address) => {
      return { id: erasureId(env.CONVERSATION, address), version: 0, erased_at };
    });
  // From here on D1 takes nothing of before.
  await rememberErased(database, ofAddresses(begunAt));
  const objects = await eraseObjects(env, person, begunAt);
  const erased_at = Math.max(begunAt, ...objects.map((each) => each.erased_at));
  await rememberErased(database, [...ofAddresses(erased_at), ...objects.map(erasureOf)]);
  const names = [...identities.phones, ...identities.ids];
  await eraseDeadLetters(database, { ...identities, ids: [...identities.ids, ...objectIds] });
  await eraseAccountEvents(database, identities);
  await eraseStatuses(database, names);
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
  await showBegunAnew(env, database, objectIds);
  log("info", "person_erased", { conversations: person.conversations.length, messages });
  return { kind: "erased" };
}

/** For as long as that is remembered. */
async function wasErased(env: Env, database: Database, { addresses }: Person): Promise<boolean> {
  const ids = addresses.map((address) => erasureId(env.CONVERSATION, address));
  return (await listErased(database, ids)).size > 0;
}

/** Conversations first: what was there must not come back by an address that only led to it. */
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

/** What came after its object was erased is a new conversation's. */
function untilErased({ erased_at, message_ids }: ErasedObject): Until {
  return {
    ours: erased_at,
    others: beginningOfSecond(erased_at),
    but: message_ids,
  };
}

/** A conversation that began anew meanwhile had its row in the place of the old one. */
async function showBegunAnew(
  env: Env,
  database: Database,
  objectIds: readonly string[],
): Promise<void> {
  for (const id of objectIds) {
    const changed = await conversations(env).announceChange(id);
    if (changed !== null) await recordChange(env, database, changed);
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
      const ids = await listOwnMessageIds(database, own, MESSAGES_AT_ONCE);
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
      // One may have come into the bucket as long as it had a row.
      if (files.length > 0) await bucket?.delete(files);
      erased += ids.length;
    }
  }
  return erased;
}

/** A dead letter is about one thing: it goes whole. */
async function eraseDeadLetters(database: Database, identities: Identities): Promise<void> {
  const names = namesOneOf(identities);
  for await (const { id, text } of rawTextsWith(database, "dead_letters", identities)) {
    if (names(text)) await eraseRaw(database, "dead_letters", id);
  }
}

/** Of an event that speaks of others, too, their part stays. */
async function eraseAccountEvents(database: Database, identities: Identities): Promise<void> {
  const names = namesOneOf(identities);
  for await (const { id, text } of rawTextsWith(database, "account_events", identities)) {
    if (!names(text)) continue;
    const { rest } = splitTextByPerson(text, names);
    if (rest === undefined) await eraseRaw(database, "account_events", id);
    else await replaceAccountEvent(database, id, JSON.stringify(rest));
  }
}

/**
 * Deletes what is older than RETENTION_DAYS, a bounded number of rows per step: messages with their
 * statuses and files, account events, dead letters, and last the conversations that are empty then.
 */
import { requireInD1 } from "../conversation/change.ts";
import { conversations } from "../conversation/client.ts";
import { lowestMessageId } from "../lib/ids.ts";
import { bucketOf } from "../media/bucket.ts";
import { eraseConversations } from "../store/conversations.ts";
import { createDatabase } from "../store/d1.ts";
import { type Erasure, rememberErased } from "../store/erasures.ts";
import { eraseMessages, listFilesOf } from "../store/person.ts";
import {
  eraseFiles,
  eraseOldAccountEvents,
  eraseOldDeadLetters,
  listOldFiles,
  listOldMessages,
  listSilentConversations,
} from "../store/upkeep.ts";

/** Deletes some of what is older than `before`, and returns how many. */
type RetentionStep = (env: Env, before: number, now: number) => Promise<number>;

export const RETENTION_STEPS: Readonly<Record<string, RetentionStep>> = {
  erase_old_messages: eraseOldMessages,
  erase_old_files: eraseUnusedFiles,
  erase_old_account_events: (env, before) => eraseOldAccountEvents(createDatabase(env), before),
  erase_old_dead_letters: (env, before) => eraseOldDeadLetters(createDatabase(env), before),
  erase_silent_conversations: eraseSilentConversations,
};

async function eraseOldMessages(env: Env, before: number, now: number): Promise<number> {
  const database = createDatabase(env);
  const messages = await listOldMessages(database, before, now);
  if (messages.length === 0) return 0;
  const unread = messages.filter((message) => message.unread === 1);
  // First, because the deleted rows can no longer say which conversations they belonged to.
  await readUpTo(env, new Set(unread.map(({ conversation_id }) => conversation_id)), before);
  const ids = messages.map(({ id }) => id);
  const files = await listFilesOf(database, ids, { withReceived: false });
  await eraseFromBucket(env, files);
  await eraseMessages(database, ids, files);
  return ids.length;
}

/** Erased messages must not count as unread. */
async function readUpTo(env: Env, ids: ReadonlySet<string>, before: number): Promise<void> {
  await Promise.all(
    [...ids].map(async (id) => {
      requireInD1(await conversations(env).read(id, lowestMessageId(before)));
    }),
  );
}

async function eraseUnusedFiles(env: Env, before: number): Promise<number> {
  const database = createDatabase(env);
  const files = await listOldFiles(database, before);
  await eraseFromBucket(env, files);
  await eraseFiles(database, files);
  return files.length;
}

async function eraseFromBucket(env: Env, files: readonly string[]): Promise<void> {
  if (files.length > 0) await bucketOf(env)?.delete([...files]);
}

/** Erases a conversation and its object, unless the object has something that D1 lacks. */
async function eraseSilentConversations(env: Env, before: number): Promise<number> {
  const database = createDatabase(env);
  const ids = await listSilentConversations(database, before);
  const erasures = await Promise.all(
    ids.map(async (id): Promise<Erasure[]> => {
      const gone = await conversations(env).erase(id, { at: before, onlyIfSilent: true });
      return gone === null ? [] : [{ id, version: gone.version, erased_at: before }];
    }),
  );
  const erased = erasures.flat();
  if (erased.length === 0) return 0;
  await rememberErased(database, erased);
  await eraseConversations(
    database,
    erased.map(({ id }) => id),
  );
  return erased.length;
}

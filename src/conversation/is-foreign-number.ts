/** Whether a send names a business number that is not ours: it must leave no conversation behind. */
import { parseConfig, readPhoneNumberId } from "../config.ts";
import { createAccountClient } from "../graph/account-client.ts";
import { hasConversations } from "../store/conversations.ts";
import type { Database } from "../store/database.ts";

/** A batch of 500 sends asks Meta once: each request has its own Database. */
const asked = new WeakMap<Database, Map<string, Promise<boolean>>>();

/** True only where Meta says for good that there is none; without an answer, the send goes its way. */
export async function isForeignNumber(
  env: Env,
  database: Database,
  phoneNumberId: string,
): Promise<boolean> {
  if (phoneNumberId === readPhoneNumberId({ ...env })) return false;
  if ((await hasConversations(database, phoneNumberId)) !== null) return false;
  const answers = asked.get(database) ?? new Map<string, Promise<boolean>>();
  asked.set(database, answers);
  const answer = answers.get(phoneNumberId) ?? isUnknownToMeta(env, phoneNumberId);
  answers.set(phoneNumberId, answer);
  return answer;
}

async function isUnknownToMeta(env: Env, phoneNumberId: string): Promise<boolean> {
  const parsed = parseConfig({ ...env });
  if (!parsed.ok) return false;
  const answer = await createAccountClient(parsed.config).hasNumber(phoneNumberId);
  return !answer.ok && answer.class === "permanent";
}

/** What the business knows of a person, for the person's conversations as well. */
import { putContact } from "../store/contacts.ts";
import { conversationsOf } from "../store/conversations.ts";
import type { Database } from "../store/database.ts";
import { callConversation } from "./call-conversation.ts";
import { recordChange } from "./record-change.ts";

/** The conversations' objects hear of it first, as of every change that D1 alone keeps. */
export async function giveContact(
  env: Env,
  database: Database,
  identity: { phone: string } | { user_id: string },
  contact: Parameters<typeof putContact>[1],
): Promise<void> {
  const conversations = await conversationsOf(database, identity);
  const changed = await Promise.all(
    conversations
      .filter(
        ({ contact_name, owner, changed_by }) =>
          contact_name !== contact.name ||
          owner !== contact.owner ||
          changed_by !== contact.changed_by,
      )
      .map(({ id }) =>
        callConversation(env.CONVERSATION, env.CONVERSATION.idFromString(id), (stub) =>
          stub.announceChange(),
        ),
      ),
  );
  await putContact(database, contact, Date.now());
  await Promise.all(
    changed.filter((each) => each !== null).map((each) => recordChange(env, database, each)),
  );
}

/** From a request's recipient to the conversation, its object, and the address that Meta gets. */
import { parseConfig, readPhoneNumberId } from "../config/config.ts";
import { conversations } from "../conversation/client.ts";
import { createAccountClient } from "../graph/account.ts";
import { type Address, addressOf } from "../lib/address.ts";
import type { FieldError } from "../lib/problem.ts";
import type { Dial } from "../message/outgoing-message.ts";
import {
  type ConversationRow,
  findConversation,
  findConversationWith,
} from "../store/conversations.ts";
import { hasConversations } from "../store/business-numbers.ts";
import type { Database } from "../store/d1.ts";
import { refusedTo } from "./envelope.ts";
import type { Recipient } from "./request.ts";

export type Destination = {
  conversationId: string;
  phoneNumberId: string;
  /** For a conversation that does not exist yet; null = it exists. */
  address: Address | null;
  /** Null = the conversation's object decides. */
  dial: Dial | null;
};

type DestinationResult = { ok: true; destination: Destination } | { ok: false; error: FieldError };

/** Refuses a recipient that leads to no customer. */
export async function resolveRecipient(
  env: Env,
  database: Database,
  recipient: Recipient,
  phoneNumberId: string,
): Promise<DestinationResult> {
  switch (recipient.kind) {
    case "phone": {
      const address: Address = { kind: "phone", phone: recipient.phone };
      return found(toAddress(env, phoneNumberId, address, { to: recipient.dial }));
    }
    case "wa_id": {
      const dial = { to: recipient.dial };
      const row = await findConversationWith(database, {
        identity: recipient.phone,
        phone_number_id: phoneNumberId,
      });
      // Only a message from there proves the number: ours may have gone to a wrong one.
      return row === null || row.last_customer_message_at === null
        ? { ok: false, error: refusedTo(recipient.refusal) }
        : found(toConversation(row, dial));
    }
    case "user": {
      const { user_id } = recipient;
      // A customer whose phone is known too has one conversation, the phone's.
      const known = await findConversationWith(database, {
        identity: user_id,
        phone_number_id: phoneNumberId,
      });
      const dial = { recipient: user_id };
      return found(
        known === null
          ? toAddress(env, phoneNumberId, { kind: "user", user_id }, dial)
          : toConversation(known, dial),
      );
    }
    case "conversation": {
      const row = await findConversation(database, recipient.conversation_id);
      if (row !== null) return found(toConversation(row, null));
      const detail = "no conversation has this id";
      return { ok: false, error: { pointer: "/conversation_id", detail } };
    }
  }
}

function found(destination: Destination): DestinationResult {
  return { ok: true, destination };
}

function toConversation(row: ConversationRow, dial: Dial | null): Destination {
  return {
    conversationId: row.id,
    phoneNumberId: row.phone_number_id,
    // A claim may have made the row and never reached the object.
    address: row.version === 0 ? addressOf(row) : null,
    dial,
  };
}

function toAddress(env: Env, phoneNumberId: string, address: Address, dial: Dial): Destination {
  const conversationId = conversations(env).idOf(phoneNumberId, address);
  return { conversationId, phoneNumberId, address, dial };
}

/** Meta's answers for each request, which has its own Database: a batch of 500 sends asks once. */
const answersByRequest = new WeakMap<Database, Map<string, Promise<boolean>>>();

/**
 * Whether a business number is not the account's: a send from it must leave no conversation behind. True
 * only where Meta refuses it permanently; without an answer from Meta the send continues.
 */
export async function isForeignNumber(
  env: Env,
  database: Database,
  phoneNumberId: string,
): Promise<boolean> {
  if (phoneNumberId === readPhoneNumberId(env)) return false;
  if ((await hasConversations(database, phoneNumberId)) !== null) return false;
  const answers = answersByRequest.get(database) ?? new Map<string, Promise<boolean>>();
  answersByRequest.set(database, answers);
  const answer = answers.get(phoneNumberId) ?? isUnknownToMeta(env, phoneNumberId);
  answers.set(phoneNumberId, answer);
  return answer;
}

async function isUnknownToMeta(env: Env, phoneNumberId: string): Promise<boolean> {
  const parsed = parseConfig(env);
  if (!parsed.ok) return false;
  const answer = await createAccountClient(parsed.config).hasNumber(phoneNumberId);
  return !answer.ok && answer.class === "permanent";
}

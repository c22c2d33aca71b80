/** From the recipient of a request to the conversation's object and what Meta is to dial. */
import type { FieldError } from "../http/problem.ts";
import { refusedTo } from "../messages/read-recipient.ts";
import type { Recipient } from "../messages/send-request.ts";
import {
  findConversation,
  findConversationWith,
  type ConversationRow,
} from "../store/conversations.ts";
import type { Database } from "../store/database.ts";
import { conversationName, type Address } from "../customer/address.ts";
import type { Dial } from "./outgoing-message.ts";

export type Destination = {
  conversationId: string;
  phoneNumberId: string;
  /** Makes the conversation if need be; null = it exists. */
  address: Address | null;
  /** Null = wherever the conversation's customer is. */
  dial: Dial | null;
};

export type DestinationResult =
  | { ok: true; destination: Destination }
  | { ok: false; error: FieldError };

/** Refuses what leads to nobody. */
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
      // That we once wrote there proves nothing: the number may have been mistaken then.
      return row === null || row.last_customer_message_at === null
        ? { ok: false, error: refusedTo(recipient.refusal) }
        : found(toConversation(row, dial));
    }
    case "user": {
      const { user_id } = recipient;
      // A person known by phone as well has one conversation, the phone's.
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
    // A claim may have made the row and never come to its object.
    address: row.version === 0 ? addressOf(row) : null,
    dial,
  };
}

/** A claim is made for a phone or a BSUID, never for a group. */
function addressOf({ phone, user_id }: ConversationRow): Address | null {
  if (phone !== null) return { kind: "phone", phone };
  return user_id === null ? null : { kind: "user", user_id };
}

function toAddress(env: Env, phoneNumberId: string, address: Address, dial: Dial): Destination {
  const name = conversationName(phoneNumberId, address);
  const conversationId = env.CONVERSATION.idFromName(name).toString();
  return { conversationId, phoneNumberId, address, dial };
}

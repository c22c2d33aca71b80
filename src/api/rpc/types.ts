/** What goes over a service binding, both ways. */
import type { ProblemBody } from "../../lib/problem.ts";
import type { ConversationView } from "../conversations/schema.ts";
import type { batchView } from "../messages/answer.ts";
import type { MessageView, MessageWithStatusesView } from "../messages/schema.ts";
import type { SendBody } from "../messages/send-schema.ts";

/** What the binding in the caller's `wrangler.toml` says of it; its code can't say otherwise. */
export type PalomaProps = {
  /** Stands as `sent_by` in its messages, and keeps its idempotency keys apart from others'. */
  caller?: string;
};

/** Where JSON has a time, a Date may stand. */
type Times = "send_at" | "expires_at";

/** As the body of `POST /v1/messages`, with the key inside: the content stands under its type. */
export type MessageToSend = Omit<SendBody, Times> & { [Time in Times]?: string | Date } & {
  /** A phone number in any usual spelling, a national one if DEFAULT_COUNTRY is set; else give `recipient` or `conversation_id`. */
  to?: string;
  /** At most 255 characters: repeated with the same message, it is sent once. */
  idempotency_key?: string;
  /** The content of a type that Paloma does not know, which passes whole. */
  [content: string]: unknown;
};

/** As the query of `GET /v1/conversations`: filters hold together, `contact` stands alone. */
export type ConversationQuery = {
  status?: "pending" | "active" | "closed";
  unread?: true;
  owner?: string;
  contact?: string;
  phone_number_id?: string;
  limit?: number;
  cursor?: string;
};

/** The members of the problem as over HTTP. */
export type Refused = { ok: false; problem: ProblemBody };

/** `replayed`: the key was used before, and this is the message of then. */
export type SendMessageResult = { ok: true; message: MessageView; replayed: boolean } | Refused;

/** One element for each message, in their order. */
export type BatchResult = { ok: true; data: ReturnType<typeof batchView>[] } | Refused;

export type MessageResult = { ok: true; message: MessageWithStatusesView } | Refused;

export type ConversationResult = { ok: true; conversation: ConversationView } | Refused;

export type ConversationListResult =
  | { ok: true; data: ConversationView[]; next_cursor: string | null }
  | Refused;

/** The service binding as its caller sees it: all of it is plain data. */
export type PalomaBinding = {
  send(message: MessageToSend): Promise<SendMessageResult>;
  sendBatch(messages: readonly MessageToSend[]): Promise<BatchResult>;
  getMessage(id: string): Promise<MessageResult>;
  getConversation(id: string): Promise<ConversationResult>;
  listConversations(query?: ConversationQuery): Promise<ConversationListResult>;
};

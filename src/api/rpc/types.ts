/** The types of calls and answers over a service binding. */
import type { ProblemBody } from "../../lib/problem.ts";
import type { ConversationView } from "../conversations/schema.ts";
import type { batchView } from "../messages/answer.ts";
import type { MessageView, MessageWithStatusesView } from "../messages/schema.ts";
import type { SendBody } from "../messages/send-schema.ts";

/** Set by the binding in the caller's `wrangler.toml`; the caller's code can't change it. */
export type PalomaProps = {
  /** The `sent_by` of its messages; separates its idempotency keys from those of other callers. */
  caller?: string;
};

/** Members that may be a Date, where JSON has text. */
type Times = "send_at" | "expires_at";

/** Like the body of `POST /v1/messages`, plus the idempotency key; the content is under its type. */
export type MessageToSend = Omit<SendBody, Times> & { [Time in Times]?: string | Date } & {
  /** A phone number in any usual spelling, a national one if DEFAULT_COUNTRY is set; else give `recipient` or `conversation_id`. */
  to?: string;
  /** At most 255 characters: a message repeated with the same key is sent once. */
  idempotency_key?: string;
  /** The content of a type that Paloma does not know, which goes to Meta unchanged. */
  [content: string]: unknown;
};

/** Like the query of `GET /v1/conversations`: filters combine; `contact` can't be combined. */
export type ConversationQuery = {
  status?: "pending" | "active" | "closed";
  unread?: true;
  owner?: string;
  contact?: string;
  phone_number_id?: string;
  q?: string;
  /** `mine` = assigned to the calling Worker's name. */
  view?: "open" | "waiting" | "mine" | "unassigned" | "closed" | "all";
  include?: "last_message";
  limit?: number;
  cursor?: string;
};

/** The problem has the same members as over HTTP. */
export type Refused = { ok: false; problem: ProblemBody };

/** `replayed`: the key was used before, and this is the message of that call. */
export type SendMessageResult = { ok: true; message: MessageView; replayed: boolean } | Refused;

/** One element for each message, in the same order. */
export type BatchResult = { ok: true; data: ReturnType<typeof batchView>[] } | Refused;

export type MessageResult = { ok: true; message: MessageWithStatusesView } | Refused;

export type ConversationResult = { ok: true; conversation: ConversationView } | Refused;

export type ConversationListResult =
  | { ok: true; data: ConversationView[]; next_cursor: string | null }
  | Refused;

/** The service binding as its caller sees it: all arguments and results are plain data. */
export type PalomaBinding = {
  send(message: MessageToSend): Promise<SendMessageResult>;
  sendBatch(messages: readonly MessageToSend[]): Promise<BatchResult>;
  getMessage(id: string): Promise<MessageResult>;
  getConversation(id: string): Promise<ConversationResult>;
  listConversations(query?: ConversationQuery): Promise<ConversationListResult>;
};

/** What one webhook body says, split into events of the four kinds we treat differently. */
import type { InboundMessage } from "../message/inbound-message.ts";
import type { MessageStatus } from "../store/message-status.ts";
import type { AccountEffect } from "./account.ts";

/** A message before its id is computed. */
export type MessageEvent = Omit<InboundMessage, "id">;

/** Any other field, kept with its raw value. */
export type AccountEvent = {
  field: string;
  business_account_id: string | null;
  /** The entry's `time`: the same in a redelivery, another where Meta says the same again. */
  entry_time: string | null;
  phone_number_id: string | null;
  /** JSON text. */
  value: string;
  received_at: number;
};

/** A message or status that nothing can be done with, because of what it lacks. */
type UnusableEvent = {
  reason: string;
  /** A webhook body, as JSON text, that says this and nothing else. */
  value: string;
};

/** Why a message or status is unusable. */
export type Unusable = { reason: string };

export type WebhookEvents = {
  messages: MessageEvent[];
  statuses: MessageStatus[];
  account: AccountEvent[];
  /** What those change here. */
  effects: AccountEffect[];
  unusable: UnusableEvent[];
};

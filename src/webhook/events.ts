/** The events of one webhook body, by kind: each kind is kept in another place. */
import type { InboundMessage } from "../message/inbound-message.ts";
import type { MessageStatus } from "../store/message-status.ts";
import type { AccountEffect } from "./account.ts";

/** A message before its id is computed. */
export type MessageEvent = Omit<InboundMessage, "id">;

/** Any other field, kept with its raw value. */
export type AccountEvent = {
  field: string;
  business_account_id: string | null;
  /** The entry's `time`: the same in a redelivery, different where Meta reports the same value again. */
  entry_time: string | null;
  phone_number_id: string | null;
  /** JSON text. */
  value: string;
  received_at: number;
};

/** A message or status that lacks what its processing needs. */
type UnusableEvent = {
  reason: string;
  /** A webhook body, as JSON text, that contains this event alone. */
  value: string;
};

/** Why a message or status is unusable. */
export type Unusable = { reason: string };

export type WebhookEvents = {
  messages: MessageEvent[];
  statuses: MessageStatus[];
  account: AccountEvent[];
  /** What the account events change here. */
  effects: AccountEffect[];
  unusable: UnusableEvent[];
};

import type { Customer } from "../customers/customer.ts";
import type { JsonObject } from "../json.ts";
import type { TemplateCategory } from "../templates/template.ts";
import type { MessageStatusName } from "../webhooks/message-status-name.ts";

/** A message that the simulator answered with 200. */
export interface SentMessage {
  readonly wamid: string;
  readonly phoneNumberId: string;
  /** `to` or `recipient` as given. */
  readonly input: string;
  /** Null when Meta drops the message silently: a BSUID in `to`. */
  readonly customer: Customer | null;
  readonly type: string;
  /** The request's body. */
  readonly body: JsonObject;
  /** Null for everything but templates. */
  readonly templateCategory: TemplateCategory | null;
  /** Unix milliseconds. */
  readonly acceptedAt: number;
  /** What was reported of it so far, in the order of reporting. */
  readonly statuses: MessageStatusName[];
}

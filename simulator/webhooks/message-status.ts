import type { Customer } from "../customers/customer.ts";
import { errorTitle } from "../graph/graph-error.ts";
import type { JsonObject } from "../json.ts";
import type { SentMessage } from "../sending/sent-message.ts";
import type { MessageStatusName } from "./message-status-name.ts";
import { contactOf } from "./message-value.ts";

export interface StatusReport {
  readonly message: SentMessage;
  readonly customer: Customer;
  readonly status: MessageStatusName;
  /** Why it failed; only with `failed`. */
  readonly errorCode: number;
  readonly conversationId: string;
  /** Unix milliseconds. */
  readonly at: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const ERROR_CODES_PAGE =
  "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes";

/** The members of a webhook value that carry one status; Meta sends no `contacts` with `failed`. */
export function statusMembers(report: StatusReport): JsonObject {
  const { message, customer, status, at } = report;
  const statusObject = {
    id: message.wamid,
    status,
    timestamp: unixSeconds(at),
    recipient_id: customer.hidesPhone ? undefined : customer.waId,
    recipient_user_id: customer.userId ?? undefined,
    parent_recipient_user_id: customer.parentUserId ?? undefined,
    biz_opaque_callback_data: message.body["biz_opaque_callback_data"],
    ...outcome(report),
  };
  return status === "failed"
    ? { statuses: [statusObject] }
    : { contacts: [contactOf(customer)], statuses: [statusObject] };
}

function outcome({ message, status, errorCode, conversationId, at }: StatusReport): JsonObject {
  const category = message.templateCategory?.toLowerCase() ?? "service";
  switch (status) {
    case "sent":
      return {
        conversation: {
          id: conversationId,
          expiration_timestamp: unixSeconds(at + DAY_MS),
          origin: { type: category },
        },
        pricing: pricing(category),
      };
    case "delivered":
      return {
        conversation: { id: conversationId, origin: { type: category } },
        pricing: pricing(category),
      };
    case "read":
    case "played":
      return {};
    case "failed":
      return {
        errors: [
          {
            code: errorCode,
            title: errorTitle(errorCode),
            message: errorTitle(errorCode),
            error_data: { details: errorTitle(errorCode) },
            href: ERROR_CODES_PAGE,
          },
        ],
      };
  }
}

/** Per-message pricing, which Meta has used since July 2025. */
function pricing(category: string): JsonObject {
  return { billable: true, pricing_model: "PMP", type: "regular", category };
}

export function unixSeconds(milliseconds: number): string {
  return String(Math.floor(milliseconds / 1000));
}

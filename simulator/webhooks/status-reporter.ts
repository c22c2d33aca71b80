import type { Customer } from "../customers/customer.ts";
import type { Identifiers } from "../identifiers.ts";
import type { PendingWork } from "../pending-work.ts";
import type { SentMessage } from "../sending/sent-message.ts";
import type { BusinessNumber, Settings } from "../settings.ts";
import type { SendTrouble } from "../trouble/send-trouble.ts";
import type { MessageStatusName } from "./message-status-name.ts";
import { statusMembers } from "./message-status.ts";
import { numberMembers } from "./message-value.ts";
import type { WebhookUpdate } from "./webhook-body.ts";
import type { WebhookSender } from "./webhook-sender.ts";

interface AcceptedMessage {
  readonly message: SentMessage;
  readonly customer: Customer;
  readonly number: BusinessNumber;
}

/** Posts the statuses of the business's messages. */
export interface StatusReporter {
  /** Schedules the statuses that an accepted message gets by itself, or its failure. */
  follow(
    accepted: AcceptedMessage,
    failureCode: number | null,
    trouble: SendTrouble,
  ): Promise<void>;
  /** Reports one status now; `errorCode` says why it failed. */
  report(accepted: AcceptedMessage, status: MessageStatusName, errorCode?: number): void;
}

/** Meta's "Something went wrong", for a failure without a given reason. */
const UNSPECIFIED_ERROR_CODE = 131000;

export function statusReporter(
  settings: Settings,
  work: PendingWork,
  webhooks: WebhookSender,
  identifiers: Identifiers,
): StatusReporter {
  function update(
    { message, customer, number }: AcceptedMessage,
    status: MessageStatusName,
    errorCode: number,
  ): WebhookUpdate {
    message.statuses.push(status);
    const members = statusMembers({
      message,
      customer,
      status,
      errorCode,
      conversationId: identifiers.conversationId(),
      at: settings.now(),
    });
    return {
      businessAccountId: settings.businessAccountId,
      field: "messages",
      value: { ...numberMembers(number), ...members },
    };
  }

  return {
    report(accepted, status, errorCode = UNSPECIFIED_ERROR_CODE) {
      webhooks.send(update(accepted, status, errorCode));
    },
    async follow(accepted, failureCode, trouble) {
      const code = trouble.failureCode ?? failureCode;
      const statuses: readonly MessageStatusName[] =
        code === null
          ? (trouble.statuses ?? settings.automaticStatuses)
          : trouble.failureCode === null
            ? ["failed"]
            : ["sent", "failed"];
      const before = trouble.statusBeforeAnswer ? statuses.slice(0, 1) : [];
      for (const status of before) {
        await webhooks.sendNow(update(accepted, status, code ?? UNSPECIFIED_ERROR_CODE));
      }
      for (const [index, status] of statuses.slice(before.length).entries()) {
        work.schedule((index + 1) * settings.statusDelayMs, async () => {
          webhooks.send(update(accepted, status, code ?? UNSPECIFIED_ERROR_CODE), {
            copies: trouble.webhookCopies,
          });
        });
      }
    },
  };
}

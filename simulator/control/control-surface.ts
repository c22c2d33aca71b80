import type { BusinessAccount } from "../account/business-account.ts";
import type { Backstage } from "../backstage.ts";
import type { CustomerDirectory } from "../customers/customer-directory.ts";
import type { CustomerTraffic } from "../customers/customer-traffic.ts";
import type { LoggedCall } from "../graph/call-log.ts";
import type { JsonObject } from "../json.ts";
import { Misuse } from "../misuse.ts";
import type { PendingWork } from "../pending-work.ts";
import type { ReadMark } from "../sending/read-marks.ts";
import type { SentMessage } from "../sending/sent-message.ts";
import type { Template, TemplateStatus } from "../templates/template.ts";
import type { RuleBook } from "../trouble/rule-book.ts";
import type { MessageStatusName } from "../webhooks/message-status-name.ts";
import type { SendOptions, WebhookSender } from "../webhooks/webhook-sender.ts";
import type { Handshake } from "./handshake.ts";
import { handshake } from "./handshake.ts";

/** How tests and drills drive a simulator. Properties always show the state since the last reset. */
export interface ControlSurface extends Pick<PendingWork, "flush" | "idle" | "stop"> {
  /** Give it as an option to repeat a run. */
  readonly randomSeed: number;
  /** What was answered with 200, in that order. */
  readonly sent: readonly SentMessage[];
  readonly reads: readonly ReadMark[];
  readonly calls: readonly LoggedCall[];
  readonly customers: CustomerDirectory & CustomerTraffic;
  /** What an operator can have wrong at Meta: token, subscription, webhook, number. */
  readonly account: Pick<BusinessAccount, "state" | "change">;
  readonly rules: Pick<RuleBook, "all" | "add" | "remove" | "clear">;
  readonly webhooks: Pick<WebhookSender, "attempts" | "givenUp" | "hold" | "release"> & {
    /** Delivers any value under any field, as it is. */
    post(field: string, value: JsonObject, options?: SendOptions): void;
  };
  readonly templates: {
    all(): readonly Template[];
    /** Decides on a template and posts the webhook (`message_template_status_update`). */
    review(name: string, language: string, status: TemplateStatus): void;
    /** Deletes one without a word to the business. */
    remove(name: string, language: string): void;
  };
  readonly media: {
    /** Meta loses the file with this id. */
    lose(id: string): void;
    /** By what name an upload came; null for any other file. */
    filenameOf(id: string): string | null;
  };
  /** Reports a status of a sent message; `errorCode` goes with `failed`. */
  reportStatus(wamid: string, status: MessageStatusName, errorCode?: number): void;
  /** Performs Meta's GET handshake with the webhook address. */
  verify(): Promise<Handshake>;
  /** Forgets everything but the random sequence. */
  reset(): void;
}

export function controlSurface(current: () => Backstage, reset: () => void): ControlSurface {
  return {
    get randomSeed() {
      return current().settings.randomSeed;
    },
    get sent() {
      return current().messages.sent;
    },
    get reads() {
      return current().reads.all;
    },
    get calls() {
      return current().calls;
    },
    get customers() {
      return { ...current().customers, ...current().traffic };
    },
    get account() {
      return current().account;
    },
    get rules() {
      return current().rules;
    },
    get webhooks() {
      const { webhooks, settings } = current();
      const { businessAccountId } = settings;
      return {
        ...webhooks,
        post: (field: string, value: JsonObject, options?: SendOptions) =>
          webhooks.send({ businessAccountId, field, value }, options),
      };
    },
    get templates() {
      const stage = current();
      return {
        all: () => stage.templates.all(),
        review: (name: string, language: string, status: TemplateStatus) =>
          reviewTemplate(stage, name, language, status),
        remove: (name: string, language: string) => {
          if (!stage.templates.remove(name, language)) throw noTemplate(name, language);
        },
      };
    },
    get media() {
      const { media } = current();
      return {
        lose: (id: string) => media.delete(id),
        filenameOf: (id: string) => media.find(id)?.filename ?? null,
      };
    },
    reportStatus: (wamid, status, errorCode) => reportStatus(current(), wamid, status, errorCode),
    verify: () => handshake(current().settings, current().identifiers),
    flush: (options) => current().work.flush(options),
    idle: () => current().work.idle(),
    stop: () => current().work.stop(),
    reset,
  };
}

function noTemplate(name: string, language: string): Misuse {
  return new Misuse(`no template ${name} in ${language}`);
}

function reviewTemplate(
  { templates, webhooks, settings }: Backstage,
  name: string,
  language: string,
  status: TemplateStatus,
): void {
  const template = templates.setStatus(name, language, status);
  if (template === undefined) throw noTemplate(name, language);
  webhooks.send({
    businessAccountId: settings.businessAccountId,
    field: "message_template_status_update",
    value: {
      event: status,
      message_template_id: Number(template.id),
      message_template_name: name,
      message_template_language: language,
      reason: status === "REJECTED" ? "INVALID_FORMAT" : "NONE",
      message_template_category: template.category,
    },
  });
}

function reportStatus(
  { messages, statuses, settings }: Backstage,
  wamid: string,
  status: MessageStatusName,
  errorCode: number | undefined,
): void {
  const message = messages.sent.find((candidate) => candidate.wamid === wamid);
  const number = settings.businessNumbers.find(({ id }) => id === message?.phoneNumberId);
  const customer = message?.customer ?? null;
  if (message === undefined || number === undefined || customer === null) {
    throw new Misuse(`no message ${wamid} went to anybody`);
  }
  statuses.report({ message, customer, number }, status, errorCode);
}

import type { Customer } from "../customers/customer.ts";
import { phoneDigits, canonicalWaId } from "../customers/customer.ts";
import type { CustomerDirectory } from "../customers/customer-directory.ts";
import type { WrittenMessages } from "../customers/written-messages.ts";
import type { GraphError } from "../graph/graph-error.ts";
import { badParameter, graphError } from "../graph/graph-error.ts";
import { Parameter } from "../graph/parameter.ts";
import type { Identifiers } from "../identifiers.ts";
import type { JsonObject } from "../json.ts";
import type { MediaStore } from "../media/media-store.ts";
import type { BusinessNumber, Settings } from "../settings.ts";
import type { Template } from "../templates/template.ts";
import { readTemplateMessage } from "../templates/template-message.ts";
import type { TemplateRegistry } from "../templates/template-registry.ts";
import type { SendTrouble } from "../trouble/send-trouble.ts";
import type { StatusReporter } from "../webhooks/status-reporter.ts";
import { checkMessageContent, messageType } from "./message-content.ts";
import { paceLimits } from "./pace-limits.ts";
import type { Recipient } from "./recipient.ts";
import { findRecipient } from "./recipient.ts";
import type { SentMessage } from "./sent-message.ts";
import type { SessionWindows } from "./session-window.ts";

const REACTION_TARGET_MAX_AGE_MS = 30 * 24 * 60 * 60 * 1000;

export type GraphAnswer =
  | { readonly ok: true; readonly body: JsonObject }
  | { readonly ok: false; readonly error: GraphError };

/** `POST /{phone_number_id}/messages` with anything but a read mark. */
export interface MessageSender {
  readonly sent: readonly SentMessage[];
  send(body: JsonObject, number: BusinessNumber, trouble: SendTrouble): Promise<GraphAnswer>;
}

export interface MessageSenderRooms {
  readonly settings: Settings;
  readonly identifiers: Identifiers;
  readonly customers: CustomerDirectory;
  readonly written: WrittenMessages;
  readonly templates: TemplateRegistry;
  readonly media: MediaStore;
  readonly windows: SessionWindows;
  readonly statuses: StatusReporter;
}

type KnownRecipient = Extract<Recipient, { kind: "customer" }>;

export function messageSender(rooms: MessageSenderRooms): MessageSender {
  const { settings, customers, templates, windows } = rooms;
  const sent: SentMessage[] = [];
  const pace = paceLimits(settings.messagesPerSecond);

  async function send(
    body: JsonObject,
    number: BusinessNumber,
    trouble: SendTrouble,
  ): Promise<GraphAnswer> {
    const message = new Parameter(body);
    if (message.field("messaging_product").value !== "whatsapp") {
      return refused(badParameter("The parameter messaging_product is required."));
    }
    checkMessageContent(message, { phoneNumberId: number.id, store: rooms.media });
    if (message.refusal !== null) return refused(message.refusal);
    const template = namedTemplate(message);
    if (template !== null && !template.ok) return template;
    const recipient = findRecipient(message, customers);
    if (recipient.kind === "refused") return refused(recipient.error);
    const category = template?.template.category ?? null;
    const record = (customer: Customer | null): SentMessage =>
      recordSent(message, body, number, recipient.input, customer, category);
    if (recipient.kind === "nobody") return accepted(record(null), { input: recipient.input });

    const { customer } = recipient;
    const refusal =
      policyRefusal(recipient, template?.template ?? null) ??
      pace.refusal(number.id, customer, settings.now());
    if (refusal !== null) return refused(refusal);
    const windowClosed = template === null && !windows.isOpen(number.id, customer, settings.now());
    if (windowClosed && settings.closedWindow === "refuse") return refused(closedWindow());

    pace.count(number.id, customer, settings.now());
    const sentMessage = record(customer);
    const failureCode = windowClosed ? 131047 : laterFailure(message, customer);
    await rooms.statuses.follow({ message: sentMessage, customer, number }, failureCode, trouble);
    return accepted(sentMessage, contactIn(recipient));
  }

  function namedTemplate(
    message: Parameter,
  ): { ok: true; template: Template } | { ok: false; error: GraphError } | null {
    return messageType(message) === "template"
      ? readTemplateMessage(message.field("template"), templates)
      : null;
  }

  function policyRefusal(recipient: KnownRecipient, template: Template | null): GraphError | null {
    const { customer } = recipient;
    const { allowedRecipients } = settings;
    if (template?.category === "AUTHENTICATION" && recipient.by === "recipient") {
      return graphError(131062, "Authentication templates need a phone number in to.");
    }
    if (template?.category === "MARKETING" && customer.optedOut) {
      return graphError(131050, "The user has stopped marketing messages from this business.");
    }
    const allowed = allowedRecipients.map((phone) => canonicalWaId(phoneDigits(phone) ?? phone));
    return allowed.length > 0 && !allowed.includes(customer.waId)
      ? graphError(131030, "Recipient phone number not in allowed list: add it and try again.")
      : null;
  }

  /** What Meta finds out only after it has answered. */
  function laterFailure(message: Parameter, customer: Customer): number | null {
    if (!customer.onWhatsApp) return 131026;
    if (messageType(message) !== "reaction") return null;
    return takesReaction(message.field("reaction").field("message_id").word, customer)
      ? null
      : 131009;
  }

  /** Meta, "Reaction messages": the target is in the chat, younger than 30 days, not deleted, and no reaction. */
  function takesReaction(wamid: string, customer: Customer): boolean {
    const written = rooms.written.find(wamid);
    const ours = sent.find((message) => message.wamid === wamid);
    const target = written ?? ours;
    if (target === undefined || target.customer !== customer) return false;
    const at = written?.at ?? ours?.acceptedAt ?? 0;
    const isYoung = settings.now() - at < REACTION_TARGET_MAX_AGE_MS;
    return isYoung && target.type !== "reaction" && written?.isDeleted !== true;
  }

  function recordSent(
    message: Parameter,
    body: JsonObject,
    number: BusinessNumber,
    input: string,
    customer: Customer | null,
    templateCategory: SentMessage["templateCategory"],
  ): SentMessage {
    const sentMessage: SentMessage = {
      wamid: rooms.identifiers.wamid(customer?.waId ?? input),
      phoneNumberId: number.id,
      input,
      customer,
      type: messageType(message),
      body,
      templateCategory,
      acceptedAt: settings.now(),
      statuses: [],
    };
    sent.push(sentMessage);
    return sentMessage;
  }

  return { sent, send };
}

function refused(error: GraphError): GraphAnswer {
  return { ok: false, error };
}

function closedWindow(): GraphError {
  return graphError(
    131047,
    "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
  );
}

/** A phone that was dialled is answered with the WhatsApp id that it stands for. */
function contactIn({ by, input, customer, namesUserId }: KnownRecipient): JsonObject {
  return {
    input,
    wa_id: by === "to" ? customer.waId : undefined,
    user_id: namesUserId ? customer.userId : undefined,
  };
}

/** Meta adds `message_status` to the answer for templates only. */
function accepted({ wamid, type }: SentMessage, contact: JsonObject): GraphAnswer {
  return {
    ok: true,
    body: {
      messaging_product: "whatsapp",
      contacts: [contact],
      messages: [type === "template" ? { id: wamid, message_status: "accepted" } : { id: wamid }],
    },
  };
}

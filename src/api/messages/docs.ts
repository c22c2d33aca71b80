/** The reference of `/v1/messages`. */
import * as v from "valibot";
import { idempotencyKey, messageId, type Operation } from "../openapi/operation.ts";
import { problemSchema } from "../problem-schema.ts";
import { messageReadBody } from "./read-body.ts";
import { messageSchema, messageWithStatusesSchema } from "./schema.ts";
import { sendBatchBody, sendBody } from "./send-schema.ts";

const tag = "Messages";

const batchAnswer = v.strictObject({
  data: v.array(
    v.union([
      v.strictObject({ index: v.number(), message: messageSchema }),
      v.strictObject({ index: v.number(), problem: problemSchema }),
    ]),
  ),
});

/** Refusals of a send. */
const SENDING = [
  "not_found",
  "session_window_closed",
  "idempotency_in_progress",
  "idempotency_key_reused",
  "template_not_approved",
  "template_parameters",
  "recipient_opted_out",
  "rejected_by_meta",
  "rate_limited",
  "pair_rate_limited",
  "meta_unauthorized",
  "meta_unavailable",
] as const;

const message = { "application/json": messageSchema };

export const messageOperations: readonly Operation[] = [
  {
    method: "post",
    path: "/v1/messages",
    tag,
    scope: "send",
    summary: "Send a message",
    description:
      "The content object is the Cloud API's own and goes to Meta unchanged. Exactly one of `to`, `recipient` and `conversation_id` names the recipient.",
    parameters: [idempotencyKey],
    body: {
      required: true,
      content: { "application/json": sendBody },
      examples: {
        "a reminder, by template": {
          to: "+52 998 222 0001",
          type: "template",
          template: {
            name: "appointment_reminder",
            params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
          },
          metadata: { appointment: 8812 },
        },
        "a text, or a template if the window is closed": {
          to: "+52 998 222 0001",
          text: { body: "Tu pedido #4512 ya está listo, ¿a qué hora pasas?" },
          fallback: { name: "order_ready", params: { name: "Ana", order: "4512" } },
        },
      },
    },
    answers: {
      201: { description: "Meta accepted the message.", content: message },
      202: {
        description: "The message waits, or its fate is unknown: see `status`.",
        content: message,
      },
    },
    problems: SENDING,
  },
  {
    method: "post",
    path: "/v1/messages/batch",
    tag,
    scope: "send",
    summary: "Send up to 500 messages",
    description: "Answers at once; the messages leave in order and at the pace that Meta allows.",
    body: {
      required: true,
      content: { "application/json": sendBatchBody },
      examples: {
        "two reminders": {
          messages: [
            {
              idempotency_key: "vaccines-2026-luna",
              to: "+52 998 222 0001",
              type: "template",
              template: { name: "vaccination_reminder", params: { name: "Ana", pet: "Luna" } },
            },
            {
              idempotency_key: "vaccines-2026-max",
              to: "+52 998 222 0002",
              type: "template",
              template: { name: "vaccination_reminder", params: { name: "Luis", pet: "Max" } },
            },
          ],
        },
      },
    },
    answers: {
      202: {
        description: "For each, in the same order, the message or the problem.",
        content: { "application/json": batchAnswer },
      },
    },
  },
  {
    method: "get",
    path: "/v1/messages/{id}",
    tag,
    scope: "read",
    summary: "Look a message up",
    parameters: [messageId],
    answers: {
      200: {
        description: "The message and its statuses.",
        content: { "application/json": messageWithStatusesSchema },
      },
    },
    problems: ["not_found"],
  },
  {
    method: "delete",
    path: "/v1/messages/{id}",
    tag,
    scope: "send",
    summary: "Cancel a message that has not left",
    parameters: [messageId],
    answers: { 200: { description: "Canceled.", content: message } },
    problems: ["not_found", "not_cancelable"],
  },
  {
    method: "post",
    path: "/v1/messages/{id}/resend",
    tag,
    scope: "send",
    summary: "Send a failed or unconfirmed message again",
    description: "Creates a new message with `resend_of`.",
    parameters: [messageId, idempotencyKey],
    answers: {
      201: { description: "Meta accepted the message.", content: message },
      202: { description: "The message waits, or its fate is unknown.", content: message },
    },
    problems: ["not_resendable", ...SENDING],
  },
  {
    method: "post",
    path: "/v1/messages/{id}/read",
    tag,
    scope: "send",
    summary: "Mark a customer's message as read at Meta",
    parameters: [messageId],
    body: {
      required: false,
      content: { "application/json": messageReadBody },
      examples: { "and show that we are typing": { typing: true } },
    },
    answers: {
      200: {
        description: "Meta marked the message as read.",
        content: { "application/json": v.strictObject({ success: v.literal(true) }) },
      },
    },
    problems: ["not_found", "rejected_by_meta", "meta_unauthorized", "meta_unavailable"],
  },
];

/** `/v1/conversations`. */
import { messageSchema } from "../messages/schema.ts";
import { conversationId, type Operation, page } from "../openapi/operation.ts";
import { pageOf } from "../schema.ts";
import { conversationPatchBody, conversationReadBody } from "./bodies.ts";
import { conversationSchema } from "./schema.ts";

const tag = "Conversations";

const conversation = { "application/json": conversationSchema };

export const conversationOperations: readonly Operation[] = [
  {
    method: "get",
    path: "/v1/conversations",
    tag,
    scope: "read",
    summary: "List conversations, newest first",
    description:
      "Filters hold together; `contact` stands alone. A walk by `cursor` shows each conversation that was there when it began, although some are written to meanwhile: those come last. One that was shown before it was written to may come once more, in a walk of many pages.",
    parameters: [
      {
        name: "status",
        in: "query",
        description: "Those with this status.",
        schema: { enum: ["pending", "active", "closed"] },
      },
      {
        name: "unread",
        in: "query",
        description: "Those with unread messages.",
        schema: { const: "true" },
      },
      { name: "owner", in: "query", description: "Those of this owner." },
      { name: "contact", in: "query", description: "A phone as in `to` of a send, or a user id." },
      { name: "phone_number_id", in: "query", description: "Those of this business number." },
      ...page,
    ],
    answers: {
      200: { description: "A page.", content: { "application/json": pageOf(conversationSchema) } },
    },
  },
  {
    method: "get",
    path: "/v1/conversations/{id}",
    tag,
    scope: "read",
    summary: "Look a conversation up",
    parameters: [conversationId],
    answers: { 200: { description: "The conversation.", content: conversation } },
    problems: ["not_found"],
  },
  {
    method: "patch",
    path: "/v1/conversations/{id}",
    tag,
    scope: "send",
    summary: "Change status, owner or subject",
    parameters: [conversationId],
    body: {
      required: true,
      content: { "application/json": conversationPatchBody },
      examples: { "close it": { status: "closed", subject: "Cita de Luna" } },
    },
    answers: { 200: { description: "As it is now.", content: conversation } },
    problems: ["not_found"],
  },
  {
    method: "get",
    path: "/v1/conversations/{id}/messages",
    tag,
    scope: "read",
    summary: "List its messages, newest first",
    parameters: [conversationId, ...page],
    answers: {
      200: { description: "A page.", content: { "application/json": pageOf(messageSchema) } },
    },
    problems: ["not_found"],
  },
  {
    method: "post",
    path: "/v1/conversations/{id}/read",
    tag,
    scope: "send",
    summary: "Move the read mark",
    description: "What came after it is unread. The customer sees blue ticks.",
    parameters: [conversationId],
    body: {
      required: false,
      content: { "application/json": conversationReadBody },
      examples: { "all of it": {} },
    },
    answers: { 200: { description: "As it is now.", content: conversation } },
    problems: ["not_found"],
  },
];

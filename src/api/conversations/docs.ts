/** The reference of `/v1/conversations`. */
import { messageSchema } from "../messages/schema.ts";
import { conversationId, type Operation, page } from "../openapi/operation.ts";
import { pageOf } from "../schema.ts";
import { ASSIGNEE_MAX_CHARACTERS, conversationPatchBody, conversationReadBody } from "./bodies.ts";
import { conversationSchema, countsSchema } from "./schema.ts";

const tag = "Conversations";

const conversation = { "application/json": conversationSchema };

export const conversationOperations: readonly Operation[] = [
  {
    method: "get",
    path: "/v1/conversations",
    tag,
    scope: "read",
    summary: "List conversations, newest first, or longest waiting first",
    description:
      "Filters combine; `contact` can't be combined. `q` has no index: D1 reads conversations one by one. Page by page, `cursor` shows every conversation that existed at the first page. One that gets a new message while you read moves to the last pages; if it was already shown, it may appear a second time in a long list.",
    parameters: [
      {
        name: "status",
        in: "query",
        description: "Only conversations with this status.",
        schema: { enum: ["pending", "active", "closed"] },
      },
      {
        name: "unread",
        in: "query",
        description: "Only conversations with unread messages.",
        schema: { const: "true" },
      },
      { name: "owner", in: "query", description: "Only conversations of this owner." },
      {
        name: "assignee",
        in: "query",
        description:
          "Only conversations of this assignee; `none` for those that nobody looks after.",
        schema: { type: "string", minLength: 1, maxLength: ASSIGNEE_MAX_CHARACTERS },
      },
      {
        name: "contact",
        in: "query",
        description:
          "Only conversations with this person: a phone number, spelled as in `to` of a send, or a user id.",
      },
      {
        name: "phone_number_id",
        in: "query",
        description: "Only conversations of this business number.",
      },
      {
        name: "q",
        in: "query",
        description:
          "Only conversations whose person has each of these words in a name or username, whatever the accents and capitals, or these 3 or more digits in a number.",
        schema: { type: "string", minLength: 1, maxLength: 100 },
      },
      {
        name: "view",
        in: "query",
        description:
          "What staff look at: `open` = not closed; `waiting` = whose customer waits for an answer, longest first; `mine` = open and assigned to the caller; `unassigned` = open and assigned to nobody; `closed`; `all`.",
        schema: { enum: ["open", "waiting", "mine", "unassigned", "closed", "all"] },
      },
      {
        name: "include",
        in: "query",
        description: "Each conversation also has its `last_message`.",
        schema: { const: "last_message" },
      },
      ...page,
    ],
    answers: {
      200: { description: "A page.", content: { "application/json": pageOf(conversationSchema) } },
    },
  },
  {
    method: "get",
    path: "/v1/counts",
    tag,
    scope: "read",
    summary: "Count conversations, each kind to 100",
    answers: {
      200: { description: "The counts.", content: { "application/json": countsSchema } },
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
    summary: "Change status, owner, assignee or subject",
    parameters: [conversationId],
    body: {
      required: true,
      content: { "application/json": conversationPatchBody },
      examples: {
        "close it": { status: "closed", subject: "Cita de Luna" },
        "assign it": { assignee: "ana@clinica.mx" },
      },
    },
    answers: { 200: { description: "The conversation after the change.", content: conversation } },
    problems: ["not_found"],
  },
  {
    method: "get",
    path: "/v1/conversations/{id}/messages",
    tag,
    scope: "read",
    summary: "List its messages, newest first",
    description:
      "With `after`, those that came after it, oldest first: ask again with the id of the last one. A message that reaches us late stands by Meta's time, and so may stand before it.",
    parameters: [
      conversationId,
      {
        name: "after",
        in: "query",
        description: "The id of a message.",
        schema: { type: "string", pattern: "^msg_[0-9a-f]{32}$" },
      },
      {
        name: "around",
        in: "query",
        description:
          "The id or wamid of a message of the conversation, which stands in the middle of the page. The cursor then leads to the older ones; `after` to the newer.",
      },
      ...page,
    ],
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
    description: "Messages after the mark are unread. The customer sees blue ticks.",
    parameters: [conversationId],
    body: {
      required: false,
      content: { "application/json": conversationReadBody },
      examples: { "all of it": {} },
    },
    answers: { 200: { description: "The conversation after the change.", content: conversation } },
    problems: ["not_found"],
  },
];

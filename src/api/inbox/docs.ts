/** The reference of the inbox's own routes. */
import type { Operation, Parameter } from "../openapi/operation.ts";
import { sessionBody } from "./body.ts";
import { changesAnswerSchema, meSchema, staffListSchema } from "./schema.ts";

const tag = "Inbox";

const html = { "text/html": { type: "string" } };

const HELD = { description: "The client's copy is current." };

const SHELL = {
  200: { description: "The page's shell.", content: html },
  304: HELD,
  401: { description: "Cloudflare Access did not sign the request.", content: html },
  403: { description: "`INBOX_STAFF` does not name this person.", content: html },
};

const OWN_HEADER: Parameter = {
  name: "X-Paloma-Inbox",
  in: "header",
  description:
    "`1`, together with `Sec-Fetch-Site: same-origin` or this host as `Origin`: without them it is 403.",
};

const after: Parameter = {
  name: "after",
  in: "query",
  description: "The `seq` or `to` of an earlier answer.",
  schema: { type: "integer", minimum: 0 },
};

export const inboxOperations: readonly Operation[] = [
  {
    method: "get",
    path: "/inbox",
    tag,
    scope: null,
    summary: "The inbox's page",
    description: "Without the slash at the end it redirects.",
    answers: { ...SHELL, 307: { description: "To `/inbox/`." } },
    problems: ["not_found", "not_configured"],
  },
  {
    method: "get",
    path: "/inbox/c/{id}",
    tag,
    scope: null,
    summary: "The inbox's page, at a conversation",
    parameters: [
      { name: "id", in: "path", description: "The conversation, which the page reads." },
    ],
    answers: SHELL,
    problems: ["not_found", "not_configured"],
  },
  {
    method: "get",
    path: "/inbox/status",
    tag,
    scope: null,
    summary: "The inbox's page, at what the doctor says",
    answers: SHELL,
    problems: ["not_found", "not_configured"],
  },
  {
    method: "get",
    path: "/inbox/assets/{name}",
    tag,
    scope: null,
    summary: "A script, style or image of the page",
    description: "A script of an earlier build answers with one that loads the page again.",
    parameters: [{ name: "name", in: "path", description: "With a digest of its content." }],
    answers: {
      200: { description: "The file.", content: { "*/*": { type: "string", format: "binary" } } },
      304: HELD,
    },
    problems: ["not_found", "not_configured"],
  },
  {
    method: "post",
    path: "/inbox/session",
    tag,
    scope: null,
    summary: "Sign in with an API token",
    description:
      "Where `INBOX_SIGN_IN` is `token`. The token needs the scope read. The cookie lives 12 hours, renewed by use, and as long as the token.",
    parameters: [OWN_HEADER],
    body: {
      required: true,
      content: { "application/json": sessionBody },
      examples: { "an access key": { token: "test-clinic-token" } },
    },
    answers: { 204: { description: "Signed in: `Set-Cookie` has the session." } },
    problems: [
      "invalid_json",
      "too_large",
      "unsupported_media_type",
      "invalid_request",
      "unauthorized",
      "forbidden",
      "not_found",
      "rate_limited",
      "not_configured",
    ],
  },
  {
    method: "delete",
    path: "/inbox/session",
    tag,
    scope: null,
    summary: "Sign out",
    description: "Also has the browser forget what the page stored.",
    parameters: [OWN_HEADER],
    answers: { 204: { description: "Signed out." } },
    problems: [
      "invalid_request",
      "unsupported_media_type",
      "forbidden",
      "not_found",
      "not_configured",
    ],
  },
  {
    method: "get",
    path: "/inbox/api/me",
    tag,
    scope: "read",
    session: true,
    summary: "Who has signed in, and what there is",
    answers: {
      200: {
        description: "The person and the installation.",
        content: { "application/json": meSchema },
      },
    },
    problems: ["not_found"],
  },
  {
    method: "get",
    path: "/inbox/api/staff",
    tag,
    scope: "read",
    session: true,
    summary: "Who of the staff signs in, who was here last first",
    description: "Those whose access ended are left out.",
    answers: {
      200: {
        description: "The people to whom a conversation can be assigned.",
        content: { "application/json": staffListSchema },
      },
    },
    problems: ["not_found"],
  },
  {
    method: "get",
    path: "/inbox/api/changes",
    tag,
    scope: "read",
    session: true,
    summary: "What has changed",
    description:
      "All that changed after a place in the log, as it is now; without `after`, how far the log goes. Too much or too long ago is a `reset`. An inbound message's `status` and a message's `contact` follow from its conversation and are not told by themselves.",
    parameters: [after],
    answers: {
      200: {
        description: "The changes, or that what is shown must be loaded anew.",
        content: { "application/json": changesAnswerSchema },
      },
    },
    problems: ["not_found"],
  },
  {
    method: "get",
    path: "/inbox/feed",
    tag,
    scope: "read",
    session: true,
    summary: "The same as it happens, over a WebSocket",
    description:
      "With the subprotocol `paloma.inbox.v1` and this host as `Origin`. It sends JSON: `hello` once the page is complete, then each answer of `GET /inbox/api/changes`, and `people` with who is where. It takes `ping`, `sync` and `here`. Close codes: 4401 sign in again, 4403 may not send, 4408 silent, 4409 load the page anew, 4429 said too much.",
    parameters: [after],
    answers: { 101: { description: "The socket." } },
    problems: ["not_found", "upgrade_required"],
  },
];

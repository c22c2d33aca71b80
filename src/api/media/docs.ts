/** The reference of `/v1/media`. */
import type { Operation, Parameter } from "../openapi/operation.ts";
import { mediaLinkSchema, mediaSchema } from "./schema.ts";

const tag = "Media";

const mediaId: Parameter = {
  name: "id",
  in: "path",
  description: "The file's id, ours or Meta's.",
};

const bytes = { type: "string", format: "binary" };

/** A concrete type first, because some generators don't understand a wildcard. */
const file = { "application/octet-stream": bytes, "*/*": bytes };

export const mediaOperations: readonly Operation[] = [
  {
    method: "post",
    path: "/v1/media",
    tag,
    scope: "send",
    summary: "Upload a file",
    description:
      "As a form with the member `file`, up to 16 MB; or as the bare body with its Content-Type and Content-Length, up to 100 MB.",
    parameters: [
      { name: "filename", in: "query", description: "The file's name, with a bare body." },
      {
        name: "from",
        in: "query",
        description: "The business number's id, by default the configured one.",
      },
    ],
    body: {
      required: true,
      content: {
        "multipart/form-data": {
          type: "object",
          properties: { file: bytes, from: { type: "string" } },
          required: ["file"],
        },
        "*/*": bytes,
      },
    },
    answers: {
      201: { description: "Meta has the file.", content: { "application/json": mediaSchema } },
    },
    problems: [
      "too_large",
      "unsupported_media_type",
      "rejected_by_meta",
      "meta_unauthorized",
      "meta_unavailable",
    ],
  },
  {
    method: "get",
    path: "/v1/media/{id}",
    tag,
    scope: "read",
    summary: "Fetch a file",
    description:
      "Supports Range, If-Range and If-None-Match. A signed link needs no token: `expires` and `signature` prove it.",
    parameters: [
      mediaId,
      { name: "expires", in: "query", description: "From a signed link." },
      { name: "signature", in: "query", description: "From a signed link." },
      { name: "Range", in: "header", description: "A single range of bytes." },
      { name: "If-Range", in: "header", description: "The ETag that the range belongs to." },
      { name: "If-None-Match", in: "header", description: "ETags that the client has." },
    ],
    answers: {
      200: { description: "The bytes, as a download.", content: file },
      206: { description: "The range asked for.", content: file },
      304: { description: "The client's copy is current." },
      416: { description: "The file has no such range." },
    },
    problems: ["not_found", "meta_unauthorized", "meta_unavailable"],
  },
  {
    method: "post",
    path: "/v1/media/{id}/link",
    tag,
    scope: "read",
    summary: "Make a link that needs no token",
    description: "For browsers; valid for 5 minutes.",
    parameters: [mediaId],
    answers: {
      200: { description: "The link.", content: { "application/json": mediaLinkSchema } },
    },
    problems: ["not_found"],
  },
];

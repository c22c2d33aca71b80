/** What a request refers to, resolved before anything is claimed: parameters, files, replies. */
import type { FieldError } from "../http/problem.ts";
import { isJsonObject, objectMember, textMember, type JsonObject } from "../json.ts";
import type { MessageContent, SendRequest } from "../messages/send-request.ts";
import type { Database } from "../store/database.ts";
import { findMediaFile } from "../store/media-files.ts";
import { findMessage } from "../store/messages.ts";
import { completeTemplate } from "../templates/complete-template.ts";

export type PreparedContent =
  | { ok: true; content: MessageContent; replyTo: string | null; fallback: JsonObject | null }
  | { ok: false; code: "invalid_request" | "template_parameters"; errors: readonly FieldError[] };

type Resolved<Value> = { ok: true; value: Value } | { ok: false; error: FieldError };

/** Headers of interactive messages that are files. */
const HEADER_FILES = ["image", "video", "document"] as const;

export async function prepareContent(
  database: Database,
  request: SendRequest,
): Promise<PreparedContent> {
  const replyTo = await wamidOf(database, request.reply_to, "/context/message_id");
  if (request.type !== "template" || !isJsonObject(request.content)) {
    const fallback =
      request.fallback === null ? null : completeTemplate(request.fallback, ["fallback"]);
    return fallback === null || fallback.ok
      ? prepared(replyTo, await resolveContent(database, request), fallback?.template ?? null)
      : { ok: false, code: "template_parameters", errors: fallback.errors };
  }
  const completed = completeTemplate(request.content);
  return completed.ok
    ? prepared(replyTo, { ok: true, value: completed.template }, null)
    : { ok: false, code: "template_parameters", errors: completed.errors };
}

function prepared(
  replyTo: Resolved<string | null>,
  content: Resolved<MessageContent>,
  fallback: JsonObject | null,
): PreparedContent {
  const errors = [replyTo, content].flatMap((result) => (result.ok ? [] : [result.error]));
  return replyTo.ok && content.ok
    ? { ok: true, content: content.value, replyTo: replyTo.value, fallback }
    : { ok: false, code: "invalid_request", errors };
}

async function resolveContent(
  database: Database,
  { type, content }: SendRequest,
): Promise<Resolved<MessageContent>> {
  if (!isJsonObject(content)) return { ok: true, value: content };
  if (type === "reaction") {
    const target = await wamidOf(
      database,
      textMember(content, "message_id"),
      "/reaction/message_id",
    );
    return target.ok ? { ok: true, value: { ...content, message_id: target.value } } : target;
  }
  const header = objectMember(content, "header");
  const kind = HEADER_FILES.find((name) => header !== null && name in header);
  const headerFile = header !== null && kind !== undefined ? objectMember(header, kind) : null;
  if (header === null || kind === undefined || headerFile === null) {
    return withMetaId(database, content, `/${type}`);
  }
  const file = await withMetaId(database, headerFile, `/${type}/header/${kind}`);
  return file.ok
    ? { ok: true, value: { ...content, header: { ...header, [kind]: file.value } } }
    : file;
}

/** Our own id of a file becomes Meta's. */
async function withMetaId(
  database: Database,
  file: JsonObject,
  at: string,
): Promise<Resolved<JsonObject>> {
  const { media_id: ours, ...rest } = file;
  if (typeof ours !== "string") return { ok: true, value: file };
  const known = await findMediaFile(database, ours);
  if (known !== null) return { ok: true, value: { ...rest, id: known.meta_id } };
  const detail = "no file of ours has this id: upload it with POST /v1/media first";
  return { ok: false, error: { pointer: `${at}/media_id`, detail } };
}

/** Meta knows its own ids alone: ours is looked up. */
async function wamidOf(
  database: Database,
  reference: string | null,
  pointer: string,
): Promise<Resolved<string | null>> {
  if (reference === null || !reference.startsWith("msg_")) return { ok: true, value: reference };
  const row = await findMessage(database, reference);
  if (row?.wamid) return { ok: true, value: row.wamid };
  const detail =
    row === null
      ? "no message has this id"
      : "this message has no wamid yet: Meta has not accepted it, so nothing can refer to it";
  return { ok: false, error: { pointer, detail } };
}

/** What a request refers to, resolved before anything is claimed: parameters, files, replies. */
import type { FieldError } from "../http/problem.ts";
import { isJsonObject, objectMember, textMember, type JsonObject } from "../json.ts";
import { displayBody } from "../messages/display-body.ts";
import type { MessageContent, SendRequest } from "../messages/send-request.ts";
import type { Database } from "../store/database.ts";
import { findMediaFile } from "../store/media-files.ts";
import { findMessage } from "../store/messages.ts";
import { templateKey } from "../templates/known-template.ts";
import { prepareTemplate } from "../templates/prepare-template.ts";
import type { TemplateLookup } from "../templates/template-lookup.ts";

export type PreparedContent =
  | {
      ok: true;
      content: MessageContent;
      /** Display text. */
      body: string;
      replyTo: string | null;
      /** Meta's category of a template, where it is known. */
      category: string | null;
    }
  | {
      ok: false;
      code: "invalid_request" | "template_not_approved" | "template_parameters";
      errors: readonly FieldError[];
    };

type Resolved<Value> = { ok: true; value: Value } | { ok: false; error: FieldError };

/** Headers of interactive messages that are files. */
const HEADER_FILES = ["image", "video", "document"] as const;

export async function prepareContent(
  database: Database,
  request: SendRequest,
  findTemplateRow: TemplateLookup,
): Promise<PreparedContent> {
  const replyTo = await wamidOf(database, request.reply_to, "/context/message_id");
  if (request.type === "template" && isJsonObject(request.content)) {
    const row = await findTemplateRow(templateKey(request.content));
    const ready = prepareTemplate(request.content, row);
    if (!ready.ok) return ready;
    if (!replyTo.ok) return unresolved([replyTo.error]);
    const { template: content, body, category } = ready;
    return { ok: true, content, body, replyTo: replyTo.value, category };
  }
  const content = await resolveContent(database, request);
  if (!replyTo.ok || !content.ok) {
    return unresolved([replyTo, content].flatMap((each) => (each.ok ? [] : [each.error])));
  }
  const body = displayBody({ type: request.type, [request.type]: content.value });
  return { ok: true, content: content.value, body, replyTo: replyTo.value, category: null };
}

function unresolved(errors: readonly FieldError[]): PreparedContent {
  return { ok: false, code: "invalid_request", errors };
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

/** What a request refers to, resolved before anything is claimed: parameters, files, replies. */
import type { FieldError } from "../http/problem.ts";
import { isJsonObject, textMember, type JsonObject } from "../json.ts";
import type { MessageContent, SendRequest } from "../messages/send-request.ts";
import type { Database } from "../store/database.ts";
import { findMessage } from "../store/messages.ts";
import { completeTemplate } from "../templates/complete-template.ts";
import type { OutgoingFile } from "./outgoing-message.ts";
import { resolveFiles, type Departure } from "./resolve-files.ts";

export type PreparedContent =
  | {
      ok: true;
      content: MessageContent;
      files: readonly OutgoingFile[];
      replyTo: string | null;
      /** The template to send where the window is closed. */
      fallback: JsonObject | null;
    }
  | { ok: false; code: "invalid_request" | "template_parameters"; errors: readonly FieldError[] };

type Resolved<Value> = { ok: true; value: Value } | { ok: false; error: FieldError };

export async function prepareContent(
  database: Database,
  request: SendRequest,
  departure: Departure,
): Promise<PreparedContent> {
  const replyTo = await wamidOf(database, request.reply_to, "/context/message_id");
  let { content } = request;
  if (request.type === "template" && isJsonObject(content)) {
    const completed = completeTemplate(content);
    if (!completed.ok) return { ok: false, code: "template_parameters", errors: completed.errors };
    content = completed.template;
  }
  const fallback =
    request.fallback === null ? null : completeTemplate(request.fallback, ["fallback"]);
  if (fallback !== null && !fallback.ok) {
    return { ok: false, code: "template_parameters", errors: fallback.errors };
  }
  const target = await withTarget(database, request.type, content);
  const files = await resolveFiles(database, request.type, content, departure);
  if (replyTo.ok && target.ok && files.ok) {
    return {
      ok: true,
      content: request.type === "reaction" ? target.value : files.content,
      files: files.files,
      replyTo: replyTo.value,
      fallback: fallback?.template ?? null,
    };
  }
  const errors = [
    ...[replyTo, target].flatMap((result) => (result.ok ? [] : [result.error])),
    ...(files.ok ? [] : files.errors),
  ];
  return { ok: false, code: "invalid_request", errors };
}

/** What a reaction is about, by its wamid. */
async function withTarget(
  database: Database,
  type: string,
  content: MessageContent,
): Promise<Resolved<MessageContent>> {
  if (type !== "reaction" || !isJsonObject(content)) return { ok: true, value: content };
  const reference = textMember(content, "message_id");
  const target = await wamidOf(database, reference, "/reaction/message_id");
  return target.ok ? { ok: true, value: { ...content, message_id: target.value } } : target;
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

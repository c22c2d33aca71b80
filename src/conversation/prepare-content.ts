/** What a request refers to, resolved before anything is claimed: template parameters, files, replies. */
import type { FieldError } from "../http/problem.ts";
import { isJsonObject, textMember } from "../json.ts";
import type { MessageContent, SendRequest } from "../messages/send-request.ts";
import type { Database } from "../store/database.ts";
import { findMediaFile } from "../store/media-files.ts";
import { findMessage } from "../store/messages.ts";
import { completeTemplate } from "../templates/complete-template.ts";

export type PreparedContent =
  | { ok: true; content: MessageContent; replyTo: string | null }
  | { ok: false; errors: readonly FieldError[]; template: boolean };

export async function prepareContent(
  database: Database,
  request: SendRequest,
): Promise<PreparedContent> {
  const replyTo = await wamidOf(database, request.reply_to);
  if (!replyTo.ok) return { ok: false, errors: [replyTo.error], template: false };
  const { content } = request;
  if (!isJsonObject(content)) return { ok: true, content, replyTo: replyTo.wamid };
  if (request.type === "template") {
    const completed = completeTemplate(content);
    return completed.ok
      ? { ok: true, content: completed.template, replyTo: replyTo.wamid }
      : { ok: false, errors: completed.errors, template: true };
  }
  if (request.type === "reaction") {
    const target = await wamidOf(
      database,
      textMember(content, "message_id"),
      "/reaction/message_id",
    );
    return target.ok
      ? { ok: true, content: { ...content, message_id: target.wamid }, replyTo: replyTo.wamid }
      : { ok: false, errors: [target.error], template: false };
  }
  const ownMediaId = textMember(content, "media_id");
  if (ownMediaId === null) return { ok: true, content, replyTo: replyTo.wamid };
  const file = await findMediaFile(database, ownMediaId);
  if (file === null) {
    const pointer = `/${request.type}/media_id`;
    const detail = "no file of ours has this id: upload it with POST /v1/media first";
    return { ok: false, errors: [{ pointer, detail }], template: false };
  }
  const { media_id: _ours, ...rest } = content;
  return { ok: true, content: { ...rest, id: file.meta_id }, replyTo: replyTo.wamid };
}

type WamidResult = { ok: true; wamid: string | null } | { ok: false; error: FieldError };

/** Meta knows its own ids alone: ours is looked up. */
async function wamidOf(
  database: Database,
  reference: string | null,
  pointer = "/context/message_id",
): Promise<WamidResult> {
  if (reference === null || !reference.startsWith("msg_")) return { ok: true, wamid: reference };
  const row = await findMessage(database, reference);
  if (row?.wamid) return { ok: true, wamid: row.wamid };
  const detail =
    row === null
      ? "no message has this id"
      : "this message has no wamid yet: Meta has not accepted it, so nothing can refer to it";
  return { ok: false, error: { pointer, detail } };
}

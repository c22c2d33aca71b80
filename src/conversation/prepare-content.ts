/** What a request refers to, resolved before anything is claimed: parameters, files, replies. */
import type { FieldError } from "../http/problem.ts";
import { isJsonObject, textMember } from "../json/json.ts";
import { displayBody } from "../messages/display-body.ts";
import type { MessageContent, SendRequest } from "../messages/send-request.ts";
import type { Database } from "../store/database.ts";
import { findMessage } from "../store/messages.ts";
import { findTemplateRow } from "../store/templates.ts";
import { templateKey } from "../templates/known-template.ts";
import { prepareTemplate, type PreparedTemplate } from "../templates/prepare-template.ts";
import type { OutgoingFile } from "./outgoing-message.ts";
import { resolveFiles, type Departure } from "./resolve-files.ts";

export type PreparedContent =
  | {
      ok: true;
      content: MessageContent;
      /** Display text. */
      body: string;
      files: readonly OutgoingFile[];
      replyTo: string | null;
      /** The template to send where the window is closed. */
      fallback: FallbackTemplate | null;
      /** Meta's category of the template or the fallback, where it is known. */
      category: string | null;
    }
  | {
      ok: false;
      code: "invalid_request" | "template_not_approved" | "template_parameters";
      errors: readonly FieldError[];
    };

/** Its content with Meta's ids, its display text, and its files that are ours. */
type FallbackTemplate = {
  content: MessageContent;
  body: string;
  files: readonly OutgoingFile[];
};

type Resolved<Value> = { ok: true; value: Value } | { ok: false; error: FieldError };

export async function prepareContent(
  database: Database,
  request: SendRequest,
  departure: Departure,
): Promise<PreparedContent> {
  const [replyTo, template, fallback] = await Promise.all([
    wamidOf(database, request.reply_to, "/context/message_id"),
    readyTemplate(database, request.type === "template" ? request.content : null, "template"),
    readyTemplate(database, request.fallback, "fallback"),
  ]);
  if (template !== null && !template.ok) return template;
  if (fallback !== null && !fallback.ok) return fallback;
  const content = template?.template ?? request.content;
  const target = await withTarget(database, request.type, content);
  const [files, fallbackFiles] = await Promise.all([
    resolveFiles(database, request.type, content, departure),
    fallback === null
      ? null
      : resolveFiles(database, "template", fallback.template, departure, ["fallback"]),
  ]);
  if (replyTo.ok && target.ok && files.ok && fallbackFiles?.ok !== false) {
    const resolved = request.type === "reaction" ? target.value : files.content;
    return {
      ok: true,
      content: resolved,
      body: template?.body ?? displayBody({ type: request.type, [request.type]: resolved }),
      files: files.files,
      replyTo: replyTo.value,
      fallback:
        fallback === null || fallbackFiles === null
          ? null
          : { content: fallbackFiles.content, body: fallback.body, files: fallbackFiles.files },
      category: (template ?? fallback)?.category ?? null,
    };
  }
  const errors = [
    ...[replyTo, target].flatMap((result) => (result.ok ? [] : [result.error])),
    ...[files, fallbackFiles].flatMap((found) => (found?.ok === false ? found.errors : [])),
  ];
  return { ok: false, code: "invalid_request", errors };
}

/** A template checked against what Meta told of it; null where there is none. */
async function readyTemplate(
  database: Database,
  content: MessageContent | null,
  at: string,
): Promise<PreparedTemplate | null> {
  if (!isJsonObject(content)) return null;
  const { name, language } = templateKey(content);
  return prepareTemplate(content, await findTemplateRow(database, name, language), [at]);
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

/**
 * Resolves what a request refers to before anything is claimed: the template and its parameters, files
 * by our own ids, the message that it answers.
 */
import { isJsonObject, textMember } from "../lib/json.ts";
import { errorMembers, log } from "../lib/log.ts";
import type { FieldError } from "../lib/problem.ts";
import { fittingFilename } from "../media/filename.ts";
import { mediaKindOf, usableUntil } from "../media/rules.ts";
import { displayBody } from "../message/display.ts";
import {
  type FileReference,
  fileReferences,
  withFilenames,
  withMetaIds,
} from "../message/files.ts";
import type { OutgoingFile } from "../message/outgoing-message.ts";
import { type Database, lacksMigrations } from "../store/d1.ts";
import { findMediaFile, type MediaFile } from "../store/media.ts";
import { findMessage } from "../store/find-message.ts";
import { findTemplateRow, type TemplateKey, type TemplateRow } from "../store/templates.ts";
import { templateKey } from "../templates/known.ts";
import { type PreparedTemplate, prepareTemplate } from "../templates/prepare.ts";
import { findTemplate } from "../templates/registry.ts";
import type { MessageContent, SendRequest } from "./request.ts";

type PreparedContent =
  | {
      ok: true;
      content: MessageContent;
      /** Display text. */
      body: string;
      files: readonly OutgoingFile[];
      replyTo: string | null;
      /** The template to send where the window is closed. */
      fallback: FallbackTemplate | null;
      /** Meta's category of the template or the fallback; null where unknown. */
      category: string | null;
    }
  | {
      ok: false;
      code: "invalid_request" | "template_not_approved" | "template_parameters";
      errors: readonly FieldError[];
    };

/** A fallback's content with Meta's ids, its display text, and its files stored here. */
type FallbackTemplate = {
  content: MessageContent;
  body: string;
  files: readonly OutgoingFile[];
};

/** When the message is sent, and from which business number. */
type Departure = { readyAt: number; phoneNumberId: string };

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

/** A template checked against its definition from Meta; null where there is none. */
async function readyTemplate(
  database: Database,
  content: MessageContent | null,
  at: string,
): Promise<PreparedTemplate | null> {
  if (!isJsonObject(content)) return null;
  return prepareTemplate(content, await reportedTemplate(database, templateKey(content)), [at]);
}

/** What Meta reported of a template. One of our registry may be sent while D1 does not answer. */
async function reportedTemplate(
  database: Database,
  { name, language }: TemplateKey,
): Promise<TemplateRow | null> {
  try {
    return await findTemplateRow(database, name, language);
  } catch (error) {
    if (lacksMigrations(error) || findTemplate(name, language) === null) throw error;
    log("error", "template_not_looked_up", errorMembers(error));
    return null;
  }
}

/** A reaction with the wamid of its message; any other content unchanged. */
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

/** Meta knows only wamids, so the wamid of a message id of ours is looked up. */
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

type ResolvedFiles =
  | { ok: true; content: MessageContent; files: readonly OutgoingFile[] }
  | { ok: false; errors: readonly FieldError[] };

/**
 * Checks that the files of a content can be sent, and puts Meta's ids in the place of ours.
 *
 * @param at the path of the content in the request
 */
async function resolveFiles(
  database: Database,
  type: string,
  content: MessageContent,
  departure: Departure,
  at: readonly string[] = [type],
): Promise<ResolvedFiles> {
  const references = fileReferences(type, content, at);
  const known = new Map<string, MediaFile>();
  for (const id of new Set(references.map(({ media_id }) => media_id))) {
    const file = await findMediaFile(database, id);
    if (file !== null) known.set(id, file);
  }
  const errors = references.flatMap((reference) => {
    const detail = obstacle(reference, known.get(reference.media_id), departure);
    return detail === null ? [] : [{ pointer: reference.pointer, detail }];
  });
  if (errors.length > 0) return { ok: false, errors };
  if (references.length === 0) return { ok: true, content, files: [] };
  const metaIds = new Map(
    [...known].map(([id, file]) => [id, file.renewed_meta_id ?? file.meta_id]),
  );
  const filenames = new Map(
    [...known].flatMap(([id, { filename, mime_type }]) =>
      filename === null ? [] : [[id, fittingFilename(filename, mime_type)]],
    ),
  );
  const named = withFilenames(type, content, filenames);
  const resolved = withMetaIds(type, named, metaIds);
  const files = [...known].map(([media_id, file]) => ({
    media_id,
    usable_until: lastsUntil(file),
  }));
  // The replacement keeps the content an object or a list.
  return {
    ok: true,
    content: typeof resolved === "object" && resolved !== null ? resolved : content,
    files,
  };
}

/** A copy that can be renewed is renewed early; the only copy is used until Meta deletes it. */
function lastsUntil(file: MediaFile): number {
  return file.stored_at === null ? file.meta_expires_at : usableUntil(file);
}

/** Why a file can't be sent; null if it can. */
function obstacle(
  { kind }: FileReference,
  file: MediaFile | undefined,
  { readyAt, phoneNumberId }: Departure,
): string | null {
  if (file === undefined) {
    return "no file of ours has this id: upload it with POST /v1/media first";
  }
  if (file.phone_number_id !== phoneNumberId) {
    return `this file is business number ${file.phone_number_id}'s: upload it with "from": "${phoneNumberId}", or send from that number`;
  }
  const ownKind = mediaKindOf(file.mime_type);
  // Where we don't know the kind of a type, Meta decides.
  if (ownKind !== null && ownKind !== kind) {
    return `this file is ${file.mime_type}: send it as ${ownKind}, not as ${kind}`;
  }
  if (file.stored_at === null && file.meta_expires_at <= readyAt) {
    const end = new Date(file.meta_expires_at).toISOString();
    return `Meta's copy lasts until ${end}, and no copy is stored here: upload the file again, at most 30 days before it is sent`;
  }
  return null;
}

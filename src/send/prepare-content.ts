/**
 * What a request refers to, resolved before anything is claimed: parameters, files, replies.
 *
 * The files that a request names by our own ids: whether they can be sent, and Meta's ids.
 */
import { isJsonObject, textMember } from "../lib/json.ts";
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
import type { Database } from "../store/d1.ts";
import { findMediaFile, type MediaFile } from "../store/media.ts";
import { findMessage } from "../store/messages.ts";
import { findTemplateRow } from "../store/templates.ts";
import { templateKey } from "../templates/known.ts";
import { type PreparedTemplate, prepareTemplate } from "../templates/prepare.ts";
import type { MessageContent, SendRequest } from "./request.ts";

type ResolvedFiles =
  | { ok: true; content: MessageContent; files: readonly OutgoingFile[] }
  | { ok: false; errors: readonly FieldError[] };

/** When it goes, and from which business number. */
type Departure = { readyAt: number; phoneNumberId: string };

/** @param at where the content stands in the request */
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
  // A content stays what it was, an object or a list.
  return {
    ok: true,
    content: typeof resolved === "object" && resolved !== null ? resolved : content,
    files,
  };
}

/** A copy that can be renewed is renewed in good time; the only one is used to its end. */
function lastsUntil(file: MediaFile): number {
  return file.stored_at === null ? file.meta_expires_at : usableUntil(file);
}

/** Why it can't be sent; null if it can. */
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
  // A type that we know no kind of is Meta's to judge.
  if (ownKind !== null && ownKind !== kind) {
    return `this file is ${file.mime_type}: send it as ${ownKind}, not as ${kind}`;
  }
  if (file.stored_at === null && file.meta_expires_at <= readyAt) {
    const end = new Date(file.meta_expires_at).toISOString();
    return `Meta's copy lasts until ${end}, and none is stored here to upload again: upload the file anew, at most 30 days before it is sent`;
  }
  return null;
}

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

/** The files that a request names by our own ids: whether they can be sent, and Meta's ids. */
import type { FieldError } from "../http/problem.ts";
import { fittingFilename } from "../media/fitting-filename.ts";
import { mediaKindOf } from "../media/media-rules.ts";
import { usableUntil } from "../media/meta-copy.ts";
import {
  fileReferences,
  withFilenames,
  withMetaIds,
  type FileReference,
} from "../messages/file-references.ts";
import type { MessageContent } from "../messages/send-request.ts";
import type { Database } from "../store/database.ts";
import { findMediaFile, type MediaFile } from "../store/media-files.ts";
import type { OutgoingFile } from "./outgoing-message.ts";

export type ResolvedFiles =
  | { ok: true; content: MessageContent; files: readonly OutgoingFile[] }
  | { ok: false; errors: readonly FieldError[] };

/** When it goes, and from which business number. */
export type Departure = { readyAt: number; phoneNumberId: string };

/** @param at where the content stands in the request */
export async function resolveFiles(
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

/** Before a message leaves: files of which Meta's copy has expired are uploaded once more. */
import { parseConfig } from "../config.ts";
import type { GraphFailure } from "../graph/graph-client.ts";
import { retryDelayMs } from "../graph/retry-delay.ts";
import type { JsonValue } from "../json/json.ts";
import { mediaPlaces } from "../media/media-places.ts";
import { renewMedia } from "../media/renew-media.ts";
import { withMetaIds } from "../messages/file-references.ts";
import { notConfigured } from "./call-meta.ts";
import { parseJson } from "../json/parse-json.ts";
import type { OutgoingFile, OutgoingMessage, SendError } from "./outgoing-message.ts";

export type FilesRenewal =
  | { kind: "renewed"; message: OutgoingMessage }
  | { kind: "postpone"; dueAt: number; error: SendError }
  | { kind: "fail"; error: SendError };

export type RenewFiles = (message: OutgoingMessage) => Promise<FilesRenewal>;

/** As the fourth try of anything at Meta: a file may be large, and is not sent off every second. */
const PAUSE_AS_AFTER_TRIES = 3;

/** Whether a file of it may be gone at Meta by now. */
export function hasExpiredFile({ files = [] }: OutgoingMessage, now: number): boolean {
  return files.some(({ usable_until }) => usable_until <= now);
}

/** Throws what D1 and the bucket throw. */
export function renewFiles(env: Env): RenewFiles {
  const parsed = parseConfig({ ...env });
  if (!parsed.ok) return async () => outcomeOf(notConfigured(parsed.problems), Date.now());
  const places = mediaPlaces(env, parsed.config);
  return async (message) => {
    const now = Date.now();
    const files: OutgoingFile[] = [];
    const metaIds = new Map<string, string>();
    for (const file of message.files ?? []) {
      if (file.usable_until > now) {
        files.push(file);
        continue;
      }
      const renewed = await renewMedia(places, file.media_id, now);
      if (!renewed.ok) {
        return renewed.reason === "lost" ? lost(renewed.detail) : outcomeOf(renewed.failure, now);
      }
      files.push({ media_id: file.media_id, usable_until: renewed.usableUntil });
      metaIds.set(file.media_id, renewed.metaId);
    }
    const content: JsonValue = parseJson(message.content);
    const renewedContent = JSON.stringify(withMetaIds(message.type, content, metaIds));
    return { kind: "renewed", message: { ...message, content: renewedContent, files } };
  };
}

function lost(detail: string): FilesRenewal {
  return {
    kind: "fail",
    error: { code: "media_expired", detail: `Its file can't be sent: ${detail}.` },
  };
}

/** An upload that failed sent nothing: any but a refusal for good may be repeated. */
function outcomeOf({ class: errorClass, error }: GraphFailure, now: number): FilesRenewal {
  const { code, message, details, fbtrace_id } = error;
  const meta = { code, message, details, fbtrace_id };
  const detail = `Its file had expired at Meta and was not taken again: ${details ?? message}`;
  if (errorClass === "permanent" || errorClass === "unknown") {
    return { kind: "fail", error: { code: "rejected_by_meta", detail, meta } };
  }
  return {
    kind: "postpone",
    dueAt: now + retryDelayMs(PAUSE_AS_AFTER_TRIES, error.retry_after_seconds, Math.random()),
    error: {
      code: errorClass === "operator" ? "meta_unauthorized" : "meta_unavailable",
      detail,
      meta,
    },
  };
}

/** Files that a message names, at any place in its content: own media ids, and links for Meta. Pure. */
import {
  isJsonObject,
  type JsonObject,
  jsonPointer,
  type JsonValue,
  textMember,
} from "../lib/json.ts";
import type { FieldError } from "../lib/problem.ts";

const IPV4_HOST = /^\d+\.\d+\.\d+\.\d+$/;

/** Names without a dot, and those reserved for private use: RFC 6761, RFC 6762, ICANN's `.internal`. */
const PRIVATE_HOST = /^[^.]+\.?$|\.(?:localhost|local|internal)\.?$/;

/**
 * What is wrong with a link from which Meta fetches a file; null if nothing. It must be absolute, with a
 * host name and without credentials.
 *
 * @param protocols the allowed ones, such as `https:`
 */
function linkRemedy(link: string, protocols: readonly string[]): string | null {
  const url = URL.parse(link);
  // `URL.parse` drops white space, Meta does not.
  if (url === null || /\s/.test(link)) {
    return "must be an absolute https address without spaces, such as https://example.com/a.jpg";
  }
  if (!protocols.includes(url.protocol)) {
    return `must begin with ${protocols.join(" or ")}, got ${url.protocol}`;
  }
  if (url.username !== "" || url.password !== "") {
    return "must not contain a user name or password";
  }
  // `URL.parse` turns every spelling of an IPv4 address into dotted numbers.
  if (url.hostname.startsWith("[") || IPV4_HOST.test(url.hostname)) {
    return "must name a host, not an IP address";
  }
  if (PRIVATE_HOST.test(url.hostname)) return "must name a host that Meta can reach";
  return null;
}

const FILE_KINDS: ReadonlySet<string> = new Set(["image", "video", "audio", "document", "sticker"]);

/** The protocols of a link, unless the caller allows others. */
export const HTTPS_ALONE: readonly string[] = ["https:"];

const OWN_ID = /^med_\w+$/;

/** A file named by its own media id (`med_…`). */
export type FileReference = {
  media_id: string;
  /** image, video, audio, document or sticker. */
  kind: string;
  /** JSON pointer to the id in the request. */
  pointer: string;
};

/** All own files of a content, which is no deeper than a request may be. */
export function fileReferences(
  type: string,
  content: JsonValue,
  at: readonly string[] = [type],
): FileReference[] {
  const references: FileReference[] = [];
  mapFiles(type, content, at, (file, kind, path) => {
    const media_id = ownId(file);
    if (media_id !== null) {
      references.push({ media_id, kind, pointer: jsonPointer([...path, "media_id"]) });
    }
    return file;
  });
  return references;
}

/**
 * What is wrong with the links from which Meta fetches files.
 *
 * @param protocols the allowed ones, such as `https:`
 */
export function linkErrors(
  type: string,
  content: JsonValue,
  at: readonly string[] = [type],
  protocols: readonly string[] = HTTPS_ALONE,
): FieldError[] {
  const errors: FieldError[] = [];
  mapFiles(type, content, at, (file, _kind, path) => {
    const { link } = file;
    const detail = typeof link === "string" ? linkRemedy(link, protocols) : null;
    if (detail !== null) errors.push({ pointer: jsonPointer([...path, "link"]), detail });
    return file;
  });
  return errors;
}

/** The content with a file name at each own document: the stored one if the request gives none. */
export function withFilenames(
  type: string,
  content: JsonValue,
  filenames: ReadonlyMap<string, string>,
): JsonValue {
  return mapFiles(type, content, [], (file, kind) => {
    const filename = filenames.get(ownId(file) ?? "");
    return kind !== "document" || filename === undefined ? file : { filename, ...file };
  });
}

/** The content with Meta's id beside each own media id. */
export function withMetaIds(
  type: string,
  content: JsonValue,
  metaIds: ReadonlyMap<string, string>,
): JsonValue {
  return mapFiles(type, content, [], (file) => {
    const id = metaIds.get(ownId(file) ?? "");
    return id === undefined ? file : { ...file, id };
  });
}

/** The content as Meta takes it: without own media ids. */
export function withoutOwnIds(type: string, content: JsonValue): JsonValue {
  return mapFiles(type, content, [], (file) => {
    const { media_id: _ours, ...rest } = file;
    return ownId(file) === null ? file : rest;
  });
}

function ownId(file: JsonObject): string | null {
  const mediaId = textMember(file, "media_id");
  return mediaId !== null && OWN_ID.test(mediaId) ? mediaId : null;
}

type MapFile = (file: JsonObject, kind: string, path: readonly string[]) => JsonObject;

/** Headers and parameters name a file as messages do: `{type: "image", image: {…}}`. */
function mapFiles(
  type: string,
  content: JsonValue,
  path: readonly string[],
  map: MapFile,
): JsonValue {
  if (isJsonObject(content)) {
    if (FILE_KINDS.has(type)) return map(content, type, path);
    const named = textMember(content, "type");
    return Object.fromEntries(
      Object.entries(content).map(([name, member]) => [
        name,
        member === undefined
          ? member
          : mapFiles(name === named ? name : "", member, [...path, name], map),
      ]),
    );
  }
  if (!Array.isArray(content)) return content;
  return content.map((member: JsonValue, place) =>
    mapFiles("", member, [...path, String(place)], map),
  );
}

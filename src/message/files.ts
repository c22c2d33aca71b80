/** Files that a message names, wherever in its content they stand. */
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
 * What is wrong with an address that Meta is to fetch a file from, and null if nothing: it must be
 * absolute, with the name of a host, and without credentials.
 *
 * @param protocols those that it may have
 */
function linkRemedy(link: string, protocols: readonly string[]): string | null {
  const url = URL.parse(link);
  // The parser drops white space, Meta does not.
  if (url === null || /\s/.test(link)) {
    return "must be an absolute https address without spaces, such as https://example.com/a.jpg";
  }
  if (!protocols.includes(url.protocol)) {
    return `must begin with ${protocols.join(" or ")}, got ${url.protocol}`;
  }
  if (url.username !== "" || url.password !== "") {
    return "must not contain a user name or password";
  }
  // The parser has turned every spelling of an IPv4 address into dotted numbers.
  if (url.hostname.startsWith("[") || IPV4_HOST.test(url.hostname)) {
    return "must name a host, not an IP address";
  }
  if (PRIVATE_HOST.test(url.hostname)) return "must name a host that Meta can reach";
  return null;
}

const FILE_KINDS: ReadonlySet<string> = new Set(["image", "video", "audio", "document", "sticker"]);

/** What the protocol of an address may be, unless its caller takes others. */
export const HTTPS_ALONE: readonly string[] = ["https:"];

const OWN_ID = /^med_\w+$/;

/** A file of ours. */
export type FileReference = {
  media_id: string;
  /** As what it is sent: image, video, audio, document or sticker. */
  kind: string;
  /** Of the id, in the request. */
  pointer: string;
};

/** Every one of them; a content is no deeper than a request may be. */
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
 * What is wrong with the addresses from which Meta is to fetch files.
 *
 * @param protocols those that they may have
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

/** The content in which each document of ours has a file name: its own, where the request gives none. */
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

/** The content with Meta's id beside each of ours. */
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

/** The content as Meta knows it: without our ids. */
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

/** Files are named as messages are, by `{type: "image", image: {…}}`: in headers and parameters. */
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

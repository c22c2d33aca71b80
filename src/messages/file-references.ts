/** Files that a message names by our own id, wherever in its content they stand. */
import { isJsonObject, textMember, type JsonObject, type JsonValue } from "../json.ts";
import { jsonPointer } from "../json-pointer.ts";

/** Whose value is a file: as a content of its own, in a header, in a template's parameter. */
const FILE_MEMBERS: ReadonlySet<string> = new Set([
  "image",
  "video",
  "audio",
  "document",
  "sticker",
]);

const OWN_ID = /^med_\w+$/;

export type FileReference = {
  media_id: string;
  /** Of the id, in the request. */
  pointer: string;
};

/** Every one of them; a content is no deeper than a request may be. */
export function fileReferences(type: string, content: JsonValue): FileReference[] {
  const references: FileReference[] = [];
  mapFiles(content, [type], (file, media_id, path) => {
    references.push({ media_id, pointer: jsonPointer([...path, "media_id"]) });
    return file;
  });
  return references;
}

/** The content with Meta's id beside each of ours. */
export function withMetaIds(
  type: string,
  content: JsonValue,
  metaIds: ReadonlyMap<string, string>,
): JsonValue {
  return mapFiles(content, [type], (file, media_id) => {
    const id = metaIds.get(media_id);
    return id === undefined ? file : { ...file, id };
  });
}

/** The content as Meta knows it: without our ids. */
export function withoutOwnIds(type: string, content: JsonValue): JsonValue {
  return mapFiles(content, [type], ({ media_id: _ours, ...file }) => file);
}

function mapFiles(
  value: JsonValue,
  path: readonly string[],
  map: (file: JsonObject, mediaId: string, path: readonly string[]) => JsonObject,
): JsonValue {
  if (isJsonObject(value)) {
    const mediaId = FILE_MEMBERS.has(path.at(-1) ?? "") ? textMember(value, "media_id") : null;
    if (mediaId !== null && OWN_ID.test(mediaId)) return map(value, mediaId, path);
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name,
        member === undefined ? member : mapFiles(member, [...path, name], map),
      ]),
    );
  }
  if (typeof value !== "object" || value === null) return value;
  return value.map((member, place) => mapFiles(member, [...path, String(place)], map));
}

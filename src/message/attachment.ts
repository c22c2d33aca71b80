/** The file that a message carries, in Meta's words. */
import { sha256Hex } from "../lib/bytes.ts";
import { type JsonObject, objectMember, objectsMember, textMember } from "../lib/json.ts";

export type Attachment = {
  /** image, video, audio, voice, document or sticker. */
  type: string;
  /** Meta's media id. */
  meta_id: string | null;
  /** Where an outbound file is fetched from. */
  link: string | null;
  mime_type: string | null;
  /** Lower-case hex; as it came if it is neither hex nor base64. */
  sha256: string | null;
  caption: string | null;
  filename: string | null;
};

/** Types whose content object is a file; older webhooks call a voice note `voice`. */
const FILE_TYPES: ReadonlySet<string> = new Set([
  "image",
  "video",
  "audio",
  "voice",
  "document",
  "sticker",
]);

/** The attachment of a Meta message object, inbound or outbound; null if it carries no file. */
export function attachmentOf(message: JsonObject): Attachment | null {
  const found = fileOf(message);
  if (found === null) return null;
  const { type, file } = found;
  const sha256 = textMember(file, "sha256");
  return {
    type,
    meta_id: textMember(file, "id"),
    link: textMember(file, "link"),
    mime_type: textMember(file, "mime_type"),
    sha256: sha256 === null ? null : (sha256Hex(sha256) ?? sha256),
    caption: textMember(file, "caption"),
    filename: textMember(file, "filename"),
  };
}

type TypedFile = { type: string; file: JsonObject };

/** The file of the message itself, of the message in an edit, or of an interactive header or a template. */
function fileOf(message: JsonObject): TypedFile | null {
  const type = textMember(message, "type");
  const content = type === null ? null : objectMember(message, type);
  if (type === null || content === null) return null;
  switch (type) {
    case "edit":
      return ownFile(objectMember(content, "message"));
    case "interactive":
      return ownFile(objectMember(content, "header"));
    case "template":
      return (
        objectsMember(content, "components")
          .flatMap((component) => objectsMember(component, "parameters"))
          .map(ownFile)
          .find((file) => file !== null) ?? null
      );
    default:
      return ownFile(message);
  }
}

function ownFile(holder: JsonObject | null): TypedFile | null {
  const type = textMember(holder, "type");
  if (type === null || !FILE_TYPES.has(type)) return null;
  const file = objectMember(holder, type);
  return file === null ? null : { type, file };
}

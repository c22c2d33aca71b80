/** Makes file names from strangers safe, for headers and for Meta. */
import { extensionOf, isExtensionOf, isMediaExtension } from "./rules.ts";

/** File systems end at 255 bytes; four bytes a character leave 60, an extension included. */
const NAME_CHARACTERS_MAX = 60;

/** No extension in use is longer; a longer one is cut like the rest of the name. */
const EXTENSION = /\.[A-Za-z0-9]{1,10}$/;

/** Control and format characters: line breaks, NUL, and the marks that reverse reading order. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Characters that Windows refuses in a name, among them quotes. */
const RESERVED = /[<>:"|?*]/g;

/** RFC 8187, section 3.2.1: what `encodeURIComponent` leaves and `attr-char` does not allow. */
const NOT_ATTRIBUTE_CHARACTER = /['()*]/g;

/** All but what a quoted string may contain unescaped, without the percent sign (RFC 6266, appendix D). */
const NOT_PLAIN = /[^A-Za-z0-9 ._()+-]/g;

/** The last segment of a path as a harmless name, or null if nothing is left of it. */
export function safeFilename(name: string): string | null {
  const segment = name.toWellFormed().replace(/^.*[/\\]/s, "");
  const visible = segment.replaceAll(INVISIBLE, "").replaceAll(RESERVED, "_").trim();
  // Must be neither a hidden file nor `..`.
  const safe = visible.replace(/^[. ]+/, "");
  const characters = Array.from(safe);
  if (characters.length <= NAME_CHARACTERS_MAX) return safe === "" ? null : safe;
  const extension = EXTENSION.exec(safe)?.[0] ?? "";
  return characters.slice(0, NAME_CHARACTERS_MAX - extension.length).join("") + extension;
}

/**
 * The header that makes a browser store the file instead of showing it: with an ASCII name for old
 * clients and the true one (RFC 6266, RFC 8187).
 *
 * @param name as the sender gave it; null if there is none
 * @param fallback our own name for it
 */
export function contentDisposition(name: string | null, fallback: string): string {
  const safe = (name === null ? null : safeFilename(name)) ?? fallback;
  const plain = safe.replaceAll(NOT_PLAIN, "_");
  const encoded = encodeURIComponent(safe).replaceAll(
    NOT_ATTRIBUTE_CHARACTER,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

const LAST_EXTENSION = /\.([A-Za-z0-9]+)$/;

/**
 * The name under which a file goes to Meta. Meta also looks at the extension, so it must fit the type:
 * the extension of another type is replaced; any other text after a dot is part of the name.
 *
 * @param name null if the file has none
 */
export function fittingFilename(name: string | null, mimeType: string): string {
  const wanted = extensionOf(mimeType);
  const safe = (name === null ? null : safeFilename(name)) ?? "file";
  const extension = LAST_EXTENSION.exec(safe)?.[1]?.toLowerCase() ?? "";
  if (wanted === "" || isExtensionOf(mimeType, extension)) return safe;
  const stem = isMediaExtension(extension) ? safe.replace(LAST_EXTENSION, "") : safe;
  const fitting = stem.replace(/[. ]+$/, "") + wanted;
  return safeFilename(fitting) ?? fitting;
}

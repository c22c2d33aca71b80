import { safeFilename } from "./filename.ts";
import { extensionOf, isExtensionOf, isMediaExtension } from "./media-rules.ts";

const EXTENSION = /\.([A-Za-z0-9]+)$/;

/**
 * The name under which a file goes to Meta, which goes by the extension as well: one that fits the
 * type. That of another type gives way; whatever else follows a dot is part of the name.
 *
 * @param name null if it has none
 */
export function fittingFilename(name: string | null, mimeType: string): string {
  const wanted = extensionOf(mimeType);
  const safe = (name === null ? null : safeFilename(name)) ?? "file";
  const extension = EXTENSION.exec(safe)?.[1]?.toLowerCase() ?? "";
  if (wanted === "" || isExtensionOf(mimeType, extension)) return safe;
  const stem = isMediaExtension(extension) ? safe.replace(EXTENSION, "") : safe;
  const fitting = stem.replace(/[. ]+$/, "") + wanted;
  return safeFilename(fitting) ?? fitting;
}

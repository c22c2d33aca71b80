/**
 * RFC 6901: the path to a member as one string, with `~` and `/` in names escaped. An empty path
 * is the whole document.
 */
export function jsonPointer(path: readonly (string | number)[]): string {
  return path
    .map((token) => `/${String(token).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}

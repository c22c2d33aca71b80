/** RFC 3339, section 5.6; leap seconds can't be told from the second after and are refused. */
const RFC_3339 =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/** Milliseconds since the epoch of an RFC 3339 time, fractions cut to them; null if it is none. */
export function parseTimestamp(text: string): number | null {
  const date = RFC_3339.exec(text)?.[1];
  if (date === undefined) return null;
  // Date takes 30 February for 2 March.
  const midnight = new Date(`${date}T00:00:00Z`).toISOString();
  return midnight.startsWith(date) ? Date.parse(text.toUpperCase()) : null;
}

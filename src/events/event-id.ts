const ID_DIGITS = 32;

/** The id of an event, made of what it says: whoever meets it again gives it the same. */
export async function eventId(said: readonly (string | number | null)[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(said));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `evt_${digest.toHex().slice(0, ID_DIGITS)}`;
}

/** Signs in with this token. The page takes a key from its address on this machine alone, and wipes it there. */
export function inboxLink(workerUrl: string, token: string): string {
  return `${workerUrl}/inbox/#clave=${encodeURIComponent(token)}`;
}

/** Reads a body up to a limit, without trusting Content-Length. */

/** The largest single read: memory grows with the bytes that arrive, not with those declared. */
const PIECE_BYTES = 64 * 1024;

/**
 * Counts the bytes that arrive: Content-Length may be wrong or absent. Returns null if there are more
 * than the limit. The body must be a byte stream, as every body from the network is.
 */
export async function readBody(
  given: Request | Response,
  limitBytes: number,
): Promise<Uint8Array | null> {
  if (given.body === null) return new Uint8Array();
  const reader = given.body.getReader({ mode: "byob" });
  const pieces: Uint8Array[] = [];
  let total = 0;
  let expectedBytes = Math.min(declaredBytes(given), limitBytes);
  for (;;) {
    // With room for one more byte, the same read also shows whether the body ends here.
    const room = Math.min(expectedBytes + 1, PIECE_BYTES);
    const { value } = await reader.readAtLeast(room, new Uint8Array(room));
    const piece = value ?? new Uint8Array();
    total += piece.byteLength;
    if (total > limitBytes) {
      await reader.cancel();
      return null;
    }
    pieces.push(piece);
    if (piece.byteLength < room) return joined(pieces, total);
    expectedBytes = limitBytes - total;
  }
}

/** The value of Content-Length; Infinity if it is absent. */
function declaredBytes({ headers }: Request | Response): number {
  const declared = headers.get("content-length");
  return declared !== null && /^\d+$/.test(declared) ? Number(declared) : Infinity;
}

function joined(pieces: readonly Uint8Array[], total: number): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const whole = new Uint8Array(total);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.byteLength;
  }
  return whole;
}

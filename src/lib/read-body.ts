/** What is read at once at most: room is made for what comes, not for what is declared. */
const PIECE_BYTES = 64 * 1024;

/**
 * Reads a request body, counting the bytes that really come: Content-Length may lie or be absent. Null
 * where there are more than the limit. It must be a byte stream, as all are that come from outside.
 */
export async function readBody(request: Request, limitBytes: number): Promise<Uint8Array | null> {
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader({ mode: "byob" });
  const pieces: Uint8Array[] = [];
  let total = 0;
  let mayCome = Math.min(declaredBytes(request), limitBytes);
  for (;;) {
    // With room for one byte more, the same read tells whether that was all.
    const room = Math.min(mayCome + 1, PIECE_BYTES);
    const { value } = await reader.readAtLeast(room, new Uint8Array(room));
    const piece = value ?? new Uint8Array();
    total += piece.byteLength;
    if (total > limitBytes) {
      await reader.cancel();
      return null;
    }
    pieces.push(piece);
    if (piece.byteLength < room) return joined(pieces, total);
    mayCome = limitBytes - total;
  }
}

/** What Content-Length says; Infinity where it says nothing. */
function declaredBytes({ headers }: Request): number {
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

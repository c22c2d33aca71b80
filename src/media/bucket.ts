/** The bucket that files are kept in: each under the id of its row in `media`. */
import { MINUTE_MS } from "../lib/time.ts";

type KeepResult =
  /** `sha256` in lower-case hex. */
  { ok: true; sha256: string } | { ok: false; reason: "wrong_hash" | "interrupted" };

/** 100 MiB at 1 MB/s and some patience: a transfer that hangs must not hold its queue's batch. */
const TRANSFER_LIMIT_MS = 3 * MINUTE_MS;

/** R2's number for a checksum that does not match. */
const BAD_DIGEST = "(10037)";

/** Null where the deployment has none: files are then passed through, and forgotten with Meta. */
export function bucketOf(env: { MEDIA?: R2Bucket }): R2Bucket | null {
  return env.MEDIA ?? null;
}

/**
 * Streams a file in, which is never whole in memory. R2 needs the length beforehand; a stream that
 * is shorter or longer is not kept, nor is one whose digest is another than told.
 *
 * @param sha256 lower-case hex, checked by R2 itself; null = taken from the bytes on their way
 */
export async function keepInBucket(
  bucket: R2Bucket,
  id: string,
  body: ReadableStream<Uint8Array>,
  { sizeBytes, sha256 }: { sizeBytes: number; sha256: string | null },
): Promise<KeepResult> {
  const measured = new FixedLengthStream(sizeBytes);
  const digest = sha256 === null ? new crypto.DigestStream("SHA-256") : null;
  const source = digest === null ? body : body.pipeThrough(copyingInto(digest));
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), TRANSFER_LIMIT_MS);
  const [piped, put] = await Promise.allSettled([
    source.pipeTo(measured.writable, { signal: limit.signal }),
    bucket.put(id, measured.readable, sha256 === null ? {} : { sha256 }),
  ]);
  clearTimeout(timer);
  if (put.status === "rejected" && String(put.reason).includes(BAD_DIGEST)) {
    return { ok: false, reason: "wrong_hash" };
  }
  if (piped.status === "rejected" || put.status === "rejected") {
    return { ok: false, reason: "interrupted" };
  }
  const taken = sha256 ?? (digest === null ? "" : new Uint8Array(await digest.digest).toHex());
  return { ok: true, sha256: taken };
}

/** The bytes of a stored file; throws if the bucket does not have it after all. */
export async function openStored(
  bucket: R2Bucket,
  id: string,
): Promise<ReadableStream<Uint8Array>> {
  const object = await bucket.get(id);
  if (object === null) throw new Error("a stored file is not in the bucket");
  return object.body;
}

function copyingInto(digest: WritableStream<Uint8Array>): TransformStream<Uint8Array, Uint8Array> {
  const writer = digest.getWriter();
  return new TransformStream({
    async transform(chunk, controller) {
      await writer.write(chunk);
      controller.enqueue(chunk);
    },
    flush: () => writer.close(),
  });
}

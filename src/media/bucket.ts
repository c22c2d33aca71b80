/** The R2 bucket that keeps files, each under the id of its row in `media`. */
import { abortingAfter } from "../lib/deadline.ts";
import { MINUTE_MS } from "../lib/time.ts";

type KeepResult =
  /** `sha256` in lower-case hex. */
  { ok: true; sha256: string } | { ok: false; reason: "wrong_hash" | "interrupted" };

/** 100 MiB at 1 MB/s and some reserve: a transfer that hangs must not block its queue's batch. */
const TRANSFER_LIMIT_MS = 3 * MINUTE_MS;

/** R2's error number for a checksum that does not match. */
const BAD_DIGEST = "(10037)";

/** Null if the deployment has no bucket: files are then streamed from Meta, as long as Meta has them. */
export function bucketOf(env: { MEDIA?: R2Bucket }): R2Bucket | null {
  return env.MEDIA ?? null;
}

/**
 * Streams a file into the bucket without holding it in memory. R2 needs the length beforehand; it
 * keeps no stream that is shorter or longer, or that has another digest than `sha256`.
 *
 * @param sha256 lower-case hex, which R2 checks; null = computed from the bytes on their way
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
  const [piped, put] = await abortingAfter(TRANSFER_LIMIT_MS, (signal) =>
    Promise.allSettled([
      source.pipeTo(measured.writable, { signal }),
      bucket.put(id, measured.readable, sha256 === null ? {} : { sha256 }),
    ]),
  );
  if (put.status === "rejected" && String(put.reason).includes(BAD_DIGEST)) {
    return { ok: false, reason: "wrong_hash" };
  }
  if (piped.status === "rejected" || put.status === "rejected") {
    return { ok: false, reason: "interrupted" };
  }
  const taken = sha256 ?? (digest === null ? "" : new Uint8Array(await digest.digest).toHex());
  return { ok: true, sha256: taken };
}

/** The bytes of a stored file; throws if the bucket does not have it, although D1 says so. */
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

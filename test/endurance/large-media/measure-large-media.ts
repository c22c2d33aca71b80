import assert from "node:assert/strict";
import { freePort } from "../audit/free-port.ts";
import { startLocalMeta } from "../audit/local-meta.ts";
import { LocalWorker } from "../audit/local-worker.ts";
import { LargeFileClient } from "./large-file-client.ts";
import { MemoryWatch, type Peak } from "./memory-watch.ts";

/** What Cloudflare gives a Worker's isolate. */
const WORKER_LIMIT_BYTES = 128 * 1024 * 1024;

const MEBIBYTE = 1024 * 1024;

/** What a small file takes is not what is measured: it warms everything up. */
const SMALL_BYTES = 1000;

const COLUMN_CHARACTERS = 9;

/** Meta is simulated in this process, workerd is another: what is measured holds nothing of Meta's. */
export async function measureLargeMedia(sizeBytes: number): Promise<void> {
  const [port, inspectorPort] = [await freePort(), await freePort()];
  const meta = await startLocalMeta({
    webhookUrl: `http://localhost:${port}/webhook`,
    deliver: (request) => fetch(request),
  });
  const worker = new LocalWorker(port, meta.url, { inspectorPort });
  try {
    await worker.prepare();
    await worker.start();
    const client = new LargeFileClient(worker.url, meta);
    await client.readBack(await client.receive(SMALL_BYTES));
    await client.upload(SMALL_BYTES);

    const watch = await MemoryWatch.start(inspectorPort);
    print("at rest", watch.atRest);
    const received = await watch.during(() => client.receive(sizeBytes));
    print("a customer's document into the bucket", received.peak);
    const part = await watch.during(() => client.readPart(received.result));
    print("a part of it read, by Range", part.peak);
    const whole = await watch.during(() => client.readBack(received.result));
    print("all of it read", whole.peak);
    const uploaded = await watch.during(() => client.upload(sizeBytes));
    print("an upload through the bucket to Meta", uploaded.peak);
    watch.stop();

    const most = Math.max(...[received, part, whole, uploaded].map(({ peak }) => peak.isolate));
    assert.ok(most < WORKER_LIMIT_BYTES, "The Worker took more memory than a Worker has.");
    console.log(`\nEvery byte of ${sizeBytes} came back the same, in both directions.`);
  } finally {
    meta.stop();
    await worker.stop();
    worker.discard();
  }
}

function print(what: string, { isolate, process }: Peak): void {
  console.log(`${inMebibytes(isolate)}  isolate ${inMebibytes(process)}  process   ${what}`);
}

function inMebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1).padStart(COLUMN_CHARACTERS)} MiB`;
}

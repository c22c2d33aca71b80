/** Makes the load, in a process of its own, so that its work is not counted as the Workers'. */
import { Pool } from "undici";
import { answerParent } from "../processes/answer-parent.ts";
import { requestsOf, type LoadRequest } from "./bodies.ts";
import type { LoadJob, LoadResult } from "./load-job.ts";

/** Less than the 5 s after which workerd closes an idle connection. */
const IDLE_MS = 1000;

/** What a connection fails with that the other side closed. */
const CLOSED = new Set(["ECONNRESET", "UND_ERR_SOCKET"]);

answerParent(null, run);

async function run({
  url,
  traffic,
  first,
  count,
  sleepers,
  connections,
  seconds,
}: LoadJob): Promise<LoadResult> {
  const requests = requestsOf(traffic, { first, count, sleepers }).values();
  const pool = new Pool(url, {
    connections,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
  });
  const latencies: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1000;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < end) {
        const { value: request, done } = requests.next();
        if (done === true) return;
        latencies.push(await send(pool, request));
      }
    }),
  );
  const elapsedMs = performance.now() - start;
  await pool.close();
  return { elapsedMs, latencies: Float64Array.from(latencies) };
}

/** Milliseconds until the whole answer was there; whatever is not 2xx ends the bench. */
async function send(pool: Pool, { method, path, headers, body }: LoadRequest): Promise<number> {
  const start = performance.now();
  const answer = await persistently(() => pool.request({ method, path, headers, body }));
  const text = await answer.body.text();
  if (answer.statusCode >= 300) {
    throw new Error(`${method} ${path} was answered ${answer.statusCode}: ${text}`);
  }
  return performance.now() - start;
}

/**
 * A workerd that was too busy to look closes even a connection with a request on it: its clock for
 * idle ones has run out by then. Every request may be repeated.
 */
async function persistently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || !CLOSED.has(String(error.code)))
      throw error;
    return ask();
  }
}

/** Stops waiting for work at a deadline; the work itself continues. */

export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";
}

/** Whether a deadline caused an error, even one that D1 wrapped. */
export function isDeadlineExceeded(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof DeadlineExceeded) return true;
  }
  return false;
}

/** Returns what the work returns; throws DeadlineExceeded once the time is over. */
export async function withDeadline<Result>(
  work: Promise<Result>,
  limitMs: number,
): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new DeadlineExceeded(`not done within ${limitMs} ms`));
    }, limitMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** The value if it comes in time, else null. */
export async function inTime<Result>(
  work: Promise<Result>,
  limitMs: number,
): Promise<Result | null> {
  try {
    return await withDeadline(work, limitMs);
  } catch (error) {
    if (error instanceof DeadlineExceeded) return null;
    throw error;
  }
}

/**
 * Gives the work a signal that aborts at a deadline. Clears its timer, unlike AbortSignal.timeout: a pending
 * timer keeps a Durable Object awake.
 */
export async function abortingAfter<Result>(
  limitMs: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), limitMs);
  try {
    return await work(deadline.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Loads a list as far down as it was loaded before, so that nobody who reads there loses their place. */
import type { Answer } from "./api.ts";

export type Page<Row> = { data: Row[]; next_cursor: string | null };

/** More than the browser draws of a thread: who reads further down comes back to these. */
const PAGES_MAX = 8;

/**
 * One page, and further ones as long as they are wanted. They know as much as the first of them: what
 * changes meanwhile the feed brings.
 */
export async function askPages<Row>(
  askPage: (more: { cursor?: string }) => Promise<Answer<Page<Row>>>,
  isWanted: (soFar: readonly Row[]) => boolean,
): Promise<Answer<Page<Row>>> {
  const first = await askPage({});
  if (first.kind !== "ok") return first;
  const data = [...first.body.data];
  let cursor = first.body.next_cursor;
  for (let pages = 1; pages < PAGES_MAX && cursor !== null && isWanted(data); pages += 1) {
    const next = await askPage({ cursor });
    // What is new stands in the first one, which must not wait for the others.
    if (next.kind !== "ok") break;
    data.push(...next.body.data);
    cursor = next.body.next_cursor;
  }
  return { ...first, body: { data, next_cursor: cursor } };
}

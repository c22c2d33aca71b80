import { readRecording } from "./read-recording.ts";
import type { StoredThings } from "./find-stored.ts";
import { postSigned } from "./post-signed.ts";

/** How a recording was answered, and what became of all that it says. */
export type ReplayedFile = {
  status: number;
  kinds: readonly string[];
  stored: readonly string[];
  missing: readonly string[];
};

export type ReplayTarget = { url: string; appSecret: string; stored: StoredThings };

const ACCEPTED = 200;

/** Posts one recording and looks for everything it says. */
export async function replayFile(
  path: string,
  idSuffix: string | null,
  { url, appSecret, stored }: ReplayTarget,
): Promise<ReplayedFile> {
  const { bytes, contents } = readRecording(path, idSuffix);
  const status = await postSigned(url, bytes, appSecret);
  const kinds = [...new Set(contents.map(({ kind }) => kind))];
  if (status !== ACCEPTED) return { status, kinds, stored: [], missing: [] };
  const found: string[] = [];
  const missing: string[] = [];
  for (const thing of contents) {
    const result = await stored.find(thing);
    (result.found ? found : missing).push(result.words);
  }
  return { status, kinds, stored: found, missing };
}

/** Whether it was answered as Meta wants it, and nothing is lost. */
export function isWhole({ status, missing }: ReplayedFile): boolean {
  return status === ACCEPTED && missing.length === 0;
}

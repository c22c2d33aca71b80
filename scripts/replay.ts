/**
 * `npm run replay -- FOLDER`: posts recorded webhook bodies, signed, to a running Worker, and looks
 * up through the API what became of each. Ends with 1 if anything was not answered with 200 or not
 * found again.
 */
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { createJsonClient } from "./client/json-client.ts";
import { PlainError } from "./client/plain-error.ts";
import { printFailure } from "./client/print-failure.ts";
import { StoredThings } from "./replay/find-stored.ts";
import { readCredentials } from "./replay/read-credentials.ts";
import { requireWorker } from "./client/require-worker.ts";
import { isWhole, replayFile, type ReplayedFile } from "./replay/replay-file.ts";
import { readReplayOptions } from "./replay/replay-options.ts";

const RUN_ID_BYTES = 4;

try {
  const options = readReplayOptions(process.argv.slice(2));
  const { appSecret, apiToken } = readCredentials(process.env);
  // npm changes to the project's folder and keeps here where it was called.
  const folder = resolve(process.env["INIT_CWD"] ?? ".", options.folder);
  const api = createJsonClient(options.url, apiToken);
  await requireWorker(options.url, api);
  const stored = await StoredThings.open(api);
  const run = randomBytes(RUN_ID_BYTES).toString("hex");

  const replayed: ReplayedFile[] = [];
  for (const [position, name] of recordingsIn(folder).entries()) {
    const idSuffix = options.keepIds ? null : `${run}.${position}`;
    const file = await replayFile(join(folder, name), idSuffix, {
      url: options.url,
      appSecret,
      stored,
    });
    print(name, file);
    replayed.push(file);
  }
  const failed = replayed.filter((file) => !isWhole(file)).length;
  console.log(
    `\n${replayed.length} bodies: ${replayed.length - failed} stored whole, ${failed} not.`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}

function recordingsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .toSorted();
  } catch {
    throw new PlainError(`There is no folder ${folder}.`);
  }
}

function print(name: string, file: ReplayedFile): void {
  const lost = file.missing.map((words) => `NOT FOUND: ${words}`);
  const what = [...file.stored, ...lost].join("; ") || "nothing";
  const mark = isWhole(file) ? "ok    " : "FAILED";
  console.log(`${mark} ${file.status} ${name}: ${file.kinds.join(" + ") || "nothing"} → ${what}`);
}

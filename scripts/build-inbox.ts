/**
 * Builds the inbox's page: `npm run build:inbox`. wrangler runs it before it starts or deploys the Worker,
 * in tests several times at once: a file that is as it should be is left alone, so that nobody finds it missing.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { PROJECT_URL } from "./client/project-url.ts";

const FOLDER = fileURLToPath(new URL("assets/inbox", PROJECT_URL));

/** Not beside the page: what lies there is deployed. */
const ASIDE = fileURLToPath(new URL("node_modules/.cache/inbox/build", PROJECT_URL));

const CONFIG = fileURLToPath(new URL("inbox/vite.config.ts", PROJECT_URL));

// The page is one, whoever builds it: a test's environment would have Vite build one for development.
process.env.NODE_ENV = "production";

const result = await build({ configFile: CONFIG, logLevel: "warn", build: { write: false } });
const files = new Map(
  [result].flat().flatMap((bundle) => {
    if (!("output" in bundle)) throw new Error("Vite watches instead of building.");
    return bundle.output.map((file): [string, Uint8Array] => [
      file.fileName,
      Buffer.from(file.type === "chunk" ? file.code : file.source),
    ]);
  }),
);

for (const [name, content] of files) writeIfChanged(join(FOLDER, name), content);
for (const path of readdirSync(FOLDER, { recursive: true, withFileTypes: true })) {
  const file = join(path.parentPath, path.name);
  if (path.isFile() && !files.has(relative(FOLDER, file))) rmSync(file, { force: true });
}

/** Written aside and renamed: a reader finds the old file or the new one, whole. */
function writeIfChanged(path: string, content: Uint8Array): void {
  if (existsSync(path) && readFileSync(path).equals(content)) return;
  const aside = join(ASIDE, `${basename(path)}.${process.pid}`);
  mkdirSync(dirname(path), { recursive: true });
  mkdirSync(ASIDE, { recursive: true });
  writeFileSync(aside, content);
  renameSync(aside, path);
}

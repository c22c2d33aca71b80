/**
 * Writes `openapi.json` from the schemas that validate: `npm run openapi`. With `--check` it only
 * says whether the file is up to date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { openApiDocument } from "../src/api/openapi/document.ts";
import { readCheckFlag } from "./client/check-flag.ts";
import { PROJECT_URL } from "./client/project-url.ts";

const FILE = new URL("openapi.json", PROJECT_URL);

const { version }: { version: string } = JSON.parse(
  readFileSync(new URL("package.json", PROJECT_URL), "utf8"),
);
const text = `${JSON.stringify(openApiDocument(version), null, 2)}\n`;

if (!readCheckFlag("npm run openapi")) {
  writeFileSync(FILE, text);
} else if (readFileSync(FILE, "utf8") !== text) {
  console.error("openapi.json is not up to date: npm run openapi");
  process.exitCode = 1;
}

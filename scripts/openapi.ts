/**
 * Writes what the Worker knows of its own description: `npm run openapi`. From the schemas that validate
 * it makes `assets/openapi.json`, from that the page of `/docs`, and the names in each route's query. With
 * `--check` it only says which of the files are not up to date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { openApiDocument } from "../src/api/openapi/document.ts";
import { referencePage } from "./openapi/page.ts";
import { queryMembersOf } from "./openapi/query-members.ts";
import type { JsonObject } from "../src/lib/json.ts";
import { readCheckFlag } from "./client/check-flag.ts";
import { PROJECT_URL } from "./client/project-url.ts";

const { version }: { version: string } = JSON.parse(
  readFileSync(new URL("package.json", PROJECT_URL), "utf8"),
);
const text = prettyJson(openApiDocument(version));
const document: JsonObject = JSON.parse(text);

const FILES: Readonly<Record<string, string>> = {
  "assets/openapi.json": text,
  "assets/docs.html": `${(await referencePage(document)).toString()}\n`,
  "src/http/query-members.json": prettyJson(queryMembersOf(document)),
};

const isCheck = readCheckFlag("npm run openapi");
for (const [name, content] of Object.entries(FILES)) {
  const file = new URL(name, PROJECT_URL);
  if (!isCheck) {
    writeFileSync(file, content);
  } else if (readFileSync(file, "utf8") !== content) {
    console.error(`${name} is not up to date: npm run openapi`);
    process.exitCode = 1;
  }
}

function prettyJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

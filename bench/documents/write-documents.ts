/** What was measured, into `docs/`. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Measurement } from "../parts/measurement.ts";
import { costDocument } from "./cost.ts";
import { PROJECT_FOLDER } from "../project-folder.ts";
import { scaleDocument } from "./scale.ts";
import { speedDocument } from "./speed.ts";

export function writeDocuments(measurement: Measurement): void {
  const documents = {
    "docs/speed.md": speedDocument(measurement),
    "docs/cost.md": costDocument(measurement),
    "docs/scale.md": scaleDocument(measurement),
  };
  for (const [path, text] of Object.entries(documents)) {
    writeFileSync(join(PROJECT_FOLDER, path), text);
    console.log(`Written: ${path}`);
  }
  execFileSync("oxfmt", Object.keys(documents), { cwd: PROJECT_FOLDER });
}

/** The budgets' own tests, run with as many rows as the budgets speak of, for what they count. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { PlainError } from "../../scripts/client/plain-error.ts";
import type { Pace } from "../pace.ts";
import { PROJECT_FOLDER } from "../project-folder.ts";
import type { EventCosts, ListReads } from "./measurement.ts";

/** The members of vitest's JSON report that are read here. */
type Report = {
  testResults: {
    assertionResults: { meta: { eventCosts?: EventCosts; listReads?: ListReads } }[];
  }[];
};

export function countEvents(
  { conversations, messages }: Pace,
  reportFile: string,
): { events: EventCosts[]; lists: ListReads[] } {
  const run = spawnSync(
    "vitest",
    [
      "run",
      "test/budgets",
      "--silent",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${reportFile}`,
    ],
    {
      cwd: PROJECT_FOLDER,
      encoding: "utf8",
      env: {
        ...process.env,
        BUDGET_CONVERSATIONS: String(conversations),
        BUDGET_MESSAGES: String(messages),
      },
    },
  );
  if (run.status !== 0) throw new PlainError(`A budget is overspent:\n${run.stdout}${run.stderr}`);
  const report: Report = JSON.parse(readFileSync(reportFile, "utf8"));
  const metas = report.testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ meta }) => meta),
  );
  return {
    events: metas.flatMap(({ eventCosts }) => eventCosts ?? []),
    lists: metas.flatMap(({ listReads }) => listReads ?? []),
  };
}

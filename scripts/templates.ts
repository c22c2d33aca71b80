/**
 * `npm run templates -- push|sync|list`: makes the business account's templates and the registry
 * agree, by the API of a running Worker. Ends with 1 if a template was refused.
 */
import { createJsonClient } from "./client/json-client.ts";
import { printFailure } from "./client/print-failure.ts";
import { readDevVars } from "./client/dev-vars.ts";
import { requireWorker } from "./client/require-worker.ts";
import { runTemplatesCommand } from "./templates/run-templates-command.ts";
import { readTemplatesOptions } from "./templates/templates-options.ts";

try {
  const options = readTemplatesOptions(process.argv.slice(2), {
    ...readDevVars(),
    ...process.env,
  });
  const api = createJsonClient(options.url, options.token);
  await requireWorker(options.url, api);
  const { lines, isWhole } = await runTemplatesCommand(options.command, api);
  for (const line of lines) console.log(line);
  process.exitCode = isWhole ? 0 : 1;
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}

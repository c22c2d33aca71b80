import type { Plan } from "./plan.ts";
import { commandLine } from "./wrangler.ts";

/** A plan for people to read: every command, and when it runs. */
export function shownPlan(plan: Plan): string[] {
  return [
    `Deploying to ${plan.environment}:`,
    ...plan.wrongVars.map(
      (problem) =>
        `ends here until [env.${plan.environment}.vars] in wrangler.toml is right: ${problem}`,
    ),
    commandLine(plan.askSecrets),
    `  ends here where one is missing, there and in --secrets-file: ${plan.requiredSecrets.join(", ")}`,
    ...plan.resources.flatMap(({ ask, create }) => [
      commandLine(ask),
      `  if there is none: ${commandLine(create)}`,
    ]),
    ...plan.migrate.map(commandLine),
    commandLine(plan.deploy),
    "npm run doctor -- URL",
  ];
}

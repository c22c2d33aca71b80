import { PlainError } from "../client/plain-error.ts";
import type { ProcessGroup } from "./process-group.ts";
import { startWrangler } from "./start-wrangler.ts";

/** Brings the local D1 up to date; says nothing unless it fails. */
export async function migrate(
  onStart: (group: ProcessGroup) => void,
  parameters: readonly string[] = [],
): Promise<void> {
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  const group = startWrangler(["d1", "migrations", "apply", "paloma", "--local", ...parameters], {
    onOutput: keep,
    onError: keep,
  });
  onStart(group);
  const how = await group.ended;
  if (how !== "code 0") {
    throw new PlainError(
      [
        `The local database could not be migrated (${how}):`,
        ...lines,
        "If a migration was changed after it was applied here: delete .wrangler and start again.",
      ].join("\n"),
    );
  }
}

/** The business numbers as people know them: Meta is asked once an hour, for each isolate. */
import type { Config } from "../../config/config.ts";
import { createAccountClient, type NumberNames } from "../../graph/account.ts";
import { withDeadline } from "../../lib/deadline.ts";
import { HOUR_MS, SECOND_MS } from "../../lib/time.ts";
import type { MeView } from "./schema.ts";

/** Names change by an application to Meta, which takes days. */
const FRESH_MS = HOUR_MS;

/** A page waits for this answer; without names it shows ids. */
const PATIENCE_MS = SECOND_MS;

const known = new Map<string, { names: NumberNames; readAt: number }>();

export function describeNumbers(
  config: Config,
  ids: readonly string[],
  now: number,
): Promise<MeView["numbers"]> {
  return Promise.all(
    ids.map(async (id) => {
      const names = await namesOf(config, id, now);
      return {
        id,
        display_phone_number: names?.display_phone_number ?? null,
        verified_name: names?.verified_name ?? null,
      };
    }),
  );
}

/** Old names are better than none. */
async function namesOf(config: Config, id: string, now: number): Promise<NumberNames | null> {
  const held = known.get(id);
  if (held !== undefined && now - held.readAt < FRESH_MS) return held.names;
  const asking = createAccountClient(config).numberNames(id);
  const answer = await withDeadline(asking, PATIENCE_MS).catch(() => null);
  if (answer === null || !answer.ok) return held?.names ?? null;
  known.set(id, { names: answer.value, readAt: now });
  return answer.value;
}

/** Whether all settings are there, and lead to Meta. */
import type { ConfigResult } from "../config.ts";
import { fail, ok, warn, type Verdict } from "./verdict.ts";

const META_HOST = "graph.facebook.com";

export function judgeConfiguration(result: ConfigResult): Verdict {
  if (!result.ok) {
    const problems = result.problems.map(({ setting, remedy }) => `${setting}: ${remedy}`);
    return fail(
      `Missing or wrong: ${problems.map((problem) => `${problem}.`).join(" ")}`,
      "Set secrets with `npx wrangler secret put NAME`, the others under [vars] in wrangler.toml.",
    );
  }
  const { host } = result.config.graphApiBaseUrl;
  return host === META_HOST
    ? ok("Every setting is there.")
    : warn(
        `Every setting is there, but GRAPH_API_BASE_URL leads to ${host}: nobody's phone will ring.`,
        `Set GRAPH_API_BASE_URL to https://${META_HOST}, unless this is a place to try things.`,
      );
}

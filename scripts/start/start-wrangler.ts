import { startProcessGroup, type NodeCommand, type ProcessGroup } from "./process-group.ts";

/** No banner, no question, no report to anybody, no look at the network. */
const QUIET = {
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_WRITE_LOGS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

/** Runs the wrangler of this project. */
export function startWrangler(
  parameters: readonly string[],
  {
    environment = {},
    ...output
  }: Pick<NodeCommand, "onOutput" | "onError"> & Partial<Pick<NodeCommand, "environment">>,
): ProcessGroup {
  return startProcessGroup({
    script: "node_modules/wrangler/bin/wrangler.js",
    parameters,
    environment: { ...QUIET, ...environment },
    ...output,
  });
}

/** The one call by which a message leaves. */
import { parseConfig, type ConfigProblem } from "../config.ts";
import { createGraphClient, type GraphFailure } from "../graph/graph-client.ts";
import type { CallMeta } from "./drain.ts";
import { observed } from "./observe-send.ts";

export function callMeta(env: Env): CallMeta {
  const result = parseConfig({ ...env });
  if (result.ok) {
    const client = createGraphClient(result.config);
    return observed((phoneNumberId, body) => client.sendMessage(phoneNumberId, body));
  }
  const failure = notConfigured(result.problems);
  return observed(async () => failure);
}

/** In the place of Meta's answer: an operator must act, and nothing was sent. */
export function notConfigured(problems: readonly ConfigProblem[]): GraphFailure {
  const missing = problems.map(({ setting, remedy }) => `${setting}: ${remedy}`).join("; ");
  return {
    ok: false,
    class: "operator",
    error: {
      code: null,
      message: `not configured (${missing})`,
      details: null,
      fbtrace_id: null,
      http_status: null,
      retry_after_seconds: null,
    },
  };
}

/** The one call by which a message leaves. */
import { parseConfig } from "../config.ts";
import { createGraphClient } from "../graph/graph-client.ts";
import type { CallMeta } from "./drain.ts";
import { observed } from "./observe-send.ts";

export function callMeta(env: Env): CallMeta {
  const result = parseConfig({ ...env });
  if (result.ok) {
    const client = createGraphClient(result.config);
    return observed((phoneNumberId, body) => client.sendMessage(phoneNumberId, body));
  }
  const missing = result.problems.map(({ setting, remedy }) => `${setting}: ${remedy}`).join("; ");
  return observed(async () => ({
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
  }));
}

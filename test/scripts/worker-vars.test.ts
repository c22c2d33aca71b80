import { describe, expect, it } from "vitest";
import { workerVars } from "../../scripts/start/worker-vars.ts";

const SIMULATOR = "http://localhost:8788";

describe("workerVars", () => {
  it("leads to the simulator whatever .dev.vars says", () => {
    const devVars = { GRAPH_API_BASE_URL: "https://graph.facebook.com" };
    expect(workerVars(SIMULATOR, devVars)).toEqual([`--var=GRAPH_API_BASE_URL:${SIMULATOR}`]);
  });

  it("hands on the one secret of .dev.vars that wrangler leaves there", () => {
    const EVENT_SUBSCRIBERS = '[{"url":"http://localhost:8789/","secrets":["whsec_…"]}]';
    const vars = workerVars(SIMULATOR, { API_TOKENS: "local:token", EVENT_SUBSCRIBERS });
    expect(vars).toContain(`--var=EVENT_SUBSCRIBERS:${EVENT_SUBSCRIBERS}`);
    expect(vars.join()).not.toContain("API_TOKENS");
  });
});

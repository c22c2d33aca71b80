import { describe, expect, it } from "vitest";
import { workerVars } from "../../scripts/start/worker-vars.ts";

describe("workerVars", () => {
  it("leads to the simulator whatever .dev.vars says", () => {
    const simulator = "http://localhost:8788";
    expect(workerVars(simulator)).toEqual([`--var=GRAPH_API_BASE_URL:${simulator}`]);
  });
});

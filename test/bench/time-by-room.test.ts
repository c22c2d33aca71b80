import { describe, expect, it } from "vitest";
import type { ProfileNode } from "../../bench/profile/cpu-profile.ts";
import { PLATFORM, timeByRoom } from "../../bench/profile/time-by-room.ts";

const BUNDLE = "file:///worker.js";

/** Lines of the bundle, and where they come from. */
const SOURCES = [
  "../src/store/run-batch.ts",
  "../src/index.ts",
  "../node_modules/hono/dist/hono-base.js",
  "../node_modules/@scope/name/src/index.js",
];

function node(
  id: number,
  functionName: string,
  lineNumber: number | null,
  children: readonly number[] = [],
): ProfileNode {
  const url = lineNumber === null ? "" : BUNDLE;
  return {
    id,
    callFrame: { functionName, url, lineNumber: lineNumber ?? -1, columnNumber: 0 },
    children,
  };
}

/** Milliseconds by room where each of the nodes but the root ran for one. */
function rooms(...nodes: ProfileNode[]): Record<string, number> {
  const samples = nodes.slice(1).map(({ id }) => id);
  const profile = { nodes, samples, timeDeltas: samples.map(() => 1000) };
  return Object.fromEntries(timeByRoom(profile, (line) => SOURCES[line]));
}

describe("the time of a profile", () => {
  it("is that of rooms and packages", () => {
    const profile = [
      node(1, "(root)", null, [2, 3, 4, 5]),
      ...SOURCES.map((_source, line) => node(line + 2, "", line)),
    ];
    expect(rooms(...profile)).toEqual({
      "src/store": 1,
      src: 1,
      hono: 1,
      "@scope/name": 1,
    });
  });

  it("counts what the runtime does for a function as the function's", () => {
    expect(
      rooms(
        node(1, "(root)", null, [2]),
        node(2, "runBatch", 0, [3]),
        node(3, "batch", null, [4]),
        node(4, "fetch", null),
      ),
    ).toEqual({ "src/store": 3 });
  });

  it("is the platform's where no code of ours asked for it, and nobody's while it is idle", () => {
    expect(
      rooms(
        node(1, "(root)", null, [2, 3, 4]),
        node(2, "(program)", null),
        node(3, "(idle)", null),
        node(4, "(garbage collector)", null),
      ),
    ).toEqual({ [PLATFORM]: 1, "(garbage collector)": 1 });
  });

  it("comes with the greatest first", () => {
    const nodes = [node(1, "(root)", null, [2, 3]), node(2, "", 2), node(3, "", 0)];
    const profile = { nodes, samples: [2, 3, 3], timeDeltas: [1000, 1000, 1000] };
    expect(timeByRoom(profile, (line) => SOURCES[line])).toEqual([
      ["src/store", 2],
      ["hono", 1],
    ]);
  });
});

/** What the Worker weighs and how long it takes to load, held below a limit. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { measureStartUp } from "../../../bench/parts/measure-start-up.ts";
import { builtWorker } from "../support/built-worker.ts";

/** It has all but a few bytes of them. The whole of it is loaded wherever it starts: what adds to it needs a reason. */
const BUNDLE_KIB = 151;

/** The platform ends what needs a second. It needs a thirtieth of that; a busy machine takes longer. */
const START_UP_CPU_MS = 250;

const TRIES = 2;

let bundle = "";

beforeAll(async () => {
  bundle = join((await builtWorker()) ?? "", "index.js");
});

test("the bundle is small", () => {
  const kibibytes = gzipSync(readFileSync(bundle)).length / 1024;
  expect(kibibytes).toBeLessThan(BUNDLE_KIB);
});

test("the classes by which objects and bindings are known keep their names", async () => {
  const names = /export ?\{(?<names>[^}]*)\};?\s*(?:\/\/# sourceMappingURL=\S+\s*)?$/.exec(
    readFileSync(bundle, "utf8"),
  )?.groups?.["names"];
  const exported = names?.split(",").map((each) => each.trim().split(" as ").at(-1));
  expect(exported?.toSorted()).toEqual([
    "BusinessNumber",
    "Conversation",
    "InboxFeed",
    "PalomaService",
    "default",
  ]);
});

test("the bundle loads fast", () => {
  const { least } = measureStartUp(bundle, TRIES);
  expect(least).toBeGreaterThan(0);
  expect(least).toBeLessThan(START_UP_CPU_MS);
});

import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { faultyD1 } from "./faulty-d1.ts";
import { begun, endTest, follow } from "./under-way.ts";

const SHORT_PATIENCE_MS = 20;

test("what a test makes hang ends with it", async () => {
  faultyD1().set("hangs");
  const asked = env.DB.prepare("SELECT 1")
    .run()
    .catch((error: unknown) => error);
  await endTest();
  expect(String(await asked)).toContain("connection lost");
});

test("a test whose work goes on after it fails", async () => {
  const never = Promise.withResolvers<undefined>();
  void follow(never.promise, begun.requests);
  await expect(endTest(SHORT_PATIENCE_MS)).rejects.toThrow("goes on: requests");
});

/** The feed over real sockets, with the built Worker. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { measureFeed } from "./support/measure-feed.ts";
import { servePaloma, type ServedPaloma } from "./support/serve-paloma.ts";

/** It takes a tenth of that where nothing else runs (`npm run feed-latency`). */
const PATIENCE_MS = 2500;

let paloma: ServedPaloma;

beforeAll(async () => {
  paloma = await servePaloma();
});

afterAll(() => paloma.stop());

it("brings each of ten messages to 50 pages soon", async () => {
  const { p95 } = await measureFeed(paloma, { sockets: 50, changes: 10 });
  expect(p95).toBeGreaterThan(0);
  expect(p95).toBeLessThan(PATIENCE_MS);
});

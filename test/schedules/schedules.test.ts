import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { playSchedule } from "./play-schedule.ts";

const PATIENCE_MS = 60_000;

const seeds = Array.from(
  { length: env.SIMULATE_SCHEDULES },
  (_unused, count) => env.SIMULATE_SEED + count,
);

describe("I3, I4, I5, I7, I8, I13: whatever happens in whatever order ends in the model's state", () => {
  it.each(seeds)(
    "seed %i",
    async (seed) => {
      vi.spyOn(console, "log").mockImplementation(() => undefined);
      vi.spyOn(console, "info").mockImplementation(() => undefined);
      vi.spyOn(console, "error").mockImplementation(() => undefined);
      expect(await playSchedule(seed)).toEqual([]);
    },
    PATIENCE_MS,
  );
});

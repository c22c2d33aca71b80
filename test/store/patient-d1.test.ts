import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { DeadlineExceeded } from "../../src/lib/deadline.ts";
import { d1WithTimeout } from "../../src/store/d1.ts";

const LIMIT_MS = 30;
const LONG_MS = 5000;

describe("a patient D1", () => {
  it("answers as D1 does", async () => {
    const d1 = d1WithTimeout(env.DB, LONG_MS);
    const one = d1.prepare("SELECT ? AS n").bind(1);
    expect((await one.all()).results).toEqual([{ n: 1 }]);
    expect((await one.run()).results).toEqual([{ n: 1 }]);
    expect(await one.first()).toEqual({ n: 1 });
    expect(await one.raw()).toEqual([[1]]);
    const batch = await d1.batch([one, env.DB.prepare("SELECT 2 AS n")]);
    expect(batch.map(({ results }) => results)).toEqual([[{ n: 1 }], [{ n: 2 }]]);
    await expect(d1.prepare("SELECT n FROM nowhere").all()).rejects.toThrow("no such table");
  });

  it("that hangs is waited for once, and asked again when as much time has passed", async () => {
    let asked = 0;
    const d1 = d1WithTimeout(
      new Proxy(env.DB, {
        get: () => () => {
          asked += 1;
          return new Promise(() => undefined);
        },
      }),
      LIMIT_MS,
    );
    const start = performance.now();
    await expect(d1.batch([])).rejects.toThrow(DeadlineExceeded);
    const waited = performance.now() - start;
    await expect(d1.batch([])).rejects.toThrow(DeadlineExceeded);
    expect(performance.now() - start).toBeLessThan(waited + LIMIT_MS);
    expect(asked).toBe(1);
    await scheduler.wait(LIMIT_MS + 1);
    await expect(d1.batch([])).rejects.toThrow(DeadlineExceeded);
    expect(asked).toBe(2);
  });
});

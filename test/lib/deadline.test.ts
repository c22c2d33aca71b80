import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DeadlineExceeded, withDeadline } from "../../src/lib/deadline.ts";

describe("withDeadline", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it("gives what the work gives, and leaves no timer behind", async () => {
    expect(await withDeadline(Promise.resolve("done"), 1500)).toBe("done");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("fails as the work fails, and leaves no timer behind", async () => {
    await expect(withDeadline(Promise.reject(new Error("D1 is down")), 1500)).rejects.toThrow(
      "D1 is down",
    );
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits until the deadline and no longer", async () => {
    const settled = vi.fn<(error: unknown) => void>();
    const waiting = withDeadline(Promise.withResolvers<void>().promise, 1500).catch(settled);
    await vi.advanceTimersByTimeAsync(1499);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    expect(settled).toHaveBeenCalledExactlyOnceWith(
      new DeadlineExceeded("not done within 1500 ms"),
    );
  });

  it("lets the work go on", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const waiting = withDeadline(promise, 10).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10);
    expect(await waiting).toBeInstanceOf(DeadlineExceeded);
    resolve("done late");
    expect(await promise).toBe("done late");
  });

  it("bears work that fails after the deadline", async () => {
    const { promise, reject } = Promise.withResolvers<string>();
    const waiting = withDeadline(promise, 10).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10);
    expect(await waiting).toBeInstanceOf(DeadlineExceeded);
    reject(new Error("too late to matter"));
    // An unhandled rejection would fail the run.
    await vi.advanceTimersByTimeAsync(10);
  });
});

import { describe, expect, it } from "vitest";
import { startPaloma } from "../../support/paloma.ts";
import { newSubscriber, withSubscribers } from "../../support/subscriber.ts";

const PATH = "/v1/subscribers/test";

describe("POST /v1/subscribers/test", () => {
  it("sends one signed event, and tells the answer", async () => {
    const { api } = startPaloma();
    const [one, other] = [newSubscriber(), newSubscriber()];
    other.answer = () => new Response(null, { status: 500 });
    await withSubscribers([{ ...one, types: ["account.event"] }, other], async () => {
      expect(await api("POST", PATH, { url: one.url })).toMatchObject({
        status: 200,
        body: {
          url: one.url,
          delivered: true,
          reason: null,
          duration_ms: expect.any(Number),
        },
      });
      expect(one.received).toMatchObject([{ type: "paloma.test", data: {} }]);
      expect((await api("POST", PATH, { url: other.url })).body).toMatchObject({
        delivered: false,
        reason: "answered 500",
      });
      other.answer = () => new Response(null, { status: 410 });
      expect((await api("POST", PATH, { url: other.url })).body).toMatchObject({
        delivered: false,
        reason: expect.stringContaining("410"),
      });
      other.answer = () => Promise.reject(new TypeError("network"));
      expect((await api("POST", PATH, { url: other.url })).body.reason).toBe("no connection");
      expect([one.attempts, other.attempts]).toEqual([1, 3]);
    });
  });

  it("needs no address where there is one subscriber alone", async () => {
    const { api } = startPaloma();
    const only = newSubscriber();
    await withSubscribers([only], async () => {
      expect((await api("POST", PATH)).body).toMatchObject({ url: only.url, delivered: true });
    });
  });

  it("goes to nobody but those who are configured", async () => {
    const { api } = startPaloma();
    const [one, other] = [newSubscriber(), newSubscriber()];
    await withSubscribers([one, other], async () => {
      for (const body of [{}, { url: "https://elsewhere.example/" }, { url: "no address" }]) {
        const { status, body: problem } = await api("POST", PATH, body);
        expect(status).toBe(422);
        expect(problem.errors).toEqual([
          {
            pointer: "/url",
            detail: `must be one of EVENT_SUBSCRIBERS: ${one.url}, ${other.url}`,
          },
        ]);
      }
    });
    expect((await api("POST", PATH)).body.errors[0].detail).toContain("none is set");
    expect((await api("POST", PATH, {}, { token: "sender" })).status).toBe(403);
    expect(one.attempts + other.attempts).toBe(0);
  });
});

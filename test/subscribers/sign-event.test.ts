import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { parseEventSubscribers } from "../../src/config/subscribers.ts";
import { signEvent } from "../../src/subscribers/post.ts";
import { newSecret } from "../support/subscriber.ts";

function keysOf(secrets: readonly string[]) {
  const list = JSON.stringify([{ url: "https://clinic.example/", secrets }]);
  const result = parseEventSubscribers(list);
  return result.ok ? (result.subscribers[0]?.secrets ?? []) : [];
}

const NO_MATCH = "No matching signature";

describe("the signature of an event", () => {
  test.prop([fc.json({ maxDepth: 2 }), fc.integer({ min: 24, max: 64 })], { numRuns: 30 })(
    "is what the standard's library expects, whatever is signed",
    async (body, bytes) => {
      const secret = newSecret(bytes);
      const headers = await signEvent(keysOf([secret]), "evt_1", body, Date.now());
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
    },
  );

  it("is made with every secret: the old one and the new one verify it", async () => {
    const secrets = [newSecret(), newSecret()];
    const body = '{"type":"message.received","data":{"text":"¿Ñandú? 🐕"}}';
    const headers = await signEvent(keysOf(secrets), "evt_1", body, Date.now());
    expect(headers["webhook-signature"].split(" ")).toHaveLength(2);
    for (const secret of secrets) {
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
    }
    expect(() => new Webhook(newSecret()).verify(body, headers)).toThrow(NO_MATCH);
  });

  it("holds for this id, this time and this body alone", async () => {
    const secret = newSecret();
    const headers = await signEvent(keysOf([secret]), "evt_1", "{}", Date.now());
    const webhook = new Webhook(secret);
    expect(() => webhook.verify('{"a":1}', { ...headers })).toThrow(NO_MATCH);
    expect(() => webhook.verify("{}", { ...headers, "webhook-id": "evt_2" })).toThrow(NO_MATCH);
    const later = String(Number(headers["webhook-timestamp"]) + 1);
    expect(() => webhook.verify("{}", { ...headers, "webhook-timestamp": later })).toThrow(
      NO_MATCH,
    );
    expect(webhook.verify("{}", { ...headers })).toEqual({});
  });
});

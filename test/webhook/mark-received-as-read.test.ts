import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { InboundMessage } from "../../src/message/inbound-message.ts";
import { markReceivedAsRead } from "../../src/webhook/commit.ts";
import { NUMBER } from "../support/paloma.ts";

const NOON = Date.parse("2026-11-22T12:00:00Z");

const NOBODY = { wa_id: null, user_id: null, parent_user_id: null, username: null, name: null };

let calls: { url: string; body: unknown }[];

beforeEach(() => {
  calls = [];
  answerWith(() => Response.json({ success: true }));
});

describe("markReceivedAsRead", () => {
  it("marks the newest of each conversation, which marks those before it", async () => {
    await markReceivedAsRead(env, [
      [messageOf("a2", 2), messageOf("a3", 3), messageOf("a1", 1)],
      [messageOf("b1", 1)],
    ]);
    expect(calls.map(({ body }) => body)).toEqual([
      expect.objectContaining({ status: "read", message_id: "a3" }),
      expect.objectContaining({ status: "read", message_id: "b1" }),
    ]);
    expect(calls[0]?.url).toBe(`https://graph.facebook.com/v25.0/${NUMBER}/messages`);
    expect(JSON.stringify(calls)).not.toContain("typing");
  });

  it("marks no echo, and nothing where nothing is new", async () => {
    const echo: InboundMessage = { ...messageOf("echo", 9), direction: "outbound" };
    await markReceivedAsRead(env, [[echo], []]);
    expect(calls).toEqual([]);
    await markReceivedAsRead(env, [[echo, messageOf("a1", 1)]]);
    expect(calls).toHaveLength(1);
  });

  it.each([{ MARK_AS_READ: "on_open" }, { WHATSAPP_ACCESS_TOKEN: "" }])(
    "marks nothing with %j",
    async (settings) => {
      const changed: Env = Object.assign({ ...env }, settings);
      await markReceivedAsRead(changed, [[messageOf("a1", 1)]]);
      expect(calls).toEqual([]);
    },
  );

  it("bears a refusal, tells it without the customer, and goes on (I11)", async () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    answerWith(() =>
      Response.json({ error: { code: 131009, message: "secreto" } }, { status: 400 }),
    );
    await markReceivedAsRead(env, [[messageOf("a1", 1)], [messageOf("b1", 1)]]);
    expect(calls).toHaveLength(2);
    expect(error.mock.calls).toEqual([
      ['{"event":"mark_as_read_failed","code":131009}'],
      ['{"event":"mark_as_read_failed","code":131009}'],
    ]);
  });
});

function answerWith(answer: () => Response): void {
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    calls.push({ url: request.url, body: await request.json() });
    return answer();
  });
}

function messageOf(wamid: string, place: number): InboundMessage {
  return {
    id: `msg_${place}`,
    wamid,
    phone_number_id: NUMBER,
    direction: "inbound",
    type: "text",
    at: NOON + place,
    received_at: NOON,
    address: { kind: "phone", phone: "529982220001" },
    person: NOBODY,
    changed_to: [],
    target_wamid: null,
    payload: "{}",
  };
}

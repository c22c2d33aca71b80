import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Entry } from "../../inbox/src/state/outbox.ts";
import {
  EMOJI,
  ourReaction,
  takesReaction,
  targetOfEntry,
} from "../../inbox/src/state/reactions.ts";
import type { Message } from "../../inbox/src/state/views.ts";
import { message } from "./support/views.ts";

const NOW = Date.parse("2026-11-29T16:00:00.000Z");
const DAY_MS = 86_400_000;

function waiting(key: string, emoji: string, state: Entry["state"] = { kind: "waiting" }): Entry {
  const body = { type: "reaction", reaction: { message_id: "wamid.1", emoji } };
  return {
    key,
    conversation_id: "conv_1",
    request: { kind: "message", body },
    text: emoji,
    written_at: NOW,
    confirmed: false,
    state,
  };
}

function reaction(id: string, body: string, more: Partial<Message> = {}): Message {
  const content = { message_id: "wamid.1", emoji: body };
  return message({ id, type: "reaction", status: "sent", body, content, ...more });
}

/** A message as the server shows it once it has our reaction. */
function showing(emoji: string): Message {
  const at = "2026-11-29T16:00:00.000Z";
  const theirs = { emoji: "😮", from: "customer" as const, at };
  return message({ reactions: [theirs, { emoji, from: "business", at }] });
}

describe("takesReaction", () => {
  it.each<[Partial<Message>, boolean]>([
    [{}, true],
    [{ direction: "inbound", status: "read" }, true],
    [{ wamid: null, status: "queued" }, false],
    [{ status: "failed" }, false],
    [{ revoked: true }, false],
    [{ type: "reaction" }, false],
    [{ type: "system" }, false],
    [{ created_at: new Date(NOW - 30 * DAY_MS + 1).toISOString() }, true],
    [{ created_at: new Date(NOW - 30 * DAY_MS).toISOString() }, false],
  ])("of %j is %s, as at Meta", (more, expected) => {
    expect(takesReaction(message(more), NOW)).toBe(expected);
  });
});

describe("ourReaction", () => {
  it("is what waits, then what the server has of it, then what the message says", () => {
    expect(ourReaction(showing("👍"), [], [])).toEqual({
      emoji: "👍",
      isOnItsWay: false,
      newest: null,
    });
    const sent = [reaction("msg_2", "❤️")];
    expect(ourReaction(showing("👍"), sent, [])).toMatchObject({ emoji: "❤️", isOnItsWay: false });
    expect(ourReaction(showing("👍"), sent, [waiting("key", "🙏")])).toMatchObject({
      emoji: "🙏",
      isOnItsWay: true,
    });
    expect(ourReaction(message(), [], []).emoji).toBe("");
  });

  it("is on its way until Meta has it", () => {
    const queued = reaction("msg_2", "👍", { status: "queued", wamid: null });
    expect(ourReaction(message(), [queued], [])).toMatchObject({ emoji: "👍", isOnItsWay: true });
  });

  it("is none once it was taken away, here or there", () => {
    expect(ourReaction(showing("👍"), [reaction("msg_2", "")], []).emoji).toBe("");
    expect(ourReaction(showing("👍"), [], [waiting("key", "")]).emoji).toBe("");
  });

  it("stays what it was where the newest came to nothing, which is named until another waits", () => {
    const failed = reaction("msg_3", "❤️", { status: "failed" });
    const sent = [reaction("msg_2", "👍"), failed];
    expect(ourReaction(showing("❤️"), sent, [])).toEqual({
      emoji: "👍",
      isOnItsWay: false,
      newest: failed,
    });
    expect(ourReaction(showing("❤️"), [failed], []).emoji).toBe("");
    expect(ourReaction(showing("❤️"), sent, [waiting("key", "🙏")]).newest).toBeNull();
  });

  it("leaves out what was refused, and what the server shows already", () => {
    const problem = { status: 422, code: "invalid_request", detail: "" };
    const refused = waiting("key", "🙏", { kind: "refused", problem });
    expect(ourReaction(showing("👍"), [], [refused]).emoji).toBe("👍");
    // Its answer was lost; a colleague has chosen another one since.
    const own = reaction("msg_2", "🙏", { metadata: { inbox: "key" } });
    const sent = [own, reaction("msg_3", "🎉")];
    expect(ourReaction(message(), sent, [waiting("key", "🙏")]).emoji).toBe("🎉");
  });

  test.prop([fc.array(fc.constantFrom(...EMOJI, ""), { minLength: 1 })])(
    "is the last of all that were chosen, however far each has come",
    (chosen) => {
      const last = chosen.at(-1) ?? "";
      for (let sent = 0; sent <= chosen.length; sent += 1) {
        const rows = chosen.slice(0, sent).map((emoji, at) => reaction(`msg_${at + 100}`, emoji));
        const left = chosen.slice(sent).map((emoji, at) => waiting(`key_${at}`, emoji));
        expect(ourReaction(message(), rows, left).emoji).toBe(last);
      }
    },
  );
});

describe("targetOfEntry", () => {
  it("is the message that a reaction is about", () => {
    expect(targetOfEntry(waiting("key", "👍"))).toBe("wamid.1");
    const text = { kind: "message", body: { type: "text", text: { body: "Hola" } } } as const;
    expect(targetOfEntry({ ...waiting("key", ""), request: text })).toBeNull();
  });
});

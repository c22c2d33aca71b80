import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Answer, Problem } from "../../inbox/src/link/api.ts";
import {
  type Entry,
  hasBubble,
  isForgotten,
  isHeld,
  isShownBy,
  isText,
  nextToSend,
  outcomeOf,
  overtaking,
  timeAfter,
} from "../../inbox/src/state/outbox.ts";
import type { Message } from "../../inbox/src/state/views.ts";
import { message } from "./support/views.ts";

const NOW = Date.parse("2026-11-29T16:00:00.000Z");
const MINUTE_MS = 60_000;

function entry(more: Partial<Entry> = {}): Entry {
  return {
    key: "key_1",
    conversation_id: "conv_1",
    request: { kind: "message", body: { type: "text", text: { body: "Hola" } } },
    text: "Hola",
    written_at: NOW,
    confirmed: false,
    state: { kind: "waiting" },
    ...more,
  };
}

function refused(problem: Partial<Problem>, retryAfterMs: number | null = null): Answer<Message> {
  return {
    kind: "refused",
    problem: { status: 422, code: "invalid_request", detail: "", ...problem },
    retryAfterMs,
    version: { seq: 0, asked: 1 },
  };
}

/** What may become of a request, over and over, until the server has said its word. */
const lostAnswers = fc.array(
  fc.constantFrom("lost on the way", "answer lost", "server down", "nobody knows"),
  { maxLength: 8 },
);

describe("the outbox", () => {
  test.prop([fc.array(lostAnswers, { minLength: 1, maxLength: 6 })])(
    "has each text taken exactly once and in order, whatever gets lost",
    (troubles) => {
      let entries: Entry[] = [];
      for (const [place] of troubles.entries()) {
        const written_at = timeAfter(entries, NOW);
        entries.push(entry({ key: `key_${place}`, text: `${place}`, written_at }));
      }
      // A server that takes a key once, as the API's Idempotency-Key does.
      const taken: string[] = [];
      const answerTo = ({ key, text }: Entry, trouble: string | undefined): Answer<Message> => {
        if (trouble !== undefined && trouble !== "answer lost") {
          if (trouble === "lost on the way") {
            return { kind: "unreachable", version: { seq: 0, asked: 1 } };
          }
          const named = trouble === "nobody knows" ? { message_id: key } : {};
          return refused({ status: 503, code: "unavailable", ...named });
        }
        if (!taken.includes(key)) taken.push(key);
        if (trouble !== undefined) return { kind: "unreachable", version: { seq: 0, asked: 1 } };
        return {
          kind: "ok",
          body: message({ id: key, body: text }),
          version: { seq: 0, asked: 1 },
        };
      };
      const left = troubles.map((each) => [...each]);
      for (let turn = 0; turn < 100; turn += 1) {
        const next = nextToSend(entries, "conv_1", NOW);
        if (next === null) break;
        const outcome = outcomeOf(answerTo(next, left[Number(next.text)]?.shift()), turn);
        if (outcome.kind === "done") entries = entries.filter(({ key }) => key !== next.key);
        else expect(outcome.kind).toBe("again");
      }
      expect(entries).toEqual([]);
      expect(taken).toEqual(troubles.map((_each, place) => `key_${place}`));
    },
  );

  it("sends in the order of writing, one conversation apart from the others", () => {
    const entries = [
      entry({ key: "later", written_at: NOW + 2 }),
      entry({ key: "other", conversation_id: "conv_2", written_at: NOW }),
      entry({ key: "first", written_at: NOW + 1 }),
    ];
    expect(nextToSend(entries, "conv_1", NOW)?.key).toBe("first");
    expect(nextToSend(entries, "conv_2", NOW)?.key).toBe("other");
    expect(nextToSend(entries, "conv_3", NOW)).toBeNull();
  });

  it("holds what was written long ago until somebody confirms it", () => {
    const old = entry({ written_at: NOW - 11 * MINUTE_MS });
    expect(isHeld(old, NOW)).toBe(true);
    expect(nextToSend([old], "conv_1", NOW)).toBeNull();
    expect(nextToSend([{ ...old, confirmed: true }], "conv_1", NOW)?.key).toBe("key_1");
    expect(isHeld(entry({ written_at: NOW - 9 * MINUTE_MS }), NOW)).toBe(false);
  });

  it("never sends what the server may have forgotten, whoever confirmed it", () => {
    const HOUR_MS = 60 * MINUTE_MS;
    const old = entry({ written_at: NOW - 48 * HOUR_MS, confirmed: true });
    expect(isForgotten(old, NOW)).toBe(true);
    expect(isHeld(old, NOW)).toBe(true);
    expect(nextToSend([old], "conv_1", NOW)).toBeNull();
    const younger = entry({ written_at: NOW - 46 * HOUR_MS, confirmed: true });
    expect(isForgotten(younger, NOW)).toBe(false);
    expect(nextToSend([younger], "conv_1", NOW)).toBe(younger);
  });

  it("passes over what was refused", () => {
    const problem: Problem = { status: 422, code: "invalid_request", detail: "" };
    const entries = [
      entry({ state: { kind: "refused", problem } }),
      entry({ key: "next", written_at: NOW + 1 }),
    ];
    expect(nextToSend(entries, "conv_1", NOW)?.key).toBe("next");
    expect(isHeld({ ...entry({ written_at: 0 }), state: { kind: "refused", problem } }, NOW)).toBe(
      false,
    );
  });
});

describe("outcomeOf", () => {
  it("waits longer from one failure to the next, up to half a minute", () => {
    const waits = [0, 1, 4, 5, 50].map((failures) =>
      outcomeOf({ kind: "unreachable", version: { seq: 0, asked: 1 } }, failures),
    );
    expect(waits).toEqual(
      [1, 2, 16, 30, 30].map((seconds) => ({ kind: "again", afterMs: seconds * 1_000 })),
    );
  });

  it("stops at the end of a session, and keeps the entry", () => {
    expect(outcomeOf({ kind: "signed_out", version: { seq: 0, asked: 1 } }, 0)).toEqual({
      kind: "signed_out",
    });
  });

  it.each([
    [{ status: 500, code: "internal" }],
    [{ status: 503, code: "not_configured" }],
    [{ status: 409, code: "idempotency_in_progress" }],
    [{ status: 429, code: "rate_limited" }],
    [{ status: 524, code: "unknown" }],
    [{ status: 429, code: "unknown" }],
  ])("tries again after %j", (problem) => {
    expect(outcomeOf(refused(problem), 0)).toEqual({ kind: "again", afterMs: 1_000 });
    expect(outcomeOf(refused(problem, 60_000), 0)).toEqual({ kind: "again", afterMs: 60_000 });
  });

  it.each([
    [{ status: 422, code: "template_parameters" }],
    [{ status: 403, code: "forbidden" }],
    [{ status: 404, code: "not_found" }],
  ])("gives %j back to its author", (problem) => {
    expect(outcomeOf(refused(problem), 0)).toMatchObject({ kind: "refused", problem });
  });

  it.each([
    [{ status: 503, code: "unavailable" }],
    [{ status: 409, code: "idempotency_in_progress" }],
  ])("keeps what may not have been taken after %j, though its id is known", (problem) => {
    const answer = refused({ ...problem, message_id: "msg_9" });
    expect(outcomeOf(answer, 0)).toEqual({ kind: "again", afterMs: 1_000 });
  });

  it("ends with a message that exists and failed", () => {
    expect(
      outcomeOf(refused({ status: 502, code: "meta_unavailable", message_id: "msg_9" }), 0),
    ).toEqual({
      kind: "done",
      message: null,
      message_id: "msg_9",
      windowClosed: false,
    });
    expect(
      outcomeOf(refused({ status: 409, code: "session_window_closed", message_id: "msg_9" }), 0),
    ).toMatchObject({ kind: "done", windowClosed: true });
  });
});

describe("isText", () => {
  it("is true for what can be written anew", () => {
    expect(isText(entry())).toBe(true);
    expect(isText(entry({ request: { kind: "resend", message_id: "msg_0" } }))).toBe(false);
    expect(isText(entry({ request: { kind: "message", body: { type: "template" } } }))).toBe(false);
  });
});

describe("hasBubble", () => {
  it("is false for what shows at another message", () => {
    expect(hasBubble(entry())).toBe(true);
    expect(hasBubble(entry({ request: { kind: "resend", message_id: "msg_0" } }))).toBe(false);
    expect(hasBubble(entry({ request: { kind: "message", body: { type: "reaction" } } }))).toBe(
      false,
    );
  });
});

describe("isShownBy", () => {
  it("recognises a message by its key, and not its repetition, which has the same", () => {
    const own = message({ metadata: { inbox: "key_1" } });
    expect(isShownBy(entry(), own)).toBe(true);
    expect(isShownBy(entry(), message())).toBe(false);
    expect(isShownBy(entry(), { ...own, resend_of: "msg_0" })).toBe(false);
  });

  it("recognises a repetition by what it repeats", () => {
    const resend = entry({ request: { kind: "resend", message_id: "msg_0" }, written_at: NOW });
    const repeated = message({ resend_of: "msg_0", created_at: "2026-11-29T16:00:01.000Z" });
    expect(isShownBy(resend, repeated)).toBe(true);
    expect(isShownBy({ ...resend, written_at: NOW + 2_000 }, repeated)).toBe(false);
  });
});

describe("an answer of a colleague's while a message waits", () => {
  const written = Date.parse("2026-11-29T16:00:00.000Z");
  const later = { now: written + MINUTE_MS, aheadMs: 0 };
  const answer = message({ sent_by: "luis", created_at: "2026-11-29T16:00:30.000Z" });

  it("holds it, until its author wants it to leave all the same", () => {
    expect(overtaking(entry(), [message(), answer], "ana", later)).toBe(answer);
    expect(overtaking(entry({ confirmed: true }), [answer], "ana", later)).toBeNull();
  });

  it("counts from the phone itself, by the server's clock, and only if it is one", () => {
    const found = (more: Partial<Message>, at = later) =>
      overtaking(entry(), [{ ...answer, ...more }], "ana", at) !== null;
    expect(found({ sent_by: null })).toBe(true);
    expect(found({ sent_by: "ana" })).toBe(false);
    expect(found({ direction: "inbound", sent_by: null })).toBe(false);
    expect(found({ type: "template" })).toBe(false);
    expect(found({ status: "failed" })).toBe(false);
    expect(found({ created_at: "2026-11-29T15:59:59.000Z" })).toBe(false);
    expect(found({}, { ...later, aheadMs: MINUTE_MS })).toBe(false);
    // What leaves at once crosses the other's.
    expect(found({}, { ...later, now: written + 1_000 })).toBe(false);
  });

  it("does not hold what is sent anew", () => {
    const again = entry({ request: { kind: "resend", message_id: "msg_1" } });
    expect(overtaking(again, [answer], "ana", later)).toBeNull();
  });

  it("holds no reaction, and a reaction holds nothing", () => {
    const request = { kind: "message", body: { type: "reaction" } } as const;
    expect(overtaking(entry({ request }), [answer], "ana", later)).toBeNull();
    expect(overtaking(entry(), [{ ...answer, type: "reaction" }], "ana", later)).toBeNull();
  });
});

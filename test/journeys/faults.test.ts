import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { upkeep } from "../../src/jobs/cron.ts";
import { DAY_MS, HOUR_MS } from "../support/conversation-messages.ts";
import { conversationWithId, letTimePass, stopTheClock } from "../support/conversation-object.ts";
import { type D1Fault, faultyD1 } from "../support/faulty-d1.ts";
import {
  type Answer,
  eventually,
  newCustomer,
  type Paloma,
  startPaloma,
} from "../support/paloma.ts";
import { unique } from "../support/store-rows.ts";
import { stopAllObjects } from "../support/under-way.ts";

type Effect = Parameters<Paloma["simulator"]["rules"]["add"]>[0]["effect"];

type FaultyD1 = ReturnType<typeof faultyD1>;

/** What goes wrong with the first request; all is well with those that repeat it. */
type Fault = {
  name: string;
  arrange: (paloma: Paloma, d1: FaultyD1) => void | { whileItRuns: () => Promise<void> };
};

/** How long Meta may take, and what a test waits in its place. */
const ANSWER_TIMEOUT_MS = 30_000;
const SHORT_TIMEOUT_MS = 100;

const MOST_REPETITIONS = 20;

beforeEach(() => {
  stopTheClock();
  vi.spyOn(console, "error").mockReturnValue();
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function metaFault(name: string, effect: Effect): Fault {
  return {
    name: `at Meta: ${name}`,
    arrange: ({ simulator }) => {
      simulator.rules.add({ match: { times: 1 }, effect });
    },
  };
}

/** D1 fails from the first claim on, or from the moment that Meta answers. */
function inD1(name: string, fault: D1Fault, from: "claim" | "record"): Fault {
  return {
    name: `in D1: ${name}`,
    arrange: (_paloma, d1) => {
      if (from === "claim") d1.set(fault);
      else afterMetaAnswers(() => d1.set(fault));
    },
  };
}

function afterMetaAnswers(work: () => void): void {
  const fetch = vi.mocked(globalThis.fetch);
  const answer = fetch.getMockImplementation();
  if (answer === undefined) throw new Error("nobody answers in Meta's place");
  fetch.mockImplementation(async (...call) => {
    fetch.mockImplementation(answer);
    const response = await answer(...call);
    work();
    return response;
  });
}

const FAULTS: readonly Fault[] = [
  metaFault("the answer is lost", { kind: "lost_connection", when: "after" }),
  metaFault("the connection is lost", { kind: "lost_connection", when: "before" }),
  metaFault("500 after it acted", { kind: "http_error", status: 500, when: "after" }),
  metaFault("500 before it acted", { kind: "http_error", status: 500, when: "before" }),
  metaFault("503 with Retry-After", {
    kind: "http_error",
    status: 503,
    when: "before",
    retryAfterSeconds: 5,
  }),
  metaFault("429", { kind: "http_error", status: 429, when: "before", retryAfterSeconds: 30 }),
  metaFault("130429", { kind: "graph_error", code: 130429 }),
  metaFault("131056", { kind: "graph_error", code: 131056 }),
  metaFault("131000", { kind: "graph_error", code: 131000 }),
  metaFault("190", { kind: "graph_error", code: 190, httpStatus: 401 }),
  metaFault("131026", { kind: "graph_error", code: 131026 }),
  metaFault("failed later", { kind: "fail_later", code: 131026 }),
  metaFault("the status comes before the answer", { kind: "status_before_answer" }),
  {
    name: "at Meta: no answer in time",
    arrange: ({ simulator }) => {
      const { setTimeout: start } = globalThis;
      vi.stubGlobal("setTimeout", (work: () => void, ms: number) =>
        start(work, ms === ANSWER_TIMEOUT_MS ? SHORT_TIMEOUT_MS : ms),
      );
      const effect = { kind: "delay", milliseconds: 4 * SHORT_TIMEOUT_MS } as const;
      simulator.rules.add({ match: { times: 1 }, effect });
      const fetch = vi.mocked(globalThis.fetch);
      const answer = fetch.getMockImplementation();
      if (answer === undefined) throw new Error("nobody answers in Meta's place");
      // The simulator acts although nobody waits for it any more.
      fetch.mockImplementation((input, init) => {
        const { promise, reject } = Promise.withResolvers<never>();
        init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
        return Promise.race([answer(input, { ...init, signal: null }), promise]);
      });
    },
  },
  inD1("it refuses the claim", "refused", "claim"),
  inD1("the claim's answer is lost", "answer_lost", "claim"),
  inD1("it refuses the record", "refused", "record"),
  inD1("the record's answer is lost", "answer_lost", "record"),
  {
    name: "here: everything stops while Meta is called",
    arrange: ({ simulator }) => {
      const effect = { kind: "delay", milliseconds: 60_000 } as const;
      simulator.rules.add({ match: { times: 1 }, effect });
      return {
        whileItRuns: async () => {
          await eventually(
            async () => vi.mocked(globalThis.fetch).mock.calls.length,
            (calls) => calls > 0,
          );
          await stopAllObjects();
        },
      };
    },
  },
  {
    name: "here: everything stops between Meta's answer and its record",
    arrange: (_paloma, d1) => {
      let answered = false;
      afterMetaAnswers(() => {
        d1.set("refused");
        answered = true;
      });
      return {
        whileItRuns: async () => {
          await eventually(
            async () => answered,
            (done) => done,
          );
          await stopAllObjects();
        },
      };
    },
  },
];

describe("a caller that repeats its request through every fault (I7)", () => {
  it.each(FAULTS)("has its message sent once at most: $name", async ({ arrange }) => {
    const paloma = startPaloma();
    const { api, simulator } = paloma;
    const to = newCustomer();
    const params = { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" };
    const body = { to, type: "template", template: { name: "appointment_reminder", params } };
    const headers = { "idempotency-key": unique("fault-") };
    const send = (): Promise<Answer | null> =>
      api("POST", "/v1/messages", body, { headers }).catch(() => null);

    const d1 = faultyD1();
    const during = arrange(paloma, d1);
    const first = send();
    await during?.whileItRuns();
    await first;
    d1.set("none");
    vi.unstubAllGlobals();
    let answer = await send();
    for (let times = 0; times < MOST_REPETITIONS && !isTold(answer); times += 1) {
      answer = await send();
    }
    if (answer === null) throw new Error("the caller was never answered");
    const id: string = answer.body.id ?? answer.body.message_id;
    const path = `/v1/messages/${id}`;
    const { conversation_id } = (await api("GET", path)).body;
    await letTimePass(conversationWithId(conversation_id), HOUR_MS);
    await simulator.flush();
    const accepted = simulator.sent.filter(({ customer }) => customer?.waId === to);
    expect(accepted.length).toBeLessThanOrEqual(1);
    const [atMeta] = accepted;
    // Where no status ever comes, it counts as failed a day later.
    if (atMeta === undefined) await upkeep(env, Date.now() + DAY_MS);
    const truth = atMeta?.statuses.at(-1) ?? "failed";
    const last = await eventually(
      () => api("GET", path),
      (message) => message.body.status === truth,
    );
    expect(last.body.wamid).toBe(atMeta?.wamid ?? null);
    const again = await send();
    expect(again?.headers.get("idempotent-replayed")).toBe("true");
    expect(simulator.sent).toHaveLength(accepted.length);
  });
});

/** Whether the answer says what became of the message, or that it failed for good. */
function isTold(answer: Answer | null): boolean {
  return answer !== null && answer.status < 500 && answer.status !== 409;
}

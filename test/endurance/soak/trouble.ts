import type { Simulator } from "../../../simulator/simulator.ts";

type Rule = Parameters<Simulator["rules"]["add"]>[0];

const RETRY_AFTER_SECONDS = 1;

/** Everything that Meta and the network are known to do, each to a share of the calls. */
const RULES: readonly Rule[] = [
  toMessages(0.3, { kind: "delay", milliseconds: 300 }),
  toMessages(0.02, { kind: "lost_connection", when: "before" }),
  toMessages(0.02, { kind: "lost_connection", when: "after" }),
  toMessages(0.02, { kind: "http_error", status: 503, when: "before" }),
  toMessages(0.02, { kind: "http_error", status: 500, when: "after" }),
  toMessages(0.02, {
    kind: "http_error",
    status: 429,
    when: "before",
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  }),
  toMessages(0.02, {
    kind: "graph_error",
    code: 130429,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  }),
  toMessages(0.02, {
    kind: "graph_error",
    code: 131056,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  }),
  toMessages(0.03, { kind: "fail_later", code: 131026 }),
  toMessages(0.1, { kind: "status_before_answer" }),
  toMessages(0.1, { kind: "duplicate_webhooks", copies: 3 }),
  toMessages(0.1, { kind: "statuses", statuses: ["read", "sent", "delivered"] }),
  toMessages(0.05, { kind: "statuses", statuses: ["sent", "played"] }),
  toMessages(0.05, { kind: "statuses", statuses: [] }),
  {
    match: { route: "read", probability: 0.05 },
    effect: { kind: "http_error", status: 500, when: "after" },
  },
  {
    match: { route: "read", probability: 0.02 },
    effect: { kind: "lost_connection", when: "before" },
  },
  {
    match: { route: "webhook", probability: 0.1 },
    effect: { kind: "duplicate_webhooks", copies: 2 },
  },
  { match: { route: "webhook", probability: 0.2 }, effect: { kind: "delay", milliseconds: 700 } },
];

/** Gives a simulated Meta all its bad habits at once. */
export function addTrouble({ rules }: Simulator): void {
  for (const rule of RULES) rules.add(rule);
}

function toMessages(probability: number, effect: Rule["effect"]): Rule {
  return { match: { probability }, effect };
}

import * as v from "valibot";
import type { GraphCall } from "../graph/graph-call.ts";
import { GRAPH_ROUTES } from "../graph/graph-call.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { effectSchema } from "./effect.ts";
import type { Effect } from "./effect.ts";

const positiveInteger = v.pipe(v.number(), v.integer(), v.minValue(1));

/** Which calls a rule is for; what is left out matches all. */
const matchSchema = v.strictObject({
  /** `webhook` is not a call but a delivery to the business; `type` is then the field. */
  route: v.optional(v.picklist([...GRAPH_ROUTES, "webhook"])),
  /** `to` or `recipient` exactly as the call gives it. */
  recipient: v.optional(v.string()),
  /** The message's type. */
  type: v.optional(v.string()),
  phoneNumberId: v.optional(v.string()),
  /** Only the nth matching call, from 1. */
  nth: v.optional(positiveInteger),
  /** The chance, 0 to 1, that a matching call is concerned. */
  probability: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  /** How often the rule takes effect before it is spent. */
  times: v.optional(positiveInteger),
});

export const ruleSchema = v.strictObject({
  match: v.optional(matchSchema, {}),
  effect: effectSchema,
});

type NewRule = v.InferInput<typeof ruleSchema>;

interface Rule extends v.InferOutput<typeof ruleSchema> {
  readonly id: number;
}

interface WebhookTrouble {
  readonly delayMs: number;
  readonly copies: number;
}

/** Standing orders for trouble. A rule without a route is for messages. */
export interface RuleBook {
  all(): readonly Rule[];
  add(rule: NewRule): Rule;
  remove(id: number): void;
  clear(): void;
  /** The effects on one call; asking counts as a call. */
  forCall(call: GraphCall): readonly Effect[];
  forWebhook(field: string): WebhookTrouble;
}

interface Subject {
  readonly route: GraphCall["route"] | "webhook";
  readonly recipient?: string | undefined;
  readonly type?: string | undefined;
  readonly phoneNumberId?: string | undefined;
}

interface Entry {
  readonly rule: Rule;
  matched: number;
  applied: number;
}

export function ruleBook(random: SeededRandom): RuleBook {
  let entries: Entry[] = [];
  let lastId = 0;

  function takesEffect(entry: Entry, subject: Subject): boolean {
    const { match } = entry.rule;
    if ((match.route ?? "messages") !== subject.route) return false;
    for (const name of ["recipient", "type", "phoneNumberId"] as const) {
      if (match[name] !== undefined && match[name] !== subject[name]) return false;
    }
    entry.matched += 1;
    if (match.nth !== undefined && entry.matched !== match.nth) return false;
    if (match.times !== undefined && entry.applied >= match.times) return false;
    if (match.probability !== undefined && random.fraction() >= match.probability) return false;
    entry.applied += 1;
    return true;
  }

  function effectsOn(subject: Subject): readonly Effect[] {
    return entries.filter((entry) => takesEffect(entry, subject)).map((entry) => entry.rule.effect);
  }

  return {
    all: () => entries.map(({ rule }) => rule),
    add(newRule) {
      lastId += 1;
      const rule: Rule = { id: lastId, ...newRule, match: newRule.match ?? {} };
      entries.push({ rule, matched: 0, applied: 0 });
      return rule;
    },
    remove(id) {
      entries = entries.filter(({ rule }) => rule.id !== id);
    },
    clear() {
      entries = [];
    },
    forCall: effectsOn,
    forWebhook(field) {
      const trouble = { delayMs: 0, copies: 1 };
      for (const effect of effectsOn({ route: "webhook", type: field })) {
        if (effect.kind === "delay") trouble.delayMs += effect.milliseconds;
        if (effect.kind === "duplicate_webhooks") trouble.copies *= effect.copies;
      }
      return trouble;
    },
  };
}

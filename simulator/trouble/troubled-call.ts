import * as v from "valibot";
import type { GraphCall } from "../graph/graph-call.ts";
import { graphError, graphErrorResponse } from "../graph/graph-error.ts";
import { parseJson } from "../json.ts";
import type { PendingWork } from "../pending-work.ts";
import type { Effect } from "./effect.ts";
import { effectsSchema } from "./effect.ts";
import type { RuleBook } from "./rule-book.ts";

/** Effects for one call alone: a JSON list of them. */
const EFFECTS_HEADER = "X-Simulator-Effects";

/** A connection that broke before the answer, thrown as `fetch` throws it. */
export class LostConnection extends TypeError {
  constructor() {
    super("Network connection lost.");
  }
}

export type Outcome =
  | { readonly kind: "answered"; readonly response: Response }
  | { readonly kind: "lost_connection" };

/** All effects on a call: the rules', then its header's. A header that can't be read has none. */
export function effectsOn(call: GraphCall, headers: Headers, rules: RuleBook): readonly Effect[] {
  const given = v.safeParse(effectsSchema, parseJson(headers.get(EFFECTS_HEADER) ?? "[]"));
  return [...rules.forCall(call), ...(given.success ? given.output : [])];
}

/** Handles a call with the effects that it is given around it. */
export async function troubledCall(
  effects: readonly Effect[],
  work: PendingWork,
  fbtraceId: () => string,
  handle: () => Promise<Response>,
): Promise<Outcome> {
  for (const effect of effects) {
    if (effect.kind === "delay") await work.sleep(effect.milliseconds);
  }
  const instead = effects.map((effect) => before(effect, fbtraceId)).find(isOutcome);
  if (instead !== undefined) return instead;
  const response = await handle();
  return effects.map(after).find(isOutcome) ?? { kind: "answered", response };
}

function isOutcome(outcome: Outcome | null): outcome is Outcome {
  return outcome !== null;
}

function before(effect: Effect, fbtraceId: () => string): Outcome | null {
  if (effect.kind === "graph_error") {
    const { code, httpStatus = 400, details = "Asked for by a rule.", ...more } = effect;
    const error = graphError(code, details, { ...more, httpStatus });
    return { kind: "answered", response: graphErrorResponse(error, fbtraceId()) };
  }
  return atMoment(effect, "before");
}

function after(effect: Effect): Outcome | null {
  return atMoment(effect, "after");
}

function atMoment(effect: Effect, when: "before" | "after"): Outcome | null {
  if (effect.kind === "lost_connection" && effect.when === when) return { kind: "lost_connection" };
  if (effect.kind !== "http_error" || effect.when !== when) return null;
  const headers = new Headers();
  if (effect.retryAfterSeconds !== undefined) {
    headers.set("Retry-After", String(effect.retryAfterSeconds));
  }
  const { html = null, status } = effect;
  if (html !== null) headers.set("Content-Type", "text/html");
  return { kind: "answered", response: new Response(html, { status, headers }) };
}

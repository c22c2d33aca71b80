import type { Context } from "hono";
import type { Backstage } from "../backstage.ts";
import type { BusinessNumber } from "../settings.ts";
import type { Effect } from "../trouble/effect.ts";
import type { GraphError } from "./graph-error.ts";
import { graphErrorResponse } from "./graph-error.ts";

/** What a call is handled with, besides its request. */
export interface GraphEnvironment {
  Bindings: { readonly stage: Backstage; readonly effects: readonly Effect[] };
}

export type GraphContext = Context<GraphEnvironment>;

export function refuse(c: GraphContext, error: GraphError): Response {
  return graphErrorResponse(error, c.env.stage.identifiers.fbtraceId());
}

export function businessNumber(c: GraphContext, id: string): BusinessNumber | undefined {
  return c.env.stage.settings.businessNumbers.find((number) => number.id === id);
}

export function isBusinessAccount(c: GraphContext, id: string): boolean {
  return id === c.env.stage.settings.businessAccountId;
}

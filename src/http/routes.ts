/**
 * Hono without its presets: of their routers only this one takes all of our paths, so the others would be
 * tried in vain.
 */
import { HonoBase } from "hono/hono-base";
import { TrieRouter } from "hono/router/trie-router";
import type { ApiEnvironment } from "./context.ts";

/** A group of routes, still without any. */
export function createRoutes({ strict = true } = {}) {
  return new HonoBase<ApiEnvironment>({ strict, router: new TrieRouter() });
}

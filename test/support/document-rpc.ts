/**
 * Holds all that the service binding answers, in every test, against what `openapi.json` says of the
 * same question over HTTP: what the document does not know breaks off the call.
 */
import { afterAll, beforeAll } from "vitest";
import { PalomaService } from "../../src/api/rpc/service.ts";
import type { PalomaBinding, Refused } from "../../src/api/rpc/types.ts";
import { expectDocumented } from "./expect-documented.ts";

type Name = keyof PalomaBinding;

type Taken = Exclude<Awaited<ReturnType<PalomaBinding[Name]>>, Refused>;

type Route = { method: string; path: string; status: number };

const SAME_OVER_HTTP: Readonly<Record<Name, Route>> = {
  send: { method: "POST", path: "/v1/messages", status: 201 },
  sendBatch: { method: "POST", path: "/v1/messages/batch", status: 202 },
  getMessage: { method: "GET", path: "/v1/messages/msg_0", status: 200 },
  getConversation: { method: "GET", path: "/v1/conversations/0", status: 200 },
  listConversations: { method: "GET", path: "/v1/conversations", status: 200 },
};

const { prototype } = PalomaService;

const routes = Object.entries(SAME_OVER_HTTP).map(([name, route]) => ({
  name,
  route,
  answer: Reflect.get(prototype, name),
}));

beforeAll(() => {
  for (const { name, route, answer } of routes) {
    Reflect.set(prototype, name, async function (this: PalomaService, ...given: unknown[]) {
      const result: Taken | Refused = await Reflect.apply(answer, this, given);
      expectAsOverHttp(route, result);
      return result;
    });
  }
});

afterAll(() => {
  for (const { name, answer } of routes) Reflect.set(prototype, name, answer);
});

function expectAsOverHttp({ method, path, status }: Route, result: Taken | Refused): void {
  expectDocumented({
    method,
    url: new URL(path, "https://paloma.test"),
    request: undefined,
    status: result.ok ? status : result.problem.status,
    contentType: result.ok ? "application/json" : "application/problem+json",
    answer: result.ok ? bodyOf(result) : result.problem,
  });
}

/** What HTTP has as its body stands under a name here, if it is one thing. */
function bodyOf(result: Taken): unknown {
  if ("message" in result) return result.message;
  if ("conversation" in result) return result.conversation;
  const { ok: _ok, ...page } = result;
  return page;
}

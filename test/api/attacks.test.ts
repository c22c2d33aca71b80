import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import { readApiTokens } from "../../src/config/config.ts";
import { openSession } from "../../src/staff/session.ts";
import {
  type Attack,
  type AttackRequest,
  ATTACKS,
  injectedFilters,
  MARKER,
  type Route,
  ROUTES,
  unheeded,
  withSlash,
} from "../support/attack-table.ts";
import { OWN_PAGE } from "../support/inbox.ts";
import { startPaloma } from "../support/paloma.ts";

const CASES = ATTACKS.flatMap((attack) =>
  ROUTES.map((route): [string, string, Attack, Route] => [
    attack.name,
    `${route.method} ${route.pattern}`,
    attack,
    route,
  ]),
).filter(([_name, _address, attack, route]) => attack.requests(route).length > 0);

/** Enough of an attack to tell which it was. */
const SHOWN_CHARACTERS = 200;

const PROBLEM = {
  contentType: "application/problem+json",
  members: ({ status, headers }: Response) => ({
    status,
    code: expect.stringMatching(/^[a-z_]+$/),
    request_id: headers.get("x-request-id"),
  }),
};

const GRAPH_REFUSAL = {
  contentType: "application/json",
  members: () => ({
    error: {
      type: "OAuthException",
      code: expect.any(Number),
      error_data: { messaging_product: "whatsapp", details: expect.any(String) },
    },
  }),
};

let logged: string;

beforeEach(() => {
  startPaloma();
  logged = "";
  for (const level of ["debug", "log", "info", "warn", "error"] as const) {
    vi.spyOn(console, level).mockImplementation((...texts: unknown[]) => {
      logged += texts.map(String).join(" ");
    });
  }
});

describe("the table of attacks", () => {
  it("has every route", () => {
    const registered = app.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path}`);
    const listed = ROUTES.map(({ method, pattern }) => `${method} ${pattern}`);
    expect(listed.toSorted()).toEqual([...new Set(registered)].toSorted());
  });
});

describe("a cache", () => {
  it.each(ROUTES.filter(({ page, shell }) => page !== true && shell !== true))(
    "keeps no answer of $method $pattern, whatever it is",
    async (route) => {
      const asked = { path: route.pattern, body: JSON.stringify(route.body ?? {}) };
      const { body: _, ...withoutBody } = asked;
      for (const token of ["test-clinic-token", null]) {
        const request = route.method === "GET" ? withoutBody : asked;
        const { headers } = await call(route, { ...request, token });
        expect(headers.get("cache-control")).toBe("no-store");
      }
    },
  );

  it.each(ROUTES.filter(({ page }) => page === true))(
    "may keep what $pattern says of Paloma",
    async (route) => {
      const { headers } = await call(route, { path: route.pattern, token: null });
      expect(headers.get("cache-control")).toBe(
        route.pattern === "/health" ? "no-store" : "public, max-age=300",
      );
    },
  );
});

describe("an attack with", () => {
  it.each(CASES)(
    "%s on %s is refused, and told nobody (I11)",
    async (_name, _address, attack, route) => {
      for (const request of attack.requests(route)) {
        const response = await call(route, request);
        const text = await response.text();
        const told = {
          path: request.path.slice(0, SHOWN_CHARACTERS),
          body: String(request.body ?? "").slice(0, SHOWN_CHARACTERS),
          answer: text.slice(0, SHOWN_CHARACTERS),
          status: response.status,
        };
        const refusedWith = attack.refusedWith.map(route.graph ? graphStatus : Number);
        expect({ ...told, refused: refusedWith.includes(told.status) }).toEqual({
          ...told,
          refused: true,
        });
        expectRefusal(response, text, route);
        expect(response.headers.has("x-evil")).toBe(false);
        expect(response.headers.has("set-cookie")).toBe(false);
        expect(response.headers.has("allow")).toBe(response.status === 405);
      }
      expectNothingTold();
    },
  );

  it.each(ROUTES.filter((route) => injectedFilters(route).length > 0))(
    "SQL in the filters of $method $pattern finds nothing",
    async (route) => {
      for (const request of injectedFilters(route)) {
        const response = await call(route, request);
        const answer: { data?: unknown[] } = await response.json();
        // A list within a conversation is not found, since nobody has its id.
        expect([200, 404, 422]).toContain(response.status);
        expect(answer.data ?? []).toEqual([]);
      }
      expectNothingTold();
    },
  );

  it.each(ROUTES.filter((route) => unheeded(route).length > 0))(
    "whatever is added to $method $pattern changes nothing of its answer",
    async (route) => {
      const plain = await call(route, { path: route.pattern, token: null });
      const page = await plain.text();
      for (const request of unheeded(route)) {
        const response = await call(route, request);
        expect(response.status).toBe(200);
        // Not toBe: of two long pages it would show every line.
        expect((await response.text()) === page).toBe(true);
      }
      expectNothingTold();
    },
  );

  it.each(ROUTES.filter(({ pattern }) => pattern !== "/" && pattern !== "/inbox"))(
    "a slash at the end of $method $pattern changes nothing",
    async (route) => {
      const [plain, slashed] = await Promise.all(
        withSlash(route).map((request) => call(route, request)),
      );
      expect(slashed?.status).toBe(plain?.status);
      expect(slashed?.headers.has("location")).toBe(plain?.headers.has("location"));
      expect(slashed?.headers.get("content-type")).toBe(plain?.headers.get("content-type"));
      expectNothingTold();
    },
  );

  it.each(ROUTES)("$pattern names $method in Allow where another is asked", async (route) => {
    const { path } = withSlash(route)[0];
    const response = await call(route, { path, method: "PROPFIND" });
    expect(response.status).toBe(405);
    const allowed = response.headers.get("allow")?.split(", ");
    expect(allowed).toContain(route.method);
    expect(allowed?.includes("HEAD")).toBe(allowed?.includes("GET"));
  });

  it("an idempotency key that is too long is refused", async () => {
    const headers = { "idempotency-key": MARKER.repeat(20) };
    const [route] = ROUTES;
    if (route === undefined) throw new Error("no routes");
    const body = JSON.stringify(route.body);
    const response = await call(route, { path: route.pattern, headers, body });
    expect(response.status).toBe(422);
    expectNothingTold();
  });

  it.each(["GET /v1/", "GET /v1"])("%s, which is no route, is not found", async (line) => {
    const [method = "", path = ""] = line.split(" ");
    const headers = { authorization: "Bearer test-clinic-token" };
    const response = await exports.default.fetch(`https://paloma.test${path}`, {
      method,
      headers,
    });
    expect(response.status).toBe(404);
    expect(response.status).toBe(404);
    expectRefusal(response, await response.text(), {});
  });
});

/** Graph answers 400 to whatever is wrong with a request itself. */
function graphStatus(status: number): number {
  return status === 404 || status === 422 ? 400 : status;
}

function expectRefusal(response: Response, text: string, { graph }: { graph?: boolean }): void {
  const { contentType, members } = graph ? GRAPH_REFUSAL : PROBLEM;
  expect(response.headers.get("content-type")).toBe(contentType);
  expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(JSON.parse(text)).toMatchObject(members(response));
}

async function call(
  route: Pick<Route, "method" | "pattern" | "staff">,
  request: AttackRequest,
): Promise<Response> {
  const { path, method = route.method, token = "test-clinic-token", headers = {}, body } = request;
  const { proof = route.staff ? "session" : "token" } = request;
  const all = {
    ...(route.pattern.startsWith("/inbox") ? OWN_PAGE : {}),
    ...(request.proof === undefined && token === null ? {} : await proofOf(proof, token)),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...headers,
  };
  return exports.default.fetch(`https://paloma.test${path}`, {
    method,
    redirect: "manual",
    headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== "")),
    ...(body === undefined ? {} : { body }),
  });
}

/** A known token's session, or the text itself in its place. */
async function proofOf(
  proof: "token" | "session",
  token: string | null,
): Promise<Record<string, string>> {
  const presented = token ?? "test-clinic-token";
  if (proof === "token") return { authorization: `Bearer ${presented}` };
  const known = readApiTokens({ ...env }).find((each) => each.token === presented);
  const session = known === undefined ? presented : await openSession(known, Date.now());
  return { cookie: `__Host-paloma=${session}` };
}

function expectNothingTold(): void {
  expect(logged).not.toContain(MARKER);
  expect(logged).not.toMatch(/test-\w+-token/);
  expect(logged).not.toContain("request_failed");
}

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";

describe("the API without its configuration", () => {
  it("names everything that is missing, and no value", async () => {
    const response = await ask("/v1/conversations", {
      WHATSAPP_ACCESS_TOKEN: "",
      MARK_AS_READ: "s3cret",
    });
    expect(response.status).toBe(503);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({
      code: "not_configured",
      detail:
        "WHATSAPP_ACCESS_TOKEN: set the system user's token; MARK_AS_READ: choose on_receive or on_open",
      request_id: response.headers.get("x-request-id"),
    });
  });

  it("is closed to every token", async () => {
    const response = await ask("/v1/conversations", { API_TOKENS: "" });
    expect(response.status).toBe(503);
  });

  it("is healthy all the same", async () => {
    const response = await ask("/health", { WHATSAPP_ACCESS_TOKEN: "", API_TOKENS: "" });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: "ok" });
  });
});

async function ask(path: string, changes: Record<string, string>): Promise<Response> {
  const headers = { authorization: "Bearer test-clinic-token" };
  const request = new Request(`https://paloma.test${path}`, { headers });
  return app.fetch(request, { ...env, ...changes }, createExecutionContext());
}

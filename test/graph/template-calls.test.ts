import { describe, expect, it, vi } from "vitest";
import { listAccountTemplates, submitTemplate } from "../../src/graph/templates.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { graphConfig } from "./graph-fixture.ts";

const ACCOUNT = "102290129340398";
const config = graphConfig();

/** Meta answers these, one after the other, the last for ever; gives the addresses it was asked at. */
function metaAnswers(...answers: { status?: number; body: unknown }[]): URL[] {
  const asked: URL[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
    const { status = 200, body } = answers[Math.min(asked.length, answers.length - 1)] ?? {};
    asked.push(new URL(new Request(input).url));
    return Response.json(body, { status });
  });
  return asked;
}

const page = (names: readonly string[], after: string | null): { body: JsonObject } => ({
  body: {
    data: names.map((name) => ({ name })),
    paging: {
      cursors: { before: "MA==", after: "last" },
      ...(after === null ? {} : { cursors: { after }, next: "https://evil.example/steal" }),
    },
  },
});

describe("the list of an account's templates", () => {
  it("is read to the end by its cursors, and never from the address that a page names (I12)", async () => {
    const asked = metaAnswers(page(["a", "b"], "Mg=="), page(["c"], "Mw=="), page([], null));
    expect(await listAccountTemplates(config, ACCOUNT)).toEqual({
      ok: true,
      value: [{ name: "a" }, { name: "b" }, { name: "c" }],
    });
    expect(asked.map(({ origin, pathname }) => origin + pathname)).toEqual(
      Array.from(
        { length: 3 },
        () => `https://graph.facebook.com/v25.0/${ACCOUNT}/message_templates`,
      ),
    );
    expect(asked.map(({ searchParams }) => searchParams.get("after"))).toEqual([
      null,
      "Mg==",
      "Mw==",
    ]);
    expect(asked[0]?.searchParams.get("fields")).toContain("components,quality_score");
  });

  it("may have pages of several megabytes", async () => {
    const text = "a".repeat(1000);
    const templates = Array.from({ length: 3000 }, (_, place) => ({ name: `t${place}`, text }));
    metaAnswers({ body: { data: templates } });
    expect(await listAccountTemplates(config, ACCOUNT)).toEqual({ ok: true, value: templates });
  });

  it("is a failure where one page is, or is no list, or where it never ends", async () => {
    const refusal = { error: { code: 190, message: "expired" } };
    metaAnswers(page(["a"], "Mg=="), { status: 401, body: refusal });
    expect(await listAccountTemplates(config, ACCOUNT)).toMatchObject({ error: { code: 190 } });
    metaAnswers({ body: { data: "none" } });
    expect(await listAccountTemplates(config, ACCOUNT)).toMatchObject({ ok: false });
    const asked = metaAnswers(page(["a"], "Mg=="));
    expect(await listAccountTemplates(config, ACCOUNT)).toMatchObject({
      ok: false,
      error: { message: "Meta's list of templates did not end after 1000 pages" },
    });
    expect(asked).toHaveLength(1000);
  });

  it("is asked for no id that is none (I12)", async () => {
    const asked = metaAnswers(page([], null));
    expect(await listAccountTemplates(config, "../me")).toMatchObject({ ok: false });
    expect(asked).toEqual([]);
  });
});

describe("a submitted template", () => {
  it("has Meta's id, status and category", async () => {
    metaAnswers({ body: { id: "1", status: "PENDING", category: "MARKETING" } });
    expect(await submitTemplate(config, ACCOUNT, {})).toEqual({
      ok: true,
      value: { id: "1", status: "PENDING", category: "MARKETING" },
    });
    metaAnswers({ body: { status: "PENDING" } });
    expect(await submitTemplate(config, ACCOUNT, {})).toMatchObject({ class: "ambiguous" });
  });

  it("exists where Meta says so, and is refused in Meta's own words", async () => {
    const refusal = (error_subcode?: number) => ({
      status: 400,
      body: {
        error: { code: 100, message: "Invalid parameter", error_subcode, error_user_msg: "¡No!" },
      },
    });
    metaAnswers(refusal(2388024));
    expect(await submitTemplate(config, ACCOUNT, {})).toEqual({ ok: true, value: "exists" });
    metaAnswers(refusal(2388299));
    expect(await submitTemplate(config, ACCOUNT, {})).toMatchObject({
      ok: false,
      class: "permanent",
      error: { code: 100, subcode: 2388299, details: "¡No!" },
    });
    metaAnswers(refusal());
    expect((await submitTemplate(config, ACCOUNT, {})).ok).toBe(false);
  });
});

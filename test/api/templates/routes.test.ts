import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { TemplateSeed } from "../../../simulator/templates/template.ts";
import { app } from "../../../src/app.ts";
import { createDatabase } from "../../../src/store/d1.ts";
import { keepTemplateUpdates, EMPTY_UPDATE } from "../../../src/store/templates.ts";
import { templateSubmission } from "../../../src/templates/known.ts";
import { orderReady, templateRegistry } from "../../../src/templates/registry.ts";
import { newCustomer, type Paloma, startPaloma } from "../../support/paloma.ts";
import { recordedD1 } from "../../support/recorded-d1.ts";

const LANGUAGE = "es_MX";
const PAGE_SIZE = 7;
const OPERATOR = { token: "operator" } as const;

// The account's templates are all tests' own.
beforeEach(async () => {
  await env.DB.batch([
    env.DB.prepare("DELETE FROM templates"),
    env.DB.prepare("DELETE FROM template_syncs"),
  ]);
});

/** Approved templates of somebody else's making. */
function foreign(count: number): TemplateSeed[] {
  return Array.from({ length: count }, (_, place) => ({
    name: `foreign_${String(place).padStart(2, "0")}`,
    language: LANGUAGE,
    category: "UTILITY",
    status: "APPROVED",
    components: [{ type: "BODY", text: `Aviso ${place} para {{1}}, gracias.` }],
  }));
}

/** The clinic's own as Meta has it. */
function clinics(name: string, changes: Partial<TemplateSeed> = {}): TemplateSeed {
  const definition = templateRegistry.find((each) => each.name === name);
  if (definition === undefined) throw new Error(`no ${name}`);
  const { body, category } = definition;
  const components = [{ type: "BODY", text: body }] as const;
  return { name, language: LANGUAGE, category, status: "APPROVED", components, ...changes };
}

const startWith = (templates: readonly TemplateSeed[]): Paloma =>
  startPaloma({ templates, templatesPerPage: PAGE_SIZE });

/** Asks the app itself, with another environment. */
async function askWith(changes: object, method: string, path: string, body?: object) {
  const headers = { authorization: "Bearer test-clinic-token" };
  const request = new Request(`https://paloma.test${path}`, {
    method,
    headers,
    body: body === undefined ? null : JSON.stringify(body),
  });
  return app.fetch(request, { ...env, ...changes }, createExecutionContext());
}

const submissions = ({ simulator }: Paloma) =>
  simulator.calls.filter(({ route, method }) => route === "message_templates" && method === "POST");

/** All that the API lists, page by page. */
async function listAll({ api }: Paloma) {
  const all: { name: string; status: string }[] = [];
  let path = "/v1/templates?limit=9";
  for (;;) {
    const { body } = await api("GET", path, undefined, { token: "reader" });
    all.push(...body.data);
    if (body.next_cursor === null) return all;
    path = `/v1/templates?limit=9&cursor=${body.next_cursor}`;
  }
}

describe("an account with 60 templates over several pages", () => {
  it("is synced to the last, and a second time is the same", async () => {
    const paloma = startWith([
      ...foreign(58),
      clinics("order_ready"),
      clinics("vaccination_reminder"),
    ]);
    for (let time = 0; time < 2; time += 1) {
      const { status, body } = await paloma.api("POST", "/v1/templates/sync", undefined, OPERATOR);
      expect(status).toBe(200);
      expect(body).toEqual({
        synced_at: expect.any(String),
        listed: 60,
        gone: [],
        drift: [expect.objectContaining({ name: "appointment_reminder", difference: "missing" })],
      });
    }
    const all = await listAll(paloma);
    expect(all).toHaveLength(60);
    expect(new Set(all.map(({ name }) => name)).size).toBe(60);
    expect(all.find(({ name }) => name === "foreign_07")).toEqual({
      name: "foreign_07",
      language: LANGUAGE,
      id: expect.stringMatching(/^\d+$/),
      status: "APPROVED",
      reason: "NONE",
      category: "UTILITY",
      quality: "UNKNOWN",
      parameter_format: "POSITIONAL",
      components: [{ type: "BODY", text: "Aviso 7 para {{1}}, gracias." }],
      params: null,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    expect(all.find(({ name }) => name === "order_ready")).toMatchObject({
      params: orderReady.parameters,
    });
  });

  it("is given exactly what the registry has more, and nothing the second time", async () => {
    const paloma = startWith([
      ...foreign(58),
      clinics("order_ready"),
      clinics("order_ready", { language: "en_US" }),
    ]);
    const first = await paloma.api("POST", "/v1/templates/push", undefined, OPERATOR);
    expect(first.body.data).toEqual([
      {
        name: "appointment_reminder",
        language: LANGUAGE,
        outcome: "created",
        id: expect.stringMatching(/^\d+$/),
        status: "PENDING",
        category: "UTILITY",
        submitted_category: "UTILITY",
        meta_error: null,
      },
      expect.objectContaining({
        name: "vaccination_reminder",
        outcome: "created",
        category: "MARKETING",
        submitted_category: "UTILITY",
      }),
      expect.objectContaining({ name: "order_ready", outcome: "exists", status: "APPROVED" }),
    ]);
    expect(first.body.drift.map(({ detail }: { detail: string }) => detail)).toEqual([
      "appointment_reminder (es_MX): status: APPROVED in the code, PENDING at the account",
      "vaccination_reminder (es_MX): status: APPROVED in the code, PENDING at the account",
      "vaccination_reminder (es_MX): category: UTILITY in the code, MARKETING at the account",
    ]);
    expect(submissions(paloma).map(({ body }) => body)).toEqual(
      templateRegistry.slice(0, 2).map((definition) => templateSubmission(definition)),
    );

    const again = await paloma.api("POST", "/v1/templates/push", undefined, OPERATOR);
    expect(again.body.data.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      "exists",
      "exists",
      "exists",
    ]);
    expect(submissions(paloma)).toHaveLength(2);
    expect(paloma.simulator.templates.all()).toHaveLength(62);
  });

  it("has its differences from the code named, each on its line", async () => {
    const [reminder, order] = ["appointment_reminder", "order_ready"];
    const paloma = startWith([
      ...foreign(57),
      clinics(reminder, { status: "PAUSED", category: "MARKETING" }),
      clinics(order, { components: [{ type: "BODY", text: "Hola {{1}}, tu pedido está listo." }] }),
      clinics("vaccination_reminder", { language: "en_US" }),
    ]);
    await paloma.api("POST", "/v1/templates/sync", undefined, OPERATOR);
    const { body } = await paloma.api("GET", "/v1/templates?limit=1");
    expect(body.synced_at).toEqual(expect.any(String));
    expect(body.drift.map(({ detail }: { detail: string }) => detail)).toEqual([
      "appointment_reminder (es_MX): status: APPROVED in the code, PAUSED at the account",
      "appointment_reminder (es_MX): category: UTILITY in the code, MARKETING at the account",
      "vaccination_reminder (es_MX): at the account only in en_US; push it",
      `order_ready (es_MX): text: ${orderReady.body} in the code, Hola {{1}}, tu pedido está listo. at the account`,
      "order_ready (es_MX): parameters: 2 {{1}} {{2}} in the code, 1 {{1}} at the account",
    ]);
  });
});

describe("what Meta has no more", () => {
  it("is marked by the next sync, pushed again, and refused in Meta's own words", async () => {
    const paloma = startWith([
      ...foreign(10),
      ...templateRegistry.map(({ name }) => clinics(name)),
    ]);
    await paloma.api("POST", "/v1/templates/sync", undefined, OPERATOR);
    paloma.simulator.templates.remove("order_ready", LANGUAGE);
    paloma.simulator.templates.remove("foreign_03", LANGUAGE);
    // A sync within the same second tells nothing newer.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2000 });
    try {
      const synced = await paloma.api("POST", "/v1/templates/sync", undefined, OPERATOR);
      expect(synced.body.listed).toBe(11);
      expect(synced.body.gone).toEqual([
        { name: "foreign_03", language: LANGUAGE },
        { name: "order_ready", language: LANGUAGE },
      ]);
      const all = await listAll(paloma);
      expect(all.filter(({ status }) => status === "DELETED")).toHaveLength(2);
      const pushed = await paloma.api("POST", "/v1/templates/push", undefined, OPERATOR);
      expect(pushed.body.data.at(-1)).toMatchObject({
        name: "order_ready",
        outcome: "refused",
        meta_error: { code: 100, details: expect.stringContaining("Try again in 4 weeks") },
      });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("pushing", () => {
  it("says that a template exists where Meta made it meanwhile (100/2388024)", async () => {
    const paloma = startWith([]);
    const { simulator } = paloma;
    // Between the list and the submission another one pushes.
    const rival = { ...templateSubmission(orderReady), parameter_format: "positional" };
    vi.mocked(globalThis.fetch).mockImplementation(async (input, init) => {
      const request = new Request(input, init);
      const { method, headers, url } = request;
      if (method === "POST") {
        await simulator.fetch(new Request(url, { method, headers, body: JSON.stringify(rival) }));
      }
      return simulator.fetch(request);
    });
    const { body } = await paloma.api("POST", "/v1/templates/push", undefined, OPERATOR);
    expect(body.data.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      "created",
      "created",
      "exists",
    ]);
  });

  it("says what Meta could not answer, and is repeated safely", async () => {
    const paloma = startWith([]);
    const { rules } = paloma.simulator;
    // The list comes first.
    rules.add({
      match: { route: "message_templates", nth: 2 },
      effect: { kind: "lost_connection", when: "after" },
    });
    const first = await paloma.api("POST", "/v1/templates/push", undefined, OPERATOR);
    expect(first.body.data[0]).toMatchObject({
      outcome: "failed",
      status: null,
      meta_error: { code: null },
    });
    const again = await paloma.api("POST", "/v1/templates/push", undefined, OPERATOR);
    expect(again.body.data[0]).toMatchObject({ outcome: "exists", status: "PENDING" });
  });

  it("and syncing pass on that Meta refuses the token, and change nothing", async () => {
    const paloma = startPaloma({ accessToken: "another" });
    for (const path of ["/v1/templates/push", "/v1/templates/sync"]) {
      const answer = await paloma.api("POST", path, undefined, OPERATOR);
      expect(answer).toMatchObject({ status: 502, body: { code: "meta_unauthorized" } });
    }
    expect((await paloma.api("GET", "/v1/templates")).body).toMatchObject({
      data: [],
      next_cursor: null,
      synced_at: null,
    });
  });

  it("and syncing need the account's id, and say so", async () => {
    const ask = (method: string, path: string) =>
      askWith({ WHATSAPP_BUSINESS_ACCOUNT_ID: " " }, method, path);
    for (const path of ["/v1/templates/push", "/v1/templates/sync"]) {
      const answer = await ask("POST", path);
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({
        code: "not_configured",
        detail: expect.stringContaining("WHATSAPP_BUSINESS_ACCOUNT_ID: set the id of the"),
      });
    }
    expect((await ask("GET", "/v1/templates")).status).toBe(200);
  });
});

describe("sending a template that is known", () => {
  const message = (template: object, members: object = {}) => ({
    to: newCustomer(),
    type: "template",
    template,
    ...members,
  });

  const template = (name: string, ...texts: string[]) => ({
    name,
    language: { code: LANGUAGE },
    components: [{ type: "body", parameters: texts.map((text) => ({ type: "text", text })) }],
  });

  it("with a wrong number of parameters never reaches Meta, and quotes it", async () => {
    const { api, simulator } = startWith(foreign(10));
    await api("POST", "/v1/templates/sync", undefined, OPERATOR);
    const before = simulator.calls.length;
    const answer = await api("POST", "/v1/messages", message(template("foreign_04", "Ana", "x")));
    expect(answer).toMatchObject({ status: 422, body: { code: "template_parameters" } });
    expect(answer.body.errors).toEqual([
      {
        pointer: "/template/components",
        detail:
          "needs 1 parameter in its body ({{1}}), got 2. The template reads: Aviso 4 para {{1}}, gracias.",
      },
    ]);
    expect(simulator.calls).toHaveLength(before);
  });

  it("shows it as the customer reads it, though the code does not have it", async () => {
    const { api, simulator } = startWith(foreign(10));
    await api("POST", "/v1/templates/sync", undefined, OPERATOR);
    const sent = await api("POST", "/v1/messages", message(template("foreign_04", "Ana")));
    expect(sent).toMatchObject({ status: 201, body: { body: "Aviso 4 para Ana, gracias." } });
    expect(simulator.sent).toHaveLength(1);
  });

  it("is refused from the webhook that pauses it to the one that resumes it", async () => {
    const paloma = startWith(foreign(1));
    const { api, simulator } = paloma;
    await api("POST", "/v1/templates/sync", undefined, OPERATOR);
    const send = () => api("POST", "/v1/messages", message(template("foreign_00", "Ana")));
    simulator.templates.review("foreign_00", LANGUAGE, "PAUSED");
    await simulator.flush();
    const refused = await send();
    expect(refused).toMatchObject({ status: 422, body: { code: "template_not_approved" } });
    expect(refused.body.detail).toContain("is PAUSED at Meta");
    expect(simulator.sent).toEqual([]);
    simulator.templates.review("foreign_00", LANGUAGE, "APPROVED");
    await simulator.flush();
    expect((await send()).status).toBe(201);
  });

  it("follows an edit that a webhook tells of", async () => {
    const paloma = startWith(foreign(1));
    await paloma.api("POST", "/v1/templates/sync", undefined, OPERATOR);
    paloma.simulator.webhooks.post("message_template_components_update", {
      message_template_id: 1,
      message_template_name: "foreign_00",
      message_template_language: LANGUAGE,
      message_template_element: "Aviso para {{1}} y {{2}}, gracias.",
    });
    await paloma.simulator.flush();
    const answer = await paloma.api("POST", "/v1/messages", message(template("foreign_00", "Ana")));
    expect(answer.body.detail).toContain("needs 2 parameters in its body ({{1}}, {{2}}), got 1");
  });

  it("goes to Meta where it was never heard of, whose refusal is the answer", async () => {
    const { api, simulator } = startWith(foreign(1));
    await api("POST", "/v1/templates/sync", undefined, OPERATOR);
    const answer = await api("POST", "/v1/messages", message(template("never_heard_of", "Ana")));
    expect(answer).toMatchObject({ status: 422, body: { code: "rejected_by_meta" } });
    expect(simulator.calls.at(-1)).toMatchObject({ route: "messages" });
  });

  it("asks D1 once for all messages of a batch with it", async () => {
    const { database, record } = recordedD1(env.DB);
    await keepTemplateUpdates(createDatabase(env.DB), [
      { ...EMPTY_UPDATE, name: "order_ready", language: LANGUAGE, status: "APPROVED", at: 1 },
    ]);
    startWith([clinics("order_ready")]);
    const messages = Array.from({ length: 20 }, () =>
      message({ name: "order_ready", params: { name: "Ana", order: "1" } }),
    );
    const answer = await askWith({ DB: database }, "POST", "/v1/messages/batch", { messages });
    expect(answer.status).toBe(202);
    const lookups = record.statements.filter(({ sql }) => /from\s+templates\b/i.test(sql));
    expect(lookups).toHaveLength(1);
  });
});

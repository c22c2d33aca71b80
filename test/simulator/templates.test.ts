import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../simulator/json.ts";
import type { TemplateSeed } from "../../simulator/templates/template.ts";
import { ACCOUNT, list, object, startSimulator } from "./start-simulator.ts";

const BODY = "Hola {{1}}, ya está listo el estudio de {{2}} en la clínica.";
const EXAMPLE = { body_text: [["Ana", "Luna"]] };

const submission = {
  name: "study_ready",
  language: "es_MX",
  category: "UTILITY",
  parameter_format: "positional",
  components: [{ type: "BODY", text: BODY, example: EXAMPLE }] as JsonObject[],
};

const withBody = (component: JsonObject): JsonObject => ({
  ...submission,
  components: [{ type: "BODY", text: BODY, example: EXAMPLE, ...component }],
});

const withMore = (component: JsonObject): JsonObject => ({
  ...submission,
  components: [...submission.components, component],
});

const withButton = (button: JsonObject): JsonObject =>
  withMore({ type: "BUTTONS", buttons: [{ text: "Ver", ...button }] });

const NAMED_BODY = "Hola {{name}}, ya está listo el estudio de {{pet}} en la clínica.";

const named = {
  ...submission,
  parameter_format: "named",
  components: [
    {
      type: "BODY",
      text: NAMED_BODY,
      example: {
        body_text_named_params: [
          { param_name: "name", example: "Ana" },
          { param_name: "pet", example: "Luna" },
        ],
      },
    },
  ],
};

/** An approved one whose variables have names. */
const NAMED: TemplateSeed = {
  name: "study_ready",
  language: "es_MX",
  category: "UTILITY",
  status: "APPROVED",
  parameter_format: "NAMED",
  components: [{ type: "BODY", text: NAMED_BODY }],
};

const RICH: TemplateSeed = {
  name: "study_result",
  language: "es_MX",
  category: "MARKETING",
  status: "APPROVED",
  components: [
    { type: "HEADER", format: "DOCUMENT" },
    { type: "BODY", text: "Resultado de {{1}} por ahora." },
    { type: "FOOTER", text: "Pet-Friendly" },
    {
      type: "BUTTONS",
      buttons: [
        { type: "QUICK_REPLY", text: "Gracias" },
        { type: "URL", text: "Ver", url: "https://petfriendlyvet.com/{{1}}" },
      ],
    },
  ],
};

const TITLED: TemplateSeed = {
  name: "greeting",
  language: "es_MX",
  category: "AUTHENTICATION",
  status: "APPROVED",
  components: [
    { type: "HEADER", format: "TEXT", text: "Hola {{1}} hoy" },
    { type: "BODY", text: "Buenos días" },
  ],
};

const textParameter = (text: unknown): JsonObject => ({ type: "text", text });

const body = (...parameters: JsonObject[]): JsonObject => ({ type: "body", parameters });

function message(name: string, components?: unknown, language = "es_MX"): JsonObject {
  return { type: "template", template: { name, language: { code: language }, components } };
}

const pdf = { type: "document", document: { link: "https://petfriendlyvet.com/r.pdf" } };
const header = { type: "header", parameters: [pdf] };
const button = {
  type: "button",
  sub_type: "url",
  index: "1",
  parameters: [{ type: "text", text: "r/8" }],
};
const rich = [header, body(textParameter("Luna")), button];

describe("submitting a template", () => {
  it("makes it PENDING until a review, which the business is told", async () => {
    const bench = startSimulator();
    const { body: answer } = await bench.graph("POST", `${ACCOUNT}/message_templates`, submission);
    expect(answer).toEqual({
      id: expect.stringMatching(/^\d+$/),
      status: "PENDING",
      category: "UTILITY",
    });
    const parameters = body(textParameter("Ana"), textParameter("Luna"));
    expect((await bench.send(message("study_ready", [parameters]))).code).toBe(132001);
    bench.simulator.templates.review("study_ready", "es_MX", "APPROVED");
    expect((await bench.send(message("study_ready", [parameters]))).status).toBe(200);
    bench.simulator.templates.review("study_ready", "es_MX", "REJECTED");
    await bench.simulator.flush();
    const reviews = bench
      .changes()
      .filter(({ field }) => field === "message_template_status_update");
    expect(reviews.map(({ value }) => [value["event"], value["reason"]])).toEqual([
      ["APPROVED", "NONE"],
      ["REJECTED", "INVALID_FORMAT"],
    ]);
    expect(() => bench.simulator.templates.review("none", "es_MX", "APPROVED")).toThrow("none");
  });

  it("may change the category", async () => {
    const bench = startSimulator({ templates: [] });
    const { body: answer } = await bench.graph("POST", `${ACCOUNT}/message_templates`, {
      ...submission,
      name: "vaccination_reminder",
    });
    expect(answer["category"]).toBe("MARKETING");
  });

  it.each([
    ["any header, footer and buttons", withMore({ type: "FOOTER", text: "x".repeat(60) })],
    [
      "a media header with its example",
      withMore({ type: "HEADER", format: "IMAGE", example: { header_handle: ["4::aW..."] } }),
    ],
    ["a location header", withMore({ type: "HEADER", format: "LOCATION" })],
    [
      "a header with its example",
      withMore({
        type: "HEADER",
        format: "TEXT",
        text: "Sobre {{1}}",
        example: { header_text: ["Luna"] },
      }),
    ],
    [
      "buttons",
      withMore({ type: "BUTTONS", buttons: [{ type: "QUICK_REPLY", text: "x".repeat(25) }] }),
    ],
    ["a body without variables", withBody({ text: "Hola", example: undefined })],
    ["named variables", named],
    [
      "the end of an address with its example",
      withButton({
        type: "URL",
        url: "https://petfriendlyvet.com/{{1}}",
        example: ["https://petfriendlyvet.com/r/8"],
      }),
    ],
    ["no parameter_format", { ...submission, parameter_format: undefined }],
    ["just enough words", withBody({ text: "Hola {{1}} y {{2}} en la clínica" })],
  ])("accepts %s", async (_name, content) => {
    const { graph } = startSimulator();
    expect((await graph("POST", `${ACCOUNT}/message_templates`, content)).code).toBeUndefined();
  });

  it.each([
    ["a name with capitals", 100, undefined, { ...submission, name: "Study" }],
    ["a name of 513", 100, undefined, { ...submission, name: "x".repeat(513) }],
    ["a strange language", 100, undefined, { ...submission, language: "español" }],
    ["an unknown category", 131009, undefined, { ...submission, category: "SERVICE" }],
    ["an unknown format", 131009, undefined, { ...submission, parameter_format: "spoken" }],
    ["numbers where names belong", 100, undefined, { ...submission, parameter_format: "named" }],
    ["names where numbers belong", 100, undefined, { ...named, parameter_format: "positional" }],
    [
      "a name without an example",
      100,
      2388043,
      { ...named, components: [{ type: "BODY", text: NAMED_BODY, example: {} }] },
    ],
    [
      "numbers with a gap",
      100,
      undefined,
      withBody({ text: "Hola {{1}}, ya está listo el estudio de {{3}} en la clínica." }),
    ],
    ["two bodies", 131009, undefined, withMore(submission.components[0] ?? {})],
    ["a footer with a variable", 100, undefined, withMore({ type: "FOOTER", text: "A {{1}}" })],
    ["no example for a file", 100, 2388043, withMore({ type: "HEADER", format: "IMAGE" })],
    [
      "a header with two variables",
      100,
      undefined,
      withMore({
        type: "HEADER",
        format: "TEXT",
        text: "De {{1}} a {{2}}",
        example: { header_text: ["Ana", "Luna"] },
      }),
    ],
    ["a button without an address", 131008, undefined, withButton({ type: "URL" })],
    ["a button without a phone", 131008, undefined, withButton({ type: "PHONE_NUMBER" })],
    [
      "an address without an example",
      100,
      2388043,
      withButton({ type: "URL", url: "https://petfriendlyvet.com/{{1}}" }),
    ],
    [
      "a variable amid an address",
      100,
      undefined,
      withButton({ type: "URL", url: "https://{{1}}/x", example: ["https://a/x"] }),
    ],
    ["no components", 131009, undefined, { ...submission, components: [] }],
    ["components that are no list", 100, undefined, { ...submission, components: "BODY" }],
    ["no body", 131008, undefined, { ...submission, components: [{ type: "FOOTER", text: "a" }] }],
    ["an unknown component", 131009, undefined, withMore({ type: "CAROUSEL" })],
    ["a body of 1025", 100, undefined, withBody({ text: "x".repeat(1025) })],
    ["a footer of 61", 100, undefined, withMore({ type: "FOOTER", text: "x".repeat(61) })],
    [
      "a button text of 26",
      100,
      undefined,
      withMore({ type: "BUTTONS", buttons: [{ type: "URL", text: "x".repeat(26) }] }),
    ],
    ["a name that is taken", 100, 2388024, { ...submission, name: "order_ready" }],
    [
      "a variable first",
      100,
      2388299,
      withBody({ text: "{{1}} hola, ya está listo {{2}} en la clínica" }),
    ],
    [
      "a variable last",
      100,
      2388299,
      withBody({ text: "Hola {{1}}, ya está listo el estudio de {{2}}" }),
    ],
    ["too many variables", 100, 2388293, withBody({ text: "Hola {{1}} y {{2}} en clínica" })],
    ["no examples", 100, 2388043, withBody({ example: undefined })],
    ["too few examples", 100, 2388043, withBody({ example: { body_text: [["Ana"]] } })],
    ["an empty example", 100, 2388043, withBody({ example: { body_text: [["Ana", " "]] } })],
    ["no body at all", 131008, undefined, undefined],
  ])("refuses %s", async (_name, code, subcode, content) => {
    const { graph } = startSimulator();
    const reply = await graph("POST", `${ACCOUNT}/message_templates`, content);
    expect(reply.code).toBe(code);
    expect(object(reply.body["error"])["error_subcode"]).toBe(subcode);
  });
});

describe("listing templates", () => {
  it("pages to the end, with the fields asked for", async () => {
    const { graph } = startSimulator();
    const names: unknown[] = [];
    let path: string | undefined = `${ACCOUNT}/message_templates?fields=name,quality_score&limit=2`;
    while (path !== undefined) {
      const { body: page } = await graph("GET", path);
      names.push(...list(page["data"]).map((template) => object(template)["name"]));
      const next = object(page["paging"])["next"];
      path = typeof next === "string" ? next.split("/v25.0/")[1] : undefined;
    }
    expect(names).toEqual(["appointment_reminder", "vaccination_reminder", "order_ready"]);
  });

  it("filters by name and status and starts with the clinic's own", async () => {
    const { graph } = startSimulator();
    const { body: page } = await graph("GET", `${ACCOUNT}/message_templates?name=order_ready`);
    expect(page["data"]).toMatchObject([
      { name: "order_ready", status: "APPROVED", category: "UTILITY", language: "es_MX" },
    ]);
    const none = await graph("GET", `${ACCOUNT}/message_templates?status=PAUSED`);
    expect(none.body).toEqual({ data: [] });
  });
});

describe("a page of templates", () => {
  it("has no more than Meta gives, whatever is asked for", async () => {
    const { graph } = startSimulator({ templatesPerPage: 2 });
    const { body: page } = await graph("GET", `${ACCOUNT}/message_templates?limit=100`);
    expect(list(page["data"])).toHaveLength(2);
    expect(object(page["paging"])["next"]).toContain("after=Mg");
  });

  it("shows format, quality and why it was rejected", async () => {
    const { graph, simulator } = startSimulator({ templates: [{ ...NAMED, quality: "GREEN" }] });
    simulator.templates.review("study_ready", "es_MX", "REJECTED");
    const path = `${ACCOUNT}/message_templates?fields=parameter_format,quality_score,rejected_reason`;
    expect((await graph("GET", path)).body["data"]).toEqual([
      {
        id: expect.any(String),
        parameter_format: "NAMED",
        quality_score: { score: "GREEN", date: expect.any(Number) },
        rejected_reason: "INVALID_FORMAT",
      },
    ]);
  });

  it.each(["fields=name,colour", "limit=0", "limit=x", "after=2", "after=!!", "after=eA=="])(
    "is refused for %s",
    async (query) => {
      const { graph } = startSimulator();
      expect((await graph("GET", `${ACCOUNT}/message_templates?${query}`)).code).toBe(100);
    },
  );
});

describe("a deleted template", () => {
  it("is listed no more, and its name is blocked in its language", async () => {
    const bench = startSimulator();
    bench.simulator.templates.remove("order_ready", "es_MX");
    const { body: page } = await bench.graph("GET", `${ACCOUNT}/message_templates`);
    expect(list(page["data"])).toHaveLength(2);
    const again = { ...submission, name: "order_ready" };
    const refused = await bench.graph("POST", `${ACCOUNT}/message_templates`, again);
    expect(object(refused.body["error"])["error_subcode"]).toBe(2388023);
    const english = { ...again, language: "en_US" };
    expect((await bench.graph("POST", `${ACCOUNT}/message_templates`, english)).status).toBe(200);
    expect(() => bench.simulator.templates.remove("order_ready", "es_MX")).toThrow("order_ready");
  });
});

describe("a template with named variables", () => {
  const parameter = (parameter_name: string | undefined, text: string): JsonObject => ({
    type: "text",
    parameter_name,
    text,
  });

  it.each([
    ["takes them in any order", undefined, [parameter("pet", "Luna"), parameter("name", "Ana")]],
    ["refuses one without a name", 100, [parameter("name", "Ana"), parameter(undefined, "Luna")]],
    ["refuses one given twice", 132000, [parameter("name", "Ana"), parameter("name", "Luna")]],
  ])("%s", async (_what, code, parameters) => {
    const bench = startSimulator({ templates: [NAMED] });
    expect((await bench.send(message("study_ready", [body(...parameters)]))).code).toBe(code);
  });
});

describe("sending a template", () => {
  it.each([
    ["all of a rich one", message("study_result", rich)],
    [
      "a text header",
      message("greeting", [{ type: "header", parameters: [textParameter("Ana")] }]),
    ],
    [
      "currency and date",
      message("order_ready", [
        body(
          { type: "currency", currency: { fallback_value: "$100" } },
          { type: "date_time", date_time: { fallback_value: "lunes" } },
        ),
      ]),
    ],
    [
      "four spaces in a row",
      message("order_ready", [body(textParameter("A    B"), textParameter("1"))]),
    ],
    [
      "types in capitals",
      message("study_result", [
        ...rich.map((component) => ({
          ...component,
          type: String(component["type"]).toUpperCase(),
        })),
        {
          type: "BUTTON",
          sub_type: "QUICK_REPLY",
          index: 0,
          parameters: [{ type: "payload", payload: "ok" }],
        },
      ]),
    ],
    [
      "payload of a quick reply",
      message("study_result", [
        ...rich,
        {
          type: "button",
          sub_type: "quick_reply",
          index: 0,
          parameters: [{ type: "payload", payload: "ok" }],
        },
      ]),
    ],
    [
      "button parameters of other kinds",
      message("study_result", [
        ...rich,
        { type: "button", sub_type: "copy_code", index: 0, parameters: [{ type: "coupon_code" }] },
      ]),
    ],
  ])("accepts %s", async (_name, content) => {
    const bench = startSimulator({
      templates: [RICH, TITLED, ...startSimulator().simulator.templates.all()],
    });
    const reply = await bench.send(content);
    expect(reply.details).toBeUndefined();
    expect(reply.status).toBe(200);
  });

  it.each([
    ["an unknown name", 132001, message("none")],
    ["an unknown language", 132001, message("order_ready", [], "en_US")],
    ["an empty name", 100, message("")],
    ["too few parameters", 132000, message("order_ready", [body(textParameter("Ana"))])],
    [
      "too many parameters",
      132000,
      message("order_ready", [body(...["a", "b", "c"].map(textParameter))]),
    ],
    ["no components", 132000, message("order_ready")],
    [
      "a header it has not",
      132000,
      message("order_ready", [
        { type: "header", parameters: [pdf] },
        body(textParameter("Ana"), textParameter("1")),
      ]),
    ],
    [
      "an empty parameter",
      100,
      message("order_ready", [body(textParameter(""), textParameter("1"))]),
    ],
    [
      "a parameter without text",
      131008,
      message("order_ready", [body(textParameter(undefined), textParameter("1"))]),
    ],
    [
      "a newline",
      132018,
      message("order_ready", [body(textParameter("A\nB"), textParameter("1"))]),
    ],
    ["a tab", 132018, message("order_ready", [body(textParameter("A\tB"), textParameter("1"))])],
    [
      "five spaces",
      132018,
      message("order_ready", [body(textParameter("A     B"), textParameter("1"))]),
    ],
    [
      "a parameter of another type",
      132012,
      message("order_ready", [body(pdf, textParameter("1"))]),
    ],
    [
      "a header of another type",
      132012,
      message("study_result", [
        { type: "header", parameters: [textParameter("a")] },
        ...rich.slice(1),
      ]),
    ],
    [
      "a file that is nowhere",
      131008,
      message("study_result", [
        { type: "header", parameters: [{ type: "document", document: {} }] },
        ...rich.slice(1),
      ]),
    ],
    [
      "the end of an address for a button without one",
      132018,
      message("study_result", [...rich, { ...button, index: 0 }]),
    ],
    ["no header", 132000, message("study_result", rich.slice(1))],
    ["no button parameter", 131008, message("study_result", rich.slice(0, 2))],
    ["a button it has not", 132000, message("study_result", [...rich, { ...button, index: 2 }])],
    [
      "an unknown component",
      131009,
      message("study_result", [...rich, { type: "footer", parameters: [] }]),
    ],
    ["a paused one", 132015, message("paused")],
    ["a disabled one", 132016, message("disabled")],
  ])("refuses %s", async (_name, code, content) => {
    const paused: TemplateSeed = { ...TITLED, name: "paused", status: "PAUSED" };
    const disabled: TemplateSeed = { ...TITLED, name: "disabled", status: "DISABLED" };
    const bench = startSimulator({
      templates: [RICH, paused, disabled, ...startSimulator().simulator.templates.all()],
    });
    const reply = await bench.send(content);
    expect(reply.code).toBe(code);
  });

  it("refuses marketing to someone who opted out, and nothing else", async () => {
    const bench = startSimulator({
      templates: [RICH, ...startSimulator().simulator.templates.all()],
    });
    const { customers } = bench.simulator;
    customers.prefer({ from: "5219982220001", value: "stop" });
    expect((await bench.send(message("study_result", rich))).code).toBe(131050);
    const order = message("order_ready", [body(textParameter("Ana"), textParameter("1"))]);
    expect((await bench.send(order)).status).toBe(200);
    customers.prefer({ from: "5219982220001", value: "resume" });
    expect((await bench.send(message("study_result", rich))).status).toBe(200);
  });

  it("refuses authentication templates to a BSUID", async () => {
    const bench = startSimulator({ templates: [TITLED] });
    await bench.openWindow();
    const recipient = bench.simulator.customers.find("5219982220001")?.userId;
    const content = message("greeting", [{ type: "header", parameters: [textParameter("Ana")] }]);
    expect((await bench.send({ ...content, to: undefined, recipient })).code).toBe(131062);
    expect((await bench.send(content)).status).toBe(200);
  });
});

describe("what clients ask of the list", () => {
  const PYWA_FIELDS = [
    "id",
    "name",
    "language",
    "category",
    "status",
    "components",
    "parameter_format",
    "message_send_ttl_seconds",
    "correct_category",
    "previous_category",
    "rejected_reason",
    "library_template_name",
    "quality_score",
    "cta_url_link_tracking_opted_out",
    "sub_category",
    "degrees_of_freedom_spec",
  ].join(",");

  it("has every field of Meta's, and leaves out those without a value", async () => {
    const bench = startSimulator();
    const kept = { ...submission, message_send_ttl_seconds: 600 };
    await bench.graph("POST", `${ACCOUNT}/message_templates`, kept);
    const path = `${ACCOUNT}/message_templates?name=study_ready&fields=${PYWA_FIELDS}`;
    const listed = await bench.graph("GET", path);
    expect(listed.body["data"]).toEqual([
      {
        id: expect.any(String),
        name: "study_ready",
        language: "es_MX",
        category: "UTILITY",
        status: "PENDING",
        components: submission.components,
        parameter_format: "POSITIONAL",
        message_send_ttl_seconds: 600,
        rejected_reason: "NONE",
        quality_score: { score: "UNKNOWN", date: expect.any(Number) },
      },
    ]);
  });

  it.each<[JsonObject, number]>([
    [{ message_send_ttl_seconds: 29 }, 400],
    [{ message_send_ttl_seconds: -1 }, 200],
    [{ message_send_ttl_seconds: 30 * 24 * 60 * 60 }, 400],
    [{ category: "MARKETING", message_send_ttl_seconds: 30 * 24 * 60 * 60 }, 200],
    [{ category: "MARKETING", message_send_ttl_seconds: -1 }, 400],
  ])("takes the time to live that the category may have: %j", async (change, status) => {
    const { graph } = startSimulator();
    const path = `${ACCOUNT}/message_templates`;
    expect((await graph("POST", path, { ...submission, ...change })).status).toBe(status);
  });

  it("says what the category was before Meta changed it", async () => {
    const bench = startSimulator({ recategorizedTemplates: ["study_ready"] });
    await bench.graph("POST", `${ACCOUNT}/message_templates`, submission);
    const path = `${ACCOUNT}/message_templates?name=study_ready&fields=category,previous_category`;
    expect((await bench.graph("GET", path)).body["data"]).toMatchObject([
      { category: "MARKETING", previous_category: "UTILITY" },
    ]);
  });

  it("sums up all that suit the filters, of which several values may be given", async () => {
    const { graph } = startSimulator();
    const listed = async (query: string) =>
      (await graph("GET", `${ACCOUNT}/message_templates?fields=name&${query}`)).body;
    const both = await listed(
      "category=UTILITY,MARKETING&status=APPROVED&limit=1&summary=total_count,message_template_count",
    );
    expect(both).toMatchObject({
      data: [{ name: "appointment_reminder" }],
      summary: { total_count: 3, message_template_count: 3 },
    });
    const one = await listed(
      "category=MARKETING&summary=total_count,message_template_limit,are_translations_complete",
    );
    expect(one).toMatchObject({
      data: [{ name: "vaccination_reminder" }],
      summary: { total_count: 1, message_template_limit: 250, are_translations_complete: true },
    });
    for (const [query, names] of [
      ["content=vacunas", ["vaccination_reminder"]],
      ["name_or_content=order", ["order_ready"]],
      ["language=en_US", []],
      ["quality_score=GREEN", []],
    ] as const) {
      expect(list((await listed(query))["data"]).map((each) => object(each)["name"])).toEqual(
        names,
      );
    }
    expect((await graph("GET", `${ACCOUNT}/message_templates?summary=owner`)).status).toBe(400);
  });
});

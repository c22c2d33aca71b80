/** What clients of Meta's Graph API send, taken as Graph takes it. */
import { describe, expect, it, vi } from "vitest";
import { eventually, newCustomer, NUMBER, startPaloma, type Paloma } from "../../support/paloma.ts";

const MESSAGES = `/v25.0/${NUMBER}/messages`;

const parameters = ["Ana", "Luna", "lunes", "10:00"].map((text) => ({ type: "text", text }));

const REMINDER = {
  type: "template",
  template: {
    name: "appointment_reminder",
    language: { code: "es_MX" },
    components: [{ type: "body", parameters }],
  },
};

async function customerWhoWrote({ simulator }: Paloma): Promise<{ to: string; wamid: string }> {
  const from = newCustomer();
  const wamid = await simulator.customers.write({ from, content: { type: "text", body: "hola" } });
  await simulator.flush();
  return { to: `+${from}`, wamid };
}

/** The text of the newest call that sent a message, digit for digit. */
function sentText(): string {
  const bodies = vi.mocked(globalThis.fetch).mock.calls.map(([, init]) => init?.body);
  const texts = bodies.map((body) => (typeof body === "string" ? body : ""));
  return texts.findLast((text) => text.includes("biz_opaque_callback_data")) ?? "";
}

describe("a member that is null", () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    [
      "beside the content",
      {
        type: "text",
        text: { body: "hola", preview_url: false },
        context: null,
        image: null,
        recipient: null,
        recipient_type: null,
        recipient_identity_key_hash: null,
        biz_opaque_callback_data: null,
        send_at: null,
        metadata: null,
        fallback: null,
        future: null,
      },
      { text: { body: "hola", preview_url: false } },
    ],
    ["as the type", { type: null, text: { body: "hola", preview_url: false } }, { type: "text" }],
    [
      "in a text",
      { text: { body: "hola", preview_url: null } },
      { text: { body: "hola", preview_url: true } },
    ],
    [
      "in a file",
      { type: "image", image: { id: null, link: "https://a.mx/a.jpg", caption: null } },
      { image: { link: "https://a.mx/a.jpg" } },
    ],
    [
      "in an audio",
      { type: "audio", audio: { link: "https://a.mx/a.ogg", caption: null, filename: null } },
      { audio: { link: "https://a.mx/a.ogg" } },
    ],
    [
      "in a place",
      { type: "location", location: { latitude: 1, longitude: 2, name: null, address: null } },
      { location: { latitude: 1, longitude: 2 } },
    ],
    [
      "in buttons",
      {
        type: "interactive",
        interactive: {
          type: "button",
          header: null,
          body: { text: "¿Vienes?" },
          footer: null,
          action: { buttons: [{ type: "reply", reply: { id: "si", title: "Sí", icon: null } }] },
        },
      },
      {
        interactive: {
          type: "button",
          body: { text: "¿Vienes?" },
          action: { buttons: [{ type: "reply", reply: { id: "si", title: "Sí" } }] },
        },
      },
    ],
    [
      "in a contact",
      {
        type: "contacts",
        contacts: [
          {
            name: { formatted_name: "Eva", first_name: "Eva", suffix: null },
            org: null,
            phones: [{ phone: "+529982220001", wa_id: null }],
          },
        ],
      },
      {
        contacts: [
          {
            name: { formatted_name: "Eva", first_name: "Eva" },
            phones: [{ phone: "+529982220001" }],
          },
        ],
      },
    ],
    [
      "in a template",
      {
        type: "template",
        template: {
          name: "appointment_reminder",
          language: { code: "es_MX", policy: null },
          namespace: null,
          components: [
            {
              type: "body",
              sub_type: null,
              index: null,
              parameters: parameters.map((parameter) => ({
                ...parameter,
                parameter_name: null,
                image: null,
              })),
            },
          ],
        },
      },
      { template: REMINDER.template },
    ],
    [
      "in a content that comes as its JSON text",
      { text: JSON.stringify({ body: "hola", preview_url: null }) },
      { text: { body: "hola", preview_url: true } },
    ],
  ])("%s counts as absent", async (_where, members, expected) => {
    const paloma = startPaloma();
    const { to } = await customerWhoWrote(paloma);
    const sent = await paloma.api("POST", MESSAGES, {
      messaging_product: "whatsapp",
      to,
      ...members,
    });
    expect(sent).toMatchObject({ status: 200 });
    const [call] = paloma.simulator.sent;
    expect(call?.body).toMatchObject(expected);
    expect(JSON.stringify(call?.body)).not.toContain("null");
    for (const [name, content] of Object.entries(expected))
      expect(call?.body[name]).toEqual(content);
  });

  it("is a value in the data of a flow, and in the caller's own", async () => {
    const paloma = startPaloma();
    const { to } = await customerWhoWrote(paloma);
    const data = { pet: null, breeds: [null] };
    const parametersOfFlow = {
      flow_message_version: "3",
      flow_id: "1",
      flow_cta: "Agendar",
      mode: null,
      flow_action: "navigate",
      flow_action_payload: { screen: "PETS", data },
    };
    const sent = await paloma.api("POST", MESSAGES, {
      to,
      type: "interactive",
      interactive: {
        type: "flow",
        body: { text: "Agenda" },
        action: { name: "flow", parameters: parametersOfFlow },
      },
      metadata: { visit: null },
    });
    expect(sent.status).toBe(200);
    const { mode: _mode, ...without } = parametersOfFlow;
    expect(paloma.simulator.sent[0]?.body["interactive"]).toMatchObject({
      action: { parameters: without },
    });
    const [{ id }] = sent.body.messages;
    const { body } = await paloma.api("GET", `/v1/messages/${encodeURIComponent(id)}`);
    expect(body.metadata).toEqual({ visit: null });
  });

  it("leaves what is required to be asked for", async () => {
    const { api } = startPaloma();
    const to = `+${newCustomer()}`;
    for (const [body, pointer] of [
      [{ to, type: "text", text: null }, "/text: is required"],
      [{ to, type: "text", text: { body: null } }, "/text/body: is required"],
      [{ to: null, ...REMINDER }, "give exactly one of to"],
      [{ to, ...REMINDER, context: { message_id: null } }, "/context/message_id: is required"],
    ] as const) {
      const { body: refused } = await api("POST", MESSAGES, body);
      expect(refused.error.error_data.details).toContain(pointer);
    }
  });

  it("makes no other request of it (I7)", async () => {
    const { api, simulator } = startPaloma();
    const body = { to: `+${newCustomer()}`, ...REMINDER };
    const headers = { "idempotency-key": crypto.randomUUID() };
    const first = await api("POST", MESSAGES, body, { headers });
    const again = await api("POST", MESSAGES, { ...body, context: null }, { headers });
    expect(again.body).toEqual(first.body);
    expect(simulator.sent).toHaveLength(1);
  });

  it("counts as absent in a read mark as well", async () => {
    const paloma = startPaloma();
    const { wamid } = await customerWhoWrote(paloma);
    const mark = { status: "read", message_id: wamid, typing_indicator: null, to: null };
    expect(await paloma.api("POST", MESSAGES, mark)).toMatchObject({ status: 200 });
    expect(paloma.simulator.reads.at(-1)).toMatchObject({ wamid, typing: false });
    const sent = await paloma.api("POST", MESSAGES, {
      to: `+${newCustomer()}`,
      ...REMINDER,
      status: null,
    });
    expect(sent.body.messages).toHaveLength(1);
  });
});

describe("a number in to", () => {
  it("is the phone number of its digits", async () => {
    const { api, simulator } = startPaloma();
    const customer = newCustomer();
    const sent = await api("POST", MESSAGES, { to: Number(customer), ...REMINDER });
    expect(sent).toMatchObject({
      status: 200,
      body: { contacts: [{ input: customer, wa_id: customer }] },
    });
    expect(simulator.sent).toHaveLength(1);
  });

  it.each(["12", "12345678901234567890", "5.5", "1e300"])("is refused as %s", async (digits) => {
    const { api } = startPaloma();
    const text = JSON.stringify({ to: 0, ...REMINDER }).replace('"to":0', `"to":${digits}`);
    const refused = await api("POST", MESSAGES, text);
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 100 } } });
    expect(refused.body.error.error_data.details).toContain("/to: ");
  });
});

describe("members beside the content", () => {
  const BESIDE = '{"flag":true,"ids":[90071992547409931234,null],"none":{"at":null}}';

  it("that are not known go on to Meta as they are, digit for digit", async () => {
    const paloma = startPaloma();
    const { to, wamid } = await customerWhoWrote(paloma);
    const body = JSON.stringify({
      to,
      ...REMINDER,
      recipient_identity_key_hash: "DF2lS5v2W6x=",
      context: { message_id: wamid, future: 7 },
      message_activity_sharing: false,
      future: 0,
    }).replace('"future":0', `"future":${BESIDE}`);
    expect(await paloma.api("POST", MESSAGES, body)).toMatchObject({ status: 200 });
    expect(paloma.simulator.sent[0]?.body).toMatchObject({
      recipient_identity_key_hash: "DF2lS5v2W6x=",
      context: { message_id: wamid, future: 7 },
      message_activity_sharing: false,
      template: REMINDER.template,
    });
    expect(sentText()).toContain(`"future":${BESIDE}`);
  });

  it("go with the message however late it leaves, with its fallback and when it is sent again", async () => {
    const { api, simulator } = startPaloma();
    simulator.rules.add({ effect: { kind: "graph_error", code: 131026 } });
    const hash = { recipient_identity_key_hash: "DF2lS5v2W6x=" };
    const failed = await api("POST", "/v1/messages", {
      to: `+${newCustomer()}`,
      text: { body: "hola" },
      window: "meta",
      ...hash,
    });
    const { message_id } = failed.body;
    expect(failed.body).toMatchObject({ code: "rejected_by_meta" });
    simulator.rules.clear();
    await api("POST", `/v1/messages/${message_id}/resend`);
    expect(simulator.calls.at(-1)?.body).toMatchObject({ type: "text", ...hash });
    const { template } = REMINDER;
    const fallen = await api("POST", "/v1/messages", {
      to: `+${newCustomer()}`,
      text: { body: "hola" },
      fallback: template,
      ...hash,
    });
    await eventually(
      async () => simulator.sent,
      (sent) => sent.length > 0,
    );
    expect(fallen.status).toBeLessThan(300);
    expect(simulator.sent[0]?.body).toMatchObject({ type: "template", ...hash });
  });

  it("never stand in the place of what is ours to say, and no token goes on", async () => {
    const { api, simulator } = startPaloma();
    const to = `+${newCustomer()}`;
    const call = { access_token: "test-clinic-token", appsecret_proof: "ab", method: "delete" };
    const callback = { biz_opaque_callback_data: "mine" };
    const sent = await api("POST", MESSAGES, { to, ...REMINDER, ...call, ...callback });
    expect(sent.status).toBe(200);
    const [{ id }] = sent.body.messages;
    const { body: message } = await api("GET", `/v1/messages/${encodeURIComponent(id)}`);
    expect(message.biz_opaque_callback_data).toBe("mine");
    expect(simulator.sent[0]?.body).toEqual({
      messaging_product: "whatsapp",
      recipient_type: "individual",
      to,
      ...REMINDER,
      biz_opaque_callback_data: message.id,
    });
  });

  it("may be as large as what can be kept of them, and no larger", async () => {
    const { api, simulator } = startPaloma();
    const to = `+${newCustomer()}`;
    const future = (length: number) => ({ to, ...REMINDER, future: "x".repeat(length) });
    const bytesAround = '{"future":""}'.length;
    expect((await api("POST", MESSAGES, future(16_384 - bytesAround))).status).toBe(200);
    const refused = await api("POST", MESSAGES, future(16_385 - bytesAround));
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 100 } } });
    expect(refused.body.error.error_data.details).toContain("at most 16384 bytes");
    expect(simulator.sent).toHaveLength(1);
  });

  it("go on with a read mark", async () => {
    const paloma = startPaloma();
    const { wamid } = await customerWhoWrote(paloma);
    const mark = { status: "read", message_id: wamid, recipient_type: "individual", future: [1] };
    expect((await paloma.api("POST", MESSAGES, mark)).status).toBe(200);
    expect(paloma.simulator.calls.at(-1)?.body).toEqual({ messaging_product: "whatsapp", ...mark });
  });

  it("of a read mark are refused where no one can send them on", async () => {
    const { api } = startPaloma();
    const nested = "[".repeat(100_000) + "]".repeat(100_000);
    const mark = `{"status":"read","message_id":"wamid.1","future":${nested}}`;
    const refused = await api("POST", MESSAGES, mark);
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 100 } } });
    expect(refused.body.error.error_data.details).toContain("nested deeper");
  });

  it("are refused by /v1, but for Meta's own", async () => {
    const { api, simulator } = startPaloma();
    const to = `+${newCustomer()}`;
    const refused = await api("POST", "/v1/messages", { to, ...REMINDER, future: 1 });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: "/future" }] } });
    const wrong = { recipient_identity_key_hash: 7 };
    expect(await api("POST", "/v1/messages", { to, ...REMINDER, ...wrong })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: "/recipient_identity_key_hash" }] },
    });
    const hash = { recipient_identity_key_hash: "DF2lS5v2W6x=" };
    const sent = await api("POST", "/v1/messages", { to, ...REMINDER, ...hash });
    expect(sent.status).toBe(201);
    expect(simulator.sent[0]?.body).toMatchObject(hash);
  });
});

describe("an address of a file", () => {
  const linked = (link: string) => ({ type: "image", image: { link } });

  it("may begin with http:, in a header as well, which /v1 refuses", async () => {
    const paloma = startPaloma();
    const { to } = await customerWhoWrote(paloma);
    const image = linked("http://a.mx/a.jpg");
    const interactive = {
      type: "button",
      header: image,
      body: { text: "¿Vienes?" },
      action: { buttons: [{ type: "reply", reply: { id: "si", title: "Sí" } }] },
    };
    for (const message of [image, { type: "interactive", interactive }]) {
      expect((await paloma.api("POST", MESSAGES, { to, ...message })).status).toBe(200);
      expect(paloma.simulator.sent.at(-1)?.body).toMatchObject(message);
      const refused = await paloma.api("POST", "/v1/messages", { to, ...message });
      expect(refused.body.errors).toMatchObject([{ detail: "must begin with https:, got http:" }]);
    }
  });

  it.each(["ftp://a.mx/a.jpg", "file:///etc/passwd", "http://ana:s@a.mx/a.jpg", "/a.jpg"])(
    "is refused as %s",
    async (link) => {
      const { api } = startPaloma();
      const refused = await api("POST", MESSAGES, { to: `+${newCustomer()}`, ...linked(link) });
      expect(refused).toMatchObject({ status: 400, body: { error: { code: 100 } } });
      expect(refused.body.error.error_data.details).toContain("/image/link: ");
    },
  );
});

describe("a list of templates as pywa asks for it", () => {
  it("has Meta's fields and its summary", async () => {
    const { api } = startPaloma();
    const query = new URLSearchParams({
      fields: "id,name,language,category,status,components,parameter_format,quality_score",
      summary: "total_count,message_template_count,message_template_limit",
      status: "APPROVED,PENDING",
      limit: "2",
    });
    const { body } = await api(
      "GET",
      `/v25.0/102290129340398/message_templates?${query.toString()}`,
    );
    expect(body).toMatchObject({
      data: [
        { name: "appointment_reminder", quality_score: { date: expect.any(Number) } },
        { name: "vaccination_reminder" },
      ],
      summary: { total_count: 3, message_template_count: 3, message_template_limit: 250 },
    });
    const next: string = body.paging.next;
    expect(new URL(next).searchParams.get("summary")).toBe(query.get("summary"));
  });

  it("is asked for by plain names alone", async () => {
    const { api } = startPaloma();
    const list = "/v25.0/102290129340398/message_templates?summary=owner{id}";
    expect(await api("GET", list)).toMatchObject({ status: 400, body: { error: { code: 100 } } });
  });
});

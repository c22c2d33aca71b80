import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { app } from "../../../src/app.ts";
import { faultyD1 } from "../../support/faulty-d1.ts";
import { fileAtMeta } from "../../support/media-files.ts";
import {
  newCustomer,
  NUMBER,
  OTHER_NUMBER,
  startPaloma,
  type Paloma,
} from "../../support/paloma.ts";

const ACCOUNT = "102290129340398";
const MESSAGES = `/v25.0/${NUMBER}/messages`;

const WHATSAPP = { messaging_product: "whatsapp", recipient_type: "individual" };

const REMINDER = {
  ...WHATSAPP,
  type: "template",
  template: {
    name: "appointment_reminder",
    language: { code: "es_MX" },
    components: [
      {
        type: "body",
        parameters: ["Ana", "Luna", "lunes", "10:00"].map((text) => ({ type: "text", text })),
      },
    ],
  },
};

async function customerWhoWrote({ simulator }: Paloma): Promise<{ from: string; wamid: string }> {
  const from = newCustomer();
  const wamid = await simulator.customers.write({ from, content: { type: "text", body: "hola" } });
  await simulator.flush();
  return { from, wamid };
}

describe("a token", () => {
  it("may stand in the query, where it opens what it may", async () => {
    const { api } = startPaloma();
    const list = `/v25.0/${ACCOUNT}/message_templates`;
    const open = await api("GET", `${list}?access_token=test-reader-token`, undefined, {
      token: null,
    });
    expect(open.status).toBe(200);
    const wrong = await api("GET", `${list}?access_token=test-app-secret`, undefined, {
      token: null,
    });
    expect(wrong).toMatchObject({ status: 401, body: { error: { code: 190 } } });
    const sent = await api("POST", `${MESSAGES}?access_token=test-reader-token`, REMINDER, {
      token: null,
    });
    expect(sent).toMatchObject({ status: 403, body: { error: { code: 10 } } });
  });

  it("never comes to the log, nor does the query (I11)", async () => {
    const { api } = startPaloma();
    const logged = vi.spyOn(console, "error").mockReturnValue();
    faultyD1().set("refused");
    const body = { ...REMINDER, to: `+${newCustomer()}` };
    const failed = await api("POST", `${MESSAGES}?access_token=test-clinic-token`, body, {
      token: null,
      headers: { "idempotency-key": crypto.randomUUID() },
    });
    expect(failed).toMatchObject({
      status: 503,
      body: { error: { code: 131016, is_transient: true } },
    });
    expect(logged).toHaveBeenCalled();
    expect(JSON.stringify(logged.mock.calls)).not.toMatch(/token|access/);
  });
});

describe("POST messages", () => {
  it("answers as Graph does, with the wamid and the customer as Meta spells them", async () => {
    const paloma = startPaloma();
    const { from } = await customerWhoWrote(paloma);
    const sent = await paloma.api("POST", MESSAGES, {
      ...WHATSAPP,
      to: `+52${from.slice(3)}`,
      type: "text",
      text: { body: "¡Hola!" },
    });
    expect(sent.status).toBe(200);
    expect(sent.body).toEqual({
      messaging_product: "whatsapp",
      contacts: [{ input: `+52${from.slice(3)}`, wa_id: from }],
      messages: [{ id: paloma.simulator.sent[0]?.wamid }],
    });
  });

  it("sends from the number in the path", async () => {
    const { api, simulator } = startPaloma();
    const to = `+${newCustomer()}`;
    const sent = await api("POST", `/v19.0/${OTHER_NUMBER}/messages`, { ...REMINDER, to });
    expect(sent.status).toBe(200);
    expect(simulator.sent).toMatchObject([{ phoneNumberId: OTHER_NUMBER }]);
    expect(simulator.calls.at(-1)?.path).toMatch(/^\/v25\.0\//);
  });

  it("takes a user id, and gives it back", async () => {
    const { api, simulator } = startPaloma();
    const recipient = simulator.customers.put(newCustomer())?.userId;
    const sent = await api("POST", MESSAGES, { ...REMINDER, recipient });
    expect(sent.body).toMatchObject({ contacts: [{ input: recipient, user_id: recipient }] });
  });

  it("answers a message that waits with our id, which is understood afterwards", async () => {
    const { api, simulator } = startPaloma();
    const to = `+${newCustomer()}`;
    const send_at = new Date(Date.now() + 60 * 60 * 1000).toISOString();
    const { body } = await api("POST", MESSAGES, { ...REMINDER, to, send_at });
    const [{ id }] = body.messages;
    expect(id).toMatch(/^msg_/);
    expect(simulator.sent).toEqual([]);
    const early = await api("POST", MESSAGES, { ...REMINDER, to, context: { message_id: id } });
    expect(early).toMatchObject({ status: 400, body: { error: { code: 100 } } });
    expect(early.body.error.error_data.details).toContain("/context/message_id");
    const first = await api("POST", "/v1/messages", { to, ...REMINDER });
    const reply = await api("POST", MESSAGES, {
      ...REMINDER,
      to,
      context: { message_id: first.body.id },
    });
    expect(reply.status).toBe(200);
    expect(simulator.sent.at(-1)?.body["context"]).toEqual({ message_id: first.body.wamid });
  });

  it("sends once for each Idempotency-Key, and says that it did before (I7)", async () => {
    const { api, simulator } = startPaloma();
    const body = { ...REMINDER, to: `+${newCustomer()}` };
    const headers = { "idempotency-key": crypto.randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => api("POST", MESSAGES, body, { headers })),
    );
    for (const answer of answers) expect(answer.body).toEqual(answers[0]?.body);
    expect(simulator.sent).toHaveLength(1);
    const again = await api("POST", MESSAGES, body, { headers });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    const other = await api(
      "POST",
      MESSAGES,
      { ...body, biz_opaque_callback_data: "x" },
      { headers },
    );
    expect(other).toMatchObject({ status: 400, body: { error: { code: 100 } } });
  });

  it("answers with our id where the conversation can't be reached: the message stands (I7)", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const { api } = startPaloma();
    const CONVERSATION = new Proxy(env.CONVERSATION, {
      get(target, name) {
        if (name === "get") {
          return () => ({ dispatch: async () => Promise.reject(new Error("unreachable")) });
        }
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    const context = createExecutionContext();
    const to = `+${newCustomer()}`;
    const response = await app.fetch(
      new Request(`https://paloma.test${MESSAGES}`, {
        method: "POST",
        headers: { authorization: "Bearer test-clinic-token" },
        body: JSON.stringify({ ...REMINDER, to }),
      }),
      { ...env, CONVERSATION },
      context,
    );
    await waitOnExecutionContext(context);
    expect(response.status).toBe(200);
    const { messages }: { messages: { id: string }[] } = await response.json();
    expect(messages[0]?.id).toMatch(/^msg_/);
    const { body } = await api("GET", `/v1/messages/${messages[0]?.id}`);
    expect(body).toMatchObject({ status: "pending", direction: "outbound" });
  });

  it.each([
    [{ from: OTHER_NUMBER }, "/from: "],
    [{ conversation_id: "0".repeat(64) }, "/conversation_id: "],
    [{ to: "12" }, "/to: "],
    [{ image: { id: "1" } }, "/image: "],
    [{ template: { name: "UPPER" } }, "/template/name: "],
    [{ messaging_product: "instagram" }, "/messaging_product: "],
  ])("refuses %j and names the field", async (change, pointer) => {
    const { api, simulator } = startPaloma();
    const to = `+${newCustomer()}`;
    const refused = await api("POST", MESSAGES, { ...REMINDER, to, ...change });
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 100 } } });
    expect(refused.body.error.error_data.details).toContain(pointer);
    expect(simulator.sent).toEqual([]);
  });

  it("hands on what Meta itself refuses, in Meta's words", async () => {
    const { api, simulator } = startPaloma();
    simulator.rules.add({ effect: { kind: "graph_error", code: 131026 } });
    const refused = await api("POST", MESSAGES, { ...REMINDER, to: `+${newCustomer()}` });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { code: 131026, message: expect.stringContaining("undeliverable") } },
    });
  });
});

describe("POST messages with a status", () => {
  it("marks as read by wamid or by our id, and shows the typing indicator", async () => {
    const paloma = startPaloma();
    const { wamid } = await customerWhoWrote(paloma);
    const { body: message } = await paloma.api("GET", `/v1/messages/${encodeURIComponent(wamid)}`);
    const { length: before } = paloma.simulator.reads;
    const read = { messaging_product: "whatsapp", status: "read" };
    const byWamid = await paloma.api("POST", MESSAGES, { ...read, message_id: wamid });
    expect(byWamid).toMatchObject({ status: 200, body: { success: true } });
    const typing_indicator = { type: "text" };
    const byId = await paloma.api("POST", MESSAGES, {
      ...read,
      message_id: message.id,
      typing_indicator,
    });
    expect(byId.status).toBe(200);
    expect(paloma.simulator.reads.slice(before)).toMatchObject([
      { wamid, typing: false },
      { wamid, typing: true },
    ]);
  });

  it.each([
    [{ status: "delivered", message_id: "wamid.1" }, "/status: "],
    [{ status: "read" }, "/message_id: is required"],
    [{ status: "read", message_id: "msg_0" }, "/message_id: "],
    [
      { status: "read", message_id: "wamid.1", typing_indicator: { type: "voice" } },
      "/typing_indicator/type: ",
    ],
  ])("refuses %j and names the field", async (body, pointer) => {
    const { api } = startPaloma();
    const refused = await api("POST", MESSAGES, body);
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 100 } } });
    expect(refused.body.error.error_data.details).toContain(pointer);
  });

  it("refuses a message of ours, and leaves one that we don't know to Meta", async () => {
    const { api } = startPaloma();
    const { body: ours } = await api("POST", "/v1/messages", {
      to: `+${newCustomer()}`,
      ...REMINDER,
    });
    for (const message_id of [ours.id, ours.wamid]) {
      const refused = await api("POST", MESSAGES, { status: "read", message_id });
      expect(refused.body.error.error_data.details).toContain("/message_id: ");
    }
    const unknown = await api("POST", MESSAGES, { status: "read", message_id: "wamid.unknown" });
    expect(unknown).toMatchObject({ status: 400, body: { error: { code: 131009 } } });
  });
});

describe("media", () => {
  const bytes = new TextEncoder().encode("receta");

  async function upload(): Promise<string> {
    const form = new FormData();
    form.set("messaging_product", "whatsapp");
    form.set("type", "text/plain");
    form.set("file", new File([bytes], "receta.txt", { type: "text/plain" }));
    const response = await exports.default.fetch(`https://paloma.test/v25.0/${NUMBER}/media`, {
      method: "POST",
      headers: { authorization: "Bearer test-clinic-token" },
      body: form,
    });
    expect(response.status).toBe(200);
    const { id }: { id: string } = await response.json();
    return id;
  }

  it("is uploaded, looked up, downloaded without a token and deleted", async () => {
    const { api } = startPaloma();
    const id = await upload();
    const { body } = await api("GET", `/v25.0/${id}?phone_number_id=${NUMBER}`);
    expect(body).toEqual({
      messaging_product: "whatsapp",
      url: expect.stringMatching(/^https:\/\/paloma\.test\/v1\/media\//),
      mime_type: "text/plain",
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      file_size: bytes.length,
      id,
    });
    const download = await exports.default.fetch(body.url);
    expect(new Uint8Array(await download.arrayBuffer())).toEqual(bytes);
    expect((await api("DELETE", `/v25.0/${id}`)).body).toEqual({ success: true });
    for (const method of ["GET", "DELETE"]) {
      expect(await api(method, `/v25.0/${id}`)).toMatchObject({
        status: 400,
        body: { error: { code: 100, error_subcode: 33 } },
      });
    }
    expect(await upload()).not.toBe(id);
  });

  it("of a customer's is found by our id as by Meta's", async () => {
    const paloma = startPaloma();
    const wamid = await paloma.simulator.customers.write({
      from: newCustomer(),
      content: { type: "image" },
    });
    await paloma.simulator.flush();
    const { body } = await paloma.api("GET", `/v1/messages/${encodeURIComponent(wamid)}`);
    const [{ media_id, meta_id }] = body.attachments;
    const ours = await paloma.api("GET", `/v25.0/${media_id}`);
    const metas = await paloma.api("GET", `/v25.0/${meta_id}`);
    expect(ours.body).toMatchObject({ id: media_id, sha256: metas.body.sha256 });
    expect(metas.status).toBe(200);
  });

  it("of another number is unknown to this one, and so is what nobody has", async () => {
    const { api } = startPaloma();
    const id = await upload();
    for (const path of [
      `/v25.0/${id}?phone_number_id=${OTHER_NUMBER}`,
      "/v25.0/med_000000000001",
    ]) {
      expect(await api("GET", path)).toMatchObject({ status: 400, body: { error: { code: 100 } } });
    }
    expect((await api("DELETE", "/v25.0/med_000000000001")).status).toBe(400);
  });

  it("is nothing else of Meta's: a number is neither described nor deleted", async () => {
    const { api, simulator } = startPaloma();
    for (const method of ["GET", "DELETE"]) {
      expect(await api(method, `/v25.0/${NUMBER}`)).toMatchObject({
        status: 400,
        body: {
          error: {
            code: 100,
            error_subcode: 33,
            error_data: { details: "No media file has this id." },
          },
        },
      });
    }
    expect(simulator.calls.map(({ method }) => method)).toEqual(["GET", "GET"]);
    expect((await api("GET", `/v1/media/${NUMBER}`)).status).toBe(404);
  });

  it("that only Meta knows can be deleted", async () => {
    const { api, simulator } = startPaloma();
    const { meta_id: id } = await fileAtMeta();
    await env.DB.prepare("DELETE FROM media WHERE meta_id = ?").bind(id).run();
    expect((await api("DELETE", `/v25.0/${id}`)).body).toEqual({ success: true });
    expect(simulator.calls.at(-1)).toMatchObject({ method: "DELETE", status: 200 });
  });

  it("that can't be read or sent is refused with its reason", async () => {
    const { api } = startPaloma();
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    const broken = await api("POST", `/v25.0/${NUMBER}/media`, "no form", { headers });
    expect(broken).toMatchObject({ status: 400, body: { error: { code: 100 } } });
    const program = await api("POST", `/v25.0/${NUMBER}/media`, "MZ", {
      headers: { "content-type": "application/x-msdownload" },
    });
    expect(program.body.error.error_data.details).toMatch(/^\/file: /);
  });

  it("that is not kept here comes by Meta's answer, and while Meta fails by none", async () => {
    const { api, simulator } = startPaloma();
    const { meta_id: id } = await fileAtMeta();
    expect(await api("GET", `/v25.0/${id}`)).toMatchObject({ status: 200, body: { id } });
    simulator.rules.add({
      match: { route: "media_lookup" },
      effect: { kind: "http_error", status: 503, when: "before" },
    });
    expect(await api("GET", `/v25.0/${id}`)).toMatchObject({
      status: 502,
      body: { error: { code: 131016, is_transient: true } },
    });
  });
});

describe("GET message_templates", () => {
  it("pages through what Meta says now, by links to us", async () => {
    const { api, simulator } = startPaloma();
    const names: string[] = [];
    let next: string | undefined = `/v25.0/${ACCOUNT}/message_templates?fields=name,status&limit=2`;
    while (next !== undefined) {
      const { status, body } = await api("GET", next.replace("https://paloma.test", ""));
      expect(status).toBe(200);
      names.push(...body.data.map(({ name }: { name: string }) => name));
      next = body.paging?.next;
    }
    expect(names).toEqual(simulator.templates.all().map(({ name }) => name));
  });

  it("never hands a command on to Meta", async () => {
    const { api, simulator } = startPaloma();
    await api("GET", `/v25.0/${ACCOUNT}/message_templates?method=delete&name=order_ready`);
    expect(simulator.calls.at(-1)).toMatchObject({ method: "GET", query: "name=order_ready" });
  });

  it("refuses what it can't hand on, and says what Meta refuses", async () => {
    const { api } = startPaloma();
    const fields = await api("GET", `/v25.0/${ACCOUNT}/message_templates?fields=owner{id}`);
    expect(fields).toMatchObject({ status: 400, body: { error: { code: 100 } } });
    const unknown = await api("GET", "/v25.0/999/message_templates");
    expect(unknown).toMatchObject({ status: 400, body: { error: { code: 100 } } });
  });
});

describe("what is no route", () => {
  it("another method is 405 in Graph's shape, with Allow", async () => {
    const { api } = startPaloma();
    const { status, headers, body } = await api("PUT", "/v25.0/1/messages");
    expect(status).toBe(405);
    expect(headers.get("allow")).toBe("POST");
    expect(body).toMatchObject({ error: { code: 100, error_subcode: 33 } });
    expect((await api("POST", "/v25.0/1")).headers.get("allow")).toBe("GET, HEAD, DELETE");
  });

  it("members of a query that Graph's clients add are passed over", async () => {
    const { api } = startPaloma();
    const query = "fields=id,name&appsecret_proof=00&limit=5&limit=5&pretty=1";
    const { status } = await api("GET", `/v25.0/102290129340398/message_templates?${query}`);
    expect(status).toBe(200);
  });

  it.each(["POST /v25.0/1/calls", "GET /v25.0/1/2/3", "GET /v25.0/"])(
    "%s is refused in Graph's shape",
    async (line) => {
      const { api } = startPaloma();
      const [method = "", path = ""] = line.split(" ");
      expect(await api(method, path)).toMatchObject({
        status: 400,
        body: { error: { code: 100, error_subcode: 33 } },
      });
    },
  );
});

describe("without a whole configuration", () => {
  it("every route says in Graph's shape what is missing", async () => {
    const context = createExecutionContext();
    const response = await app.fetch(
      new Request(`https://paloma.test${MESSAGES}`, { method: "POST" }),
      { ...env, API_TOKENS: "" },
      context,
    );
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      error: { code: 131016, error_data: { details: expect.stringContaining("API_TOKENS") } },
    });
  });
});

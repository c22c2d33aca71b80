import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { renewFiles } from "../../../src/conversation/sending/send-ports.ts";
import { archiveMedia } from "../../../src/media/archive.ts";
import { createDatabase } from "../../../src/store/d1.ts";
import { keepTemplateUpdates, EMPTY_UPDATE } from "../../../src/store/templates.ts";
import { outgoingMessage } from "../../support/conversation-messages.ts";
import {
  conversationWithId,
  letTimePass,
  stopTheClock,
} from "../../support/conversation-object.ts";
import { fileAtMeta, fileRow, places } from "../../support/media-files.ts";
import { newCustomer, OTHER_NUMBER, type Paloma, startPaloma } from "../../support/paloma.ts";
import { unique } from "../../support/store-rows.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

let paloma: Paloma;

beforeEach(() => {
  vi.spyOn(console, "info").mockReturnValue();
  stopTheClock();
  paloma = startPaloma();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Bytes that nobody uploaded before. */
async function uploadedImage() {
  const { status, body } = await paloma.api("POST", "/v1/media", unique("Luna "), {
    headers: { "content-type": "image/jpeg" },
  });
  expect(status).toBe(201);
  const file: { id: string; meta_id: string } = body;
  return file;
}

async function customerWhoWrites(from = newCustomer()): Promise<string> {
  await paloma.simulator.customers.write({ from, content: { type: "text", body: "¿Y la foto?" } });
  await paloma.simulator.flush();
  return from;
}

function sendImage(to: string, media_id: string, options: Record<string, unknown> = {}) {
  return paloma.api("POST", "/v1/messages", {
    to,
    type: "image",
    image: { media_id, caption: "Luna" },
    ...options,
  });
}

const uploads = () => paloma.simulator.calls.filter(({ route }) => route === "media_upload").length;

const sentImages = () => paloma.simulator.sent.map(({ body }) => body["image"]);

function fileOf(media_id: string) {
  return env.DB.prepare("SELECT * FROM media WHERE id = ?").bind(media_id).first();
}

describe("a file named by our id", () => {
  it("goes by Meta's id while Meta has it", async () => {
    const to = await customerWhoWrites();
    const { id, meta_id } = await uploadedImage();
    const { status, body } = await sendImage(to, id);
    expect(status).toBe(201);
    expect(sentImages()).toEqual([{ id: meta_id, caption: "Luna" }]);
    expect(uploads()).toBe(1);
    expect(body.attachments).toMatchObject([
      { type: "image", media_id: id, meta_id, url: `/v1/media/${id}`, stored: true, error: null },
    ]);
  });

  it("is uploaded again by itself once Meta's copy has expired, and once only", async () => {
    const { id, meta_id } = await uploadedImage();
    vi.setSystemTime(Date.now() + 40 * DAY_MS);
    const to = await customerWhoWrites();
    expect((await sendImage(to, id)).status).toBe(201);
    expect((await sendImage(to, id)).status).toBe(201);
    expect(uploads()).toBe(2);
    const renewed = await fileOf(id);
    expect(renewed).toMatchObject({ meta_id, renewed_meta_id: expect.stringMatching(/^\d+$/) });
    const sent = { id: renewed?.["renewed_meta_id"], caption: "Luna" };
    expect(sentImages()).toEqual([sent, sent]);
    const { body } = await paloma.api("GET", `/v1/media/${id}`);
    expect(body).toMatch(/^Luna /);
  });

  it("may be one that a customer sent and Meta has forgotten after 7 days", async () => {
    const from = newCustomer();
    const { meta_id, id } = await fileAtMeta({ filename: null });
    const { graph, database } = places();
    await archiveMedia(graph, database, env.MEDIA, id);
    paloma.simulator.media.lose(meta_id);
    vi.setSystemTime(Date.now() + 8 * DAY_MS);
    const to = await customerWhoWrites(from);
    const answer = await paloma.api("POST", "/v1/messages", {
      to,
      type: "document",
      document: { media_id: id, filename: "receta.pdf" },
    });
    expect(answer.status).toBe(201);
    expect(paloma.simulator.sent).toHaveLength(1);
  });

  it("waits for its time with a message scheduled 59 days ahead", async () => {
    const to = await customerWhoWrites();
    const { id } = await uploadedImage();
    const dueAt = Date.now() + 59 * DAY_MS;
    const scheduled = await sendImage(to, id, { send_at: new Date(dueAt).toISOString() });
    expect(scheduled).toMatchObject({ status: 202, body: { status: "scheduled" } });
    const conversation = conversationWithId(scheduled.body.conversation_id);
    await letTimePass(conversation, 59 * DAY_MS - HOUR_MS);
    await customerWhoWrites(to);
    expect(uploads()).toBe(1);
    await letTimePass(conversation, 2 * HOUR_MS);
    const { body } = await paloma.api("GET", `/v1/messages/${scheduled.body.id}`);
    expect(body).toMatchObject({ status: "accepted" });
    expect(uploads()).toBe(2);
    expect(paloma.simulator.sent).toHaveLength(1);
  });

  it("may stand in the parameter of a template, and again in a resend", async () => {
    const { id, meta_id } = await uploadedImage();
    const template = (media_id: string) => ({
      name: "unknown_with_picture",
      language: { code: "es_MX" },
      components: [
        { type: "header", parameters: [{ type: "image", image: { media_id } }] },
        {
          type: "body",
          parameters: [
            { type: "text", text: "Ana" },
            { type: "text", text: "7" },
          ],
        },
      ],
    });
    const to = newCustomer();
    // The simulated account has no such template, and says so of what reached it.
    const answer = await paloma.api("POST", "/v1/messages", {
      to,
      type: "template",
      template: template(id),
    });
    expect(answer).toMatchObject({ status: 422, body: { code: "rejected_by_meta" } });
    const calls = () => paloma.simulator.calls.filter(({ route }) => route === "messages");
    const parameter = { type: "image", image: { id: meta_id } };
    expect(calls().at(-1)?.body).toMatchObject({
      template: { components: [{ parameters: [parameter] }, {}] },
    });
    vi.setSystemTime(Date.now() + 40 * DAY_MS);
    await paloma.api("POST", `/v1/messages/${answer.body.message_id}/resend`);
    expect(uploads()).toBe(2);
    const renewed = await fileOf(id);
    expect(calls().at(-1)?.body).toMatchObject({
      template: {
        components: [{ parameters: [{ image: { id: renewed?.["renewed_meta_id"] } }] }, {}],
      },
    });
  });
});

describe("a file in the header of a template that is known", () => {
  const TEMPLATE = { language: { code: "es_MX" } };

  /** Known by Meta's word alone; the simulated account has it too. */
  async function knownTemplate(): Promise<string> {
    const name = unique("with_picture_").replaceAll("-", "_");
    const components = [
      { type: "HEADER", format: "IMAGE" },
      { type: "BODY", text: "Mira a Luna." },
    ] as const;
    const approved = { name, language: "es_MX", status: "APPROVED", category: "UTILITY" } as const;
    await keepTemplateUpdates(createDatabase(env.DB), [
      {
        ...EMPTY_UPDATE,
        ...approved,
        components: JSON.stringify(components),
        components_whole: true,
        at: Date.now(),
      },
    ]);
    paloma = startPaloma({ templates: [{ ...approved, components }] });
    return name;
  }

  const withHeader = (name: string, image: object) => ({
    ...TEMPLATE,
    name,
    components: [{ type: "header", parameters: [{ type: "image", image }] }],
  });

  it("may be named by our id", async () => {
    const name = await knownTemplate();
    const { id, meta_id } = await uploadedImage();
    const template = withHeader(name, { media_id: id });
    const answer = await paloma.api("POST", "/v1/messages", {
      to: newCustomer(),
      type: "template",
      template,
    });
    expect(answer).toMatchObject({ status: 201, body: { attachments: [{ media_id: id }] } });
    expect(paloma.simulator.sent[0]?.body["template"]).toEqual(withHeader(name, { id: meta_id }));
  });

  it("is renewed also where the template is a fallback", async () => {
    const name = await knownTemplate();
    const { id } = await uploadedImage();
    vi.setSystemTime(Date.now() + 40 * DAY_MS);
    const answer = await paloma.api("POST", "/v1/messages", {
      to: newCustomer(),
      text: { body: "¿Viste la foto?" },
      fallback: withHeader(name, { media_id: id }),
    });
    expect(answer).toMatchObject({
      status: 201,
      body: { type: "template", body: "Mira a Luna.", attachments: [{ media_id: id }] },
    });
    expect(uploads()).toBe(2);
    const renewed = await fileOf(id);
    expect(paloma.simulator.sent[0]?.body["template"]).toEqual(
      withHeader(name, { id: renewed?.["renewed_meta_id"] }),
    );
  });

  it("is refused where there is no such file, at its place in the fallback", async () => {
    const answer = await paloma.api("POST", "/v1/messages", {
      to: newCustomer(),
      text: { body: "¿Viste la foto?" },
      fallback: withHeader("unknown_with_picture", { media_id: "med_none" }),
    });
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: "/fallback/components/0/parameters/0/image/media_id" }] },
    });
  });
});

describe("a file that can't be uploaded again", () => {
  it("now, keeps its message waiting, and the next try sends it", async () => {
    const { id } = await uploadedImage();
    vi.setSystemTime(Date.now() + 40 * DAY_MS);
    const to = await customerWhoWrites();
    paloma.simulator.rules.add({
      match: { route: "media_upload", times: 1 },
      effect: { kind: "http_error", status: 503, when: "before" },
    });
    const waiting = await sendImage(to, id);
    expect(waiting).toMatchObject({
      status: 202,
      body: { status: "queued", error: { code: "meta_unavailable" } },
    });
    await letTimePass(conversationWithId(waiting.body.conversation_id), HOUR_MS);
    const { body } = await paloma.api("GET", `/v1/messages/${waiting.body.id}`);
    expect(body).toMatchObject({ status: "accepted", error: null });
  });

  it("for Meta refuses it, fails its message with Meta's words", async () => {
    const { id } = await uploadedImage();
    vi.setSystemTime(Date.now() + 40 * DAY_MS);
    const to = await customerWhoWrites();
    paloma.simulator.rules.add({
      match: { route: "media_upload" },
      effect: { kind: "graph_error", code: 131053, details: "Not this one." },
    });
    expect(await sendImage(to, id)).toMatchObject({
      status: 422,
      body: {
        code: "rejected_by_meta",
        detail: expect.stringContaining("Not this one."),
        meta_error: { code: 131053 },
      },
    });
    expect(paloma.simulator.sent).toEqual([]);
  });

  it("for it is lost, fails its message and says why", async () => {
    const now = Date.now();
    const stored = { stored_at: now, size_bytes: 3, meta_expires_at: now };
    const unsendable = await fileRow({ ...stored, mime_type: "text/html" });
    const to = await customerWhoWrites();
    const answer = await paloma.api("POST", "/v1/messages", {
      to,
      type: "document",
      document: { media_id: unsendable.id },
    });
    expect(answer).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining("Meta does not take it as an upload") },
    });
    const message = (media_id: string) =>
      outgoingMessage({ type: "image", files: [{ media_id, usable_until: 0 }] });
    const failing = (detail: string) => ({
      kind: "fail",
      error: { code: "media_expired", detail },
    });
    expect(await renewFiles(env)(message("med_gone"))).toEqual(
      failing("Its file can't be sent: no file of ours has this id any more."),
    );
    const { id } = await fileRow({ meta_expires_at: now });
    expect(await renewFiles(env)(message(id))).toEqual(
      failing(
        "Its file can't be sent: Meta's copy has expired, and there is none here to upload again.",
      ),
    );
  });

  it("while the Worker is not configured, waits for the operator", async () => {
    const renew = renewFiles({ ...env, WHATSAPP_ACCESS_TOKEN: "" });
    const files = [{ media_id: "med_1", usable_until: 0 }];
    expect(await renew(outgoingMessage({ type: "image", files }))).toMatchObject({
      kind: "postpone",
      error: {
        code: "meta_unauthorized",
        detail: expect.stringContaining("WHATSAPP_ACCESS_TOKEN"),
      },
    });
  });

  it("for its message was canceled in between, changes nothing", async () => {
    const { id } = await uploadedImage();
    const to = await customerWhoWrites();
    const dueAt = new Date(Date.now() + 31 * DAY_MS).toISOString();
    const { body } = await sendImage(to, id, { send_at: dueAt, window: "meta" });
    const conversation = conversationWithId(body.conversation_id);
    let canceled = 0;
    vi.mocked(globalThis.fetch).mockImplementation(async (input, init) => {
      const request = new Request(input, init);
      if (request.url.endsWith("/media")) {
        canceled = (await paloma.api("DELETE", `/v1/messages/${body.id}`)).status;
      }
      return paloma.simulator.fetch(request);
    });
    await letTimePass(conversation, 32 * DAY_MS);
    expect(canceled).toBe(200);
    const after = await paloma.api("GET", `/v1/messages/${body.id}`);
    expect(after.body).toMatchObject({ status: "canceled" });
    expect(paloma.simulator.sent).toEqual([]);
  });
});

describe("a file that is refused beforehand", () => {
  it.each([
    ["that Meta has forgotten and nobody kept", -1, {}],
    ["that Meta will have forgotten when it is due", 5 * DAY_MS, { days: 6 }],
  ])("is one %s", async (_what, left, { days = 0 }: { days?: number }) => {
    const { id } = await fileRow({
      mime_type: "image/jpeg",
      meta_expires_at: Date.now() + left,
    });
    const send_at = days === 0 ? undefined : new Date(Date.now() + days * DAY_MS).toISOString();
    const answer = await sendImage(newCustomer(), id, { ...(send_at && { send_at }) });
    expect(answer).toMatchObject({
      status: 422,
      body: {
        code: "invalid_request",
        errors: [
          {
            pointer: "/image/media_id",
            detail: expect.stringContaining("upload the file again, at most 30 days before"),
          },
        ],
      },
    });
  });

  it("is one of another kind than it is to be sent as", async () => {
    const { id } = await fileRow({ mime_type: "application/pdf" });
    expect(await sendImage(newCustomer(), id)).toMatchObject({
      status: 422,
      body: {
        errors: [
          {
            pointer: "/image/media_id",
            detail: "this file is application/pdf: send it as document, not as image",
          },
        ],
      },
    });
  });

  it("is one of another business number", async () => {
    const { id } = await fileRow({ phone_number_id: OTHER_NUMBER });
    expect(await sendImage(newCustomer(), id)).toMatchObject({
      status: 422,
      body: { errors: [{ detail: expect.stringContaining(`number ${OTHER_NUMBER}'s`) }] },
    });
  });
});

import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { eventually, newCustomer, startPaloma, type Paloma } from "../support/paloma.ts";
import {
  contactOf,
  messagesChange,
  metadataOf,
  newWamid,
  unixSeconds,
  webhookBody,
} from "../support/webhook-bodies.ts";
import { FILE_TEXT, fileAtMeta } from "../support/media-files.ts";
import { NUMBER } from "../support/paloma.ts";

let paloma: Paloma;

beforeEach(() => {
  paloma = startPaloma();
  vi.spyOn(console, "info").mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
});

async function message(reference: string) {
  const { body } = await paloma.api("GET", `/v1/messages/${encodeURIComponent(reference)}`);
  return body;
}

/** The message, once its file is as expected. */
async function fileOf(wamid: string, suits: (attachment: Attachment) => boolean) {
  const found = await eventually(
    () => message(wamid),
    (each) => each.attachments?.[0] !== undefined && suits(each.attachments[0]),
  );
  const attachment: Attachment = found.attachments[0];
  return attachment;
}

type Attachment = {
  media_id: string;
  meta_id: string;
  url: string;
  stored: boolean;
  error: { code: string; detail: string } | null;
};

async function written(): Promise<string> {
  const wamid = await paloma.simulator.customers.write({
    from: newCustomer(),
    content: { type: "document", base64: btoa(FILE_TEXT), filename: "receta.pdf" },
  });
  await paloma.simulator.flush();
  return wamid;
}

const isStored = ({ stored }: Attachment) => stored;

describe("a document of a customer", () => {
  test("is archived by itself, and served when Meta no longer has it", async () => {
    const { url, meta_id, media_id, error } = await fileOf(await written(), isStored);
    expect(error).toBeNull();
    expect(await (await env.MEDIA.get(media_id))?.text()).toBe(FILE_TEXT);
    paloma.simulator.media.lose(meta_id);
    for (const path of [url, `/v1/media/${meta_id}`]) {
      expect(await paloma.api("GET", path)).toMatchObject({ status: 200, body: FILE_TEXT });
    }
  });

  test.each(["expired_url", "foreign_host"] as const)(
    "behind an address that is an %s is there as a message, says why, and comes in the end",
    async (kind) => {
      paloma.simulator.rules.add({ match: { route: "media_lookup", times: 1 }, effect: { kind } });
      const wamid = await written();
      expect(await message(wamid)).toMatchObject({ type: "document", status: "delivered" });
      const marked = await fileOf(wamid, ({ error }) => error !== null);
      expect(marked).toMatchObject({ stored: false, error: { code: kind } });
      expect(await fileOf(wamid, isStored)).toMatchObject({ error: null });
    },
  );

  test("with another hash than told is never kept, and says so", async () => {
    paloma.simulator.rules.add({
      match: { route: "media_download" },
      effect: { kind: "wrong_bytes" },
    });
    const { media_id, error } = await fileOf(await written(), (each) => each.error !== null);
    expect(error).toMatchObject({ code: "wrong_hash", detail: expect.stringContaining("SHA-256") });
    expect(await env.MEDIA.head(media_id)).toBeNull();
    paloma.simulator.rules.clear();
  });

  test("that Meta has lost is marked, and blocks nothing", async () => {
    paloma.simulator.rules.add({
      match: { route: "media_lookup", times: 1 },
      effect: { kind: "graph_error", code: 100, subcode: 33 },
    });
    const lost = await written();
    const next = await written();
    await fileOf(next, isStored);
    expect(await fileOf(lost, ({ error }) => error !== null)).toMatchObject({
      stored: false,
      error: { code: "gone" },
    });
  });

  test("is queued by the object where the Worker could not", async () => {
    const queue = Object.getPrototypeOf(env.MEDIA_QUEUE);
    const sendBatch = vi.spyOn(queue, "sendBatch").mockRejectedValue(new Error("queue is down"));
    const wamid = await written();
    const { conversation_id } = await message(wamid);
    expect(sendBatch).toHaveBeenCalled();
    sendBatch.mockRestore();
    const object = env.CONVERSATION.get(env.CONVERSATION.idFromString(conversation_id));
    // The payload is still in its inbox: the alarm has the projection to repeat.
    await evictDurableObject(object);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await fileOf(wamid, isStored)).toMatchObject({ error: null });
  });
});

describe("other messages that bring files", () => {
  /** A message of any kind around a file that Meta has. */
  async function delivered(
    field: "messages" | "smb_message_echoes",
    members: (image: { id: string; mime_type: string }) => Record<string, unknown>,
  ): Promise<string> {
    const { meta_id } = await fileAtMeta({ phone_number_id: "not used" });
    const customer = newCustomer();
    const id = newWamid();
    const said = {
      id,
      timestamp: unixSeconds(),
      ...members({ id: meta_id, mime_type: "application/pdf" }),
    };
    const contacts = [contactOf(customer, "Ana")];
    const body =
      field === "messages"
        ? webhookBody(messagesChange({ contacts, messages: [{ ...said, from: customer }] }))
        : webhookBody({
            field,
            value: {
              metadata: metadataOf(NUMBER),
              contacts,
              message_echoes: [{ ...said, from: "529983162438", to: customer }],
            },
          });
    expect((await paloma.webhook(body)).status).toBe(200);
    return id;
  }

  test("an edit is archived", async () => {
    const wamid = await delivered("messages", (image) => ({
      type: "edit",
      edit: { original_message_id: newWamid(), message: { type: "image", image } },
    }));
    expect(await fileOf(wamid, isStored)).toMatchObject({ error: null });
  });

  test("an echo is archived, also with its file in a header", async () => {
    const plain = await delivered("smb_message_echoes", (document) => ({
      type: "document",
      document,
    }));
    const headed = await delivered("smb_message_echoes", (image) => ({
      type: "interactive",
      interactive: { type: "button", header: { type: "image", image } },
    }));
    expect(await fileOf(plain, isStored)).toMatchObject({ error: null });
    expect(await fileOf(headed, isStored)).toMatchObject({ error: null });
  });
});

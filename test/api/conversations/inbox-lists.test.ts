import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import {
  newCustomer,
  NUMBER,
  OTHER_NUMBER,
  type Paloma,
  startPaloma,
} from "../../support/paloma.ts";
import { unique } from "../../support/store-rows.ts";

const SECOND_MS = 1000;

const AT = Math.floor(Date.now() / SECOND_MS) * SECOND_MS - 600_000;

const spelled = (customer: string) => `+52${customer.slice(3)}`;

/** A customer who wrote so many texts, a second apart; the ids from the oldest on. */
async function chat({ simulator, api }: Paloma, texts: number, name = "Ana") {
  const from = newCustomer();
  const wamids: string[] = [];
  for (let number = 0; number < texts; number += 1) {
    const content = { type: "text", body: `texto ${number}` } as const;
    const at = AT + number * SECOND_MS;
    wamids.push(await simulator.customers.write({ from, name, to: NUMBER, content, at }));
  }
  await simulator.flush();
  const { body } = await api("GET", `/v1/conversations?contact=${from}`);
  const path = `/v1/conversations/${body.data[0].id}`;
  const messages = await api("GET", `${path}/messages?limit=200`);
  return { from, id: body.data[0].id, path, wamids, ids: ids(messages.body).toReversed() };
}

function ids(page: { data: { id: string }[] }): string[] {
  return page.data.map(({ id }) => id);
}

describe("?include=last_message", () => {
  const lastOf = async ({ api }: Paloma, from: string) => {
    const { body } = await api("GET", `/v1/conversations?contact=${from}&include=last_message`);
    return body.data[0].last_message;
  };

  it("gives the newest message of each conversation, from whichever side", async () => {
    const paloma = startPaloma();
    const { from, id, ids: written } = await chat(paloma, 2);
    expect(await lastOf(paloma, from)).toEqual({
      id: written[1],
      direction: "inbound",
      type: "text",
      body: "texto 1",
      status: "delivered",
      revoked: false,
      sent_by: null,
      created_at: new Date(AT + SECOND_MS).toISOString(),
    });
    await paloma.api("POST", `/v1/conversations/${id}/read`);
    expect(await lastOf(paloma, from)).toMatchObject({ status: "read" });
    const text = { body: "¡Listo!" };
    const sent = await paloma.api("POST", "/v1/messages", { conversation_id: id, text });
    expect(await lastOf(paloma, from)).toMatchObject({
      id: sent.body.id,
      direction: "outbound",
      body: "¡Listo!",
      status: "accepted",
      sent_by: "clinic",
    });
  });

  it("skips what shows at another message, and shows the edit there", async () => {
    const paloma = startPaloma();
    const { from, id, wamids, ids: written } = await chat(paloma, 1);
    const [messageId = ""] = wamids;
    const { customers } = paloma.simulator;
    await customers.write({ from, content: { type: "reaction", messageId, emoji: "👍" } });
    const edit = { type: "edit", originalMessageId: messageId, body: "texto cambiado" } as const;
    await customers.write({ from, content: edit });
    await paloma.simulator.flush();
    const { body } = await paloma.api("GET", `/v1/conversations/${id}/messages`);
    expect(body.data).toHaveLength(3);
    expect(await lastOf(paloma, from)).toMatchObject({ id: written[0], body: "texto cambiado" });
  });

  it("is null where nothing was said, and absent where nobody asks", async () => {
    const paloma = startPaloma();
    const { from } = await chat(paloma, 1);
    const { body } = await paloma.api("GET", `/v1/conversations?contact=${from}`);
    expect(body.data[0]).not.toHaveProperty("last_message");
    const refused = await paloma.api("GET", "/v1/conversations?include=messages");
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: "/include" }] } });
  });
});

describe("a conversation's messages", () => {
  it("come after one, oldest first, and a cursor leads on", async () => {
    const paloma = startPaloma();
    const { path, ids: all } = await chat(paloma, 7);
    const after = (query: string) => paloma.api("GET", `${path}/messages?after=${query}`);
    const first = await after(`${all[1]}&limit=3`);
    expect(ids(first.body)).toEqual(all.slice(2, 5));
    const next = await after(`${all[1]}&limit=3&cursor=${first.body.next_cursor}`);
    expect(ids(next.body)).toEqual(all.slice(5));
    expect(next.body.next_cursor).toBeNull();
    const none = await after(all[6] ?? "");
    expect(none.body).toEqual({ data: [], next_cursor: null });
  });

  it("come around one, by its id or its wamid, and lead on to both sides", async () => {
    const paloma = startPaloma();
    const { path, ids: all, wamids } = await chat(paloma, 9);
    const around = async (query: string) =>
      (await paloma.api("GET", `${path}/messages?around=${query}`)).body;
    const newestFirst = (from: number, to: number) => all.slice(from, to).toReversed();
    for (const reference of [all[4], encodeURIComponent(wamids[4] ?? "")]) {
      const page = await around(`${reference}&limit=5`);
      expect(ids(page)).toEqual(newestFirst(2, 7));
      const older = await paloma.api("GET", `${path}/messages?cursor=${page.next_cursor}`);
      expect(ids(older.body)).toEqual(newestFirst(0, 2));
    }
    expect(ids(await around(`${all[8]}&limit=4`))).toEqual(newestFirst(5, 9));
    expect(ids(await around(`${all[0]}&limit=5`))).toEqual(newestFirst(0, 3));
    expect((await around(`${all[0]}&limit=5`)).next_cursor).toBeNull();
    expect(ids(await around(`${all[4]}&limit=1`))).toEqual([all[4]]);
    expect(ids(await around(`${all[4]}&limit=2`))).toEqual(newestFirst(3, 5));
  });

  it("are refused around what is not theirs, or what is no id", async () => {
    const paloma = startPaloma();
    const [one, other] = [await chat(paloma, 1), await chat(paloma, 1)];
    const ask = async (path: string, query: string) => {
      const { status, body } = await paloma.api("GET", `${path}/messages?${query}`);
      return [status, ...(body.errors ?? []).map((each: { pointer: string }) => each.pointer)];
    };
    expect(await ask(one.path, `around=${other.ids[0]}`)).toEqual([422, "/around"]);
    expect(await ask(one.path, "around=wamid.unknown")).toEqual([422, "/around"]);
    expect(await ask(one.path, `around=${one.ids[0]}&after=${one.ids[0]}`)).toEqual([
      422,
      "/around",
    ]);
    expect(await ask(one.path, "after=wamid.x")).toEqual([422, "/after"]);
    expect(await ask(one.path, "after=msg_&limit=0")).toEqual([422, "/limit", "/after"]);
    expect(await ask("/v1/conversations/nowhere", `after=${one.ids[0]}`)).toEqual([404]);
    expect(await ask("/v1/conversations/nowhere", `around=${one.ids[0]}`)).toEqual([404]);
  });
});

describe("GET /v1/counts", () => {
  it("counts what the lists have, and no further than 100", async () => {
    const paloma = startPaloma();
    const { id } = await chat(paloma, 1);
    const counts = async () => (await paloma.api("GET", "/v1/counts")).body;
    const lengthOf = async (query: string) =>
      (await paloma.api("GET", `/v1/conversations?${query}&limit=100`)).body.data.length;
    await paloma.api("PATCH", `/v1/conversations/${id}`, { assignee: "clinic" });
    for (const status of [null, "active", "closed"]) {
      if (status !== null) await paloma.api("PATCH", `/v1/conversations/${id}`, { status });
      const [open, pending, active, closed, waiting, mine, unread] = await Promise.all(
        [
          "view=open",
          "status=pending",
          "status=active",
          "status=closed",
          "view=waiting",
          "view=mine",
          "unread=true",
        ].map(lengthOf),
      );
      expect(await counts()).toEqual({ open, pending, active, closed, waiting, mine, unread });
    }
    const reader = await paloma.api("GET", "/v1/counts", undefined, { token: "reader" });
    expect(reader.body.mine).toBe(0);
  });
});

describe("?q=", () => {
  it("finds people by a name they or the business gave, and by their number", async () => {
    const paloma = startPaloma();
    const mark = unique("").slice(0, 10);
    const { from, id } = await chat(paloma, 1, `Íñigo Peña ${mark}`);
    const search = async (q: string, more = "") => {
      const { body } = await paloma.api(
        "GET",
        `/v1/conversations?q=${encodeURIComponent(q)}${more}`,
      );
      return ids(body);
    };
    expect(await search(`inigo PENA ${mark}`)).toEqual([id]);
    expect(await search(spelled(from))).toEqual([id]);
    expect(await search(from)).toEqual([id]);
    expect(await search(from.slice(4, 12))).toContain(id);
    expect(await search(mark, "&status=closed")).toEqual([]);
    expect(await search(mark, `&phone_number_id=${OTHER_NUMBER}`)).toEqual([]);
    await paloma.api("PUT", `/v1/contacts/${from}`, { name: `Doña Luz ${mark}` });
    expect(await search(`dona luz ${mark}`)).toEqual([id]);
  });

  it("pages, and loses nobody", async () => {
    const paloma = startPaloma();
    const mark = unique("").slice(0, 10);
    const made: string[] = [];
    for (let place = 0; place < 5; place += 1) made.push((await chat(paloma, 1, mark)).id);
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const more = cursor === "" ? "" : `&cursor=${cursor}`;
      const page: { body: { data: { id: string }[]; next_cursor: string | null } } =
        await paloma.api("GET", `/v1/conversations?q=${mark}&limit=2${more}`);
      seen.push(...ids(page.body));
      cursor = page.body.next_cursor;
    }
    expect(seen.toSorted()).toEqual(made.toSorted());
  });

  it.each(["", " ", "x".repeat(101)])("refuses %j", async (q) => {
    const { api } = startPaloma();
    const answer = await api("GET", `/v1/conversations?q=${encodeURIComponent(q)}`);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: "/q" }] } });
  });

  it("can't be combined with contact, which finds one person", async () => {
    const { api } = startPaloma();
    const answer = await api("GET", `/v1/conversations?q=ana&contact=${newCustomer()}`);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: "/contact" }] } });
  });
});

describe("POST /v1/templates/preview", () => {
  it("shows a template, with its language as a code or as Meta writes it", async () => {
    const { api } = startPaloma();
    const params = { name: "Ana", order: "1042" };
    for (const language of [undefined, "es_MX", { code: "es_MX" }]) {
      const body = { name: "order_ready", params, ...(language === undefined ? {} : { language }) };
      const answer = await api("POST", "/v1/templates/preview", body, { token: "reader" });
      expect(answer).toMatchObject({
        status: 200,
        body: { header: null, footer: null, buttons: [], errors: [] },
      });
      expect(answer.body.body).toContain("Hola Ana, tu pedido #1042");
    }
  });

  it("does not know every template", async () => {
    const { api, simulator } = startPaloma();
    for (const body of [{ name: "unheard_of" }, { name: "order_ready", language: "en" }]) {
      const answer = await api("POST", "/v1/templates/preview", body);
      expect(answer).toMatchObject({ status: 404, body: { code: "not_found" } });
    }
    expect(simulator.calls).toEqual([]);
  });

  test.prop([fc.jsonValue(), fc.jsonValue()], { numRuns: 30 })(
    "refuses or shows whatever is given, and never fails",
    async (params, components) => {
      const { api } = startPaloma();
      for (const given of [{ params }, { components }, { params, components }]) {
        const answer = await api("POST", "/v1/templates/preview", {
          name: "order_ready",
          ...given,
        });
        expect(answer.status).toBe(200);
        expect(answer.body.body).toContain("Hola");
      }
    },
  );
});

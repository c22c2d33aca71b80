import { describe, expect, test } from "vitest";
import {
  eventually,
  newCustomer,
  NUMBER,
  OTHER_NUMBER,
  type Paloma,
  startPaloma,
} from "../../support/paloma.ts";
import { allRows, conversationRow, NOON, projectRows, unique } from "../../support/store-rows.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const BODY_LIMIT_BYTES = 10 * 1024 * 1024;

/** Meta's timestamps are whole seconds. */
const AT = Math.floor(Date.now() / SECOND_MS) * SECOND_MS - 10 * MINUTE_MS;

const hello = (body = "¡Hola!") => ({ type: "text", body }) as const;

const spelled = (customer: string) => `+52${customer.slice(3)}`;

/** A customer who wrote so many texts, a second apart, and what came of it. */
async function chat({ simulator, api }: Paloma, texts: number, to = NUMBER) {
  const from = newCustomer();
  const wamids: string[] = [];
  for (let number = 0; number < texts; number += 1) {
    const content = hello(`texto ${number}`);
    const at = AT + number * SECOND_MS;
    wamids.push(await simulator.customers.write({ from, to, content, at }));
  }
  await simulator.flush();
  const { body } = await api("GET", `/v1/conversations?contact=${encodeURIComponent(from)}`);
  const id: string = body.data.find(
    (conversation: { phone_number_id: string }) => conversation.phone_number_id === to,
  ).id;
  const messages = await api("GET", `/v1/conversations/${id}/messages`);
  const messageIds: string[] = messages.body.data
    .map((message: { id: string }) => message.id)
    .toReversed();
  return { from, id, path: `/v1/conversations/${id}`, wamids, messageIds };
}

const ids = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id);

/** The ids of a whole list, page by page: other tests' conversations stand in it as well. */
async function everyId({ api }: Paloma, path: string): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const { body }: { body: { data: { id: string }[]; next_cursor: string | null } } = await api(
      "GET",
      `${path}&limit=200${cursor === "" ? "" : `&cursor=${cursor}`}`,
    );
    seen.push(...ids(body));
    cursor = body.next_cursor;
  }
  return seen;
}

describe("GET /v1/conversations", () => {
  test.each([
    ["pending", "closed"],
    ["active", "pending"],
    ["closed", "active"],
  ])("?status=%s shows those alone", async (status, other) => {
    const paloma = startPaloma();
    const [own, another] = [await chat(paloma, 1), await chat(paloma, 1)];
    await paloma.api("PATCH", own.path, { status });
    await paloma.api("PATCH", another.path, { status: other });
    const shown = await everyId(paloma, `/v1/conversations?status=${status}`);
    expect(shown).toContain(own.id);
    expect(shown).not.toContain(another.id);
  });

  test("?unread=true shows those alone", async () => {
    const paloma = startPaloma();
    const [own, another] = [await chat(paloma, 1), await chat(paloma, 1)];
    await paloma.api("POST", `${another.path}/read`);
    const shown = await everyId(paloma, "/v1/conversations?unread=true");
    expect(shown).toContain(own.id);
    expect(shown).not.toContain(another.id);
  });

  test("?owner= shows those alone", async () => {
    const paloma = startPaloma();
    const [own] = [await chat(paloma, 1), await chat(paloma, 1)];
    const owner = unique("cliente ñ/");
    await paloma.api("PATCH", own.path, { owner });
    const { body } = await paloma.api(
      "GET",
      `/v1/conversations?owner=${encodeURIComponent(owner)}`,
    );
    expect(body).toMatchObject({ data: [{ id: own.id, owner }], next_cursor: null });
    const nobody = await paloma.api("GET", "/v1/conversations?owner=");
    expect(nobody.body).toEqual({ data: [], next_cursor: null });
  });

  test("?phone_number_id= shows that number's alone", async () => {
    const paloma = startPaloma();
    const [own, another] = [await chat(paloma, 1, OTHER_NUMBER), await chat(paloma, 1)];
    const shown = await everyId(paloma, `/v1/conversations?phone_number_id=${OTHER_NUMBER}`);
    expect(shown).toContain(own.id);
    expect(shown).not.toContain(another.id);
  });

  test("I8: ?contact= finds the person by every spelling of the phone and by BSUID", async () => {
    const paloma = startPaloma();
    const { from, id } = await chat(paloma, 1);
    const local = from.slice(3);
    const spellings = [
      from,
      `+${from}`,
      `52${local}`,
      `+52${local}`,
      `0052${local}`,
      `+52 1 ${local.slice(0, 3)} ${local.slice(3)}`,
      `+52 (${local.slice(0, 3)}) ${local.slice(3, 6)}-${local.slice(6)}`,
      String(paloma.simulator.customers.find(from)?.userId),
    ];
    for (const spelling of spellings) {
      const { body } = await paloma.api(
        "GET",
        `/v1/conversations?contact=${encodeURIComponent(spelling)}`,
      );
      expect(ids(body)).toEqual([id]);
    }
    // An unencoded plus reads as a space.
    expect(ids((await paloma.api("GET", `/v1/conversations?contact=+52${local}`)).body)).toEqual([
      id,
    ]);
  });

  test.each(["+52 998 000 0000", "MX.0", "nobody", ""])(
    "?contact=%s of nobody is empty",
    async (contact) => {
      const { api } = startPaloma();
      const path = `/v1/conversations?contact=${encodeURIComponent(contact)}`;
      expect((await api("GET", path)).body).toEqual({ data: [], next_cursor: null });
    },
  );

  test.each([
    ["status=open", "/status", "must be pending, active or closed"],
    ["unread=false", "/unread", "must be true; or leave it out"],
    [
      "contact=x&unread=true&owner=o",
      "/contact",
      "can't be combined with other filters: leave out unread and owner",
    ],
    [
      "state=closed",
      "/state",
      "is unknown here: did you mean status? Known: status, unread, owner, assignee, contact, phone_number_id, q, view, include, limit, cursor",
    ],
    ["status=closed&status=active", "/status", "is given 2 times: give it once"],
    ["unread=true&unread=true", "/unread", "is given 2 times: give it once"],
    ["limit=0", "/limit", "must be a whole number from 1 to 200"],
    ["cursor=x", "/cursor", "must be the next_cursor of an earlier page, unchanged"],
  ])("?%s is refused", async (query, pointer, detail) => {
    const { api } = startPaloma();
    const { status, body } = await api("GET", `/v1/conversations?${query}`);
    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: "invalid_request",
      detail: `${pointer}: ${detail}`,
      errors: [{ pointer, detail }],
    });
  });

  test("names everything that is wrong at once", async () => {
    const { api } = startPaloma();
    const { body } = await api("GET", "/v1/conversations?limit=x&cursor=&status=");
    expect(body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([
      "/limit",
      "/cursor",
      "/status",
    ]);
  });

  test("pages through a list while a conversation arrives, none twice and none lost", async () => {
    const paloma = startPaloma();
    const owner = unique("client-");
    const all: string[] = [];
    for (let number = 0; number < 5; number += 1) {
      const { id, path } = await chat(paloma, 1);
      await paloma.api("PATCH", path, { owner });
      all.push(id);
    }
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const { body }: { body: { data: { id: string }[]; next_cursor: string | null } } =
        await paloma.api(
          "GET",
          `/v1/conversations?owner=${owner}&limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`,
        );
      seen.push(...ids(body));
      cursor = body.next_cursor;
      // Two texts, so that it is newer than every one of the list.
      const { path } = await chat(paloma, 2);
      await paloma.api("PATCH", path, { owner });
    }
    expect(seen).toEqual(all.toSorted().toReversed());
  });

  test("filters combine, in any order", async () => {
    const paloma = startPaloma();
    const owner = unique("client-");
    const chats = [
      await chat(paloma, 1),
      await chat(paloma, 1),
      await chat(paloma, 1, OTHER_NUMBER),
      await chat(paloma, 1),
    ];
    const [closed, read, ofOther, open] = chats;
    for (const { path } of chats) await paloma.api("PATCH", path, { owner });
    await paloma.api("PATCH", closed?.path ?? "", { status: "closed" });
    await paloma.api("POST", `${read?.path}/read`);
    const listed = async (query: string) => {
      const { status, body } = await paloma.api("GET", `/v1/conversations?${query}`);
      expect(status).toBe(200);
      return ids(body).toSorted();
    };
    const sorted = (...some: ({ id: string } | undefined)[]) =>
      some.map((each) => each?.id ?? "").toSorted();
    expect(await listed(`owner=${owner}&unread=true`)).toEqual(sorted(closed, ofOther, open));
    expect(await listed(`status=pending&owner=${owner}`)).toEqual(sorted(read, ofOther, open));
    expect(await listed(`phone_number_id=${OTHER_NUMBER}&owner=${owner}`)).toEqual(sorted(ofOther));
    expect(
      await listed(`unread=true&phone_number_id=${NUMBER}&status=pending&owner=${owner}&limit=200`),
    ).toEqual(sorted(open));
    expect(await listed(`status=active&owner=${owner}`)).toEqual([]);
  });
});

describe("a walk by cursor", () => {
  /** Pages of a list of one owner's; something happens after each. */
  async function walk(paloma: Paloma, query: string, between: (page: number) => Promise<unknown>) {
    const pages: string[][] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const more = cursor === "" ? "" : `&cursor=${cursor}`;
      const { body }: { body: { data: { id: string }[]; next_cursor: string | null } } =
        await paloma.api("GET", `/v1/conversations?${query}${more}`);
      pages.push(ids(body));
      cursor = body.next_cursor;
      await between(pages.length);
      expect(pages.length).toBeLessThan(20);
    }
    return pages;
  }

  async function unreadChats(paloma: Paloma, count: number) {
    const owner = unique("client-");
    const chats = [];
    for (let number = 0; number < count; number += 1) {
      const made = await chat(paloma, 1);
      await paloma.api("PATCH", made.path, { owner });
      chats.push(made);
    }
    const newestFirst = chats.toSorted((one, other) => (one.id < other.id ? 1 : -1));
    return { owner, newestFirst };
  }

  async function write(paloma: Paloma, from: string, at = Date.now()) {
    await paloma.simulator.customers.write({ from, content: hello("¿Y bien?"), at });
    await paloma.simulator.flush();
  }

  test.each([1, 3, 7, 13])(
    "over 14 unread sees each once although number %i was written to meanwhile",
    async (place) => {
      const paloma = startPaloma();
      const { owner, newestFirst } = await unreadChats(paloma, 14);
      const pages = await walk(paloma, `unread=true&owner=${owner}&limit=5`, async (page) => {
        if (page === 1) await write(paloma, newestFirst[place]?.from ?? "");
      });
      expect(pages.flat().toSorted()).toEqual(newestFirst.map(({ id }) => id).toSorted());
    },
  );

  test.each([
    ["a minute ago", () => Date.now() - MINUTE_MS],
    ["as long ago as all of them", () => AT + SECOND_MS],
  ])("sees what moved among those that were shown, by a message of %s", async (_when, at) => {
    const paloma = startPaloma();
    const { owner, newestFirst } = await unreadChats(paloma, 6);
    const last = newestFirst.at(-1);
    const pages = await walk(paloma, `owner=${owner}&limit=2`, async (page) => {
      if (page === 1) await write(paloma, last?.from ?? "", at());
    });
    expect(pages.flat().toSorted()).toEqual(newestFirst.map(({ id }) => id).toSorted());
  });

  test("comes to its end although somebody writes all the time", async () => {
    const paloma = startPaloma();
    const { owner, newestFirst } = await unreadChats(paloma, 7);
    const pages = await walk(paloma, `owner=${owner}&limit=2`, async (page) => {
      for (const place of [page % 7, (page + 3) % 7, (page + 5) % 7]) {
        await write(paloma, newestFirst[place]?.from ?? "");
      }
    });
    expect(pages.flat().toSorted()).toEqual(newestFirst.map(({ id }) => id).toSorted());
  });

  test.each([
    ["once each", "as many as a cursor holds", 500, 0, 500],
    ["once each", "more than a cursor holds, a moment before it began", 501, 5 * SECOND_MS, 501],
    ["to its end", "more than a cursor holds", 501, 0, 2 * 501],
  ])("sees %s what was written to just now: %s", async (_sees, _which, count, agoMs, most) => {
    const paloma = startPaloma();
    const owner = unique("client-");
    const rows = Array.from({ length: count }, () =>
      conversationRow({
        last_message_at: Date.now(),
        created_at: NOON,
        updated_at: Date.now() - agoMs,
      }),
    );
    await projectRows({ conversations: rows });
    await allRows(
      "UPDATE conversations SET owner = ? WHERE id IN (SELECT value FROM json_each(?))",
      owner,
      JSON.stringify(rows.map(({ id }) => id)),
    );
    const pages = await walk(paloma, `owner=${owner}&limit=100`, async () => {});
    expect(new Set(pages.flat()).size).toBe(count);
    expect(pages.flat().length).toBeLessThanOrEqual(most);
  });

  test("goes on from a cursor of an earlier version", async () => {
    const paloma = startPaloma();
    const { owner, newestFirst } = await unreadChats(paloma, 3);
    const [first] = newestFirst;
    const cursor = btoa(JSON.stringify([AT, first?.id])).replaceAll("=", "");
    const { body } = await paloma.api(
      "GET",
      `/v1/conversations?owner=${owner}&limit=1&cursor=${cursor}`,
    );
    expect(ids(body)).toEqual([newestFirst[1]?.id]);
    expect(body.next_cursor).toEqual(expect.any(String));
  });
});

describe("GET /v1/conversations/{id}", () => {
  test.each(["nobody", "0".repeat(64), "..%2F", "%00", "🐕"])("%s is not found", async (id) => {
    const { api } = startPaloma();
    for (const path of [`/v1/conversations/${id}`, `/v1/conversations/${id}/messages`]) {
      const { status, body } = await api("GET", path);
      expect(status).toBe(404);
      expect(body).toMatchObject({ code: "not_found", detail: "No conversation has this id." });
    }
  });
});

describe("GET /v1/conversations/{id}/messages", () => {
  test("shows them newest first, in pages that stay valid while messages arrive", async () => {
    const paloma = startPaloma();
    const { path, from, messageIds } = await chat(paloma, 5);
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const { body }: { body: { data: { id: string }[]; next_cursor: string | null } } =
        await paloma.api(
          "GET",
          `${path}/messages?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`,
        );
      seen.push(...ids(body));
      cursor = body.next_cursor;
      await paloma.simulator.customers.write({ from, content: hello("nuevo") });
      await paloma.simulator.flush();
    }
    expect(seen).toEqual(messageIds.toReversed());
  });

  test("a page that ends with the last one has no cursor", async () => {
    const paloma = startPaloma();
    const { path } = await chat(paloma, 2);
    const { body } = await paloma.api("GET", `${path}/messages?limit=2`);
    expect(body.data).toHaveLength(2);
    expect(body.next_cursor).toBeNull();
  });

  test("I3: a message that came late stands where its time puts it", async () => {
    const paloma = startPaloma();
    const { path, from } = await chat(paloma, 2);
    const at = AT - SECOND_MS;
    await paloma.simulator.customers.write({ from, content: hello("antes"), at });
    await paloma.simulator.flush();
    const { body } = await paloma.api("GET", `${path}/messages`);
    expect(body.data.map((message: { body: string }) => message.body)).toEqual([
      "texto 1",
      "texto 0",
      "antes",
    ]);
  });

  test("refuses a wrong page", async () => {
    const paloma = startPaloma();
    const { path } = await chat(paloma, 1);
    const { status, body } = await paloma.api("GET", `${path}/messages?limit=201`);
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ pointer: "/limit" }]);
  });
});

describe("PATCH /v1/conversations/{id}", () => {
  test("tells whose token changed it last, whatever was changed", async () => {
    const { api, ...paloma } = startPaloma();
    const { path } = await chat({ api, ...paloma }, 1);
    expect((await api("GET", path)).body.changed_by).toBeNull();
    const byClinic = await api("PATCH", path, { status: "closed" }, { token: "clinic" });
    expect(byClinic.body.changed_by).toBe("clinic");
    const bySender = await api("PATCH", path, { owner: "client-1" }, { token: "sender" });
    expect(bySender.body).toMatchObject({ changed_by: "sender", status: "closed" });
    expect((await api("GET", path)).body.changed_by).toBe("sender");
  });

  test("sets status, owner and subject, each alone or together", async () => {
    const paloma = startPaloma();
    const { path } = await chat(paloma, 1);
    const patch = async (change: unknown) => (await paloma.api("PATCH", path, change)).body;
    expect(await patch({ status: "active" })).toMatchObject({ status: "active", owner: null });
    expect(await patch({ owner: "client-ñ" })).toMatchObject({
      status: "active",
      owner: "client-ñ",
    });
    expect(await patch({ subject: "Cirugía 🐈" })).toMatchObject({
      owner: "client-ñ",
      subject: "Cirugía 🐈",
    });
    expect(await patch({ status: "closed", owner: "client-2", subject: "Alta" })).toMatchObject({
      status: "closed",
      owner: "client-2",
      subject: "Alta",
    });
    expect((await paloma.api("GET", path)).body).toMatchObject({ status: "closed" });
  });

  test("null clears owner and subject, nothing changes nothing", async () => {
    const paloma = startPaloma();
    const { path, from } = await chat(paloma, 1);
    await paloma.api("PATCH", path, { owner: "client-1", subject: "Cirugía" });
    const { body } = await paloma.api("PATCH", path, { owner: null, subject: null });
    expect(body).toMatchObject({ owner: null, subject: `WhatsApp: ${spelled(from)}` });
    expect((await paloma.api("PATCH", path, {})).body).toEqual(body);
  });

  test("assigns it and frees it, and the owner stays what it is", async () => {
    const paloma = startPaloma();
    const { path } = await chat(paloma, 1);
    expect((await paloma.api("GET", path)).body.assignee).toBeNull();
    await paloma.api("PATCH", path, { owner: "client-1" });
    const assigned = await paloma.api("PATCH", path, { assignee: "ana@clinica.mx" });
    expect(assigned.body).toMatchObject({ assignee: "ana@clinica.mx", owner: "client-1" });
    const other = await paloma.api("PATCH", path, { owner: "client-2" });
    expect(other.body).toMatchObject({ assignee: "ana@clinica.mx", owner: "client-2" });
    const freed = await paloma.api("PATCH", path, { assignee: null });
    expect(freed.body).toMatchObject({ assignee: null, owner: "client-2" });
    expect((await paloma.api("GET", path)).body).toEqual(freed.body);
  });

  test("changes only what it names, where several change it at once", async () => {
    const paloma = startPaloma();
    const { path } = await chat(paloma, 1);
    const changes = [{ owner: "client-1" }, { assignee: "ana" }, { subject: "Cirugía" }];
    await Promise.all(changes.map((change) => paloma.api("PATCH", path, change)));
    expect((await paloma.api("GET", path)).body).toMatchObject(Object.assign({}, ...changes));
  });

  test("stays when the customer writes again", async () => {
    const paloma = startPaloma();
    const { path, from } = await chat(paloma, 1);
    const given = { owner: "client-1", assignee: "ana", subject: "Cirugía" };
    await paloma.api("PATCH", path, given);
    await paloma.simulator.customers.write({ from, name: "Otro nombre", content: hello() });
    await paloma.simulator.flush();
    expect((await paloma.api("GET", path)).body).toMatchObject({
      ...given,
      contact: { name: "Otro nombre" },
      unread_count: 2,
    });
  });

  test.each([
    [{ status: "open" }, "/status", "must be pending, active or closed"],
    [{ status: null }, "/status", "must be pending, active or closed"],
    [{ owner: "" }, "/owner", "at least 1 character, got 0"],
    [{ owner: "x".repeat(257) }, "/owner", "at most 256 characters, got 257"],
    [{ owner: 7 }, "/owner", "must be text, got a number"],
    [{ assignee: "" }, "/assignee", "at least 1 character, got 0"],
    [{ assignee: "ñ".repeat(255) }, "/assignee", "at most 254 characters, got 255"],
    [{ assignee: ["ana"] }, "/assignee", "must be text, got an array"],
    [
      { assignee: "\ude00" },
      "/assignee",
      "must not contain half a surrogate pair, nor a NUL character",
    ],
    [{ subject: "" }, "/subject", "at least 1 character, got 0"],
    [{ subject: "🐈".repeat(257) }, "/subject", "at most 256 characters, got 257"],
    [
      { unread_count: 0 },
      "/unread_count",
      "is unknown here: only status, owner, assignee, subject",
    ],
    [[], "", "must be an object, got an array"],
    [null, "", "must be an object, got null"],
    ["closed", "", "must be an object, got text"],
  ])("%.30j is refused and changes nothing", async (change, pointer, detail) => {
    const paloma = startPaloma();
    const { path } = await chat(paloma, 1);
    const before = await paloma.api("GET", path);
    const { status, body } = await paloma.api("PATCH", path, JSON.stringify(change));
    expect(status).toBe(422);
    expect(body.errors).toEqual([{ pointer, detail }]);
    expect((await paloma.api("GET", path)).body).toEqual(before.body);
  });

  test("of an unknown conversation is not found", async () => {
    const { api } = startPaloma();
    const { status } = await api("PATCH", "/v1/conversations/nobody", { status: "closed" });
    expect(status).toBe(404);
  });

  test("needs the scope send, and JSON", async () => {
    const { api } = startPaloma();
    const path = "/v1/conversations/nobody";
    expect((await api("PATCH", path, {}, { token: "reader" })).status).toBe(403);
    expect((await api("PATCH", path, "{", { token: "sender" })).status).toBe(400);
  });
});

describe("I4: POST /v1/conversations/{id}/read", () => {
  test("without up_to reads all there is, and Meta hears of the newest once", async () => {
    const paloma = startPaloma();
    const { path, wamids } = await chat(paloma, 3);
    await eventually(
      async () => paloma.simulator.reads.length,
      (reads) => reads >= 3,
    );
    const { status, body } = await paloma.api("POST", `${path}/read`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ unread_count: 0 });
    expect(paloma.simulator.reads).toHaveLength(4);
    expect(paloma.simulator.reads.at(-1)).toMatchObject({ wamid: wamids[2], typing: false });
  });

  test.each(["our id", "wamid"])("with up_to by %s leaves what came after it", async (by) => {
    const paloma = startPaloma();
    const { path, wamids, messageIds } = await chat(paloma, 5);
    const up_to = by === "wamid" ? wamids[1] : messageIds[1];
    const { body } = await paloma.api("POST", `${path}/read`, { up_to });
    expect(body.unread_count).toBe(3);
    expect(paloma.simulator.reads.at(-1)).toMatchObject({ wamid: wamids[1] });
    const messages = await paloma.api("GET", `${path}/messages`);
    expect(messages.body.data.map((message: { status: string }) => message.status)).toEqual([
      "delivered",
      "delivered",
      "delivered",
      "read",
      "read",
    ]);
  });

  test("never moves the mark back", async () => {
    const paloma = startPaloma();
    const { path, messageIds } = await chat(paloma, 3);
    await paloma.api("POST", `${path}/read`, { up_to: messageIds[1] });
    const { body } = await paloma.api("POST", `${path}/read`, { up_to: messageIds[0] });
    expect(body.unread_count).toBe(1);
  });

  test("up to a message of ours reads what the customer wrote before it", async () => {
    const paloma = startPaloma();
    const { path, id, from, wamids } = await chat(paloma, 2);
    const reply = await paloma.api("POST", "/v1/messages", {
      conversation_id: id,
      text: { body: "Dime" },
    });
    const at = Date.now() + SECOND_MS;
    await paloma.simulator.customers.write({ from, content: hello("después"), at });
    await paloma.simulator.flush();
    const { body } = await paloma.api("POST", `${path}/read`, { up_to: reply.body.id });
    expect(body.unread_count).toBe(1);
    expect(paloma.simulator.reads.at(-1)).toMatchObject({ wamid: wamids[1] });
  });

  test("a message redelivered after it stays read", async () => {
    const paloma = startPaloma();
    const { path, from, wamids } = await chat(paloma, 1);
    await paloma.api("POST", `${path}/read`);
    const [wamid] = wamids;
    await paloma.simulator.customers.write({
      from,
      content: hello("texto 0"),
      at: AT,
      ...(wamid === undefined ? {} : { wamid }),
    });
    await paloma.simulator.flush();
    expect((await paloma.api("GET", path)).body.unread_count).toBe(0);
  });

  test("of a conversation in which nobody wrote tells Meta nothing", async () => {
    const { simulator, api } = startPaloma();
    const { body } = await api("POST", "/v1/messages", {
      to: newCustomer(),
      type: "template",
      template: {
        name: "appointment_reminder",
        params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
      },
    });
    const read = await api("POST", `/v1/conversations/${body.conversation_id}/read`, {});
    expect(read).toMatchObject({ status: 200, body: { unread_count: 0 } });
    expect(simulator.reads).toHaveLength(0);
  });

  test("is done where Meta refuses to hear of it", async () => {
    const paloma = startPaloma();
    const { path } = await chat(paloma, 1);
    paloma.simulator.rules.add({
      match: { route: "read" },
      effect: { kind: "graph_error", code: 131009 },
    });
    const { status, body } = await paloma.api("POST", `${path}/read`);
    expect({ status, unread: body.unread_count }).toEqual({ status: 200, unread: 0 });
  });

  test("up to a message of another conversation, or of none, is refused", async () => {
    const paloma = startPaloma();
    const [{ path }, other] = [await chat(paloma, 1), await chat(paloma, 1)];
    for (const up_to of [other.messageIds[0], "msg_nobody"]) {
      const { status, body } = await paloma.api("POST", `${path}/read`, { up_to });
      expect(status).toBe(422);
      expect(body.errors).toEqual([
        { pointer: "/up_to", detail: "must be the id of a message of this conversation" },
      ]);
    }
    expect((await paloma.api("GET", path)).body.unread_count).toBe(1);
  });

  test.each([
    [{ up_to: 7 }, 422],
    [{ upto: "msg_1" }, 422],
    ["{", 400],
    [`{"up_to":"${"x".repeat(BODY_LIMIT_BYTES)}"}`, 413],
  ])("of %.20j is refused", async (said, expected) => {
    const paloma = startPaloma();
    const { path } = await chat(paloma, 1);
    expect((await paloma.api("POST", `${path}/read`, said)).status).toBe(expected);
  });

  test("of an unknown conversation is not found, and needs the scope send", async () => {
    const { api } = startPaloma();
    const path = "/v1/conversations/nobody/read";
    expect((await api("POST", path)).status).toBe(404);
    expect((await api("POST", path, undefined, { token: "reader" })).status).toBe(403);
  });
});

describe("MARK_AS_READ on_receive", () => {
  test("tells Meta of each message, and staff still see it unread", async () => {
    const paloma = startPaloma();
    const { path, wamids } = await chat(paloma, 1);
    await eventually(
      async () => paloma.simulator.reads.length,
      (reads) => reads > 0,
    );
    expect(paloma.simulator.reads).toMatchObject([{ wamid: wamids[0], typing: false }]);
    expect((await paloma.api("GET", path)).body.unread_count).toBe(1);
  });
});

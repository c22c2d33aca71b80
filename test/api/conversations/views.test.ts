import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { openBrowser } from "../../support/inbox.ts";
import { type Paloma, startPaloma } from "../../support/paloma.ts";
import { conversationRow, NOON, projectRows, unique } from "../../support/store-rows.ts";

const MINUTE_MS = 60_000;

let paloma: Paloma;
/** A business number of this test's own. */
let number: string;

beforeEach(() => {
  paloma = startPaloma();
  number = unique("number-");
});

type Given = {
  status?: "pending" | "active" | "closed";
  unread?: number;
  /** Minutes. */
  at?: number;
  waiting?: number;
  assignee?: string;
};

/** Conversations by the names that the tests give them. */
async function conversations(given: Record<string, Given>): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const [
    name,
    { status = "pending", unread = 0, at = 0, waiting, assignee },
  ] of Object.entries(given)) {
    const row = conversationRow({
      phone_number_id: number,
      status,
      unread_count: unread,
      last_message_at: NOON + at * MINUTE_MS,
      waiting_since: waiting === undefined ? null : NOON + waiting * MINUTE_MS,
    });
    names.set(row.id, name);
    await projectRows({ conversations: [row] });
    await env.DB.prepare("UPDATE conversations SET assignee = ? WHERE id = ?")
      .bind(assignee ?? null, row.id)
      .run();
  }
  return names;
}

async function shown(
  names: ReadonlyMap<string, string>,
  query: string,
  token?: "clinic" | "reader",
): Promise<(string | undefined)[]> {
  const path = `/v1/conversations?${query}&phone_number_id=${number}`;
  const { status, body } = await paloma.api("GET", path, undefined, token ? { token } : {});
  expect(status).toBe(200);
  return body.data.map(({ id }: { id: string }) => names.get(id));
}

describe("?view=", () => {
  it("shows what staff look at, and combines with the other filters", async () => {
    const names = await conversations({
      ana: { at: 5, unread: 1, waiting: 2, assignee: "clinic" },
      eva: { at: 4, status: "active", waiting: 1, assignee: "reader" },
      luz: { at: 3, status: "active", unread: 2 },
      old: { at: 2, status: "closed", assignee: "clinic" },
      mia: { at: 1, assignee: "clinic" },
    });
    for (const [query, expected] of [
      ["view=open", ["ana", "eva", "luz", "mia"]],
      ["view=open&unread=true", ["ana", "luz"]],
      ["view=open&status=active", ["eva", "luz"]],
      ["view=open&status=closed", []],
      ["view=waiting", ["eva", "ana"]],
      ["view=waiting&unread=true", ["ana"]],
      ["view=waiting&status=active", ["eva"]],
      ["view=mine", ["ana", "mia"]],
      ["view=mine&unread=true", ["ana"]],
      ["view=unassigned", ["luz"]],
      ["view=unassigned&unread=true", ["luz"]],
      ["view=closed", ["old"]],
      ["view=closed&unread=true", []],
      ["view=all", ["ana", "eva", "luz", "old", "mia"]],
      ["view=all&unread=true", ["ana", "luz"]],
    ] as const) {
      expect({ query, shown: await shown(names, query) }).toEqual({ query, shown: expected });
    }
    expect(await shown(names, "view=mine", "reader")).toEqual(["eva"]);
    const elsewhere = await paloma.api(
      "GET",
      `/v1/conversations?view=open&phone_number_id=${unique("number-")}`,
    );
    expect(elsewhere.body.data).toEqual([]);
  });

  it("combines with an assignee, or none", async () => {
    const names = await conversations({
      ana: { at: 5, unread: 1, waiting: 2, assignee: "clinic" },
      eva: { at: 4, status: "active", waiting: 1, assignee: "ana@clínica.mx" },
      luz: { at: 3, status: "active", unread: 2 },
      old: { at: 2, status: "closed", assignee: "clinic" },
      any: { at: 1, status: "closed" },
    });
    for (const [query, expected] of [
      ["assignee=clinic", ["ana", "old"]],
      ["assignee=clinic&status=closed", ["old"]],
      ["assignee=clinic&unread=true&view=open", ["ana"]],
      [`assignee=${encodeURIComponent("ana@clínica.mx")}`, ["eva"]],
      ["assignee=Clinic", []],
      ["assignee=none", ["luz", "any"]],
      ["assignee=none&status=closed", ["any"]],
      ["view=unassigned&assignee=none", ["luz"]],
      ["view=unassigned&assignee=clinic", []],
      ["view=mine&assignee=none", []],
      ["view=mine&assignee=clinic", ["ana"]],
      ["view=waiting&assignee=clinic", ["ana"]],
    ] as const) {
      expect({ query, shown: await shown(names, query) }).toEqual({ query, shown: expected });
    }
    for (const wrong of ["", "a".repeat(255)]) {
      const path = `/v1/conversations?assignee=${wrong}`;
      const { status, body } = await paloma.api("GET", path);
      expect({ status, at: body.errors?.[0]?.pointer }).toEqual({ status: 422, at: "/assignee" });
    }
  });

  it("mine is whoever signed in, under the inbox", async () => {
    const names = await conversations({ ana: { assignee: "clinic" }, eva: { assignee: "reader" } });
    const browser = openBrowser();
    await browser.signIn("test-reader-token");
    const path = `/inbox/api/conversations?view=mine&phone_number_id=${number}`;
    const { body } = await browser.ask("GET", path);
    expect(body.data.map(({ id }: { id: string }) => names.get(id))).toEqual(["eva"]);
  });

  it.each(["open", "waiting", "mine", "unassigned", "closed", "all"])(
    "%s comes in pages, each once",
    async (view) => {
      const status = view === "closed" ? "closed" : "pending";
      const isOurs = view === "mine" ? { assignee: "clinic" } : {};
      const given = Array.from({ length: 5 }, (_each, place): [string, Given] => [
        `c${place}`,
        // Two of the same minute: their ids decide.
        { status, at: Math.floor(place / 2), waiting: Math.floor(place / 2), ...isOurs },
      ]);
      const names = await conversations(Object.fromEntries(given));
      const seen: string[] = [];
      let cursor = "";
      do {
        const path = `/v1/conversations?view=${view}&phone_number_id=${number}&limit=2${cursor}`;
        const { body } = await paloma.api("GET", path);
        expect(body.data.length).toBeLessThanOrEqual(2);
        seen.push(...body.data.map(({ id }: { id: string }) => id));
        cursor = body.next_cursor === null ? "" : `&cursor=${body.next_cursor}`;
      } while (cursor !== "");
      expect(seen.toSorted()).toEqual([...names.keys()].toSorted());
    },
  );

  it.each([1, 2, 50])(
    "waiting shows each once by pages of %s, whatever moves between them",
    async (limit) => {
      const names = await conversations({
        a: { waiting: 1 },
        b: { waiting: 2 },
        c: { waiting: 3 },
        d: { waiting: 4 },
        e: { waiting: 5 },
      });
      const idOf = (name: string) => [...names].find(([, each]) => each === name)?.[0];
      const moves = new Map<number, [string, number]>([
        // Answered and written anew; then a message that Meta delivers late.
        [1, ["a", 9]],
        [2, ["e", 0]],
      ]);
      const path = `/v1/conversations?view=waiting&phone_number_id=${number}&limit=${limit}`;
      const seen: string[] = [];
      let cursor = "";
      for (let page = 1; page === 1 || cursor !== ""; page += 1) {
        const { body } = await paloma.api("GET", path + cursor);
        expect(body.data.length).toBeLessThanOrEqual(limit);
        seen.push(...body.data.map(({ id }: { id: string }) => names.get(id) ?? id));
        cursor = body.next_cursor === null ? "" : `&cursor=${body.next_cursor}`;
        const [name, waiting] = moves.get(page) ?? [];
        if (name === undefined || waiting === undefined) continue;
        await env.DB.prepare(
          "UPDATE conversations SET waiting_since = ?, updated_at = ? WHERE id = ?",
        )
          .bind(NOON + waiting * MINUTE_MS, Date.now(), idOf(name))
          .run();
      }
      expect(seen.toSorted()).toEqual(["a", "b", "c", "d", "e"]);
    },
  );

  it("waiting misses nobody while others are answered and begin to wait", async () => {
    const names = await conversations({
      a: { waiting: 1 },
      b: { waiting: 2 },
      c: { waiting: 3 },
    });
    const path = `/v1/conversations?view=waiting&phone_number_id=${number}&limit=1`;
    const first = await paloma.api("GET", path);
    const nameOf = (page: typeof first) => names.get(page.body.data[0].id);
    expect(nameOf(first)).toBe("a");
    await env.DB.prepare(
      "UPDATE conversations SET waiting_since = NULL WHERE phone_number_id = ? AND waiting_since = ?",
    )
      .bind(number, NOON + MINUTE_MS)
      .run();
    const more = await conversations({ d: { waiting: 4 } });
    for (const [id, name] of more) names.set(id, name);
    const seen: (string | undefined)[] = [];
    let { next_cursor: cursor } = first.body;
    while (cursor !== null) {
      const page = await paloma.api("GET", `${path}&cursor=${cursor}`);
      seen.push(nameOf(page));
      cursor = page.body.next_cursor;
    }
    expect(seen).toEqual(["b", "c", "d"]);
  });

  it.each(["", "OPEN", "pending", "toString", "open,mine"])("%j is refused", async (view) => {
    const { status, body } = await paloma.api("GET", `/v1/conversations?view=${view}`);
    expect(status).toBe(422);
    expect(body.errors).toEqual([
      {
        pointer: "/view",
        detail: "must be open, waiting, mine, unassigned, closed or all",
      },
    ]);
  });

  it("can't be combined with a contact", async () => {
    const path = "/v1/conversations?view=open&contact=+529982220001";
    const { body } = await paloma.api("GET", path);
    expect(body.errors).toMatchObject([{ pointer: "/contact" }]);
  });
});

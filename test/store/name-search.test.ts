import { env } from "cloudflare:workers";
import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldedTogether } from "../../src/lib/folded.ts";
import { listConversations } from "../../src/store/conversation-lists.ts";
import { createDatabase } from "../../src/store/d1.ts";
import type { Country } from "../../src/lib/numbering-plan.ts";
import { isFoundBy, searchTerms } from "../../src/store/name-search.ts";
import { sql } from "../../src/store/sql.ts";
import { conversationRow, projectRows, unique } from "../support/store-rows.ts";

const database = createDatabase(env.DB);

type Person = { profile_name?: string; username?: string; phone?: string; wa_id?: string };

/** Whether D1 finds this person by what is typed, with names that are folded or not yet. */
async function isFound(
  person: Person,
  typed: string,
  isFolded = true,
  country: Country | null = null,
): Promise<boolean> {
  const { profile_name = null, username = null, phone = null, wa_id = null } = person;
  const profile_folded = isFolded ? foldedTogether([profile_name, username]) : null;
  const rows = await database.all(sql`
    SELECT 1 FROM (SELECT NULL AS contact_name, NULL AS contact_folded,
      ${profile_name} AS profile_name, ${profile_folded} AS profile_folded,
      ${username} AS username, ${phone} AS phone, ${wa_id} AS wa_id)
    WHERE ${isFoundBy(searchTerms(typed, country))}`);
  return rows.length > 0;
}

const ANA = {
  profile_name: "Ana María Ñúñez-López",
  username: "anita.vet",
  phone: "529982220001",
  wa_id: "5219982220001",
};

describe("a person", () => {
  it.each([
    "ana",
    "ANA",
    "Ñúñez",
    "nunez",
    "ÑUÑEZ lop",
    "lopez ana",
    "  maria   ana ",
    "nunez-lopez",
    "anita",
    "ANITA.VET",
    "9982220001",
    "+52 998 222 0001",
    "+52 1 998 222 0001",
    "(998) 222-00-01",
    "222",
    "ana 998",
    "2220001 nunez",
    "@anita.vet",
    "００５２ ９９８ ２２２ ０００１",
    "٩٩٨٢٢٢٠٠٠١",
    "tel:+52-998-222-0001",
    "+52 1 998",
    "52 998 222",
    "Ａｎａ",
    "An\u0303a".normalize("NFC").replace("ñ", "n"),
  ])("is found by %s", async (typed) => {
    expect(await isFound(ANA, typed)).toBe(true);
    expect(await isFound(ANA, typed, false)).toBe(true);
  });

  it.each([
    "eva",
    "ana eva",
    "ana 555",
    "22",
    "9982220002",
    "0001 521",
    "000152",
    "%",
    "_",
    "ana%",
    "' OR 1=1 --",
    "lopezanita",
  ])("is not found by %s", async (typed) => {
    expect(await isFound(ANA, typed)).toBe(false);
    expect(await isFound(ANA, typed, false)).toBe(false);
  });

  it("whose device wrote the accent behind the letter is found as well", async () => {
    const apart = { profile_name: "Jose\u0301 Mun\u0303oz" };
    for (const typed of ["josé muñoz", "jose munoz", "JOSE\u0301"]) {
      expect(await isFound(apart, typed)).toBe(true);
      expect(await isFound(apart, typed, false)).toBe(true);
    }
  });

  it.each([
    ["529982220001", "+52 1 998 222 0001"],
    ["529982220001", "5219982220001"],
    ["529982220001", "044 998 222 0001"],
    ["529982220001", "01 998 222 0001"],
    ["529982220001", "00 52 998 222 0001"],
    ["529982220001", "998 222 0001"],
    ["5491123456789", "54 11 2345 6789"],
    ["5491123456789", "+54 9 11 2345-6789"],
    ["5511987654321", "+55 11 8765-4321"],
  ])("who has not answered at %s yet is found by %s", async (phone, typed) => {
    expect(await isFound({ phone }, typed, true, "MX")).toBe(true);
  });

  it.each([
    ["529982220001", "+52 1 998 222 0002"],
    ["529982220001", "+1 998 222 0001"],
  ])("at %s is not found by %s", async (phone, typed) => {
    expect(await isFound({ phone }, typed, true, "MX")).toBe(false);
  });

  it.each([
    ["𝓐𝓷𝓪 𝐋ó𝐩𝐞𝐳", "ana lopez"],
    ["ＡＮＡ", "ana"],
    ["ﬁdel", "FIDEL"],
    ["Ⓛⓤⓝⓐ", "luna"],
    ["Clínica №5", "no5"],
    ["Дмитрий Ёлкин", "ДМИТРИЙ елкин"],
    ["ОЛЬГА", "ольга"],
    ["Ελένη Παπαδοπούλου", "ΕΛΕΝΗ παπαδοπουλου"],
    ["ΟΔΥΣΣΕΥΣ", "οδυσ"],
    ["Οδυσσεύς", "ΟΔΥΣΣΕΥΣ"],
    ["İbrahim Işık", "ibrahim isik"],
    ["Ístván Őry", "ŐRY"],
    ["Łukasz Żak", "łukasz zak"],
    ["Groß", "GROSS"],
    ["Nguyễn Thị", "nguyen thi"],
    ["李小龍", "小龍"],
    ["محمد", "محمد"],
    ["🐕 Luna", "🐕"],
    ["Æsa Þór", "æSA þOR"],
  ])("%s is found by %s, whatever the script", async (name, typed) => {
    expect(await isFound({ profile_name: name }, typed)).toBe(true);
    expect(await isFound({ profile_name: name }, name.toUpperCase())).toBe(true);
    expect(await isFound({ profile_name: name }, name.toLowerCase())).toBe(true);
  });

  test.prop([fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }), fc.nat(), fc.nat()])(
    "is found by any part of a name in any script",
    async (name, from, length) => {
      const letters = Array.from(name);
      const first = from % letters.length;
      const typed = letters.slice(first, first + 1 + (length % letters.length)).join("");
      fc.pre(searchTerms(typed, null).length > 0 && !name.includes("\0") && name.isWellFormed());
      expect(await isFound({ profile_name: name }, typed)).toBe(true);
    },
  );

  const latin = fc.array(
    fc.integer({ min: 0x20, max: 0xff }).filter((code) => code < 0x7f || code > 0xa0),
    { minLength: 1, maxLength: 30 },
  );

  test.prop([latin, fc.nat(), fc.integer({ min: 1, max: 10 }), fc.constantFrom("U", "l", "-")])(
    "is found by any part of a name, in capitals or without accents",
    async (codes, from, length, how) => {
      const name = String.fromCodePoint(...codes);
      const part = name.slice(from % name.length).slice(0, length);
      const typed = {
        U: part.toUpperCase(),
        l: part.toLowerCase(),
        "-": part.normalize("NFD").replaceAll(/\p{M}/gu, ""),
      }[how];
      // "ß" and "ÿ" have capitals of two letters and of another alphabet; a space alone is no name.
      fc.pre(typed !== undefined && searchTerms(typed, null).length > 0 && !/[ßÿµ]/.test(part));
      expect(await isFound({ profile_name: name }, typed)).toBe(true);
      expect(await isFound({ profile_name: name }, typed, false)).toBe(true);
    },
  );

  test.prop([fc.string({ unit: "grapheme", maxLength: 100 })])(
    "is looked for by whatever is typed, without an error",
    async (typed) => {
      fc.pre(searchTerms(typed, "MX").length > 0 && !typed.includes("\0"));
      expect(await isFound(ANA, typed, true, "MX")).toBeTypeOf("boolean");
    },
  );
});

describe("a list of those who are found", () => {
  it("keeps to its other filters and its order", async () => {
    const name = unique("Zoë ");
    const made = [1, 2, 3].map((place) =>
      conversationRow({
        profile_name: `${name} ${place}`,
        last_message_at: Date.UTC(2026, 0, place),
        status: place === 2 ? "closed" : "pending",
      }),
    );
    await projectRows({ conversations: made });
    const terms = searchTerms(name.toUpperCase().replace("Ë", "E"), null);
    const found = (filters: Parameters<typeof listConversations>[1]["filters"]) =>
      listConversations(database, { filters, after: null, limit: 10 });
    const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);
    expect(ids(await found([{ by: "search", terms }]))).toEqual(ids(made.toReversed()));
    const closed = { by: "status", status: "closed" } as const;
    expect(ids(await found([{ by: "search", terms }, closed]))).toEqual([made[1]?.id]);
  });
});

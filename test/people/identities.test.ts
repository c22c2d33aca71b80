import { fc, test } from "@fast-check/vitest";
import { describe, expect, test as it } from "vitest";
import { canonicalPhone, spellingsOf } from "../../src/lib/phone.ts";
import { identitiesOf, namesOneOf } from "../../src/people/identities.ts";

const ANA = identitiesOf([{ kind: "phone", phone: "529982220001" }], ["5219982220001", "MX.1"]);

describe("the identities of a person", () => {
  it("are every spelling of the phones, once, and other ids as they are", () => {
    expect(ANA).toEqual({ phones: ["529982220001", "5219982220001"], ids: ["MX.1"] });
    const user = { kind: "user" as const, user_id: "MX.2" };
    expect(
      identitiesOf([user, { kind: "group", group_id: "g" }], [null, "+5491122334455"]),
    ).toEqual({
      phones: ["5491122334455", "541122334455"],
      ids: ["MX.2", "g"],
    });
  });

  test.prop([fc.stringMatching(/^(52|521|54|549|55\d{2}9?|34)\d{8,10}$/)])(
    "I8: have only spellings of one canonical phone",
    (digits) => {
      const canonical = canonicalPhone(digits);
      const spellings = spellingsOf(canonical);
      expect(spellings).toContain(digits);
      for (const spelling of spellings) expect(canonicalPhone(spelling)).toBe(canonical);
    },
  );
});

describe("a text names a person", () => {
  it.each([
    "5219982220001",
    'from":"529982220001"',
    "+52 (998) 222-00-01",
    "+52 1 998 222 0001 de Ana",
    "user MX.1, and others",
  ])("by any identity, such as in %s", (text) => {
    expect(namesOneOf(ANA)(text)).toBe(true);
  });

  it.each(["15299822200012", "529982220002", "MX.12", "AMX.1", "52998222000", ""])(
    "but not by what is only a part of another, such as in %s",
    (text) => {
      expect(namesOneOf(ANA)(text)).toBe(false);
    },
  );

  it("only if there is anything to name", () => {
    expect(namesOneOf({ phones: [], ids: [] })("5219982220001")).toBe(false);
    expect(namesOneOf({ phones: [], ids: ["a*b (c)"] })("it is a*b (c)")).toBe(true);
  });
});

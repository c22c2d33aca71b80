import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JsonObject, textMember } from "../../src/lib/json.ts";
import { phoneOf } from "../../src/lib/phone.ts";
import { Contacts } from "../../src/webhook/contacts.ts";

const ANA = { wa_id: "5219982220001", user_id: "MX.1" };
const BETO = { wa_id: "5219982220002", user_id: "MX.2" };

describe("the contact of a person", () => {
  it("is the one with the same BSUID, else the same phone in any spelling", () => {
    const contacts = new Contacts([BETO, ANA, { wa_id: "5219982220003" }]);
    expect(contacts.of("5219982220009", "MX.1")).toBe(ANA);
    expect(contacts.of("529982220001", null)).toBe(ANA);
    expect(contacts.of("529982220003", "MX.3")).toEqual({ wa_id: "5219982220003" });
  });

  it("is nobody whose BSUID is another's, whatever the phone", () => {
    expect(new Contacts([ANA, BETO]).of(ANA.wa_id, "MX.3")).toBeNull();
  });

  it("is the only one if that does not contradict", () => {
    const named = { profile: { name: "Ana" } };
    expect(new Contacts([named]).of(ANA.wa_id, ANA.user_id)).toBe(named);
    expect(new Contacts([{ user_id: "MX.1" }]).of(ANA.wa_id, null)).toEqual({ user_id: "MX.1" });
    expect(new Contacts([ANA]).of(BETO.wa_id, null)).toBeNull();
    expect(new Contacts([named, named]).of(ANA.wa_id, null)).toBeNull();
    expect(new Contacts([]).of(null, null)).toBeNull();
  });

  const waId = fc.constantFrom("5219982220001", "529982220001", "5219982220002", "12345", "x");
  const userId = fc.constantFrom("MX.1", "MX.2");
  const contact = fc.record({ wa_id: waId, user_id: userId }, { requiredKeys: [] });
  const someone = fc.record({ waId: fc.option(waId), userId: fc.option(userId) });

  test.prop([fc.array(contact, { minLength: 2, maxLength: 6 }), someone])(
    "is the first that speaks of them",
    (contacts, person) => {
      const first = contacts.find((each) => speaksOf(each, person.waId, person.userId));
      expect(new Contacts(contacts).of(person.waId, person.userId)).toBe(first ?? null);
    },
  );
});

function speaksOf(contact: JsonObject, waId: string | null, userId: string | null): boolean {
  if (userId !== null && contact["user_id"] !== undefined) return contact["user_id"] === userId;
  const spelled = textMember(contact, "wa_id");
  if (waId === null || spelled === null) return false;
  return (phoneOf(spelled) ?? spelled) === (phoneOf(waId) ?? waId);
}

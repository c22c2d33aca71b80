import { describe, expect, it } from "vitest";
import { withAddress } from "../../../src/conversation/state/addresses.ts";
import { newConversation } from "../../../src/conversation/state/state.ts";
import { linkedAddressesOf } from "../../../src/conversation/storage/record.ts";
import type { Address } from "../../../src/lib/address.ts";
import { NUMBER } from "../../support/paloma.ts";

const phone: Address = { kind: "phone", phone: "529982220001" };
const user: Address = { kind: "user", user_id: "MX.1" };
const state = withAddress(newConversation(NUMBER, phone, 0), user);

describe("where else a person is known", () => {
  it("nobody can tell where nobody is", () => {
    expect(linkedAddressesOf({ kind: "empty" })).toBeNull();
    expect(linkedAddressesOf({ kind: "erased", sequence: 1, version: 2 })).toBeNull();
  });

  it("a conversation reports with all its addresses, and whether it is about to go", () => {
    const known = { addresses: [phone, user], leads_to: [] };
    const leaving = { into: "a", heir: "a", home: null };
    expect(linkedAddressesOf({ kind: "live", state, leaving: null })).toEqual({
      ...known,
      moving: false,
    });
    expect(linkedAddressesOf({ kind: "live", state, leaving })).toEqual({ ...known, moving: true });
  });

  it("one that moved leads on, and is moving until that is confirmed", () => {
    const moved = { kind: "moved" as const, to: "a", sequence: 0, version: 0 };
    const departing = { into: "b", home: null, state };
    expect(linkedAddressesOf({ ...moved, departing: null })).toEqual({
      addresses: [],
      leads_to: ["a"],
      moving: false,
    });
    expect(linkedAddressesOf({ ...moved, departing })?.moving).toBe(true);
  });
});

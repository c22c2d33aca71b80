import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isBsuid } from "../../simulator/customers/customer.ts";
import { userIdOf } from "../../simulator/customers/user-id.ts";
import { ANA, startSimulator } from "./start-simulator.ts";

const phones = fc.stringMatching(/^\d{7,15}$/);
const generations = fc.nat(1000);

describe("the user id of a phone", () => {
  it("is the same one in every simulator", () => {
    const [first, second] = [1, 2].map(
      (randomSeed) => startSimulator({ randomSeed }).simulator.customers.put(ANA)?.userId,
    );
    expect(first).toMatch(/^MX\.[1-9]\d{19}$/);
    expect(second).toBe(first);
  });

  it("is another one for each who has the phone, and after each change", () => {
    const { simulator } = startSimulator();
    const { customers } = simulator;
    const own = customers.put(ANA)?.userId;
    customers.changeNumber({ from: ANA });
    const changed = customers.find(ANA)?.userId;
    customers.changeNumber({ from: ANA, newPhone: "+52 998 222 0009" });
    const moved = customers.find("+52 998 222 0009")?.userId;
    const newcomer = customers.put(ANA)?.userId;
    expect(new Set([own, changed, moved, newcomer]).size).toBe(4);
  });

  test.prop([phones, generations, phones, generations])("is nobody else's", (a, m, b, n) => {
    const [one, other] = [userIdOf(a, m), userIdOf(b, n)];
    expect(isBsuid(one)).toBe(true);
    if (Number(a) !== Number(b) || m !== n) expect(one.slice(3)).not.toBe(other.slice(3));
  });
});

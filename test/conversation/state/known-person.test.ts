import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  NOBODY,
  personOf,
  withDialedWaId,
  withFacts,
} from "../../../src/conversation/state/person.ts";
import { NAMELESS } from "../../support/conversation-messages.ts";

const named = (name: string | null) => ({ ...NAMELESS, name });

describe("what is known of a person (I3)", () => {
  it("is nothing at first", () => {
    expect(personOf(NOBODY)).toEqual(NAMELESS);
  });

  it("is the newest name by message, not by arrival", () => {
    const newest = withFacts(NOBODY, named("Ana Ñúñez"), "msg_2");
    expect(personOf(withFacts(newest, named("Ana"), "msg_1")).name).toBe("Ana Ñúñez");
    expect(personOf(withFacts(newest, named("Ana N."), "msg_3")).name).toBe("Ana N.");
  });

  it("is not forgotten by a message that does not tell it", () => {
    const known = withFacts(NOBODY, named("Ana"), "msg_1");
    expect(personOf(withFacts(known, named(null), "msg_2")).name).toBe("Ana");
  });

  it("takes each member from the newest message that names it", () => {
    const older = { ...NAMELESS, wa_id: "5219982220001", name: "Ana", username: "@ana" };
    const newer = { ...NAMELESS, user_id: "MX.1", parent_user_id: "MX.ENT.1", name: "Ana N." };
    const known = withFacts(withFacts(NOBODY, newer, "msg_2"), older, "msg_1");
    expect(personOf(known)).toEqual({
      wa_id: "5219982220001",
      user_id: "MX.1",
      parent_user_id: "MX.ENT.1",
      username: "@ana",
      name: "Ana N.",
    });
  });

  const tellings = fc.uniqueArray(
    fc.record({
      by: fc.nat({ max: 50 }).map((number) => `msg_${String(number).padStart(2, "0")}`),
      name: fc.option(fc.constantFrom("Ana", "Ana Ñúñez", "")),
      user_id: fc.option(fc.constantFrom("MX.1", "MX.2")),
    }),
    { selector: ({ by }) => by },
  );

  test.prop([
    tellings.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    ),
  ])("is the same in any order of the messages", ([all, shuffled]) => {
    const fold = (order: typeof all) =>
      order.reduce(
        (known, { by, ...facts }) => withFacts(known, { ...NAMELESS, ...facts }, by),
        NOBODY,
      );
    const sorted = all.toSorted((one, other) => (one.by < other.by ? 1 : -1));
    const known = fold(shuffled);
    expect(known).toEqual(fold(all));
    expect(personOf(known).name).toBe(sorted.find(({ name }) => name !== null)?.name ?? null);
    expect(personOf(known).user_id).toBe(
      sorted.find(({ user_id }) => user_id !== null)?.user_id ?? null,
    );
  });
});

describe("the number that Meta's answer to a send gives", () => {
  it("is kept where none was known", () => {
    expect(personOf(withDialedWaId(NOBODY, "5219982220001")).wa_id).toBe("5219982220001");
  });

  it("gives way to any webhook's, and never takes its place", () => {
    const dialed = withDialedWaId(NOBODY, "5219982220001");
    const newer = { ...NAMELESS, wa_id: "529982220001" };
    const known = withFacts(dialed, newer, "msg_0");
    expect(personOf(known).wa_id).toBe("529982220001");
    expect(withDialedWaId(known, "5219982220001")).toBe(known);
  });

  it("changes nothing where the answer gave none", () => {
    expect(withDialedWaId(NOBODY, null)).toBe(NOBODY);
  });
});

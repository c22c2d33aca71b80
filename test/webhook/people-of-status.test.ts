import { describe, expect, it } from "vitest";
import { peopleOfStatus } from "../../src/webhook/statuses.ts";

const people = (status: unknown) => peopleOfStatus(JSON.stringify(status));

describe("the people whom a status names", () => {
  it("are its recipient, by every address, in one spelling", () => {
    expect(people({ recipient_id: "5219982220001", recipient_user_id: "MX.1" })).toEqual([
      { kind: "phone", phone: "529982220001" },
      { kind: "user", user_id: "MX.1" },
    ]);
  });

  it("in a group are the members it speaks of, and whatever the group is called", () => {
    const status = {
      recipient_type: "group",
      recipient_id: "group-1",
      recipient_participant_id: "5219982220001",
      recipient_participant_user_id: "MX.1",
    };
    expect(people(status)).toEqual([
      { kind: "phone", phone: "group-1" },
      { kind: "phone", phone: "529982220001" },
      { kind: "user", user_id: "MX.1" },
    ]);
  });

  it.each(["", "no JSON", "[]", "null", '{"recipient_id":null}'])("are nobody in %j", (payload) => {
    expect(peopleOfStatus(payload)).toEqual([]);
  });
});

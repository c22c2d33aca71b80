import { describe, expect, it } from "vitest";
import { Kinds } from "../../inbox/src/state/kinds.ts";
import type { Conversation } from "../../inbox/src/state/views.ts";
import { conversation } from "./support/views.ts";

const SINCE = "2026-11-29T16:00:00.000Z";

describe("conversations that changed", () => {
  it("may be counted otherwise where one was not known", () => {
    const kinds = new Kinds();
    expect(kinds.take([conversation()])).toBe(true);
    expect(kinds.take([conversation()])).toBe(false);
    expect(kinds.take([conversation(), conversation({ id: "conv_2" })])).toBe(true);
    kinds.forget();
    expect(kinds.take([conversation()])).toBe(true);
  });

  it.each<[string, Partial<Conversation>]>([
    ["closed", { status: "closed" }],
    ["taken up", { status: "active" }],
    ["somebody's", { assignee: "ana" }],
    ["unread", { unread_count: 1 }],
    ["waiting", { waiting_since: SINCE }],
  ])("are counted otherwise where one is %s now, or no longer", (_case, change) => {
    const kinds = new Kinds();
    kinds.take([conversation()]);
    expect(kinds.take([conversation(change)])).toBe(true);
    expect(kinds.take([conversation(change)])).toBe(false);
    expect(kinds.take([conversation()])).toBe(true);
  });

  it("count as before where anything else changed", () => {
    const kinds = new Kinds();
    const before = conversation({ unread_count: 1, waiting_since: SINCE, assignee: "luis" });
    kinds.take([before]);
    const after = { ...before, unread_count: 2, subject: "Luna", last_message_at: SINCE };
    expect(kinds.take([after])).toBe(false);
  });
});

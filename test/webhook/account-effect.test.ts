import { describe, expect, it } from "vitest";
import { reportedBy } from "../../src/message/reported-identity.ts";
import { EMPTY_UPDATE } from "../../src/store/templates.ts";
import { accountEffects } from "../../src/webhook/account.ts";

const NOON = Date.UTC(2026, 10, 24, 12);
const LATER = NOON + 60_000;

const context = {
  accountId: "102290129340398",
  phoneNumberId: "106540352242922",
  at: NOON,
  receivedAt: LATER,
};

describe("accountEffects", () => {
  const template = {
    message_template_id: 1689556908129832,
    message_template_name: "order_ready",
    message_template_language: "es_MX",
  };
  const unchanged = {
    kind: "template",
    name: "order_ready",
    language: "es_MX",
    ...EMPTY_UPDATE,
    business_account_id: "102290129340398",
    meta_id: "1689556908129832",
    at: NOON,
  };

  it.each([
    [
      "message_template_status_update",
      { event: "REJECTED", reason: "INVALID_FORMAT" },
      { status: "REJECTED", reason: "INVALID_FORMAT" },
    ],
    ["message_template_status_update", { event: "SOMETHING_NEW" }, { status: "SOMETHING_NEW" }],
    [
      "message_template_status_update",
      { event: "APPROVED", message_template_category: "MARKETING" },
      { status: "APPROVED", category: "MARKETING" },
    ],
    [
      "template_category_update",
      { previous_category: "UTILITY", new_category: "MARKETING" },
      { category: "MARKETING" },
    ],
    [
      "message_template_quality_update",
      { previous_quality_score: "GREEN", new_quality_score: "RED" },
      { quality: "RED" },
    ],
  ])("%s %j", (field, members, changed) => {
    expect(accountEffects(field, { ...template, ...members }, context)).toEqual([
      { ...unchanged, ...changed },
    ]);
  });

  it.each([
    [
      "a template without a name",
      "message_template_status_update",
      { event: "APPROVED", message_template_language: "es_MX" },
    ],
    [
      "a template without a language",
      "message_template_status_update",
      { event: "APPROVED", message_template_name: "x" },
    ],
    ["preferences that are no list", "user_preferences", { user_preferences: "stop" }],
    ["a preference of nobody", "user_preferences", { user_preferences: [{ value: "stop" }] }],
    [
      "a preference that says nothing",
      "user_preferences",
      { user_preferences: [{ wa_id: "5219982220001" }] },
    ],
    ["a call of nobody", "calls", { calls: [{ id: "wacid.1" }, null, "x"] }],
    [
      "a BSUID update without the new one",
      "user_id_update",
      { user_id_update: [{ wa_id: "5219982220001", user_id: { previous: "MX.1" } }] },
    ],
    ["a BSUID update that is text", "user_id_update", { user_id_update: [{ user_id: "MX.1" }] }],
    [
      "a BSUID update of nobody",
      "user_id_update",
      { user_id_update: [{ user_id: { current: "MX.1" } }] },
    ],
    ["a field not known", "hologram_update", { calls: [{ from: "5219982220001" }] }],
  ])("%s changes nothing (I9)", (_what, field, value) => {
    expect(accountEffects(field, value, context)).toEqual([]);
  });

  it("names a customer by canonical phone and BSUID, at the time they chose (I8)", () => {
    const preference = {
      wa_id: "5219982220001",
      user_id: "MX.1349",
      value: "stop",
      timestamp: NOON / 1000 - 60,
    };
    expect(accountEffects("user_preferences", { user_preferences: [preference] }, context)).toEqual(
      [
        {
          kind: "marketing",
          addresses: ["529982220001", "MX.1349"],
          preference: "stop",
          at: NOON - 60_000,
        },
        {
          kind: "identity",
          phoneNumberId: context.phoneNumberId,
          identity: reportedBy(["5219982220001", "MX.1349"], NOON - 60_000),
        },
      ],
    );
  });

  it("of a preference without a time takes that of receipt, not the future (I5)", () => {
    const wa_id = "5219982220001";
    for (const timestamp of [undefined, "soon", LATER / 1000 + 3600]) {
      const value = { user_preferences: [{ wa_id, value: "resume", timestamp }] };
      expect(accountEffects("user_preferences", value, context)).toMatchObject([{ at: LATER }]);
    }
  });

  it("takes calls by customers, not by the business (I5)", () => {
    const call = { from: "5219982220001", timestamp: String(NOON / 1000) };
    const calls = [
      { ...call, direction: "USER_INITIATED" },
      { ...call, direction: "BUSINESS_INITIATED" },
      { from_user_id: "MX.1349", timestamp: call.timestamp },
    ];
    expect(accountEffects("calls", { calls }, context)).toEqual([
      {
        kind: "call",
        phoneNumberId: context.phoneNumberId,
        address: { kind: "phone", phone: "529982220001" },
        at: NOON,
        identity: reportedBy(["5219982220001"], NOON),
      },
      {
        kind: "call",
        phoneNumberId: context.phoneNumberId,
        address: { kind: "user", user_id: "MX.1349" },
        at: NOON,
        identity: reportedBy(["MX.1349"], NOON),
      },
    ]);
    expect(accountEffects("calls", { calls }, { ...context, phoneNumberId: null })).toEqual([]);
  });

  it("takes from a call of either side whose phone and BSUID belong together (I8)", () => {
    const contacts = [{ wa_id: "5219982220001", user_id: "MX.1349" }];
    const at = String(NOON / 1000);
    const incoming = { contacts, calls: [{ from: "5219982220001", timestamp: at }] };
    const both = reportedBy(["5219982220001", "MX.1349"], NOON);
    expect(accountEffects("calls", incoming, context)).toMatchObject([
      { kind: "call", identity: both },
    ]);
    const direction = "BUSINESS_INITIATED";
    const call = { direction, to: "5219982220001", to_user_id: "MX.1349", timestamp: at };
    expect(accountEffects("calls", { calls: [call] }, context)).toEqual([
      { kind: "identity", phoneNumberId: context.phoneNumberId, identity: both },
    ]);
  });

  it("knows a BSUID in a phone's place (I8)", () => {
    const at = String(NOON / 1000);
    const calls = [{ from: "MX.5219982220001", timestamp: at }];
    expect(accountEffects("calls", { calls }, context)).toMatchObject([
      { address: { kind: "user", user_id: "MX.5219982220001" } },
    ]);
    const preference = { wa_id: "MX.5219982220001", value: "stop", timestamp: at };
    const value = { user_preferences: [preference] };
    expect(accountEffects("user_preferences", value, context)).toMatchObject([
      { kind: "marketing", addresses: ["MX.5219982220001"] },
    ]);
  });

  it("tells of a new BSUID wherever the conversation may stand (I8)", () => {
    const user_id = { previous: "MX.1", current: "MX.2" };
    const user_id_update = [{ wa_id: "5219982220001", user_id }];
    const effects = accountEffects("user_id_update", { user_id_update }, context);
    const update = reportedBy(["5219982220001", "MX.2", "MX.1"], LATER, true);
    expect(update).toMatchObject({ user_id: "MX.2", changed: true });
    const { phoneNumberId } = context;
    expect(effects).toEqual([{ kind: "identity", phoneNumberId, identity: update }]);
    const nowhere = { ...context, phoneNumberId: null };
    expect(accountEffects("user_id_update", { user_id_update }, nowhere)).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { templateUpdate } from "../../src/webhook/account.ts";

const NOON = Date.UTC(2026, 10, 24, 12);

const template = {
  message_template_id: 1315502779341834,
  message_template_name: "order_confirmation",
  message_template_language: "en_US",
};

const updateOf = (members: object) => templateUpdate({ ...template, ...members }, "1022", NOON);

describe("the update in a template's webhook", () => {
  it("has an edited template's texts as Meta's components, and is known not to be whole", () => {
    const update = updateOf({
      message_template_title: "Your order is confirmed!",
      message_template_element: "Thank you, {{1}}!",
      message_template_footer: "Lucky Shrub",
      message_template_buttons: [
        {
          message_template_button_type: "PHONE_NUMBER",
          message_template_button_text: "Phone support",
          message_template_button_phone_number: "+15550783881",
        },
        {
          message_template_button_type: "URL",
          message_template_button_text: "Email support",
          message_template_button_url: "https://www.luckyshrub.com/support",
        },
        "nonsense",
      ],
    });
    expect(update).toMatchObject({
      name: "order_confirmation",
      business_account_id: "1022",
      components_whole: false,
      status: null,
    });
    expect(JSON.parse(update?.components ?? "")).toEqual([
      { type: "HEADER", format: "TEXT", text: "Your order is confirmed!" },
      { type: "BODY", text: "Thank you, {{1}}!" },
      { type: "FOOTER", text: "Lucky Shrub" },
      {
        type: "BUTTONS",
        buttons: [
          { type: "PHONE_NUMBER", text: "Phone support", phone_number: "+15550783881" },
          { type: "URL", text: "Email support", url: "https://www.luckyshrub.com/support" },
        ],
      },
    ]);
  });

  it("has the body alone where nothing else is reported, and no components without one", () => {
    const update = updateOf({ message_template_element: "Hi {{1}}!" });
    expect(update?.components).toBe('[{"type":"BODY","text":"Hi {{1}}!"}]');
    expect(updateOf({ event: "APPROVED" })?.components).toBeNull();
  });

  it.each([
    [{ event: "REJECTED", reason: "SCAM" }, "SCAM"],
    [{ event: "APPROVED", reason: "NONE" }, "NONE"],
    [
      { event: "PAUSED", reason: "NONE", other_info: { description: "Paused for 6 hours." } },
      "Paused for 6 hours.",
    ],
    [{ event: "PAUSED", other_info: "?" }, null],
  ])("of %j has the reason %j", (members, reason) => {
    expect(updateOf(members)?.reason).toBe(reason);
  });

  it("is none where the value names no template, or is larger than any template (I9)", () => {
    expect(templateUpdate({ message_template_name: "x" }, null, NOON)).toBeNull();
    expect(templateUpdate({ message_template_language: "x" }, null, NOON)).toBeNull();
    expect(updateOf({ message_template_element: "a".repeat(100_001) })).toBeNull();
  });
});

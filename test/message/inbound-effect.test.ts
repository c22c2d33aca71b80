import { describe, expect, it } from "vitest";
import type { Address } from "../../src/lib/address.ts";
import { inboundEffect } from "../../src/message/inbound-effect.ts";

const PHONE: Address = { kind: "phone", phone: "529982220001" };
const USER: Address = { kind: "user", user_id: "MX.1" };
const GROUP: Address = { kind: "group", group_id: "120363" };

const WRITTEN_TYPES = [
  "text",
  "image",
  "video",
  "audio",
  "voice",
  "document",
  "sticker",
  "location",
  "contacts",
  "interactive",
  "button",
  "order",
  "unsupported",
  "request_welcome",
  "media_placeholder",
  "hologram",
  // A type may be called anything, what every object has included.
  "constructor",
  "",
];

const SILENT_TYPES = ["edit", "revoke", "system"];

const NOTHING = {
  countsAsUnread: false,
  opensWindow: false,
  movesLastMessage: false,
  reopens: false,
};

const EVERYTHING = {
  countsAsUnread: true,
  opensWindow: true,
  movesLastMessage: true,
  reopens: true,
};

const of = (type: string, address: Address, direction: "inbound" | "outbound" = "inbound") =>
  inboundEffect({ type, direction, address });

describe("what a message from a customer does (I5, I9)", () => {
  it.each(WRITTEN_TYPES)("%s counts, opens the window, moves and reopens", (type) => {
    expect(of(type, PHONE)).toEqual(EVERYTHING);
    expect(of(type, USER)).toEqual(EVERYTHING);
  });

  it("a reaction only opens the window", () => {
    expect(of("reaction", PHONE)).toEqual({ ...NOTHING, opensWindow: true });
  });

  it.each(SILENT_TYPES)("%s does nothing", (type) => {
    expect(of(type, PHONE)).toEqual(NOTHING);
  });
});

describe("what a message in a group does", () => {
  it.each(WRITTEN_TYPES)("%s does all but open a window, which groups do not have", (type) => {
    expect(of(type, GROUP)).toEqual({ ...EVERYTHING, opensWindow: false });
  });

  it.each(["reaction", ...SILENT_TYPES])("%s does nothing", (type) => {
    expect(of(type, GROUP)).toEqual(NOTHING);
  });
});

describe("what an echo from the business's own phone does", () => {
  it.each(WRITTEN_TYPES)("%s moves the conversation and no more", (type) => {
    const moves = { ...NOTHING, movesLastMessage: true };
    expect(of(type, PHONE, "outbound")).toEqual(moves);
    expect(of(type, GROUP, "outbound")).toEqual(moves);
  });

  it.each(["reaction", ...SILENT_TYPES])("%s does nothing", (type) => {
    expect(of(type, PHONE, "outbound")).toEqual(NOTHING);
  });
});

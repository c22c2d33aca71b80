import { describe, expect, it } from "vitest";
import { contentErrors, parsedContent } from "./content-errors.ts";

describe("reactionContent", () => {
  it.each(["👍", "❤️", "👩🏽‍⚕️", "🇲🇽", ""])("takes %j", (emoji) => {
    const content = { message_id: "wamid.x", emoji, more: 1 };
    expect(parsedContent("reaction", content)).toEqual(content);
  });

  const ONE = "must be one emoji, or empty to take the reaction back; got";

  it.each([
    [{ message_id: "x", emoji: "👍👍" }, "/reaction/emoji", `${ONE} 2 characters`],
    [{ message_id: "x", emoji: "gracias" }, "/reaction/emoji", `${ONE} 7 characters`],
    [{ message_id: "x" }, "/reaction/emoji", "is required"],
    [{ emoji: "👍" }, "/reaction/message_id", "is required"],
    [
      { message_id: "", emoji: "👍" },
      "/reaction/message_id",
      "must be the id of the message to react to",
    ],
  ])("refuses %j", (content, pointer, detail) => {
    expect(contentErrors("reaction", content)).toEqual([{ pointer, detail }]);
  });
});

import { describe, expect, it } from "vitest";
import { contentErrors, parsedContent } from "./content-errors.ts";

const card = {
  name: { formatted_name: "Ana Ñúñez", first_name: "Ana" },
  phones: [{ phone: "+52" }],
};
const cards = (count: number) => Array.from({ length: count }, () => card);

describe("contactsContent", () => {
  it.each([1, 257])("passes %i cards whole", (count) => {
    expect(parsedContent("contacts", cards(count))).toEqual(cards(count));
  });

  it.each([
    [[], "/contacts", "at least 1 contact, got 0"],
    [cards(258), "/contacts", "at most 257 contacts, got 258"],
    [card, "/contacts", "must be an array, got an object"],
    [undefined, "/contacts", 'is required: the content of a message of type "contacts"'],
    [[{}], "/contacts/0/name", "is required"],
    [[card, { name: {} }], "/contacts/1/name/formatted_name", "is required"],
    [
      [{ name: { formatted_name: "", first_name: "A" } }],
      "/contacts/0/name/formatted_name",
      "must not be empty",
    ],
    [[null], "/contacts/0", "must be an object, got null"],
    [
      [{ name: { formatted_name: "Ana" } }],
      "/contacts/0/name",
      "Meta requires one more besides formatted_name: first_name, last_name, middle_name, prefix, suffix",
    ],
  ])("refuses case %#", (content, pointer, detail) => {
    expect(contentErrors("contacts", content)).toEqual([{ pointer, detail }]);
  });
});

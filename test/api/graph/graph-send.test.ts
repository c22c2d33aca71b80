import { describe, expect, it } from "vitest";
import { foreignMembers, sendInput } from "../../../src/api/graph/messages.ts";

describe("sendInput", () => {
  it("sends from the number in the path, and leaves the rest whole", () => {
    const body = { messaging_product: "whatsapp", to: "+1", type: "text", text: { body: "[1]" } };
    expect(sendInput(body, "106")).toEqual({ ...body, from: "106" });
  });

  it("goes by the phone number where a user id is given as well", () => {
    expect(sendInput({ to: "+1", recipient: "MX.1" }, "106")).toEqual({ to: "+1", from: "106" });
    expect(sendInput({ recipient: "MX.1" }, "106")).toEqual({ recipient: "MX.1", from: "106" });
  });

  it("reads a content that comes as its JSON text", () => {
    const contacts = [{ name: { formatted_name: "Ana" } }];
    expect(sendInput({ type: "contacts", contacts: JSON.stringify(contacts) }, "106")).toEqual({
      type: "contacts",
      contacts,
      from: "106",
    });
  });

  it.each(["no JSON", "7", '"text"'])("leaves the content %j to be refused", (text) => {
    expect(sendInput({ text }, "106")).toEqual({ text, from: "106" });
  });
});

describe("foreignMembers", () => {
  it("names what would make it another request than Graph's", () => {
    expect(foreignMembers({ to: "+1", text: {} })).toEqual([]);
    const pointers = foreignMembers({ from: "1", conversation_id: "2" }).map(
      ({ pointer }) => pointer,
    );
    expect(pointers).toEqual(["/from", "/conversation_id"]);
  });
});

import { describe, expect, it, vi } from "vitest";
import { errorMembers, log } from "../../src/lib/log.ts";

describe("log", () => {
  const spies = () => ({
    info: vi.spyOn(console, "info").mockReturnValue(),
    error: vi.spyOn(console, "error").mockReturnValue(),
  });

  it("writes one line of JSON an event", () => {
    const { info } = spies();
    log("info", "webhook_received", { messages: 2, unusable: null, replayed: false });
    expect(info.mock.calls).toEqual([
      ['{"event":"webhook_received","messages":2,"unusable":null,"replayed":false}'],
    ]);
  });

  it("writes errors as errors, and an event alone", () => {
    const { info, error } = spies();
    log("error", "queue_down");
    expect(error.mock.calls).toEqual([['{"event":"queue_down"}']]);
    expect(info).not.toHaveBeenCalled();
  });

  it("lets no value begin a second line", () => {
    const { info } = spies();
    log("info", "x", { name: "a\n{}" });
    expect(info.mock.calls).toEqual([['{"event":"x","name":"a\\n{}"}']]);
  });
});

describe("errorMembers (I11)", () => {
  it("tells nothing that a parser quotes", () => {
    let error: unknown;
    try {
      JSON.parse("hola Ana, +529982220001");
    } catch (caught) {
      error = caught;
    }
    expect(errorMembers(error)).toEqual({ error: "SyntaxError" });
  });

  it("tells an error's name and message", () => {
    expect(errorMembers(new TypeError("Network connection lost."))).toEqual({
      error: "TypeError: Network connection lost.",
    });
  });

  it("tells nothing of what stands behind the first line", () => {
    expect(errorMembers(new Error("D1_ERROR\nparams: Ana Ñúñez"))).toEqual({
      error: "Error: D1_ERROR",
    });
  });

  it("tells why a query failed, by what D1 said", () => {
    const error = new Error("D1_ERROR: no such table: messages: SQLITE_ERROR");
    expect(errorMembers(error)).toEqual({
      error: "Error: D1_ERROR: no such table: messages: SQLITE_ERROR",
    });
  });

  it.each([
    [`D1_TYPE_ERROR: Type 'object' not supported for value 'Ana Ñúñez'`],
    [`D1_ERROR: unrecognized token: "Ana: SQLITE_ERROR`],
    ["D1_ERROR: near `Ana`: syntax error: SQLITE_ERROR"],
  ])("tells nothing that D1 quotes: %s", (message) => {
    const { error } = errorMembers(new Error(message));
    expect(error).toMatch(/D1_/);
    expect(error).not.toContain("Ana");
  });

  it.each([["Ana Ñúñez"], [{ message: "Ana Ñúñez" }], [null], [undefined]])(
    "tells nothing of %j, which is no error",
    (thrown) => {
      expect(errorMembers(thrown)).toEqual({ error: "unknown" });
    },
  );
});

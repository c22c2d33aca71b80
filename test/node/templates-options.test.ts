import { describe, expect, it } from "vitest";
import { readTemplatesOptions } from "../../scripts/templates/templates-options.ts";

describe("npm run templates", () => {
  it("is told what to do, at which Worker and with which token", () => {
    const settings = { API_TOKENS: "local:local-paloma-token, other:token:read" };
    expect(readTemplatesOptions(["push"], settings)).toEqual({
      command: "push",
      url: "http://localhost:8787",
      token: "local-paloma-token",
    });
    const given = ["list", "--url", "https://paloma.example", "--token", "t"];
    expect(readTemplatesOptions(given, {})).toMatchObject({ command: "list", token: "t" });
    for (const [parameters, words] of [
      [[], "Usage: npm run templates -- push|sync|list"],
      [["pull"], "Usage"],
      [["push", "sync"], "Usage"],
      [["push", "--now"], "Usage"],
      [["push", "--url", "nowhere"], '"nowhere" is no URL'],
      [["push"], "Give --token"],
    ] as const) {
      expect(() => readTemplatesOptions(parameters, {})).toThrow(words);
    }
  });
});

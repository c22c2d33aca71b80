import { describe, expect, it } from "vitest";
import { handshake } from "../../src/webhook/routes.ts";

const TOKEN = "clinic-verify-token";

const ASKED = {
  "hub.mode": "subscribe",
  "hub.verify_token": TOKEN,
  "hub.challenge": "1158201444",
};

describe("handshake", () => {
  it("gives the challenge back", async () => {
    expect(await handshake(ASKED, TOKEN)).toBe("1158201444");
  });

  it.each([
    ["HTML", "<script>alert(1)</script>"],
    ["line breaks", "1158\r\nSet-Cookie: a=b"],
    ["100 KB", "9".repeat(100_000)],
    ["nothing", ""],
  ])("gives a challenge of %s back as it came", async (_case, challenge) => {
    expect(await handshake({ ...ASKED, "hub.challenge": challenge }, TOKEN)).toBe(challenge);
  });

  it("answers nothing to a missing challenge, but takes the token", async () => {
    const { "hub.challenge": _challenge, ...rest } = ASKED;
    expect(await handshake(rest, TOKEN)).toBe("");
  });

  it.each([
    ["another mode", { "hub.mode": "unsubscribe" }],
    ["a mode in other letters", { "hub.mode": "Subscribe" }],
    ["an empty mode", { "hub.mode": "" }],
    ["another token", { "hub.verify_token": "clinic-verify-tokem" }],
    ["a shorter token", { "hub.verify_token": TOKEN.slice(0, -1) }],
    ["a longer token", { "hub.verify_token": `${TOKEN}n` }],
    ["a token of 100 KB", { "hub.verify_token": TOKEN.repeat(5000) }],
    ["a token with a space", { "hub.verify_token": `${TOKEN} ` }],
    ["an empty token", { "hub.verify_token": "" }],
  ])("refuses %s", async (_case, members) => {
    expect(await handshake({ ...ASKED, ...members }, TOKEN)).toBeNull();
  });

  it.each(["hub.mode", "hub.verify_token"] as const)("refuses without %s", async (member) => {
    const { [member]: _left, ...rest } = ASKED;
    expect(await handshake(rest, TOKEN)).toBeNull();
  });

  it("refuses everything where no token is configured", async () => {
    expect(await handshake({ ...ASKED, "hub.verify_token": "" }, "")).toBeNull();
    const { "hub.verify_token": _token, ...rest } = ASKED;
    expect(await handshake(rest, "")).toBeNull();
  });
});

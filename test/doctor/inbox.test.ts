import { beforeEach, describe, expect, it } from "vitest";
import { runInboxCheck } from "../../src/doctor/inbox.ts";
import { type AccessTeam, newAccessTeam } from "../support/access-team.ts";

const API_TOKENS = "ana:token-of-ana-0001:read+send,shop:token-of-shop-0001:send";

let team: AccessTeam;

beforeEach(async () => {
  team = await newAccessTeam();
});

describe("the doctor on the inbox", () => {
  it("counts the tokens that can sign in", async () => {
    expect(await runInboxCheck({ API_TOKENS })).toEqual({
      what: "API tokens that can sign in to /inbox/: 1.",
      result: "ok",
      remedy: null,
    });
  });

  it("fails where nobody can", async () => {
    const check = await runInboxCheck({ API_TOKENS: "shop:token-of-shop-0001:send" });
    expect(check).toMatchObject({ result: "fail", what: expect.stringContaining("nobody") });
  });

  it("warns of settings that do nothing", async () => {
    const { INBOX_SIGN_IN: _mode, ...unused } = team.settings;
    const check = await runInboxCheck({ API_TOKENS, ...unused });
    expect(check.result).toBe("warn");
    for (const name of Object.keys(unused)) expect(check.what).toContain(name);
  });

  it("is content without an inbox", async () => {
    const check = await runInboxCheck({ INBOX_SIGN_IN: "off", INBOX_STAFF: "" });
    const what = "INBOX or INBOX_SIGN_IN is off: there is no inbox.";
    expect(check).toMatchObject({ result: "ok", what });
    expect(await runInboxCheck({ API_TOKENS: "", INBOX: "off" })).toMatchObject({ what });
  });

  it("asks Cloudflare Access for its keys", async () => {
    expect(await runInboxCheck({ API_TOKENS, ...team.settings })).toEqual({
      what: "Cloudflare Access signs in to /inbox/; entries of INBOX_STAFF: 2.",
      result: "ok",
      remedy: null,
    });
    expect(team.asked).toBe(1);
    team.status = 404;
    const check = await runInboxCheck({ API_TOKENS, ...team.settings });
    expect(check).toMatchObject({ result: "fail", what: expect.stringContaining(team.issuer) });
  });

  it("can't check what can't be read, which the configuration's check names", async () => {
    const check = await runInboxCheck({ API_TOKENS, INBOX_SIGN_IN: "cloudflare" });
    expect(check).toMatchObject({ result: "fail", what: expect.stringMatching(/^Not checked/) });
  });
});

import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { callMeta } from "../../../src/conversation/sending/send-ports.ts";
import { NUMBER, startPaloma } from "../../support/paloma.ts";

describe("the call by which a message leaves", () => {
  it("goes to Meta with the configured token", async () => {
    const { simulator } = startPaloma();
    const answer = await callMeta(env)(NUMBER, { messaging_product: "whatsapp" });
    expect(answer).toMatchObject({ ok: false, class: "permanent" });
    expect(simulator.calls).toHaveLength(1);
  });

  it("waits for the operator where something is not configured, and names it", async () => {
    const fetch = vi.spyOn(globalThis, "fetch");
    const answer = await callMeta({ ...env, WHATSAPP_ACCESS_TOKEN: "" })(NUMBER, {});
    expect(answer).toMatchObject({
      ok: false,
      class: "operator",
      error: { code: null, message: expect.stringContaining("WHATSAPP_ACCESS_TOKEN") },
    });
    expect(fetch).not.toHaveBeenCalled();
  });
});

import { describe, expect, test } from "vitest";
import { signMediaLink, verifyMediaLink } from "../../src/media/link.ts";

const NOW = Date.parse("2026-11-22T12:00:00.400Z");
const config = { appSecrets: ["app secret"] };

async function proofOf(mediaId: string, secrets = config.appSecrets) {
  const link = await signMediaLink({ appSecrets: secrets }, mediaId, NOW);
  if (link === null) throw new Error("not signed");
  const query = new URL(link.url, "https://paloma.example").searchParams;
  return {
    link,
    expires: query.get("expires") ?? "",
    signature: query.get("signature") ?? "",
  };
}

describe("a media link", () => {
  test("names the file, its end and its proof", async () => {
    const { link, expires } = await proofOf("med_1/é");
    expect(link.url).toMatch(
      /^\/v1\/media\/med_1%2F%C3%A9\?expires=\d{10}&signature=[0-9a-f]{64}$/,
    );
    expect(link.expires_at).toBe(Date.parse("2026-11-22T12:05:00.000Z"));
    expect(Number(expires) * 1000).toBe(link.expires_at);
  });

  test("holds until its time is over", async () => {
    const { link, ...proof } = await proofOf("med_1");
    expect(await verifyMediaLink(config, "med_1", proof, NOW)).toBe(true);
    expect(await verifyMediaLink(config, "med_1", proof, link.expires_at - 1)).toBe(true);
    expect(await verifyMediaLink(config, "med_1", proof, link.expires_at)).toBe(false);
  });

  test("holds for no other file and no other time", async () => {
    const { expires, signature } = await proofOf("med_1");
    expect(await verifyMediaLink(config, "med_2", { expires, signature }, NOW)).toBe(false);
    const later = { expires: String(Number(expires) + 1), signature };
    expect(await verifyMediaLink(config, "med_1", later, NOW)).toBe(false);
    const padded = { expires: `0${expires}`, signature };
    expect(await verifyMediaLink(config, "med_1", padded, NOW)).toBe(false);
  });

  test.each([
    undefined,
    "",
    "0".repeat(64),
    "0".repeat(63),
    "0".repeat(65),
    "z".repeat(64),
    "é",
    "../",
  ])("signature %j does not hold", async (signature) => {
    const { expires } = await proofOf("med_1");
    expect(await verifyMediaLink(config, "med_1", { expires, signature }, NOW)).toBe(false);
  });

  test("an upper-case or doubled signature does not hold", async () => {
    const { expires, signature } = await proofOf("med_1");
    for (const other of [signature.toUpperCase(), `${signature}${signature}`, ` ${signature}`]) {
      expect(await verifyMediaLink(config, "med_1", { expires, signature: other }, NOW)).toBe(
        false,
      );
    }
  });

  test.each([undefined, "", "soon", "-1", "1e12", "9999999999999", "0x10"])(
    "end %j does not hold",
    async (expires) => {
      const { signature } = await proofOf("med_1");
      expect(await verifyMediaLink(config, "med_1", { expires, signature }, NOW)).toBe(false);
    },
  );

  test("while the secret is rotated, a link of either holds", async () => {
    const proof = await proofOf("med_1", ["old"]);
    expect(await verifyMediaLink({ appSecrets: ["new", "old"] }, "med_1", proof, NOW)).toBe(true);
    expect(await verifyMediaLink({ appSecrets: ["new"] }, "med_1", proof, NOW)).toBe(false);
  });

  test("without a secret nothing is signed and nothing holds", async () => {
    expect(await signMediaLink({ appSecrets: [] }, "med_1", NOW)).toBeNull();
    const proof = await proofOf("med_1");
    expect(await verifyMediaLink({ appSecrets: [] }, "med_1", proof, NOW)).toBe(false);
  });

  test("a webhook signature by the same secret is no link", async () => {
    const { expires } = await proofOf("med_1");
    const key = await crypto.subtle.importKey(
      "raw",
      new TextEncoder().encode("app secret"),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    const body = new TextEncoder().encode(`${expires}\nmed_1`);
    const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, body)).toHex();
    expect(await verifyMediaLink(config, "med_1", { expires, signature }, NOW)).toBe(false);
  });
});

import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAppSecrets } from "../../src/config/config.ts";
import { verifySignature } from "../../src/webhook/signature.ts";
import { sign } from "../support/paloma.ts";

const SECRET = "clinic-app-secret";
const BODY = bytesOf(
  '{"object":"whatsapp_business_account","entry":[],"name":"Ana \\u00d1\\u00fa\\u00f1ez"}',
);

/** RFC 4231, test case 2: a signature that was not computed here. */
const RFC_4231 = {
  secret: "Jefe",
  body: bytesOf("what do ya want for nothing?"),
  signature: "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
};

describe("verifySignature (I1)", () => {
  it("takes what RFC 4231 signs", async () => {
    const { body, signature, secret } = RFC_4231;
    expect(await verifySignature(body, signature, [secret])).toBe(true);
  });

  it("takes the signature over the raw bytes", async () => {
    expect(await verifySignature(BODY, await sign(BODY, SECRET), [SECRET])).toBe(true);
  });

  it.each<[string, (signature: string) => string | null]>([
    ["a missing header", () => null],
    ["an empty header", () => ""],
    ["the algorithm alone", () => "sha256="],
    ["another algorithm's name", (signature) => signature.replace("sha256=", "sha1=")],
    ["no algorithm", (signature) => signature.replace("sha256=", "")],
    ["upper-case hex", (signature) => `sha256=${signature.slice(7).toUpperCase()}`],
    ["an upper-case algorithm", (signature) => signature.replace("sha256", "SHA256")],
    ["a digit too few", (signature) => signature.slice(0, -1)],
    ["a byte too few", (signature) => signature.slice(0, -2)],
    ["a digit too many", (signature) => `${signature}0`],
    ["a byte too many", (signature) => `${signature}00`],
    ["a letter that is no hex digit", (signature) => `${signature.slice(0, -1)}g`],
    ["two values", (signature) => `${signature}, ${signature}`],
    ["a valid value behind another", (signature) => `sha256=${"0".repeat(64)}, ${signature}`],
    ["a space in front", (signature) => ` ${signature}`],
    ["a line break behind", (signature) => `${signature}\n`],
    ["zeros", () => `sha256=${"0".repeat(64)}`],
  ])("refuses %s", async (_case, header) => {
    const signature = await sign(BODY, SECRET);
    expect(await verifySignature(BODY, header(signature), [SECRET])).toBe(false);
  });

  it("refuses a signature over the same JSON written another way", async () => {
    const rewritten = bytesOf(JSON.stringify(JSON.parse(new TextDecoder().decode(BODY))));
    expect(await verifySignature(BODY, await sign(rewritten, SECRET), [SECRET])).toBe(false);
  });

  it("counts a byte order mark as bytes of the body", async () => {
    const marked = Uint8Array.of(0xef, 0xbb, 0xbf, ...BODY);
    expect(await verifySignature(marked, await sign(BODY, SECRET), [SECRET])).toBe(false);
    expect(await verifySignature(marked, await sign(marked, SECRET), [SECRET])).toBe(true);
  });

  it("verifies an empty body and bytes that are no UTF-8 like any other", async () => {
    for (const body of [new Uint8Array(), Uint8Array.of(0xff, 0xfe, 0x00, 0xc3, 0x28)]) {
      expect(await verifySignature(body, await sign(body, SECRET), [SECRET])).toBe(true);
      expect(await verifySignature(body, await sign(BODY, SECRET), [SECRET])).toBe(false);
    }
  });

  it("takes either of two secrets while one is rotated, and the retired one no more", async () => {
    const old = await sign(BODY, "last-year-secret");
    expect(await verifySignature(BODY, old, ["this-year-secret", "last-year-secret"])).toBe(true);
    expect(await verifySignature(BODY, old, ["this-year-secret"])).toBe(false);
  });

  it("refuses everything where there is no secret", async () => {
    expect(await verifySignature(BODY, await sign(BODY, SECRET), [])).toBe(false);
  });

  it("takes a secret that was configured with a trailing newline", async () => {
    const secrets = readAppSecrets({ WHATSAPP_APP_SECRET: `${SECRET}\r\n` });
    expect(await verifySignature(BODY, await sign(BODY, SECRET), secrets)).toBe(true);
  });

  test.prop([
    fc.uint8Array({ minLength: 1 }),
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
    fc.string({ minLength: 1 }),
  ])("notices one changed byte, wherever it is", async (body, place, difference, secret) => {
    const signature = await sign(body, secret);
    const forged = Uint8Array.from(body);
    const position = place % body.length;
    forged[position] = (forged[position] ?? 0) ^ difference;
    expect(await verifySignature(body, signature, [secret])).toBe(true);
    expect(await verifySignature(forged, signature, [secret])).toBe(false);
  });
});

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

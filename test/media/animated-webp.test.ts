import { expect, test } from "vitest";
import { isAnimatedWebp, WEBP_HEAD_BYTES } from "../../src/media/rules.ts";

function webp(chunk: string, flags: number): Uint8Array {
  const head = new TextEncoder().encode(
    `RIFF\u0001\u0002\n\u0004WEBP${chunk}\n\u0000\u0000\u0000?`,
  );
  head[20] = flags;
  return head;
}

test.each([
  ["VP8X", 0b10, true],
  ["VP8X", 0b1111_1111, true],
  ["VP8X", 0b1111_1101, false],
  ["VP8 ", 0b10, false],
  ["VP8L", 0b10, false],
])("chunk %s with flags %i: %s", (chunk, flags, expected) => {
  const head = webp(chunk, flags);
  expect(head).toHaveLength(WEBP_HEAD_BYTES);
  expect(isAnimatedWebp(head)).toBe(expected);
});

test("what is cut off or no WebP is not animated", () => {
  expect(isAnimatedWebp(new Uint8Array())).toBe(false);
  expect(isAnimatedWebp(webp("VP8X", 0b10).subarray(0, 20))).toBe(false);
  expect(isAnimatedWebp(new Uint8Array(WEBP_HEAD_BYTES).fill(2))).toBe(false);
});

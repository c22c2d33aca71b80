/** How much of a file `isAnimatedWebp` needs, in bytes. */
export const WEBP_HEAD_BYTES = 21;

/** RIFF, size, WEBP, then the name of the first chunk. */
const SIGNATURE = /^RIFF[^]{4}WEBPVP8X/;

const FLAGS_OFFSET_BYTES = 20;

const ANIMATION_FLAG = 0b10;

/** Whether a WebP file's first bytes announce an animation (RFC 9649, section 2.7.1). */
export function isAnimatedWebp(head: Uint8Array): boolean {
  const flags = head[FLAGS_OFFSET_BYTES] ?? 0;
  return SIGNATURE.test(String.fromCharCode(...head)) && (flags & ANIMATION_FLAG) !== 0;
}

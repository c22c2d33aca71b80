import { describe, expect, test } from "vitest";
import { checkMedia, extensionOf } from "../../src/media/rules.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const OPEN_XML = "application/vnd.openxmlformats-officedocument";

const LIMITS = [
  ["image/jpeg", "image", 5 * MIB, ".jpg"],
  ["image/png", "image", 5 * MIB, ".png"],
  ["audio/aac", "audio", 16 * MIB, ".aac"],
  ["audio/amr", "audio", 16 * MIB, ".amr"],
  ["audio/mpeg", "audio", 16 * MIB, ".mp3"],
  ["audio/mp4", "audio", 16 * MIB, ".m4a"],
  ["audio/ogg", "audio", 16 * MIB, ".ogg"],
  ["video/mp4", "video", 16 * MIB, ".mp4"],
  ["video/3gpp", "video", 16 * MIB, ".3gp"],
  ["application/pdf", "document", 100 * MIB, ".pdf"],
  ["text/plain", "document", 100 * MIB, ".txt"],
  ["application/msword", "document", 100 * MIB, ".doc"],
  [`${OPEN_XML}.wordprocessingml.document`, "document", 100 * MIB, ".docx"],
  ["application/vnd.ms-excel", "document", 100 * MIB, ".xls"],
  [`${OPEN_XML}.spreadsheetml.sheet`, "document", 100 * MIB, ".xlsx"],
  ["application/vnd.ms-powerpoint", "document", 100 * MIB, ".ppt"],
  [`${OPEN_XML}.presentationml.presentation`, "document", 100 * MIB, ".pptx"],
] as const;

const still = { animated: false };

describe("what Meta takes", () => {
  test.each(LIMITS)("%s is %s of at most %i bytes", (mimeType, kind, limit, extension) => {
    expect(checkMedia(mimeType, 1, still)).toEqual({ ok: true, kind, mimeType });
    expect(checkMedia(mimeType, limit, still)).toEqual({ ok: true, kind, mimeType });
    expect(checkMedia(mimeType, limit + 1, still)).toEqual({
      ok: false,
      detail: `${mimeType}: at most ${limit} bytes, got ${limit + 1}`,
    });
    expect(extensionOf(mimeType)).toBe(extension);
  });

  test.each([
    [false, 100 * KIB],
    [true, 500 * KIB],
  ])("a sticker, animated: %s, is of at most %i bytes", (animated, limit) => {
    const sticker = { ok: true, kind: "sticker", mimeType: "image/webp" };
    expect(checkMedia("image/webp", limit, { animated })).toEqual(sticker);
    expect(checkMedia("image/webp", limit + 1, { animated })).toEqual({
      ok: false,
      detail: `image/webp: at most ${limit} bytes, got ${limit + 1}`,
    });
  });

  test.each([
    ["audio/opus", "audio/ogg"],
    ["audio/ogg; codecs=opus", "audio/ogg"],
    ["AUDIO/OPUS;rate=48000", "audio/ogg"],
    ["Text/Plain; charset=UTF-8", "text/plain"],
    [" image/png ", "image/png"],
    ["image/png;\r\nX-Evil: 1", "image/png"],
  ])("%j is sent as %s", (mimeType, sent) => {
    expect(checkMedia(mimeType, 1, still)).toMatchObject({ ok: true, mimeType: sent });
  });

  test.each([
    "",
    "image/gif",
    "image/svg+xml",
    "text/html",
    "application/zip",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "image/",
    "constructor",
    "application/pdf, text/html",
  ])("%j is refused with the list of what is allowed", (mimeType) => {
    const check = checkMedia(mimeType, 1, still);
    expect(check.ok).toBe(false);
    const detail = check.ok ? "" : check.detail;
    for (const [allowed] of LIMITS) expect(detail).toContain(allowed);
    expect(detail).toContain("image/webp");
    expect(extensionOf(mimeType)).toBe("");
  });

  test.each([
    ["image/gif", "image/gif"],
    ["Image/SVG+xml; charset=utf-8", "image/svg+xml"],
    ["", "none"],
    ["Hola Ana", "none"],
  ])("%j is refused with what came", (mimeType, got) => {
    const detail = expect.stringMatching(new RegExp(`; got ${RegExp.escape(got)}$`));
    expect(checkMedia(mimeType, 1, still)).toEqual({ ok: false, detail });
  });

  test("an empty file is refused", () => {
    expect(checkMedia("image/png", 0, still)).toEqual({ ok: false, detail: "the file is empty" });
  });
});

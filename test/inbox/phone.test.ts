import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { callingCode, typedPhone } from "../../inbox/src/text/phone.ts";

describe("the code that a number begins with", () => {
  it.each([
    ["America/Cancun", "+52"],
    ["America/Bogota", "+57"],
    ["America/Argentina/Salta", "+54"],
    ["Europe/Madrid", "+34"],
    ["Etc/UTC", "+52"],
  ])("is in %s %s", (zone, code) => {
    expect(callingCode(zone)).toBe(code);
  });
});

describe("a number as typed", () => {
  it.each([
    ["+52 998 123 4567", "+52 998 123 4567"],
    [" +52 +34 612 345 678 ", "+34 612 345 678"],
    ["+52 ＋34612345678", "+34612345678"],
    ["0052 998 123 4567", "+52 998 123 4567"],
    ["998 123 4567", "998 123 4567"],
    ["+52 ", "+52"],
  ])("%j is %j", (text, phone) => {
    expect(typedPhone(text)).toBe(phone);
  });

  test.prop([fc.stringMatching(/^[0-9 ]{0,6}$/), fc.stringMatching(/^[1-9][0-9]{6,13}$/)])(
    "is the one that was pasted, whatever stood before it",
    (before, digits) => {
      expect(typedPhone(`+${before}+${digits}`)).toBe(`+${digits}`);
    },
  );
});

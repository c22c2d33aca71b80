import { describe, expect, test } from "vitest";
import { classify, type GraphErrorClass } from "../../src/graph/errors.ts";
import { graphError } from "./graph-fixture.ts";

const codesByClass: Record<Exclude<GraphErrorClass, "unknown">, number[]> = {
  retry: [4, 17, 32, 341, 613, 80000, 80007, 80008, 80014, 130429, 131056],
  ambiguous: [1, 2, 131000, 131016, 131057, 133004],
  later: [131049],
  operator: [
    190, 0, 3, 10, 200, 210, 299, 131005, 368, 131031, 130497, 131048, 131064, 131042, 134011,
    131037, 131045, 133000, 133003, 133005, 133010, 133016,
  ],
  permanent: [
    33, 100, 131008, 131009, 131021, 131026, 131030, 131047, 131050, 131051, 131052, 131053, 131055,
    131062, 131063, 130403, 130472, 132000, 132001, 132005, 132007, 132012, 132015, 132016, 132018,
    132068, 132069, 135000,
  ],
};

const rows = Object.entries(codesByClass).flatMap(([errorClass, codes]) =>
  codes.map((code) => [code, errorClass] as const),
);

describe("the class of an error", () => {
  test.each(rows)("code %i is %s, whatever the HTTP status", (code, expected) => {
    for (const status of [null, 200, 400, 401, 429, 500, 503]) {
      expect(classify(graphError({ code, http_status: status }))).toBe(expected);
    }
  });

  test.each(rows)("code %i is %s, even if Meta calls it transient", (code, expected) => {
    expect(classify(graphError({ code, is_transient: true }))).toBe(expected);
  });

  test.each([199, 300, 12_345, 79_999, 80_015, 132999, 133017, 999_999, null])(
    "code %s is unknown and leaves it to the HTTP status",
    (code) => {
      const ofStatus = (status: number | null): string =>
        classify(graphError({ code, http_status: status }));
      expect(ofStatus(429)).toBe("retry");
      for (const status of [400, 401, 403, 404, 418, 499]) {
        expect(ofStatus(status)).toBe("unknown");
      }
      for (const status of [500, 502, 503, 599]) expect(ofStatus(status)).toBe("ambiguous");
      // Moved: nothing was processed, and the base URL is wrong. 303 would follow a success.
      for (const status of [301, 302, 307, 308]) expect(ofStatus(status)).toBe("operator");
      for (const status of [null, 200, 303, 304]) expect(ofStatus(status)).toBe("ambiguous");
    },
  );

  test("an unknown code that Meta calls transient is ambiguous", () => {
    expect(classify(graphError({ code: 999_999, is_transient: true }))).toBe("ambiguous");
    expect(classify(graphError({ code: null, is_transient: true }))).toBe("ambiguous");
  });

  test("429 was rejected before processing, transient or not", () => {
    const error = graphError({ code: 999_999, http_status: 429, is_transient: true });
    expect(classify(error)).toBe("retry");
  });
});

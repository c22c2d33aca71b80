import * as v from "valibot";
import { LATITUDE_MAX_DEGREES, LONGITUDE_MAX_DEGREES } from "./limits.ts";
import { looseObject } from "./schema-parts.ts";

/** Meta's examples write coordinates as text, its webhooks as numbers; it takes both. */
const DECIMAL = /^-?\d{1,3}(?:\.\d+)?$/;

/** `location`: a point on the map, with a name and an address if it has them. */
export const locationContent = looseObject({
  latitude: coordinate(LATITUDE_MAX_DEGREES),
  longitude: coordinate(LONGITUDE_MAX_DEGREES),
  name: v.optional(v.string()),
  address: v.optional(v.string()),
});

function coordinate(most: number) {
  return v.pipe(
    v.union([v.number(), v.string()]),
    v.check(
      (degrees) =>
        (typeof degrees === "number" || DECIMAL.test(degrees)) && Math.abs(Number(degrees)) <= most,
      ({ input }) =>
        `must be degrees from -${most} to ${most}, such as 19.4326, got ${
          typeof input === "number" || DECIMAL.test(input) ? input : "text"
        }`,
    ),
  );
}

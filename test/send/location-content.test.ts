import { describe, expect, it } from "vitest";
import { contentErrors, parsedContent } from "./content-errors.ts";

describe("locationContent", () => {
  it.each([
    { latitude: 20.5, longitude: -87.1, name: "Clínica", address: "Calle 1", more: 1 },
    { latitude: "20.5", longitude: "-87" },
    { latitude: 90, longitude: 180 },
    { latitude: -90, longitude: -180 },
  ])("passes %j", (content) => {
    expect(parsedContent("location", content)).toEqual(content);
  });

  const LATITUDE = "must be degrees from -90 to 90, such as 19.4326, got";
  const LONGITUDE = "must be degrees from -180 to 180, such as 19.4326, got";

  it.each([
    [{ latitude: 90.1, longitude: 180.1 }, `${LATITUDE} 90.1`, `${LONGITUDE} 180.1`],
    [{ latitude: -90.1, longitude: "-180.1" }, `${LATITUDE} -90.1`, `${LONGITUDE} -180.1`],
    [{ latitude: "", longitude: "0x10" }, `${LATITUDE} text`, `${LONGITUDE} text`],
    [{ latitude: "norte", longitude: "1e1" }, `${LATITUDE} text`, `${LONGITUDE} text`],
    [{}, "is required", "is required"],
    [
      { latitude: null, longitude: [1] },
      "must be a number, got null",
      "must be a number, got an array",
    ],
  ])("refuses %j", (content, latitude, longitude) => {
    expect(contentErrors("location", content)).toEqual([
      { pointer: "/location/latitude", detail: latitude },
      { pointer: "/location/longitude", detail: longitude },
    ]);
  });

  it("wants name and address as text", () => {
    const content = { latitude: 1, longitude: 1, name: 5, address: null };
    expect(contentErrors("location", content)).toEqual([
      { pointer: "/location/name", detail: "must be text, got a number" },
      { pointer: "/location/address", detail: "must be text, got null" },
    ]);
  });
});

import { describe, expect, test } from "vitest";
import openApi from "../../../assets/openapi.json" with { type: "json" };
import { openApiDocument } from "../../../src/api/openapi/document.ts";
import { operations } from "../../../src/api/openapi/operations.ts";
import { app } from "../../../src/app.ts";

describe("openapi.json", () => {
  test("is what the schemas say now", () => {
    expect(openApi).toEqual(JSON.parse(JSON.stringify(openApiDocument(openApi.info.version))));
  });

  test("describes every route, and none that is not there", () => {
    const routes = app.routes
      .filter(({ method, path }) => method !== "ALL" && !path.endsWith("*"))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, "{$1}")}`);
    const alone = new Set(routes);
    // The inbox's routes under /v1's names are described there.
    for (const route of routes) {
      if (alone.has(route.replace("/inbox/api/", "/v1/")) && route.includes("/inbox/api/")) {
        alone.delete(route);
      }
    }
    const described = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);

    expect(new Set(described)).toEqual(alone);
  });

  test("names the parameters of its paths", () => {
    for (const { path, parameters = [] } of operations) {
      const named = parameters.filter((each) => each.in === "path").map(({ name }) => name);
      expect(named).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    }
  });
});

/** The API about itself: for programs, and for people. */
import { Hono } from "hono";
import openApi from "../../openapi.json" with { type: "json" };
import type { JsonObject } from "../json/json.ts";
import { referencePage } from "../reference/reference-page.ts";
import type { ApiEnvironment } from "./api-environment.ts";

/** The page loads nothing from anywhere, and runs nothing. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** They show nobody, and change with a deploy alone. */
const CACHING = { "cache-control": "public, max-age=300" };

/** Its own type would be as long as itself, in whatever mentions the API's. */
const document: JsonObject = openApi;

export const referenceRoutes = new Hono<ApiEnvironment>()
  .get("/openapi.json", (context) => context.json(document, 200, CACHING))
  .get("/docs", (context) =>
    context.html(referencePage(document), 200, {
      ...CACHING,
      "content-security-policy": CONTENT_SECURITY_POLICY,
      "x-content-type-options": "nosniff",
    }),
  );

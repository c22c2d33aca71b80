/** The API about itself: for programs, and for people. */
import { Hono } from "hono";
import openApi from "../../openapi.json" with { type: "json" };
import { referencePage } from "../reference/reference-page.ts";
import type { ApiEnvironment } from "./api-environment.ts";

/** The page loads nothing from anywhere, and runs nothing. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'";

export const referenceRoutes = new Hono<ApiEnvironment>()
  .get("/openapi.json", (context) => context.json(openApi))
  .get("/docs", (context) =>
    context.html(referencePage(openApi), 200, {
      "content-security-policy": CONTENT_SECURITY_POLICY,
    }),
  );

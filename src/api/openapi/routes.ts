/** Serves the API's description, the files in `assets/`: as JSON for programs and as a page for people. */
import type { Context } from "hono";
import { serveAsset } from "../../http/asset.ts";
import type { ApiEnvironment } from "../../http/context.ts";
import { createRoutes } from "../../http/routes.ts";

/** The page loads nothing and runs no script. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const referenceRoutes = createRoutes()
  .get("/", (context) => context.redirect("/docs", 302))
  .get("/openapi.json", (context) =>
    serveReference(context, "/openapi.json", { "content-type": "application/json" }),
  )
  .get("/docs", (context) =>
    serveReference(context, "/docs", {
      "content-type": "text/html; charset=UTF-8",
      "content-security-policy": CONTENT_SECURITY_POLICY,
      "x-content-type-options": "nosniff",
    }),
  );

/** Public, because the description contains no personal data and changes only with a deploy. */
const CACHE_CONTROL = "public, max-age=300";

async function serveReference(
  context: Context<ApiEnvironment>,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const response = await serveAsset(context, path, { "cache-control": CACHE_CONTROL, ...headers });
  if (response === null) throw new Error(`there is no ${path} in assets/`);
  return response;
}

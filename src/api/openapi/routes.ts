/** Serves the API's description, the files in `assets/`: as JSON for programs and as a page for people. */
import type { Context } from "hono";
import type { ApiEnvironment } from "../../http/context.ts";
import { createRoutes } from "../../http/routes.ts";
import { isFresh } from "../../media/serve.ts";

/** The page loads nothing and runs no script. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const referenceRoutes = createRoutes()
  .get("/", (context) => context.redirect("/docs", 302))
  .get("/openapi.json", (context) =>
    serveFile(context, "/openapi.json", { "content-type": "application/json" }),
  )
  .get("/docs", (context) =>
    serveFile(context, "/docs", {
      "content-type": "text/html; charset=UTF-8",
      "content-security-policy": CONTENT_SECURITY_POLICY,
      "x-content-type-options": "nosniff",
    }),
  );

/** Public, because the description contains no personal data and changes only with a deploy. */
const CACHE_CONTROL = "public, max-age=300";

/** The file of `assets/` at this path, or 304 for whoever holds it. */
async function serveFile(
  { env, req }: Context<ApiEnvironment>,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const file = await env.ASSETS.fetch(new URL(path, req.url));
  // It is deployed together with the Worker.
  if (!file.ok) throw new Error(`the assets answered ${file.status} for ${path}`);
  const tag = file.headers.get("etag");
  const caching = { "cache-control": CACHE_CONTROL, ...(tag === null ? {} : { etag: tag }) };
  if (!isFresh(req.raw.headers, tag)) {
    return new Response(file.body, { headers: { ...headers, ...caching } });
  }
  await file.body?.cancel();
  return new Response(null, { status: 304, headers: caching });
}

/** Serves the API's description: as JSON for programs and as a page for people. */
import { Hono } from "hono";
import type { ApiEnvironment } from "../../http/context.ts";
import { servedDocument } from "../../http/served-document.ts";
import { sha256 } from "../../lib/ids.ts";
import { isFresh } from "../../media/serve.ts";
import { referencePage } from "./page.ts";

/** The page loads nothing and runs no script. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Public, because the description contains no personal data and changes only with a deploy. */
const CACHING = { "cache-control": "public, max-age=300" };

type TaggedDocument = { text: string; tag: string };

let taggedDocument: Promise<TaggedDocument> | null = null;

export const referenceRoutes = new Hono<ApiEnvironment>()
  .get("/", (context) => context.redirect("/docs", 302))
  .get("/openapi.json", async (context) => {
    // It never changes while this version of the Worker lives.
    taggedDocument ??= tagDocument();
    const { text, tag } = await taggedDocument;
    const headers = { ...CACHING, etag: tag };
    if (isFresh(context.req.raw.headers, tag)) return context.body(null, 304, headers);
    return context.body(text, 200, { "content-type": "application/json", ...headers });
  })
  .get("/docs", (context) =>
    context.html(referencePage(servedDocument), 200, {
      ...CACHING,
      "content-security-policy": CONTENT_SECURITY_POLICY,
      "x-content-type-options": "nosniff",
    }),
  );

async function tagDocument(): Promise<TaggedDocument> {
  const text = JSON.stringify(servedDocument);
  const digest = await sha256(text);
  return { text, tag: `"${new Uint8Array(digest).toHex()}"` };
}

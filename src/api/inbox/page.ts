/** The inbox's page: its shell, which stands at each of its addresses, and its files. */
import type { Context } from "hono";
import { serveAsset } from "../../http/asset.ts";
import type { ApiEnvironment } from "../../http/context.ts";
import { nothingAt, refuse } from "../../http/problems.ts";
import { createRoutes } from "../../http/routes.ts";
import { identify } from "../../http/staff.ts";
import { withDeadline } from "../../lib/deadline.ts";
import { errorMembers, log } from "../../lib/log.ts";
import { problemStatus } from "../../lib/problem.ts";
import { SECOND_MS } from "../../lib/time.ts";

/** The shell, by the path under which the assets serve `inbox/index.html`. */
const SHELL = "/inbox/";

/**
 * No inline script or style, no other origin, and no markup made of text. The one Trusted Types policy lets
 * the page register its service worker.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types paloma-sw",
].join("; ");

const PAGE_HEADERS = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

/** A name changes with its content. */
const IMMUTABLE = "public, max-age=31536000, immutable";

/** Tells the page that its person has signed in already; the one header of a page that its script can read. */
const BEHIND_ACCESS = { "server-timing": "access" };

/** Asked for each time, so that a deploy reaches an open browser with the next load. */
const REVALIDATED = "no-cache";

/** A page waits for this answer, and needs it only to learn of a newer build. */
const ASSETS_PATIENCE_MS = SECOND_MS;

/**
 * In the place of a script that a deploy has replaced: loads the new shell, which names the new one. Once
 * a minute at most, so that a script that is missing for another reason causes no loop.
 */
const RELOAD = `const at = Number(sessionStorage.getItem("paloma-reloaded-at"));
if (Date.now() - at > 60000) { sessionStorage.setItem("paloma-reloaded-at", String(Date.now())); location.reload(); }
`;

export const pageRoutes = createRoutes()
  .get("/inbox", async (context) =>
    new URL(context.req.url).pathname === SHELL
      ? serveShell(context)
      : context.redirect(SHELL, 307),
  )
  .get("/inbox/c/:id{.+}", (context) => serveShell(context))
  .get("/inbox/status", (context) => serveShell(context))
  .get("/inbox/assets/:name{[\\w.-]+}", async (context) => {
    const { path } = context.req;
    const headers = { ...PAGE_HEADERS, "cache-control": IMMUTABLE };
    const file = await serveAsset(context, path, headers);
    if (file !== null) return file;
    if (!path.endsWith(".js")) return nothing(context);
    return context.body(RELOAD, 200, { ...PAGE_HEADERS, "content-type": "text/javascript" });
  });

/** Changes with each build of the page; null where it is not built, or the assets do not say. */
export async function buildOfPage({ env, req }: Context<ApiEnvironment>): Promise<string | null> {
  try {
    const asking = env.ASSETS.fetch(new URL(SHELL, req.url), { method: "HEAD" });
    const shell = await withDeadline(asking, ASSETS_PATIENCE_MS);
    return shell.ok ? shell.headers.get("etag") : null;
  } catch (error) {
    log("error", "build_not_read", errorMembers(error));
    return null;
  }
}

/** Under Access the shell, too, is for the staff alone; others learn what to do. */
async function serveShell(context: Context<ApiEnvironment>): Promise<Response> {
  const isBehindAccess = context.var.config.inboxSignIn.mode === "access";
  if (isBehindAccess) {
    const check = await identify(context);
    if (!check.ok) {
      const headers = { ...PAGE_HEADERS, "content-type": "text/html; charset=UTF-8" };
      const status = problemStatus(check.problem.code);
      return new Response(refusalPage(check.problem.detail), { status, headers });
    }
  }
  const headers = {
    ...PAGE_HEADERS,
    ...(isBehindAccess ? BEHIND_ACCESS : {}),
    "cache-control": REVALIDATED,
  };
  return (await serveAsset(context, SHELL, headers)) ?? nothing(context);
}

function nothing(context: Context<ApiEnvironment>): Response {
  const { method, path } = context.req;
  return refuse(context, nothingAt(method, path));
}

/** @param detail one of our own sentences, without markup */
function refusalPage(detail: string): string {
  return `<!doctype html><html lang="es"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Paloma</title>
<h1>No puedes entrar a esta bandeja</h1><p>Pide acceso a quien administra Paloma.</p>
<p lang="en">You can't open this inbox: ask whoever administers Paloma. ${detail}</p>`;
}

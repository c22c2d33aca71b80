/** Files of `assets/`, which are deployed together with the Worker. */
import type { Context } from "hono";
import { isFresh } from "../media/serve.ts";
import type { ApiEnvironment } from "./context.ts";

/**
 * The file at this path with these headers, or 304 for a client that has it; null if there is none.
 *
 * @param headers the whole answer's, but for the type of the file and its tag
 */
export async function serveAsset(
  { env, req }: Context<ApiEnvironment>,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response | null> {
  const file = await env.ASSETS.fetch(new URL(path, req.url));
  const tag = file.headers.get("etag");
  const type = file.headers.get("content-type");
  if (!file.ok || isFresh(req.raw.headers, tag)) await file.body?.cancel();
  if (!file.ok) return null;
  const described = {
    ...(type === null ? {} : { "content-type": type }),
    ...(tag === null ? {} : { etag: tag }),
    ...headers,
  };
  return isFresh(req.raw.headers, tag)
    ? new Response(null, { status: 304, headers: described })
    : new Response(file.body, { headers: described });
}

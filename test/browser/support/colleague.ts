/** Somebody whose page is open all day: the feed serves others at once then, instead of watching for a while. */
import type { ServedPaloma } from "../../node/support/serve-paloma.ts";

const FROM_THE_PAGE = { "x-paloma-inbox": "1", "content-type": "application/json" };

/** Connects; returns what ends it. */
export async function openColleague(paloma: ServedPaloma, token: string): Promise<() => void> {
  const { url } = paloma;
  const session = await fetch(`${url}/inbox/session`, {
    method: "POST",
    headers: { ...FROM_THE_PAGE, origin: url },
    body: JSON.stringify({ token }),
  });
  const [cookie = ""] = session.headers.getSetCookie();
  const { webSocket } = await paloma.worker().fetch(`${url}/inbox/feed`, {
    headers: {
      upgrade: "websocket",
      "sec-websocket-protocol": "paloma.inbox.v1",
      cookie: cookie.split(";")[0] ?? "",
      origin: url,
    },
  });
  if (webSocket === null || webSocket === undefined) {
    throw new Error("The feed let no colleague in.");
  }
  webSocket.accept();
  return () => webSocket.close();
}

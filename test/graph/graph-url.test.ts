import { describe, expect, test } from "vitest";
import { graphUrl, isGraphId, mayReceiveToken, mediaUrl } from "../../src/graph/url.ts";
import { graphConfig, PHONE_NUMBER_ID } from "./graph-fixture.ts";

const config = graphConfig();

const HOSTILE_IDS = [
  "",
  ".",
  "..",
  "../1",
  "1/../2",
  "1/messages",
  "1\\2",
  "1?fields=access_token",
  "1#2",
  "1%2F2",
  "%2e%2e",
  "1;2",
  "1:2",
  "1@evil.example",
  "1 2",
  "1\n",
  "\n1",
  "1\r\nX: y",
  "1\u0000",
  "１２３",
  "1é",
  "1‮2",
  "1\uD800",
  "me",
  "debug_token",
  "messages",
  "1".repeat(129),
];

describe("I12: ids in Graph URLs", () => {
  test.each(HOSTILE_IDS)("%j is refused", (id) => {
    expect(isGraphId(id)).toBe(false);
    expect(graphUrl(config, id, "messages")).toBeNull();
    expect(graphUrl(config, id, null)).toBeNull();
    expect(mediaUrl(config, id, null)).toBeNull();
    expect(mediaUrl(config, "1", id)).toBeNull();
    expect(mediaUrl(config, id, PHONE_NUMBER_ID)).toBeNull();
  });

  test.each(["1", PHONE_NUMBER_ID, "1".repeat(128), "image-media-id-456", "a_1"])(
    "%s is taken",
    (id) => {
      expect(graphUrl(config, id, null)?.href).toBe(`https://graph.facebook.com/v25.0/${id}`);
    },
  );

  test("an edge and a query are appended, encoded", () => {
    expect(graphUrl(config, "12", "message_templates", { after: "a&b=c d/é" })?.href).toBe(
      "https://graph.facebook.com/v25.0/12/message_templates?after=a%26b%3Dc+d%2F%C3%A9",
    );
    expect(mediaUrl(config, "12", "34")?.href).toBe(
      "https://graph.facebook.com/v25.0/12?phone_number_id=34",
    );
    expect(mediaUrl(config, "12", null)?.href).toBe("https://graph.facebook.com/v25.0/12");
  });

  test("a base URL keeps its path and loses credentials, query and fragment", () => {
    const graphApiBaseUrl = new URL("https://user:pw@proxy.example:8443/meta//?a=b#c");
    expect(graphUrl(graphConfig({ graphApiBaseUrl }), "12", "media")?.href).toBe(
      "https://proxy.example:8443/meta/v25.0/12/media",
    );
  });
});

function allowed(url: string, base = "https://graph.facebook.com"): boolean {
  return mayReceiveToken(graphConfig({ graphApiBaseUrl: new URL(base) }), new URL(url));
}

describe("I12: where the token may go", () => {
  test.each([
    "https://graph.facebook.com/v25.0/1",
    "https://GRAPH.facebook.com:443/v25.0/1",
    "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1",
  ])("%s: yes", (url) => {
    expect(allowed(url)).toBe(true);
  });

  test.each([
    "http://graph.facebook.com/v25.0/1",
    "http://lookaside.fbsbx.com/1",
    "https://graph.facebook.com:8443/1",
    "https://graph.facebook.com./1",
    "https://graph.facebook.com.evil.example/1",
    "https://evil.example/graph.facebook.com",
    "https://evil.example#graph.facebook.com",
    "https://graph.facebook.com@evil.example/1",
    "https://user@graph.facebook.com/1",
    "https://:pw@graph.facebook.com/1",
    "https://xlookaside.fbsbx.com/1",
    "https://fbsbx.com/1",
    "https://scontent.whatsapp.net/1",
    "https://127.0.0.1/1",
    "https://[::1]/1",
    "https://169.254.169.254/latest",
    "ftp://graph.facebook.com/1",
    "data:text/plain,graph.facebook.com",
  ])("%s: no", (url) => {
    expect(allowed(url)).toBe(false);
  });

  test("the configured base URL's origin, and no other port of it", () => {
    expect(allowed("https://proxy.example:8443/x", "https://proxy.example:8443/meta")).toBe(true);
    expect(allowed("https://proxy.example/x", "https://proxy.example:8443/meta")).toBe(false);
    expect(allowed("http://proxy.example:8443/x", "https://proxy.example:8443")).toBe(false);
    expect(allowed("https://lookaside.fbsbx.com/1", "https://proxy.example")).toBe(true);
  });

  test.each(["http://localhost:4000", "http://127.0.0.1:4000", "http://[::1]:4000"])(
    "plain HTTP for a base URL on this machine: %s",
    (base) => {
      expect(allowed(`${base}/v25.0/1`, base)).toBe(true);
      expect(allowed("http://localhost:4001/v25.0/1", base)).toBe(false);
    },
  );

  test.each(["http://graph.facebook.com", "http://proxy.example", "http://localhost.evil.example"])(
    "no plain HTTP for a base URL elsewhere: %s",
    (base) => {
      expect(allowed(`${base}/v25.0/1`, base)).toBe(false);
    },
  );

  test("no base URL without an origin", () => {
    expect(allowed("data:1", "data:1")).toBe(false);
  });
});

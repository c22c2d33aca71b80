import { describe, expect, it } from "vitest";
import { shortLogLine } from "../../scripts/start/short-log-line.ts";

const REQUEST = "5057081f-a53a-4293-83df-a75e322999ea";

const line = (members: object) => JSON.stringify({ request_id: REQUEST, ...members });

const request = (subject: string, outcome: string) =>
  line({ event: "request", subject, outcome, count: 1, duration_ms: 12, caller: "local" });

describe("a short line of the log", () => {
  it.each([
    [request("POST /v1/messages", "201"), `201 POST /v1/messages  12 ms  request ${REQUEST}`],
    [request("GET /v1/messages/:id", "500"), `500 GET /v1/messages/:id  12 ms  request ${REQUEST}`],
    [
      line({ event: "send", subject: "text", outcome: "accepted", duration_ms: 5, code: null }),
      `send text: accepted  5 ms  request ${REQUEST}`,
    ],
    [
      line({ event: "send", subject: "text", outcome: "permanent", duration_ms: 5, code: 131047 }),
      `send text: permanent (Meta's code 131047)  5 ms  request ${REQUEST}`,
    ],
  ])("%s", (told, shown) => {
    expect(shortLogLine(told, false)).toBe(shown);
  });

  it("of a request that only read is shown once that is wanted", () => {
    const read = request("GET /v1/conversations", "200");
    expect(shortLogLine(read, false)).toBeNull();
    expect(shortLogLine(request("GET /v1/messages/:id", "404"), false)).toBeNull();
    expect(shortLogLine(read, true)).toContain("200 GET /v1/conversations");
  });

  it.each(["webhook", "queue_batch"])("of a %s is none", (event) => {
    expect(shortLogLine(line({ event, subject: "x", outcome: "200" }), true)).toBeNull();
  });

  it.each([
    line({ event: "request_failed", error: "Error: no such table" }),
    '✘ [ERROR] {"event":"send_unavailable"}',
    "{ not JSON",
    '{"no":"event"}',
    "",
  ])("of trouble, and what is no line of the log, are whole: %s", (told) => {
    expect(shortLogLine(told, false)).toBe(told);
  });
});

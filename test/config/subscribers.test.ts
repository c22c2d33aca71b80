import { describe, expect, it } from "vitest";
import { parseEventSubscribers } from "../../src/config/subscribers.ts";
import { newSecret } from "../support/subscriber.ts";

const URL_OF_CLINIC = "https://clinic.example/hook";
const secret = newSecret();

const parse = (value: unknown) => parseEventSubscribers(JSON.stringify(value));

const remediesOf = (value: unknown): string[] => {
  const result = parse(value);
  return result.ok ? [] : result.remedies;
};

describe("EVENT_SUBSCRIBERS", () => {
  it("names nobody where it is empty", () => {
    expect(parseEventSubscribers("")).toEqual({ ok: true, subscribers: [] });
    expect(parse([])).toEqual({ ok: true, subscribers: [] });
  });

  it("subscribes to everything where it names no types", () => {
    expect(parse([{ url: URL_OF_CLINIC, secrets: [secret] }])).toMatchObject({
      ok: true,
      subscribers: [
        {
          url: URL_OF_CLINIC,
          types: new Set([
            "message.received",
            "message.status",
            "conversation.created",
            "conversation.updated",
            "template.updated",
            "account.event",
          ]),
        },
      ],
    });
  });

  it.each([
    [["message.*"], ["message.received", "message.status"]],
    [["account.event"], ["account.event"]],
    [
      ["conversation.*", "conversation.created"],
      ["conversation.created", "conversation.updated"],
    ],
  ])("takes %j as %j", (types, expected) => {
    const result = parse([{ url: URL_OF_CLINIC, secrets: [secret], types }]);
    expect(result.ok && result.subscribers[0]?.types).toEqual(new Set(expected));
  });

  it("takes several secrets, as bytes", () => {
    const result = parse([{ url: URL_OF_CLINIC, secrets: [secret, newSecret(24), newSecret(64)] }]);
    const lengths = result.ok && result.subscribers[0]?.secrets.map(({ length }) => length);
    expect(lengths).toEqual([32, 24, 64]);
  });

  it.each(["http://localhost:9000/x", "http://127.0.0.1:9000/x", "http://[::1]:9000/x"])(
    "takes %s, which never leaves the machine",
    (url) => {
      expect(parse([{ url, secrets: [secret] }])).toMatchObject({ ok: true });
    },
  );

  const WRONG_URL = "must be an https: address without user, password or #; http: for localhost";
  it.each([
    ["http://clinic.example/hook"],
    ["http://localhost.clinic.example/hook"],
    ["ftp://clinic.example/hook"],
    ["//clinic.example/hook"],
    ["https://user:password@clinic.example/hook"],
    ["https://clinic.example/hook#part"],
    [""],
  ])("refuses the url %j", (url) => {
    expect(remediesOf([{ url, secrets: [secret] }])).toEqual([`entry 1 url ${WRONG_URL}`]);
  });

  const WRONG_SECRET = "must be whsec_ and 24 to 64 random bytes in base64";
  it.each([
    ["without its prefix", secret.slice("whsec_".length)],
    ["too short", newSecret(23)],
    ["too long", newSecret(65)],
    ["not in base64", "whsec_ñandú"],
    ["empty", ""],
  ])("refuses a secret that is %s, and does not repeat it", (_what, wrong) => {
    const remedies = remediesOf([
      { url: URL_OF_CLINIC, secrets: [secret] },
      { url: `${URL_OF_CLINIC}/2`, secrets: [secret, wrong] },
    ]);
    expect(remedies).toEqual([`entry 2 secrets entry 2 ${WRONG_SECRET}`]);
  });

  it.each<[string, unknown, string]>([
    ["not a list", {}, "must be a JSON list of subscribers"],
    [
      "a list of text",
      ["https://clinic.example"],
      "entry 1 must be an object of url, secrets and types",
    ],
    ["without a url", [{ secrets: [secret] }], "entry 1 url is missing"],
    ["without secrets", [{ url: URL_OF_CLINIC }], "entry 1 secrets is missing"],
    [
      "with one secret alone",
      [{ url: URL_OF_CLINIC, secrets: secret }],
      "entry 1 secrets must be a list",
    ],
    ["with no secret", [{ url: URL_OF_CLINIC, secrets: [] }], "entry 1 secrets must hold a secret"],
    [
      "with a number for a secret",
      [{ url: URL_OF_CLINIC, secrets: [7] }],
      "entry 1 secrets entry 1 must be text",
    ],
    [
      "with an empty filter",
      [{ url: URL_OF_CLINIC, secrets: [secret], types: [] }],
      "entry 1 types must name a type; leave it out for all of them",
    ],
    [
      "with a mistyped filter",
      [{ url: URL_OF_CLINIC, secrets: [secret], types: ["message.*", "mesage.*"] }],
      "entry 1 types entry 2 must be one of message.received, message.status, conversation.created, conversation.updated, template.updated, account.event, or all of a kind as in message.*",
    ],
    [
      "with a member that there is none of",
      [{ url: URL_OF_CLINIC, secrets: [secret], type: "*" }],
      "entry 1 type is no member: write url, secrets and types",
    ],
    [
      "with one url twice",
      [
        { url: URL_OF_CLINIC, secrets: [secret], types: ["message.*"] },
        { url: URL_OF_CLINIC, secrets: [secret], types: ["template.*"] },
      ],
      "must name each url once: put its secrets and types together",
    ],
  ])("says what is wrong with a value that is %s", (_what, value, remedy) => {
    expect(remediesOf(value)).toEqual([remedy]);
  });

  it("says that it is no JSON, and does not quote it", () => {
    expect(parseEventSubscribers(`[{"secrets":["${secret}"`)).toEqual({
      ok: false,
      remedies: ["must be a JSON list of subscribers"],
    });
  });
});

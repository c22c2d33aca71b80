import { describe, expect, it } from "vitest";
import { parseSendRequest } from "../../src/send/request.ts";
import { readPhone } from "../support/read-phone.ts";
import { characters } from "./content-errors.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const DAY_MS = 86_400_000;

const BUTTONS = [{ type: "reply", reply: { id: "si", title: "Sí" } }];
const ROWS = [{ id: "a", title: "Vacunas" }];

const text = (members: object) => ({ text: { body: "Hola" }, ...members });
const file = (type: string, members: object) => ({ type, [type]: { id: "13", ...members } });
const interactive = (members: object) => ({ type: "interactive", interactive: members });
const buttons = (members: object) =>
  interactive({ type: "button", body: { text: "a" }, action: { buttons: BUTTONS }, ...members });
const button = (reply: object) =>
  buttons({
    action: { buttons: [{ type: "reply", reply: { id: "si", title: "Sí", ...reply } }] },
  });
const list = (members: object) =>
  interactive({
    type: "list",
    body: { text: "a" },
    action: { sections: [{ rows: ROWS }] },
    ...members,
  });
const sections = (...given: object[]) => list({ action: { sections: given } });
const row = (members: object) => sections({ rows: [{ id: "a", title: "a", ...members }] });
const rows = (count: number) => ({
  rows: Array.from({ length: count }, (_, place) => ({ id: String(place), title: "a" })),
});
const link = (members: object) =>
  interactive({
    type: "cta_url",
    body: { text: "a" },
    action: {
      name: "cta_url",
      parameters: { display_text: "Ver", url: "https://example.com" },
    },
    ...members,
  });
const locationRequest = (body: string) =>
  interactive({
    type: "location_request_message",
    body: { text: body },
    action: { name: "send_location" },
  });
const template = (members: object) => ({
  type: "template",
  template: { name: "order_status", ...members },
});
const named = { name: { formatted_name: "Ana", first_name: "Ana" } };

type Limit = [what: string, most: number, pointer: string, request: (size: number) => object];

/** Every limit of Meta's and of ours, with a request of any size that it is about. */
const LIMITS: readonly Limit[] = [
  ["text", 4096, "/text/body", (size) => ({ text: { body: characters(size) } })],
  ...["image", "video", "document"].map((type): Limit => [
    `caption of ${type}`,
    1024,
    `/${type}/caption`,
    (size) => file(type, { caption: characters(size) }),
  ]),
  [
    "body with buttons",
    1024,
    "/interactive/body/text",
    (size) => buttons({ body: { text: characters(size) } }),
  ],
  [
    "header",
    60,
    "/interactive/header/text",
    (size) => buttons({ header: { type: "text", text: characters(size) } }),
  ],
  [
    "footer",
    60,
    "/interactive/footer/text",
    (size) => buttons({ footer: { text: characters(size) } }),
  ],
  [
    "title of a button",
    20,
    "/interactive/action/buttons/0/reply/title",
    (size) => button({ title: characters(size) }),
  ],
  [
    "id of a button",
    256,
    "/interactive/action/buttons/0/reply/id",
    (size) => button({ id: characters(size) }),
  ],
  [
    "buttons",
    3,
    "/interactive/action/buttons",
    (size) =>
      buttons({
        action: {
          buttons: Array.from({ length: size }, (_, place) => ({
            type: "reply",
            reply: { id: `id ${place}`, title: `title ${place}` },
          })),
        },
      }),
  ],
  [
    "body of a list",
    4096,
    "/interactive/body/text",
    (size) => list({ body: { text: characters(size) } }),
  ],
  [
    "header of a list",
    60,
    "/interactive/header/text",
    (size) => list({ header: { type: "text", text: characters(size) } }),
  ],
  [
    "button of a list",
    20,
    "/interactive/action/button",
    (size) => list({ action: { button: characters(size), sections: [{ rows: ROWS }] } }),
  ],
  [
    "title of a section",
    24,
    "/interactive/action/sections/0/title",
    (size) => sections({ title: characters(size), rows: ROWS }),
  ],
  ["rows of a section", 10, "/interactive/action/sections", (size) => sections(rows(size))],
  [
    "sections",
    10,
    "/interactive/action/sections",
    (size) =>
      sections(
        ...Array.from({ length: size }, (_, place) => ({
          title: `t ${place}`,
          rows: [{ id: String(place), title: "a" }],
        })),
      ),
  ],
  [
    "id of a row",
    200,
    "/interactive/action/sections/0/rows/0/id",
    (size) => row({ id: characters(size) }),
  ],
  [
    "title of a row",
    24,
    "/interactive/action/sections/0/rows/0/title",
    (size) => row({ title: characters(size) }),
  ],
  [
    "description of a row",
    72,
    "/interactive/action/sections/0/rows/0/description",
    (size) => row({ description: characters(size) }),
  ],
  [
    "body of a link",
    1024,
    "/interactive/body/text",
    (size) => link({ body: { text: characters(size) } }),
  ],
  [
    "label of a link",
    20,
    "/interactive/action/parameters/display_text",
    (size) =>
      link({
        action: {
          name: "cta_url",
          parameters: { display_text: characters(size), url: "https://example.com" },
        },
      }),
  ],
  [
    "body of a location request",
    1024,
    "/interactive/body/text",
    (size) => locationRequest(characters(size)),
  ],
  ["name of a template", 512, "/template/name", (size) => template({ name: "a".repeat(size) })],
  [
    "contacts",
    257,
    "/contacts",
    (size) => ({ type: "contacts", contacts: Array.from({ length: size }, () => named) }),
  ],
  [
    "latitude",
    90,
    "/location/latitude",
    (size) => ({ type: "location", location: { latitude: size, longitude: 0 } }),
  ],
  [
    "longitude",
    180,
    "/location/longitude",
    (size) => ({ type: "location", location: { latitude: 0, longitude: -size } }),
  ],
  [
    "emoji of a reaction",
    1,
    "/reaction/emoji",
    (size) => ({ type: "reaction", reaction: { message_id: "wamid.A", emoji: "👩‍⚕️".repeat(size) } }),
  ],
  [
    "data that comes back",
    512,
    "/biz_opaque_callback_data",
    (size) => text({ biz_opaque_callback_data: characters(size) }),
  ],
  [
    "metadata, in bytes",
    4096,
    "/metadata",
    (size) => text({ metadata: { a: "x".repeat(size - '{"a":""}'.length) } }),
  ],
  [
    "days until it is sent",
    60,
    "/send_at",
    (size) => text({ send_at: new Date(NOW + size * DAY_MS).toISOString() }),
  ],
  ["digits of a phone", 15, "/to", (size) => text({ to: `+${"5".repeat(size)}` })],
  [
    "characters of a BSUID",
    128,
    "/recipient",
    (size) => text({ to: undefined, recipient: `MX.${"1".repeat(size)}` }),
  ],
];

function pointersOf(request: object): string[] {
  const result = parseSendRequest({ to: "+529982220001", ...request }, NOW, readPhone);
  return result.ok ? [] : result.errors.map(({ pointer }) => pointer);
}

describe("the limit of what can be sent", () => {
  it.each(LIMITS)("for %s is %i", (_what, most, pointer, request) => {
    expect(pointersOf(request(most))).toEqual([]);
    expect(new Set(pointersOf(request(most + 1)))).toEqual(new Set([pointer]));
  });

  it.each<[string, number, string, (size: number) => object]>([
    ["a text", 1, "/text/body", (size) => ({ text: { body: characters(size) } })],
    [
      "a button's title",
      1,
      "/interactive/action/buttons/0/reply/title",
      (size) => button({ title: characters(size) }),
    ],
    [
      "buttons",
      1,
      "/interactive/action/buttons",
      (size) => buttons({ action: { buttons: BUTTONS.slice(0, size) } }),
    ],
    [
      "rows",
      1,
      "/interactive/action/sections/0/rows",
      (size) => sections({ rows: ROWS.slice(0, size) }),
    ],
    [
      "sections",
      1,
      "/interactive/action/sections",
      (size) => sections(...[{ rows: ROWS }].slice(0, size)),
    ],
    [
      "contacts",
      1,
      "/contacts",
      (size) => ({ type: "contacts", contacts: [named].slice(0, size) }),
    ],
    ["digits of a phone", 7, "/to", (size) => text({ to: `+${"5".repeat(size)}` })],
  ])("at the lower end for %s is %i", (_what, least, pointer, request) => {
    expect(pointersOf(request(least))).toEqual([]);
    expect(pointersOf(request(least - 1))).toEqual([pointer]);
  });
});

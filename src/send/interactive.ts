/** `interactive`: four kinds are checked; any other kind goes to Meta unchanged. */
import * as v from "valibot";
import {
  boundedList,
  boundedText,
  exactly,
  issuePath,
  looseObject,
  noArray,
  repeatedValues,
  requiredText,
  wanted,
} from "../lib/validate.ts";
import {
  CTA_URL_DISPLAY_TEXT_MAX_CHARACTERS,
  FOOTER_TEXT_MAX_CHARACTERS,
  HEADER_TEXT_MAX_CHARACTERS,
  INTERACTIVE_BODY_MAX_CHARACTERS,
  LIST_BODY_MAX_CHARACTERS,
  LIST_BUTTON_MAX_CHARACTERS,
  LIST_ROW_DESCRIPTION_MAX_CHARACTERS,
  LIST_ROW_ID_MAX_CHARACTERS,
  LIST_ROW_TITLE_MAX_CHARACTERS,
  LIST_ROWS_MAX_COUNT,
  LIST_SECTION_TITLE_MAX_CHARACTERS,
  LIST_SECTIONS_MAX_COUNT,
  REPLY_BUTTON_ID_MAX_CHARACTERS,
  REPLY_BUTTON_TITLE_MAX_CHARACTERS,
  REPLY_BUTTONS_MAX_COUNT,
} from "./limits.ts";
import { documentContent, imageContent, videoContent } from "./media-content.ts";

const interactiveBody = looseObject({ text: requiredText(INTERACTIVE_BODY_MAX_CHARACTERS) });

const interactiveFooter = v.optional(
  looseObject({ text: requiredText(FOOTER_TEXT_MAX_CHARACTERS) }),
);

const headerText = requiredText(HEADER_TEXT_MAX_CHARACTERS);

/** A header of text, for a list. */
const textHeader = v.optional(looseObject({ type: exactly("text"), text: headerText }));

/** A header of text or with a file, for buttons. */
const anyHeader = v.optional(
  noArray(
    v.variant(
      "type",
      [
        v.looseObject({ type: v.literal("text"), text: headerText }),
        v.looseObject({ type: v.literal("image"), image: imageContent }),
        v.looseObject({ type: v.literal("video"), video: videoContent }),
        v.looseObject({ type: v.literal("document"), document: documentContent }),
      ],
      wanted('must be "text", "image", "video" or "document"'),
    ),
  ),
);

/** `interactive` of type `cta_url`: one button that opens a web page. */
export const ctaUrlInteractive = v.looseObject({
  type: v.literal("cta_url"),
  header: anyHeader,
  body: interactiveBody,
  footer: interactiveFooter,
  action: looseObject({
    name: exactly("cta_url"),
    parameters: looseObject({
      display_text: requiredText(CTA_URL_DISPLAY_TEXT_MAX_CHARACTERS),
      url: v.pipe(
        v.string(),
        v.check(isWebAddress, "must be an absolute address, such as https://example.com/order"),
        v.metadata({ format: "uri" }),
      ),
    }),
  }),
});

function isWebAddress(address: string): boolean {
  const protocol = URL.parse(address)?.protocol;
  return protocol === "https:" || protocol === "http:";
}

/** The label of the button that opens the list, where the caller gives none. */
const DEFAULT_LIST_BUTTON = "Ver opciones";

const row = looseObject({
  id: requiredText(LIST_ROW_ID_MAX_CHARACTERS),
  title: requiredText(LIST_ROW_TITLE_MAX_CHARACTERS),
  description: v.optional(boundedText(LIST_ROW_DESCRIPTION_MAX_CHARACTERS)),
});

const section = looseObject({
  title: v.optional(boundedText(LIST_SECTION_TITLE_MAX_CHARACTERS)),
  rows: v.pipe(v.array(row), v.nonEmpty("at least 1 row, got 0")),
});

const sections = v.pipe(
  boundedList(section, { most: LIST_SECTIONS_MAX_COUNT, noun: "section" }),
  v.check(
    (given) => countRows(given) <= LIST_ROWS_MAX_COUNT,
    (issue) =>
      `at most ${LIST_ROWS_MAX_COUNT} rows in all sections together, got ${countRows(issue.input)}`,
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    for (const [position, { title }] of dataset.value.entries()) {
      if (dataset.value.length > 1 && !title) {
        const message = "is required where there is more than one section";
        addIssue({ message, path: issuePath(position, "title") });
      }
    }
    const ids = dataset.value.flatMap(({ rows }, sectionPosition) =>
      rows.map(({ id }, position) => ({
        value: id,
        path: [sectionPosition, "rows", position, "id"] as const,
      })),
    );
    for (const { path } of repeatedValues(ids)) {
      addIssue({ message: "must differ from every other row's", path: issuePath(...path) });
    }
  }),
);

/** `interactive` of type `list`: up to ten rows behind one button. */
export const listInteractive = v.looseObject({
  type: v.literal("list"),
  header: textHeader,
  body: looseObject({ text: requiredText(LIST_BODY_MAX_CHARACTERS) }),
  footer: interactiveFooter,
  action: looseObject({
    button: v.optional(requiredText(LIST_BUTTON_MAX_CHARACTERS), DEFAULT_LIST_BUTTON),
    sections,
  }),
});

function countRows(given: readonly { rows: readonly unknown[] }[]): number {
  return given.reduce((count, { rows }) => count + rows.length, 0);
}

/** `interactive` of type `location_request_message`: a button by which the customer sends a location. */
export const locationRequestInteractive = v.looseObject({
  type: v.literal("location_request_message"),
  body: interactiveBody,
  action: looseObject({ name: exactly("send_location") }),
});

const replyButton = looseObject({
  type: exactly("reply"),
  reply: looseObject({
    id: requiredText(REPLY_BUTTON_ID_MAX_CHARACTERS),
    title: requiredText(REPLY_BUTTON_TITLE_MAX_CHARACTERS),
  }),
});

const replyButtons = v.pipe(
  boundedList(replyButton, { most: REPLY_BUTTONS_MAX_COUNT, noun: "button" }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    for (const member of ["id", "title"] as const) {
      const placed = dataset.value.map(({ reply }, position) => ({
        value: reply[member],
        path: [position, "reply", member] as const,
      }));
      for (const { path } of repeatedValues(placed)) {
        addIssue({ message: "must differ from every other button's", path: issuePath(...path) });
      }
    }
  }),
);

/** `interactive` of type `button`: one to three answers to tap. */
export const replyButtonsInteractive = v.looseObject({
  type: v.literal("button"),
  header: anyHeader,
  body: interactiveBody,
  footer: interactiveFooter,
  action: looseObject({ buttons: replyButtons }),
});

const CHECKED_KINDS: readonly string[] = ["button", "list", "cta_url", "location_request_message"];

/** Any other kind, unchecked. */
export const otherInteractive = v.looseObject({
  type: v.pipe(v.string(), v.nonEmpty(), v.notValues(CHECKED_KINDS)),
});

export const interactiveContent = noArray(
  v.variant(
    "type",
    [
      replyButtonsInteractive,
      listInteractive,
      ctaUrlInteractive,
      locationRequestInteractive,
      otherInteractive,
    ],
    wanted('must name the kind of interactive message, such as "button" or "list"'),
  ),
);

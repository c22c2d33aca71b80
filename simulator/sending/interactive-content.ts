import { graphError } from "../graph/graph-error.ts";
import type { Parameter } from "../graph/parameter.ts";
import type { MediaStore } from "../media/media-store.ts";
import { checkMediaSource } from "./media-content.ts";

const BODY_MAX_CHARACTERS = 1024;
const LIST_BODY_MAX_CHARACTERS = 4096;
const HEADER_MAX_CHARACTERS = 60;
const FOOTER_MAX_CHARACTERS = 60;
const BUTTONS_MAX = 3;
const BUTTON_TITLE_MAX_CHARACTERS = 20;
const BUTTON_ID_MAX_CHARACTERS = 256;
const LIST_LABEL_MAX_CHARACTERS = 20;
const SECTIONS_MAX = 10;
const SECTION_TITLE_MAX_CHARACTERS = 24;
const ROWS_MAX = 10;
const ROW_ID_MAX_CHARACTERS = 200;
const ROW_TITLE_MAX_CHARACTERS = 24;
const ROW_DESCRIPTION_MAX_CHARACTERS = 72;
const PRODUCTS_MAX = 30;
const LINK_LABEL_MAX_CHARACTERS = 20;
const FLOW_LABEL_MAX_CHARACTERS = 20;
/** For values whose length Meta does not say. */
const OPAQUE_MAX_CHARACTERS = 2048;

const CODE = 131009;
const LINK = /^https?:\/\/[^\s/]+/;

const INTERACTIVE_TYPES = [
  "button",
  "list",
  "cta_url",
  "location_request_message",
  "flow",
  "product",
  "product_list",
  "catalog_message",
  "call_permission_request",
] as const;

type HeaderType = "text" | "image" | "video" | "document";

const ANY_HEADER: readonly HeaderType[] = ["text", "image", "video", "document"];
const TEXT_HEADER: readonly HeaderType[] = ["text"];
const NO_HEADER: readonly HeaderType[] = [];

/** Where the media of headers are found. */
export interface MediaOfNumber {
  readonly phoneNumberId: string;
  readonly store: MediaStore;
}

export function checkInteractiveContent(interactive: Parameter, media: MediaOfNumber): void {
  const type = interactive.field("type").oneOf(INTERACTIVE_TYPES);
  const action = interactive.field("action");
  switch (type) {
    case "button":
      checkFrame(interactive, ANY_HEADER, media);
      checkButtons(action.field("buttons"));
      break;
    case "list":
      checkFrame(interactive, TEXT_HEADER, media, LIST_BODY_MAX_CHARACTERS);
      action.field("button").text({ most: LIST_LABEL_MAX_CHARACTERS, code: CODE });
      checkSections(action.field("sections"));
      break;
    case "cta_url":
      checkFrame(interactive, ANY_HEADER, media);
      checkLinkButton(action);
      break;
    case "location_request_message":
      checkFrame(interactive, NO_HEADER, media);
      action.field("name").oneOf(["send_location"]);
      break;
    case "flow":
      checkFrame(interactive, ANY_HEADER, media);
      checkFlow(action);
      break;
    case "product":
      interactive.field("header").absent();
      checkProduct(action);
      break;
    case "product_list":
      interactive.field("header").required();
      checkFrame(interactive, TEXT_HEADER, media);
      checkProductSections(action);
      break;
    case "catalog_message":
      checkFrame(interactive, NO_HEADER, media);
      action.field("name").oneOf(["catalog_message"]);
      break;
    case "call_permission_request":
      checkFrame(interactive, NO_HEADER, media);
      action.field("name").oneOf(["call_permission_request"]);
      break;
    case undefined:
      break;
  }
}

/** Header, body and footer, which most kinds share. */
function checkFrame(
  interactive: Parameter,
  headerTypes: readonly HeaderType[],
  media: MediaOfNumber,
  bodyMost: number = BODY_MAX_CHARACTERS,
): void {
  const header = interactive.field("header");
  if (header.given) checkHeader(header, headerTypes, media);
  interactive.field("body").field("text").text({ most: bodyMost, code: CODE });
  const footer = interactive.field("footer");
  if (footer.given) footer.field("text").text({ most: FOOTER_MAX_CHARACTERS, code: CODE });
}

function checkHeader(
  header: Parameter,
  types: readonly HeaderType[],
  { phoneNumberId, store }: MediaOfNumber,
): void {
  const type = header.field("type").oneOf(types);
  if (type === undefined) return;
  if (type === "text") header.field("text").text({ most: HEADER_MAX_CHARACTERS, code: CODE });
  else checkMediaSource(header.field(type), type, phoneNumberId, store);
}

function checkButtons(buttons: Parameter): void {
  const ids: string[] = [];
  const titles: string[] = [];
  for (const button of buttons.list(1, BUTTONS_MAX)) {
    button.field("type").oneOf(["reply"]);
    const reply = button.field("reply");
    ids.push(reply.field("id").text({ most: BUTTON_ID_MAX_CHARACTERS, code: CODE }));
    titles.push(reply.field("title").text({ most: BUTTON_TITLE_MAX_CHARACTERS, code: CODE }));
  }
  buttons.unique(ids);
  buttons.unique(titles);
}

function checkSections(sections: Parameter): void {
  const list = sections.list(1, SECTIONS_MAX);
  const ids: string[] = [];
  for (const section of list) {
    const title = section.field("title");
    const limits = { most: SECTION_TITLE_MAX_CHARACTERS, code: CODE } as const;
    if (list.length > 1) title.text(limits);
    else title.optionalText(limits);
    for (const row of section.field("rows").list(1, ROWS_MAX)) {
      ids.push(row.field("id").text({ most: ROW_ID_MAX_CHARACTERS, code: CODE }));
      row.field("title").text({ most: ROW_TITLE_MAX_CHARACTERS, code: CODE });
      const description = row.field("description");
      if (description.value !== "") {
        description.optionalText({ most: ROW_DESCRIPTION_MAX_CHARACTERS, code: CODE });
      }
    }
  }
  if (ids.length > ROWS_MAX) {
    sections.refuse(graphError(CODE, `Total row count exceed max allowed count: ${ROWS_MAX}`));
  }
  sections.unique(ids);
}

function checkLinkButton(action: Parameter): void {
  action.field("name").oneOf(["cta_url"]);
  const parameters = action.field("parameters");
  parameters.field("display_text").text({ most: LINK_LABEL_MAX_CHARACTERS, code: CODE });
  const url = parameters.field("url");
  if (!LINK.test(url.text({ most: OPAQUE_MAX_CHARACTERS, code: CODE }))) {
    url.refuse(graphError(CODE, `${url.path} is not a valid URL`));
  }
}

function checkFlow(action: Parameter): void {
  action.field("name").oneOf(["flow"]);
  const parameters = action.field("parameters");
  parameters.field("flow_message_version").oneOf(["3"]);
  parameters.field("flow_cta").text({ most: FLOW_LABEL_MAX_CHARACTERS, code: CODE });
  const id = parameters.field("flow_id");
  const name = parameters.field("flow_name");
  if (id.given === name.given) {
    parameters.refuse(graphError(CODE, "Exactly one of flow_id and flow_name is required"));
  }
}

function checkProduct(action: Parameter): void {
  action.field("catalog_id").text({ most: OPAQUE_MAX_CHARACTERS, code: CODE });
  action.field("product_retailer_id").text({ most: OPAQUE_MAX_CHARACTERS, code: CODE });
}

function checkProductSections(action: Parameter): void {
  action.field("catalog_id").text({ most: OPAQUE_MAX_CHARACTERS, code: CODE });
  for (const section of action.field("sections").list(1, SECTIONS_MAX)) {
    for (const product of section.field("product_items").list(1, PRODUCTS_MAX)) {
      product.field("product_retailer_id").text({ most: OPAQUE_MAX_CHARACTERS, code: CODE });
    }
  }
}

import * as v from "valibot";
import { issuePath } from "./check-value.ts";
import { repeatedValues } from "./distinct-values.ts";
import { anyHeader, interactiveBody, interactiveFooter } from "./interactive-parts.ts";
import {
  REPLY_BUTTONS_MAX_COUNT,
  REPLY_BUTTON_ID_MAX_CHARACTERS,
  REPLY_BUTTON_TITLE_MAX_CHARACTERS,
} from "./limits.ts";
import { boundedList, exactly, looseObject, requiredText } from "./schema-parts.ts";

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

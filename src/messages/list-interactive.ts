import * as v from "valibot";
import { issuePath } from "./check-value.ts";
import { repeatedValues } from "./distinct-values.ts";
import { interactiveFooter, textHeader } from "./interactive-parts.ts";
import {
  LIST_BODY_MAX_CHARACTERS,
  LIST_BUTTON_MAX_CHARACTERS,
  LIST_ROWS_MAX_COUNT,
  LIST_ROW_DESCRIPTION_MAX_CHARACTERS,
  LIST_ROW_ID_MAX_CHARACTERS,
  LIST_ROW_TITLE_MAX_CHARACTERS,
  LIST_SECTIONS_MAX_COUNT,
  LIST_SECTION_TITLE_MAX_CHARACTERS,
} from "./limits.ts";
import { boundedList, boundedText, looseObject, requiredText } from "./schema-parts.ts";

/** The label of the button that opens the list, as in the original service. */
const DEFAULT_LIST_BUTTON = "Ver opciones";

const row = looseObject({
  id: requiredText(LIST_ROW_ID_MAX_CHARACTERS),
  title: requiredText(LIST_ROW_TITLE_MAX_CHARACTERS),
  description: v.optional(boundedText(LIST_ROW_DESCRIPTION_MAX_CHARACTERS)),
});

const section = looseObject({
  title: v.optional(boundedText(LIST_SECTION_TITLE_MAX_CHARACTERS)),
  rows: v.pipe(v.array(row), v.minLength(1, "at least 1 row, got 0")),
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

/** The templates that may be sent, asked for when somebody wants one, and how they will read. */
import type { Template, TemplatePreview } from "../state/views.ts";
import { ask } from "./api.ts";

type Page = { data: Template[]; next_cursor: string | null };

/** The API's largest page. */
const PAGE = 200;

/** Meta allows an account no more templates than this many pages hold. */
const MOST_PAGES = 40;

/** Approved ones, by name; null if the server can't be asked now. */
export async function loadTemplates(): Promise<Template[] | null> {
  const found: Template[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query: Record<string, string> = {
      limit: String(PAGE),
      ...(cursor === null ? {} : { cursor }),
    };
    const answer = await ask<Page>("GET", "templates", { query });
    if (answer.kind !== "ok") return null;
    found.push(...answer.body.data.filter(({ status }) => status === "APPROVED"));
    cursor = answer.body.next_cursor;
    if (cursor === null) break;
  }
  return found.toSorted((one, other) => one.name.localeCompare(other.name));
}

/** How the customer will read it, and what is still wrong; null if the server can't say now. */
export async function previewTemplate(content: object): Promise<TemplatePreview | null> {
  const answer = await ask<TemplatePreview>("POST", "templates/preview", { body: content });
  return answer.kind === "ok" ? answer.body : null;
}

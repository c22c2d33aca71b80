/** The templates that may be sent, asked for when somebody wants one, and how they will read. */
import type { Template, TemplatePreview } from "../state/views.ts";
import { type Answer, ask } from "./api.ts";
import { may } from "./session.ts";

type Page = { data: Template[]; next_cursor: string | null; synced_at: string | null };

/** The API's largest page. */
const PAGE = 200;

/** Meta allows an account no more templates than this many pages hold. */
const MOST_PAGES = 40;

/**
 * Approved ones, by name; null if the server can't be asked now. Where nobody has ever had it list Meta's, who
 * may do so does.
 */
export async function loadTemplates(): Promise<Template[] | null> {
  let answer = await askPage({});
  if (answer.kind === "ok" && answer.body.synced_at === null && may("admin")) {
    await ask("POST", "templates/sync");
    answer = await askPage({});
  }
  const found: Template[] = [];
  for (let pages = 1; answer.kind === "ok"; pages += 1) {
    found.push(...answer.body.data.filter(({ status }) => status === "APPROVED"));
    const { next_cursor: cursor } = answer.body;
    if (cursor === null || pages === MOST_PAGES) {
      return found.toSorted((one, other) => one.name.localeCompare(other.name));
    }
    answer = await askPage({ cursor });
  }
  return null;
}

function askPage(more: { cursor?: string }): Promise<Answer<Page>> {
  return ask("GET", "templates", { query: { limit: String(PAGE), ...more } });
}

/** How the customer will read it, and what is still wrong; null if the server can't say now. */
export async function previewTemplate(content: object): Promise<TemplatePreview | null> {
  const answer = await ask<TemplatePreview>("POST", "templates/preview", { body: content });
  return answer.kind === "ok" ? answer.body : null;
}

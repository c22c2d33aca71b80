/**
 * Lists and submits the templates of an account.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/reference/whatsapp-business-account/template-api
 */
import type { Config } from "../config/config.ts";
import { type JsonObject, objectMember, objectsMember, textMember } from "../lib/json.ts";
import { jsonPost } from "./client.ts";
import { type GraphResult, requestJson, withoutAnswer } from "./request.ts";
import { graphUrl } from "./url.ts";

/** Meta's answer to a template that it accepts for review. */
type SubmittedTemplate = {
  id: string;
  status: string | null;
  /** Meta's own choice; it may differ from the submitted category. */
  category: string | null;
};

type TemplatePage = {
  templates: readonly JsonObject[];
  /** The cursor of the next page; null on the last page. */
  after: string | null;
};

/** Meta's error for a template whose name exists in that language. */
const EXISTS = { code: 100, subcode: 2388024 };

const FIELDS =
  "id,name,language,status,category,components,quality_score,parameter_format,rejected_reason";

/** Templates in one request; Meta may return fewer. */
const PAGE_SIZE = 100;

/** A carousel has ten cards, each with texts, buttons and long example addresses: about 20 KiB. */
const PAGE_BYTES_MAX = 4 * 1024 * 1024;

/** Far more than the 6,000 templates that an account may have: stops at a list that never ends. */
const PAGES_MAX = 1000;

/** All templates of an account, page after page, or the first failure. */
export async function listAccountTemplates(
  config: Config,
  businessAccountId: string,
): Promise<GraphResult<readonly JsonObject[]>> {
  const templates: JsonObject[] = [];
  let after: string | null = null;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const page: GraphResult<TemplatePage> = await templatePage(config, businessAccountId, after);
    if (!page.ok) return page;
    templates.push(...page.value.templates);
    ({ after } = page.value);
    if (after === null) return { ok: true, value: templates };
  }
  return withoutAnswer(
    "ambiguous",
    `Meta's list of templates did not end after ${PAGES_MAX} pages`,
  );
}

/** Submits a template for review; `exists` if its name is taken in that language. */
export async function submitTemplate(
  config: Config,
  businessAccountId: string,
  submission: JsonObject,
): Promise<GraphResult<SubmittedTemplate | "exists">> {
  const result = await requestJson<SubmittedTemplate>(
    config,
    {
      url: graphUrl(config, businessAccountId, "message_templates"),
      init: jsonPost(submission),
    },
    (answer) => {
      const id = textMember(answer, "id");
      return id === null
        ? null
        : { id, status: textMember(answer, "status"), category: textMember(answer, "category") };
    },
  );
  if (result.ok) return result;
  const { code, subcode } = result.error;
  return code === EXISTS.code && subcode === EXISTS.subcode
    ? { ok: true, value: "exists" }
    : result;
}

function templatePage(
  config: Config,
  businessAccountId: string,
  after: string | null,
): Promise<GraphResult<TemplatePage>> {
  const query = {
    fields: FIELDS,
    limit: String(PAGE_SIZE),
    ...(after === null ? {} : { after }),
  };
  return requestJson(
    config,
    {
      url: graphUrl(config, businessAccountId, "message_templates", query),
      answerBytesMax: PAGE_BYTES_MAX,
    },
    readPage,
  );
}

/** The last page has a cursor too: only `next` shows that there is another page. */
function readPage(answer: JsonObject): TemplatePage | null {
  if (!Array.isArray(answer["data"])) return null;
  const paging = objectMember(answer, "paging") ?? {};
  const after = textMember(objectMember(paging, "cursors") ?? {}, "after");
  const isLast = textMember(paging, "next") === null;
  return { templates: objectsMember(answer, "data"), after: isLast ? null : after };
}

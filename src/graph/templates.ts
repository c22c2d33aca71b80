/**
 * The calls about an account's templates.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/reference/whatsapp-business-account/template-api
 */
import type { Config } from "../config/config.ts";
import { type JsonObject, objectMember, objectsMember, textMember } from "../lib/json.ts";
import { jsonPost } from "./client.ts";
import { type GraphResult, requestJson, withoutAnswer } from "./request.ts";
import { graphUrl } from "./url.ts";

/** What Meta answers to a template that it takes for review. */
type SubmittedTemplate = {
  id: string;
  status: string | null;
  /** Meta's own choice, which may differ from what was submitted. */
  category: string | null;
};

type TemplatePage = {
  templates: readonly JsonObject[];
  /** The cursor of the page after it; null = it was the last. */
  after: string | null;
};

/** What Meta answers to a template whose name exists in that language. */
const EXISTS = { code: 100, subcode: 2388024 };

const FIELDS =
  "id,name,language,status,category,components,quality_score,parameter_format,rejected_reason";

/** Templates asked for at once; Meta may give fewer. */
const PAGE_SIZE = 100;

/** A carousel has ten cards, each with texts, buttons and long example addresses: about 20 KiB. */
const PAGE_BYTES_MAX = 4 * 1024 * 1024;

/** Far beyond the 6,000 templates that an account may have: a list that never ends is an error. */
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

/** Submits a template for review; `exists` where its name is taken in that language. */
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
      withheld: [],
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
      init: {},
      withheld: [],
      answerBytesMax: PAGE_BYTES_MAX,
    },
    readPage,
  );
}

/** The cursor is on the last page as well: only `next` tells that there is more. */
function readPage(answer: JsonObject): TemplatePage | null {
  if (!Array.isArray(answer["data"])) return null;
  const paging = objectMember(answer, "paging") ?? {};
  const after = textMember(objectMember(paging, "cursors") ?? {}, "after");
  const isLast = textMember(paging, "next") === null;
  return { templates: objectsMember(answer, "data"), after: isLast ? null : after };
}

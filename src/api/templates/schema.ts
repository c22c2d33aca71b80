/** The answers of `/v1/templates`. */
import * as v from "valibot";
import { jsonObject } from "../../lib/validate.ts";
import { metaErrorSchema } from "../problem-schema.ts";
import { count, described, pageOf, textOrNull, time, timeOrNull } from "../schema.ts";

const key = {
  name: v.string(),
  language: described(v.string(), "Meta's code of the language, such as `es_MX`."),
};

export const templateSchema = v.strictObject({
  ...key,
  id: textOrNull("Meta's id."),
  status: textOrNull("Meta's word: APPROVED, PENDING, REJECTED, PAUSED, DELETED …"),
  reason: textOrNull("Why it was rejected, paused or disabled."),
  category: textOrNull("Meta's word: UTILITY, MARKETING or AUTHENTICATION."),
  quality: textOrNull("Meta's score: GREEN, YELLOW, RED or UNKNOWN."),
  parameter_format: textOrNull("NAMED or POSITIONAL."),
  components: described(
    v.nullable(v.array(jsonObject)),
    "Meta's components, from its list or its webhooks.",
  ),
  params: described(
    v.nullable(
      v.array(
        v.strictObject({
          name: described(v.string(), "The member's name in `params`."),
          meaning: v.string(),
          example: v.string(),
        }),
      ),
    ),
    "What the short form `params` takes; null if the registry does not have the template.",
  ),
  created_at: time("When Meta first reported the template."),
  updated_at: time("When the template last changed."),
});

/** One difference between a template in the code and at the account. */
export const templateDriftSchema = v.strictObject({
  ...key,
  difference: v.picklist([
    "missing",
    "language",
    "status",
    "category",
    "text",
    "parameters",
    "parts",
  ]),
  code: described(v.string(), "What the code has."),
  account: textOrNull("What the account has; null = nothing, or unknown."),
  detail: described(v.string(), "The difference as one line."),
});

const drift = described(
  v.array(templateDriftSchema),
  "Where the registry's templates and the account's differ.",
);

/** `GET /v1/templates`. */
export const templateListSchema = v.strictObject({
  ...pageOf(templateSchema).entries,
  synced_at: timeOrNull("When the whole account was last listed."),
  drift,
});

/** `POST /v1/templates/sync`. */
export const templateSyncSchema = v.strictObject({
  synced_at: time("When Meta was asked."),
  listed: count("How many templates the account has."),
  gone: described(
    v.array(v.strictObject(key)),
    "Templates known before that the account has no more.",
  ),
  drift,
});

/** The outcome for one template of the registry. */
const pushedTemplateSchema = v.strictObject({
  ...key,
  outcome: described(
    v.picklist(["created", "exists", "refused", "failed"]),
    "`failed`: Meta could not answer, and may have accepted it; pushing again is safe.",
  ),
  id: textOrNull("Meta's id."),
  status: textOrNull("Meta's word."),
  category: textOrNull("Meta's, which may differ from the one submitted."),
  submitted_category: v.string(),
  meta_error: described(
    v.nullable(
      v.strictObject({
        ...metaErrorSchema.entries,
        subcode: described(v.nullable(v.number()), "Meta's `error.error_subcode`."),
      }),
    ),
    "Why it was refused or failed.",
  ),
});

/** `POST /v1/templates/push`. */
export const templatePushSchema = v.strictObject({ data: v.array(pushedTemplateSchema), drift });

/** `POST /v1/templates/preview`. */
export const templatePreviewSchema = v.strictObject({
  header: described(
    v.nullable(
      v.strictObject({ format: v.string(), text: textOrNull("Null for a file or a place.") }),
    ),
    "`format` is Meta's word: TEXT, IMAGE, VIDEO, DOCUMENT, LOCATION.",
  ),
  body: textOrNull("A variable without a parameter stays as `{{1}}`."),
  footer: v.nullable(v.string()),
  buttons: described(v.array(jsonObject), "Meta's buttons, with the ends of their addresses."),
  errors: described(
    v.array(v.strictObject({ pointer: v.string(), detail: v.string() })),
    "Why it could not be sent like this; empty if it could.",
  ),
});

export type TemplatePreviewView = v.InferOutput<typeof templatePreviewSchema>;

export type TemplateView = v.InferOutput<typeof templateSchema>;

export type TemplateListView = v.InferOutput<typeof templateListSchema>;

export type TemplateSyncView = v.InferOutput<typeof templateSyncSchema>;

export type PushedTemplateView = v.InferOutput<typeof pushedTemplateSchema>;

export type TemplatePushView = v.InferOutput<typeof templatePushSchema>;

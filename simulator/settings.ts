import type { MessageStatusName } from "./webhooks/message-status-name.ts";
import type { TemplateSeed } from "./templates/template.ts";
import { CLINIC_TEMPLATES } from "./templates/clinic-templates.ts";

export interface BusinessNumber {
  /** Phone number id, as in Graph paths and `metadata.phone_number_id`. */
  readonly id: string;
  /** As Meta shows it to people, such as `+52 998 316 2438`. */
  readonly displayPhoneNumber: string;
  readonly verifiedName: string;
}

/** How to start a simulator; everything but the first four has a default. */
export interface SimulatorOptions {
  readonly accessToken: string;
  readonly appSecret: string;
  readonly webhookUrl: string;
  /** How a webhook request reaches the business's server; a rejection counts as a lost connection. */
  readonly deliver: (request: Request) => Promise<Response>;
  readonly verifyToken?: string | undefined;
  readonly businessAccountId?: string | undefined;
  readonly businessNumbers?: readonly BusinessNumber[] | undefined;
  /** Unix milliseconds. */
  readonly now?: (() => number) | undefined;
  /** Left out, a fresh one is drawn, so that two simulators never give out the same wamids. */
  readonly randomSeed?: number | undefined;
  /** false: webhooks and statuses wait for `flush()` and no timer is ever started. */
  readonly automatic?: boolean | undefined;
  /** Which statuses an accepted message gets by itself, in this order. */
  readonly automaticStatuses?: readonly MessageStatusName[] | undefined;
  /** Pause before the first status and between one and the next. */
  readonly statusDelayMs?: number | undefined;
  /** Pause before the first redelivery; each further one is twice as long. */
  readonly redeliveryPauseMs?: number | undefined;
  /** Meta goes on for 7 days; the simulator gives up after so many deliveries of one body. */
  readonly maximumDeliveryAttempts?: number | undefined;
  /** Send bodies as raw UTF-8 instead of Meta's usual `\u00e9` and `\/`. */
  readonly rawUtf8?: boolean | undefined;
  /** Outside the session window: refuse in the answer, or accept and report `failed` with 131047. */
  readonly closedWindow?: "refuse" | "fail_later" | undefined;
  /** Like a Meta test number: only these phones (digits) may be written to, others get 131030. */
  readonly allowedRecipients?: readonly string[] | undefined;
  /** Messages per second and business number. */
  readonly messagesPerSecond?: number | undefined;
  readonly templates?: readonly TemplateSeed[] | undefined;
  /** Meta gives no more templates a page, however many are asked for. */
  readonly templatesPerPage?: number | undefined;
  /** Names that are submitted as UTILITY and come back as MARKETING. */
  readonly recategorizedTemplates?: readonly string[] | undefined;
}

/** The options with every default filled in. */
export type Settings = {
  readonly [Key in keyof SimulatorOptions]-?: Exclude<SimulatorOptions[Key], undefined>;
};

const DEFAULT_NUMBER: BusinessNumber = {
  id: "106540352242922",
  displayPhoneNumber: "+52 998 316 2438",
  verifiedName: "Pet-Friendly",
};

export function settingsFrom(options: SimulatorOptions): Settings {
  return {
    accessToken: options.accessToken,
    appSecret: options.appSecret,
    webhookUrl: options.webhookUrl,
    deliver: options.deliver,
    verifyToken: options.verifyToken ?? "",
    businessAccountId: options.businessAccountId ?? "102290129340398",
    businessNumbers: options.businessNumbers ?? [DEFAULT_NUMBER],
    now: options.now ?? Date.now,
    randomSeed: options.randomSeed ?? freshSeed(),
    automatic: options.automatic ?? true,
    automaticStatuses: options.automaticStatuses ?? ["sent", "delivered", "read"],
    statusDelayMs: options.statusDelayMs ?? 300,
    redeliveryPauseMs: options.redeliveryPauseMs ?? 1000,
    maximumDeliveryAttempts: options.maximumDeliveryAttempts ?? 10,
    rawUtf8: options.rawUtf8 ?? false,
    closedWindow: options.closedWindow ?? "refuse",
    allowedRecipients: options.allowedRecipients ?? [],
    messagesPerSecond: options.messagesPerSecond ?? 80,
    templates: options.templates ?? CLINIC_TEMPLATES,
    templatesPerPage: options.templatesPerPage ?? 100,
    recategorizedTemplates: options.recategorizedTemplates ?? ["vaccination_reminder"],
  };
}

function freshSeed(): number {
  const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
  return seed;
}

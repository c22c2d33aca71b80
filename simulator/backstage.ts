import type { BusinessAccount } from "./account/business-account.ts";
import { businessAccount } from "./account/business-account.ts";
import type { CustomerDirectory } from "./customers/customer-directory.ts";
import { customerDirectory } from "./customers/customer-directory.ts";
import type { CustomerTraffic } from "./customers/customer-traffic.ts";
import { customerTraffic } from "./customers/customer-traffic.ts";
import { writtenMessages } from "./customers/written-messages.ts";
import type { CallLog } from "./graph/call-log.ts";
import type { Identifiers } from "./identifiers.ts";
import { identifiers } from "./identifiers.ts";
import type { MediaStore } from "./media/media-store.ts";
import { mediaStore } from "./media/media-store.ts";
import type { PendingWork } from "./pending-work.ts";
import { pendingWork } from "./pending-work.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { MessageSender } from "./sending/message-sender.ts";
import { messageSender } from "./sending/message-sender.ts";
import type { ReadMarks } from "./sending/read-marks.ts";
import { readMarks } from "./sending/read-marks.ts";
import { sessionWindows } from "./sending/session-window.ts";
import type { Settings } from "./settings.ts";
import type { TemplateRegistry } from "./templates/template-registry.ts";
import { templateRegistry } from "./templates/template-registry.ts";
import type { RuleBook } from "./trouble/rule-book.ts";
import { ruleBook } from "./trouble/rule-book.ts";
import type { StatusReporter } from "./webhooks/status-reporter.ts";
import { statusReporter } from "./webhooks/status-reporter.ts";
import type { WebhookSender } from "./webhooks/webhook-sender.ts";
import { webhookSender } from "./webhooks/webhook-sender.ts";

/** All that a simulator remembers between calls; `reset` makes a new one. */
export interface Backstage {
  readonly settings: Settings;
  readonly account: BusinessAccount;
  readonly work: PendingWork;
  readonly identifiers: Identifiers;
  readonly rules: RuleBook;
  readonly webhooks: WebhookSender;
  readonly customers: CustomerDirectory;
  readonly traffic: CustomerTraffic;
  readonly templates: TemplateRegistry;
  readonly media: MediaStore;
  readonly statuses: StatusReporter;
  readonly messages: MessageSender;
  readonly reads: ReadMarks;
  readonly calls: CallLog;
}

export function backstage(settings: Settings, random: SeededRandom): Backstage {
  const work = pendingWork(settings.automatic);
  const ids = identifiers(random);
  const rules = ruleBook(random);
  const account = businessAccount(settings);
  const webhooks = webhookSender(settings, work, random, rules, account);
  const statuses = statusReporter(settings, work, webhooks, ids);
  const shared = {
    settings,
    account,
    identifiers: ids,
    webhooks,
    statuses,
    customers: customerDirectory(),
    written: writtenMessages(),
    templates: templateRegistry(settings, ids),
    media: mediaStore(settings, ids),
    windows: sessionWindows(),
  };
  return {
    ...shared,
    work,
    rules,
    traffic: customerTraffic(shared),
    messages: messageSender(shared),
    reads: readMarks(settings, shared.written),
    calls: [],
  };
}

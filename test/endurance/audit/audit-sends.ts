import type { SentMessage } from "../../../simulator/sending/sent-message.ts";
import type { Simulator } from "../../../simulator/simulator.ts";
import { finding, type Finding } from "./finding.ts";
import type { Ledger, OrderedSend } from "./ledger.ts";
import type { Store } from "./read-store.ts";
import { keyOfStored, sendKeyIn, type StoredMessage } from "./store-views.ts";

const ANSWERED_WELL: ReadonlySet<number | null> = new Set([201, 202]);
const SERVER_ERROR = 500;

/** From weak to strong; the strongest that was recorded is the message's. */
const STATUS_RANKS: readonly string[] = ["sent", "failed", "delivered", "read", "played"];

/** What Meta's side knows of sends. */
type MetaRecords = {
  sent: ReadonlyMap<string | undefined, readonly SentMessage[]>;
  /** Our ids of messages of which a call ended without an answer to rely on. */
  ambiguous: ReadonlySet<unknown>;
  acknowledgedStatuses: ReadonlyMap<string, ReadonlySet<string>>;
};

/** Every answered send is stored, went to Meta once at most, and says of itself what is true. */
export function auditSends(
  { sends, forgottenSends }: Ledger,
  store: Store,
  simulator: Simulator,
  acknowledgedStatuses: MetaRecords["acknowledgedStatuses"],
): Finding[] {
  const keys = new Map(store.conversations.map((stored) => [stored.id, keyOfStored(stored)]));
  const records = metaRecords(simulator, acknowledgedStatuses);
  const rows = Map.groupBy(store.messages, ({ body }) => sendKeyIn(body));
  return sends.flatMap((send): Finding[] => {
    const isAnswered = ANSWERED_WELL.has(send.answer);
    // A single request may come to nothing while the Worker is down.
    const mayFail = !send.isRepeated && (send.answer === null || send.answer >= SERVER_ERROR);
    if (!isAnswered && !mayFail) {
      return [finding("refused", `${send.key}: ${send.answer}, ${send.messageId}`)];
    }
    const stored = store.sends.get(send.key);
    if (forgottenSends.has(send.key)) return auditForgotten(send, stored, records);
    if (stored === undefined) {
      if (isAnswered) return [finding("send_lost", `${send.key}: ${send.messageId}`)];
      return records.sent.has(send.key) ? [finding("row_lost", send.key)] : [];
    }
    if ((rows.get(send.key) ?? []).length > 1) return [finding("duplicate", send.key)];
    const isTrue =
      stored.body?.includes(send.key) === true &&
      keys.get(stored.conversation_id) === send.conversation;
    return [
      ...(isTrue ? [] : [finding("altered", `${send.key}: ${JSON.stringify(stored)}`)]),
      ...auditOutcome(send, stored, records),
      ...auditStatuses(send, stored, records),
    ];
  });
}

/** The version that does not know it may send it once more, if its caller asks once more. */
function auditForgotten(
  { key, isRepeated, answer, messageId }: OrderedSend,
  stored: StoredMessage | undefined,
  { sent }: MetaRecords,
): Finding[] {
  const times = sent.get(key)?.length ?? 0;
  const isLost = stored === undefined && ANSWERED_WELL.has(answer);
  return [
    ...(times > (isRepeated ? 2 : 1) ? [finding("double_send", `${key}: ${times} times`)] : []),
    ...(isLost ? [finding("send_lost", `${key}: ${messageId}`)] : []),
  ];
}

function metaRecords(
  { sent, calls }: Simulator,
  acknowledgedStatuses: MetaRecords["acknowledgedStatuses"],
): MetaRecords {
  const ambiguous = calls.filter(
    ({ route, status }) => route === "messages" && (status === null || status >= SERVER_ERROR),
  );
  return {
    sent: Map.groupBy(sent, ({ body }) => sendKeyIn(JSON.stringify(body))),
    ambiguous: new Set(ambiguous.map(({ body }) => callbackData(body))),
    acknowledgedStatuses,
  };
}

/** Our id, which goes along with every send. */
function callbackData(body: unknown): unknown {
  return typeof body === "object" && body !== null && "biz_opaque_callback_data" in body
    ? body.biz_opaque_callback_data
    : null;
}

function auditOutcome(send: OrderedSend, stored: StoredMessage, records: MetaRecords): Finding[] {
  const [sent, twin] = records.sent.get(send.key) ?? [];
  const { status, wamid } = stored;
  const detail = `${send.key}: ${stored.id} is ${status}, at Meta ${sent?.wamid}`;
  if (twin !== undefined) return [finding("double_send", detail)];
  switch (status) {
    case "pending":
    case "queued":
    case "scheduled":
      return [finding("unsettled_send", detail)];
    case "unconfirmed": {
      const mayBe = send.wasInterrupted || records.ambiguous.has(stored.id);
      return mayBe ? [] : [finding("untrue_send", detail)];
    }
    default:
      return sent !== undefined && sent.wamid === wamid ? [] : [finding("untrue_send", detail)];
  }
}

function auditStatuses(send: OrderedSend, stored: StoredMessage, records: MetaRecords): Finding[] {
  const [sent] = records.sent.get(send.key) ?? [];
  const reported = new Set<string>(sent?.statuses);
  const recorded = new Set(stored.statuses.map(({ status }) => status));
  const acknowledged = records.acknowledgedStatuses.get(sent?.wamid ?? "") ?? new Set();
  const lost = acknowledged.difference(recorded);
  const invented = recorded.difference(reported);
  const strongest = STATUS_RANKS.findLast((name) => recorded.has(name)) ?? stored.status;
  const detail = `${send.key}: ${stored.id} is ${stored.status} with ${[...recorded].join(" ")}`;
  return [
    ...(lost.size === 0 ? [] : [finding("status_lost", `${detail}, not ${[...lost].join(" ")}`)]),
    ...(invented.size === 0 && strongest === stored.status
      ? []
      : [finding("status_wrong", detail)]),
  ];
}

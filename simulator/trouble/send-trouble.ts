import type { MessageStatusName } from "../webhooks/message-status-name.ts";
import type { Effect } from "./effect.ts";

/** What the effects on one send change in the webhooks that follow it. */
export interface SendTrouble {
  readonly failureCode: number | null;
  /** Null: the automatic ones. */
  readonly statuses: readonly MessageStatusName[] | null;
  readonly statusBeforeAnswer: boolean;
  readonly webhookCopies: number;
}

export function sendTrouble(effects: readonly Effect[]): SendTrouble {
  return {
    failureCode: effects.find((effect) => effect.kind === "fail_later")?.code ?? null,
    statuses: effects.find((effect) => effect.kind === "statuses")?.statuses ?? null,
    statusBeforeAnswer: effects.some((effect) => effect.kind === "status_before_answer"),
    webhookCopies: effects.find((effect) => effect.kind === "duplicate_webhooks")?.copies ?? 1,
  };
}

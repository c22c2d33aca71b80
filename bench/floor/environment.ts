import type { FloorConversation, SendingEnv } from "./conversation.ts";

export type FloorEnv = SendingEnv & {
  CONVERSATION: DurableObjectNamespace<FloorConversation>;
  STATUS_QUEUE: Queue;
  APP_SECRET: string;
  API_TOKEN: string;
};

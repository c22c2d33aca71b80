import type { FloorConversation } from "./conversation.ts";
import type { FloorNumber } from "./number.ts";

export type FloorEnv = {
  DB: D1Database;
  CONVERSATION: DurableObjectNamespace<FloorConversation>;
  BUSINESS_NUMBER: DurableObjectNamespace<FloorNumber>;
  STATUS_QUEUE: Queue;
  APP_SECRET: string;
  API_TOKEN: string;
  ACCESS_TOKEN: string;
  GRAPH_API_BASE_URL: string;
};

export type Message = { id: string; from: string; timestamp: string; text: { body: string } };

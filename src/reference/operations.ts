/** Every route, in the order in which one gets to know them. */
import type { Operation } from "./operation.ts";
import { contactOperations } from "./operations/contact-operations.ts";
import { conversationOperations } from "./operations/conversation-operations.ts";
import { graphOperations } from "./operations/graph-operations.ts";
import { mediaOperations } from "./operations/media-operations.ts";
import { messageOperations } from "./operations/message-operations.ts";
import { operatorOperations } from "./operations/operator-operations.ts";
import { publicOperations } from "./operations/public-operations.ts";
import { templateOperations } from "./operations/template-operations.ts";

export const operations: readonly Operation[] = [
  ...messageOperations,
  ...conversationOperations,
  ...contactOperations,
  ...mediaOperations,
  ...templateOperations,
  ...operatorOperations,
  ...graphOperations,
  ...publicOperations,
];

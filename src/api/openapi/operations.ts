/** Every route, in the order in which a new reader needs them. */
import { contactOperations } from "../contacts/docs.ts";
import { conversationOperations } from "../conversations/docs.ts";
import { graphOperations } from "../graph/docs.ts";
import { inboxOperations } from "../inbox/docs.ts";
import { mediaOperations } from "../media/docs.ts";
import { messageOperations } from "../messages/docs.ts";
import { operatorOperations, publicOperations } from "../operator/docs.ts";
import { templateOperations } from "../templates/docs.ts";
import type { Operation } from "./operation.ts";

export const operations: readonly Operation[] = [
  ...messageOperations,
  ...conversationOperations,
  ...contactOperations,
  ...mediaOperations,
  ...templateOperations,
  ...inboxOperations,
  ...operatorOperations,
  ...graphOperations,
  ...publicOperations,
];

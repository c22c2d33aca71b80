import type { Database } from "../store/database.ts";
import { findMessage, listStatuses } from "../store/messages.ts";
import { messageView, statusView } from "./message-view.ts";
import type { MessageWithStatusesView } from "./schemas/message-schema.ts";

/** A message by our id or by wamid, with all that Meta reported of it; null if there is none. */
export async function describeMessage(
  database: Database,
  reference: string,
): Promise<MessageWithStatusesView | null> {
  const row = await findMessage(database, reference);
  if (row === null) return null;
  const statuses =
    row.wamid === null ? [] : await listStatuses(database, { ...row, wamid: row.wamid });
  return { ...messageView(row), statuses: statuses.map(statusView) };
}

/** The addresses of a person in D1: those in a conversation's row, and what else it is known by. */
import { sql, type SQL } from "drizzle-orm";

/**
 * Ids of the conversations with people of these addresses, on every business number.
 *
 * @param addresses selects the addresses
 */
export function conversationIdsOf(addresses: SQL): SQL {
  return sql`
    SELECT id FROM conversations WHERE phone IS NOT NULL AND phone IN (${addresses})
    UNION SELECT id FROM conversations WHERE user_id IS NOT NULL AND user_id IN (${addresses})
    UNION SELECT conversation_id FROM conversation_addresses WHERE address IN (${addresses})`;
}

/**
 * Every address of the people of these conversations.
 *
 * @param conversationIds selects the ids
 */
function addressesOfConversations(conversationIds: SQL): SQL {
  return sql`
    SELECT phone AS address FROM conversations
    WHERE id IN (${conversationIds}) AND phone IS NOT NULL
    UNION SELECT user_id FROM conversations
    WHERE id IN (${conversationIds}) AND user_id IS NOT NULL
    UNION SELECT address FROM conversation_addresses WHERE conversation_id IN (${conversationIds})`;
}

/**
 * These addresses of one person, and all others by which the person is known.
 *
 * @param addresses selects the addresses
 */
export function addressesOfPerson(addresses: SQL): SQL {
  return sql`${addresses} UNION ${addressesOfConversations(conversationIdsOf(addresses))}`;
}

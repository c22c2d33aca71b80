/** Whom a conversation is with, and the name by which its Durable Object is found. */

/** Whom a conversation is with, on one business number. */
export type Address =
  | { kind: "phone"; phone: string }
  | { kind: "user"; user_id: string }
  | { kind: "group"; group_id: string };

export function isSameAddress(one: Address, other: Address): boolean {
  return one.kind === other.kind && idOf(one) === idOf(other);
}

/**
 * The name of the conversation's Durable Object: `number:phone:CANONICAL`, `number:user:BSUID`
 * or `number:group:ID`. Different addresses never share a name, whatever they contain.
 */
export function conversationName(phoneNumberId: string, address: Address): string {
  return [phoneNumberId, address.kind, idOf(address)].map(escapePart).join(":");
}

function idOf(address: Address): string {
  switch (address.kind) {
    case "phone":
      return address.phone;
    case "user":
      return address.user_id;
    case "group":
      return address.group_id;
  }
}

// A lone surrogate has no UTF-8 form: unescaped, all of them would become the same name.
function escapePart(part: string): string {
  return part.replace(/[%:\p{Cs}]/gu, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

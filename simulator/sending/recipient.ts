import type { Customer } from "../customers/customer.ts";
import { isBsuid } from "../customers/customer.ts";
import type { CustomerDirectory } from "../customers/customer-directory.ts";
import type { GraphError } from "../graph/graph-error.ts";
import { graphError } from "../graph/graph-error.ts";
import type { Parameter } from "../graph/parameter.ts";

export type Recipient =
  | {
      readonly kind: "customer";
      readonly input: string;
      readonly customer: Customer;
      readonly by: "to" | "recipient";
      /** Whether the answer names the BSUID. */
      readonly namesUserId: boolean;
    }
  /** A BSUID in `to`: Meta answers 200 and drops the message. */
  | { readonly kind: "nobody"; readonly input: string }
  | { readonly kind: "refused"; readonly error: GraphError };

/** Who a message is for. `to` (a phone) wins over `recipient` (a BSUID). */
export function findRecipient(message: Parameter, customers: CustomerDirectory): Recipient {
  const to = message.field("to");
  const recipient = message.field("recipient");
  if (to.given) return byPhone(to.word, recipient.given, customers);
  if (recipient.given) return byUserId(recipient.word, customers);
  return { kind: "refused", error: graphError(131008, "The parameter to is required.") };
}

function byPhone(input: string, isByBoth: boolean, customers: CustomerDirectory): Recipient {
  if (isBsuid(input)) return { kind: "nobody", input };
  const customer = customers.put(input);
  return customer === undefined
    ? { kind: "refused", error: graphError(131009, `to: ${input} is not a phone number`) }
    : {
        kind: "customer",
        input,
        customer,
        by: "to",
        namesUserId: (isByBoth || customer.tellsUserId) && customer.userId !== null,
      };
}

function byUserId(input: string, customers: CustomerDirectory): Recipient {
  if (!isBsuid(input)) {
    const error = graphError(131009, `recipient: ${input} is not a business-scoped user id`);
    return { kind: "refused", error };
  }
  const customer = customers.find(input);
  return customer === undefined
    ? { kind: "refused", error: graphError(131026, `No user with the id ${input}`) }
    : { kind: "customer", input, customer, by: "recipient", namesUserId: true };
}

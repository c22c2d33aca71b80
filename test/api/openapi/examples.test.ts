import { describe, expect, test } from "vitest";
import type { Operation } from "../../../src/api/openapi/operation.ts";
import { operations } from "../../../src/api/openapi/operations.ts";
import { OWN_PAGE } from "../../support/inbox.ts";
import { type Paloma, startPaloma } from "../../support/paloma.ts";
import { newSecret, withSubscribers } from "../../support/subscriber.ts";

/** Whom the examples write to. */
const CUSTOMER = "529982220001";

/** Whom they test. */
const EXAMPLE_SUBSCRIBER = { url: "https://clinic.example/hooks/whatsapp", secret: newSecret() };

const EXAMPLES = operations.flatMap((operation) =>
  Object.entries(operation.body?.examples ?? {}).map(([name, body]) => ({
    name,
    body,
    operation,
    address: `${operation.method.toUpperCase()} ${operation.path}`,
  })),
);

describe("the reference", () => {
  test("has an example of every JSON body that a token may send", () => {
    const without = operations
      .filter(({ scope, body }) => scope !== null && body?.content["application/json"])
      .filter(({ body }) => Object.keys(body?.examples ?? {}).length === 0);
    expect(without.map(({ path }) => path)).toEqual([]);
  });

  test.each(EXAMPLES)("$address: $name is accepted as it stands there", async (example) => {
    const { operation, body } = example;
    const paloma = startPaloma();
    const path = await pathOf(operation, paloma);
    const ask = () => paloma.api(operation.method.toUpperCase(), path, body, { headers: OWN_PAGE });
    const answer = await (path.startsWith("/v1/subscribers/")
      ? withSubscribers([EXAMPLE_SUBSCRIBER], ask)
      : ask());
    expect(answer).toMatchObject({
      status: expect.toBeOneOf(Object.keys(operation.answers).map(Number)),
    });
    for (const each of answer.body.data ?? []) expect(each).toHaveProperty("message");
  });
});

/** With the ids of what a customer has just written. */
async function pathOf({ path, parameters = [] }: Operation, paloma: Paloma): Promise<string> {
  const { simulator, api } = paloma;
  const content = { type: "text", body: "¿Está listo mi pedido?" } as const;
  const wamid = await simulator.customers.write({ from: CUSTOMER, content });
  await simulator.flush();
  const { body: inbound } = await api("GET", `/v1/messages/${encodeURIComponent(wamid)}`);
  const ids = path.startsWith("/v1/conversations/") ? inbound.conversation_id : inbound.id;
  return path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const parameter = parameters.find((each) => each.name === name);
    return name === "id" ? ids : (parameter?.example ?? "");
  });
}

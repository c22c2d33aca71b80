import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { controlApp } from "../../simulator/control/control-app.ts";
import { effectSchema } from "../../simulator/trouble/effect.ts";
import { inboundContentSchema } from "../../simulator/customers/inbound-content.ts";
import { createSimulator } from "../../simulator/simulator.ts";

const reference = readFileSync("docs/reference/simulator.md", "utf8");

const simulator = createSimulator({
  accessToken: "token",
  appSecret: "secret",
  webhookUrl: "https://paloma.test/webhook",
  deliver: async () => new Response(),
  automatic: false,
});

it("the simulator's reference names every route of its control surface, and no other", () => {
  const routes = controlApp(simulator).routes.map(({ method, path }) => {
    const place = path.replace("/_simulator", "").replaceAll(/:(\w+)/g, "{$1}");
    return `${method} ${place}`;
  });
  const named = Array.from(
    reference.matchAll(/`((?:GET|POST|DELETE) \/[\w/{}-]+)`/g),
    ([, route]) => route,
  );
  expect(new Set(named)).toEqual(new Set(routes));
});

it("the simulator's reference names everything that a customer can write, and every trouble", () => {
  for (const { entries } of inboundContentSchema.options) {
    expect(reference).toContain(`\`${entries.type.literal}\``);
  }
  for (const { entries } of effectSchema.options) {
    expect(reference).toContain(`\`${entries.kind.literal}\``);
  }
});

import type { Context } from "hono";
import { Hono } from "hono";
import * as v from "valibot";
import { accountSchema } from "../account/business-account.ts";
import {
  callSchema,
  echoSchema,
  marketingPreferenceSchema,
  numberChangeSchema,
  writingSchema,
} from "../customers/writing.ts";
import { parseJson } from "../json.ts";
import { Misuse } from "../misuse.ts";
import { ruleSchema } from "../trouble/rule-book.ts";
import type { ControlSurface } from "./control-surface.ts";
import {
  customerSchema,
  flushSchema,
  releaseSchema,
  reviewSchema,
  statusSchema,
  templateSchema,
  webhookSchema,
} from "./control-schemas.ts";

/** The control surface over HTTP, under `/_simulator`: JSON in, JSON out, no token. */
export function controlApp(surface: ControlSurface): Hono {
  const app = new Hono().basePath("/_simulator");
  const done = { ok: true };

  app.get("/sent", (c) => c.json({ data: surface.sent }));
  app.get("/reads", (c) => c.json({ data: surface.reads }));
  app.get("/calls", (c) => c.json({ data: surface.calls }));

  app.get("/customers", (c) => c.json({ data: surface.customers.all() }));
  app.post("/customers", async (c) => {
    const { phone, ...changes } = await bodyOf(c, customerSchema);
    const customer = surface.customers.put(phone, changes);
    if (customer === undefined) throw new Misuse(`${phone} is not a phone number`);
    return c.json(customer);
  });
  app.post("/customers/write", async (c) =>
    c.json({ id: await surface.customers.write(await bodyOf(c, writingSchema)) }),
  );
  app.post("/customers/call", async (c) =>
    c.json({ id: surface.customers.call(await bodyOf(c, callSchema)) }),
  );
  app.post("/customers/echo", async (c) =>
    c.json({ id: surface.customers.echo(await bodyOf(c, echoSchema)) }),
  );
  app.post("/customers/prefer", async (c) =>
    c.json({ id: surface.customers.prefer(await bodyOf(c, marketingPreferenceSchema)) }),
  );
  app.post("/customers/change-number", async (c) =>
    c.json({ id: surface.customers.changeNumber(await bodyOf(c, numberChangeSchema)) }),
  );

  app.get("/account", (c) => c.json(surface.account.state));
  app.post("/account", async (c) => {
    surface.account.change(await bodyOf(c, accountSchema));
    return c.json(surface.account.state);
  });

  app.get("/rules", (c) => c.json({ data: surface.rules.all() }));
  app.post("/rules", async (c) => c.json(surface.rules.add(await bodyOf(c, ruleSchema))));
  app.delete("/rules", (c) => {
    surface.rules.clear();
    return c.json(done);
  });
  app.delete("/rules/:id", (c) => {
    surface.rules.remove(Number(c.req.param("id")));
    return c.json(done);
  });

  app.get("/webhooks", (c) =>
    c.json({ attempts: surface.webhooks.attempts, given_up: surface.webhooks.givenUp }),
  );
  app.post("/webhooks", async (c) => {
    const { field, value, ...options } = await bodyOf(c, webhookSchema);
    surface.webhooks.post(field, value, options);
    return c.json(done);
  });
  app.post("/webhooks/hold", (c) => {
    surface.webhooks.hold();
    return c.json(done);
  });
  app.post("/webhooks/release", async (c) => {
    surface.webhooks.release(await bodyOf(c, releaseSchema));
    return c.json(done);
  });

  app.post("/statuses", async (c) => {
    const { wamid, status, errorCode } = await bodyOf(c, statusSchema);
    surface.reportStatus(wamid, status, errorCode);
    return c.json(done);
  });
  app.get("/templates", (c) => c.json({ data: surface.templates.all() }));
  app.post("/templates/review", async (c) => {
    const { name, language, status } = await bodyOf(c, reviewSchema);
    surface.templates.review(name, language, status);
    return c.json(done);
  });

  app.delete("/media/:id", (c) => {
    surface.media.lose(c.req.param("id"));
    return c.json(done);
  });

  app.post("/templates/remove", async (c) => {
    const { name, language } = await bodyOf(c, templateSchema);
    surface.templates.remove(name, language);
    return c.json(done);
  });

  app.post("/verify", async (c) => c.json(await surface.verify()));
  app.post("/flush", async (c) => {
    await surface.flush(await bodyOf(c, flushSchema));
    return c.json(done);
  });
  app.post("/idle", async (c) => {
    await surface.idle();
    return c.json(done);
  });
  app.post("/reset", (c) => {
    surface.reset();
    return c.json(done);
  });

  app.onError((error, c) => c.json({ error: error.message }, 400));
  return app;
}

/** The body as the schema has it; no body counts as `{}`. */
async function bodyOf<Schema extends v.GenericSchema>(
  c: Context,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const text = await c.req.text();
  const parsed = v.safeParse(schema, parseJson(text === "" ? "{}" : text));
  if (parsed.success) return parsed.output;
  const [{ message }] = parsed.issues;
  throw new Misuse(`${v.getDotPath(parsed.issues[0]) ?? "body"}: ${message}`);
}

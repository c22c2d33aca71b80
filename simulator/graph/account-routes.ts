import { Hono } from "hono";
import type { GraphEnvironment } from "./graph-context.ts";
import { businessNumber, isBusinessAccount, refuse } from "./graph-context.ts";
import { unknownObject } from "./graph-error.ts";
import { phoneNumberObject } from "./phone-number-object.ts";

const SIMULATED_APP = { id: "670843887433847", name: "Paloma", link: "https://www.facebook.com/" };
const GRANTED_SCOPES = ["whatsapp_business_management", "whatsapp_business_messaging"];

/** What an operator asks Meta about the token, the app and the business number. */
export function accountRoutes(): Hono<GraphEnvironment> {
  const routes = new Hono<GraphEnvironment>();

  routes.get("/debug_token", (c) => {
    const isValid = c.req.query("input_token") === c.env.stage.settings.accessToken;
    return c.json({
      data: {
        app_id: SIMULATED_APP.id,
        application: SIMULATED_APP.name,
        type: "SYSTEM_USER",
        is_valid: isValid,
        expires_at: 0,
        scopes: isValid ? GRANTED_SCOPES : [],
      },
    });
  });

  routes.get("/:id/subscribed_apps", (c) =>
    isBusinessAccount(c, c.req.param("id"))
      ? c.json({ data: [{ whatsapp_business_api_data: SIMULATED_APP }] })
      : refuse(c, unknownObject(c.req.param("id"))),
  );

  routes.post("/:id/subscribed_apps", (c) =>
    isBusinessAccount(c, c.req.param("id"))
      ? c.json({ success: true })
      : refuse(c, unknownObject(c.req.param("id"))),
  );

  routes.get("/:id", async (c, next) => {
    const number = businessNumber(c, c.req.param("id"));
    if (number === undefined) return next();
    return c.json(phoneNumberObject(number, c.req.query("fields")));
  });

  return routes;
}

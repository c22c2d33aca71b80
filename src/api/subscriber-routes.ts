/** `/v1/subscribers`: whether somebody who is told of events takes them. */
import { Hono } from "hono";
import { refusalOf } from "../delivery/post-event.ts";
import { testSubscriber } from "../delivery/test-subscriber.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { authorize } from "./authorize.ts";
import { invalidRequest } from "./invalid-request.ts";
import { optionalJsonBody } from "./json-body.ts";
import { subscriberTestBody, type SubscriberTestView } from "./schemas/subscriber-schemas.ts";

export const subscriberRoutes = new Hono<ApiEnvironment>().post(
  "/v1/subscribers/test",
  authorize("admin"),
  optionalJsonBody(subscriberTestBody),
  async (context) => {
    const { eventSubscribers: all } = context.var.config;
    const { url } = context.req.valid("json");
    const asked = url === undefined ? all : all.filter((each) => each.url === URL.parse(url)?.href);
    const [subscriber, ...others] = asked;
    if (subscriber === undefined || others.length > 0) {
      const known = all.map((each) => each.url).join(", ") || "nobody";
      const detail = `must be one of EVENT_SUBSCRIBERS: ${known}`;
      return invalidRequest(context, [{ pointer: "/url", detail }]);
    }
    const { outcome, duration_ms } = await testSubscriber(subscriber, Date.now());
    const view: SubscriberTestView = {
      url: subscriber.url,
      delivered: outcome.kind === "delivered",
      reason: refusalOf(outcome),
      duration_ms,
    };
    return context.json(view, 200);
  },
);

import { Hono } from "hono";
import type { GraphEnvironment } from "../graph/graph-context.ts";
import { businessNumber, refuse } from "../graph/graph-context.ts";
import { badParameter, unknownObject } from "../graph/graph-error.ts";
import { isJsonObject, parseJson } from "../json.ts";
import { sendTrouble } from "../trouble/send-trouble.ts";

/** Sending, and marking as read. */
export function messageRoutes(): Hono<GraphEnvironment> {
  return new Hono<GraphEnvironment>().post("/:id/messages", async (c) => {
    const { stage, effects } = c.env;
    const number = businessNumber(c, c.req.param("id"));
    if (number === undefined) return refuse(c, unknownObject(c.req.param("id")));
    const body = parseJson(await c.req.text());
    if (!isJsonObject(body)) return refuse(c, badParameter("The body must be a JSON object."));
    const answer =
      body["status"] === undefined
        ? await stage.messages.send(body, number, sendTrouble(effects))
        : stage.reads.mark(body, number);
    return answer.ok ? c.json(answer.body) : refuse(c, answer.error);
  });
}

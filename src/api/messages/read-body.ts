import * as v from "valibot";
import { requestObject } from "../schema.ts";

/** Body of `POST /v1/messages/{id}/read`. */
export const messageReadBody = requestObject({ typing: v.optional(v.boolean(), false) });

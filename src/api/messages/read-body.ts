/** The request body of `POST /v1/messages/{id}/read`. */
import * as v from "valibot";
import { requestObject } from "../schema.ts";

export const messageReadBody = requestObject({ typing: v.optional(v.boolean(), false) });

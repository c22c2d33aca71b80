/** The request body of `POST /inbox/session`. */
import { requiredText } from "../../lib/validate.ts";
import { requestObject } from "../schema.ts";

/** Longer than any token that fits a secret's list. */
const TOKEN_MAX_CHARACTERS = 1000;

export const sessionBody = requestObject({ token: requiredText(TOKEN_MAX_CHARACTERS) });

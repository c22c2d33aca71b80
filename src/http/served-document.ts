/** The reference as the Worker serves it, and checks queries by it. */
import openApi from "../../openapi.json" with { type: "json" };
import type { JsonObject } from "../lib/json.ts";

/** Its own type would be as long as itself, in whatever mentions the API's. */
export const servedDocument: JsonObject = openApi;

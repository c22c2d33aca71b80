/** The OpenAPI reference, which the Worker serves and checks queries against. */
import openApi from "../../openapi.json" with { type: "json" };
import type { JsonObject } from "../lib/json.ts";

/** Typed as plain JSON: the inferred type would be as long as the document. */
export const servedDocument: JsonObject = openApi;

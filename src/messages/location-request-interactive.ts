import * as v from "valibot";
import { interactiveBody } from "./interactive-parts.ts";
import { exactly, looseObject } from "./schema-parts.ts";

/** `interactive` of type `location_request_message`: a button that sends where one is. */
export const locationRequestInteractive = v.looseObject({
  type: v.literal("location_request_message"),
  body: interactiveBody,
  action: looseObject({ name: exactly("send_location") }),
});

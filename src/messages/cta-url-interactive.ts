import * as v from "valibot";
import { anyHeader, interactiveBody, interactiveFooter } from "./interactive-parts.ts";
import { CTA_URL_DISPLAY_TEXT_MAX_CHARACTERS } from "./limits.ts";
import { exactly, looseObject, requiredText } from "./schema-parts.ts";

/** `interactive` of type `cta_url`: one button that opens a web page. */
export const ctaUrlInteractive = v.looseObject({
  type: v.literal("cta_url"),
  header: anyHeader,
  body: interactiveBody,
  footer: interactiveFooter,
  action: looseObject({
    name: exactly("cta_url"),
    parameters: looseObject({
      display_text: requiredText(CTA_URL_DISPLAY_TEXT_MAX_CHARACTERS),
      url: v.pipe(
        v.string(),
        v.check(isWebAddress, "must be an absolute address, such as https://example.com/order"),
        v.metadata({ format: "uri" }),
      ),
    }),
  }),
});

function isWebAddress(address: string): boolean {
  const protocol = URL.parse(address)?.protocol;
  return protocol === "https:" || protocol === "http:";
}

import type { GraphError } from "../graph/graph-error.ts";
import { badParameter, graphError } from "../graph/graph-error.ts";
import { isNamedAs, kindOf, maxBytesOf, SUPPORTED_MIME_TYPES } from "./media-rules.ts";

export type MediaUpload =
  | {
      readonly ok: true;
      readonly mimeType: string;
      readonly filename: string;
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  | { readonly ok: false; readonly error: GraphError };

/** Reads the multipart body of `POST /{phone_number_id}/media`. */
export async function readMediaUpload(request: Request): Promise<MediaUpload> {
  const form = await formOf(request);
  if (form?.get("messaging_product") !== "whatsapp") {
    return refused(badParameter("The parameter messaging_product is required."));
  }
  const file = form.get("file");
  if (!(file instanceof File)) return refused(badParameter("The parameter file is required."));
  if (form.get("type") === null) return refused(badParameter("The parameter type is required."));
  // Meta goes by the part's own content type; the field `type` does not override it.
  const kind = kindOf(file.type);
  if (kind === undefined) {
    return refused(
      badParameter(
        `Param file must be a file with one of the following types: ${SUPPORTED_MIME_TYPES.join(", ")}. Received file of type '${file.type}'.`,
      ),
    );
  }
  if (!isNamedAs(file.type, file.name)) {
    return refused(
      badParameter(`Param file must be named as what it is: ${file.name} is not ${file.type}.`),
    );
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  return bytes.length > maxBytesOf(kind, bytes)
    ? refused(graphError(131053, `The ${kind} file is larger than Meta allows.`))
    : { ok: true, mimeType: file.type, filename: file.name, bytes };
}

async function formOf(request: Request): Promise<FormData | null> {
  try {
    return await request.formData();
  } catch {
    return null;
  }
}

function refused(error: GraphError): MediaUpload {
  return { ok: false, error };
}

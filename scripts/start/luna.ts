/** The smallest photo of a dog: a PNG of one brown pixel, in base64. */
export const LUNA_BASE64 =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNYWmP9HwAFoQKwhUq5cQAAAABJRU5ErkJggg==";

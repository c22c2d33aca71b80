import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fittingFilename, safeFilename } from "../../src/media/filename.ts";
import { extensionOf } from "../../src/media/rules.ts";

const WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

describe("fittingFilename", () => {
  it.each([
    ["cotizacion.pdf", "application/pdf", "cotizacion.pdf"],
    ["COTIZACION.PDF", "application/pdf", "COTIZACION.PDF"],
    ["foto.jpeg", "image/jpeg", "foto.jpeg"],
    ["cotizacion", "application/pdf", "cotizacion.pdf"],
    ["cotizacion.", "application/pdf", "cotizacion.pdf"],
    ["factura v1.2", "application/pdf", "factura v1.2.pdf"],
    ["factura 2026.11", "application/pdf", "factura 2026.11.pdf"],
    ["nota.opus", "audio/ogg", "nota.ogg"],
    ["nota.opus", "audio/ogg; codecs=opus", "nota.ogg"],
    ["foto.png", "image/jpeg", "foto.jpg"],
    ["foto.PNG", "image/jpeg", "foto.jpg"],
    ["carta.doc", WORD, "carta.docx"],
    ["datos.csv", "text/plain", "datos.csv.txt"],
    ["voz.mp4", "audio/mp4", "voz.mp4"],
    ["Ñandú 🐾", "application/pdf", "Ñandú 🐾.pdf"],
    [".pdf", "application/pdf", "pdf.pdf"],
    [null, "image/webp", "file.webp"],
    ["../..", "image/png", "file.png"],
    ["plano.dwg", "application/acad", "plano.dwg"],
  ])("calls %j of %s %j", (name, mimeType, fitting) => {
    expect(fittingFilename(name, mimeType)).toBe(fitting);
  });

  const types = fc.constantFrom("application/pdf", "audio/ogg", "image/jpeg", "text/plain", WORD);

  test.prop([fc.oneof(fc.string({ unit: "binary" }), fc.string()), types])(
    "is a safe name that ends as the type does, and stays what it is",
    (name, mimeType) => {
      const fitting = fittingFilename(name, mimeType);
      expect(fitting).toBe(safeFilename(fitting));
      expect(fitting.toLowerCase()).toMatch(/.\.(?:pdf|ogg|jpe?g|txt|docx)$/);
      expect(fittingFilename(fitting, mimeType)).toBe(fitting);
      expect(fittingFilename(null, mimeType)).toBe(`file${extensionOf(mimeType)}`);
    },
  );
});

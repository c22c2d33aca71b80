/** The names by which tests from outside drive the page. */
import { describe, expect, it } from "vitest";
import { en } from "../../inbox/src/words/en.ts";
import { es } from "../../inbox/src/words/es.ts";

const NAMES = [
  ["accessKey", "Clave de acceso", "Access key"],
  ["signIn", "Entrar", "Sign in"],
  ["signOut", "Salir", "Sign out"],
  ["conversations", "Conversaciones", "Conversations"],
  ["search", "Buscar", "Search"],
  ["messages", "Mensajes", "Messages"],
  ["composer", "Escribe un mensaje", "Write a message"],
  ["send", "Enviar", "Send"],
  ["chooseTemplate", "Elegir plantilla", "Choose template"],
  ["resend", "Enviar de nuevo", "Send again"],
  ["reconnecting", "Reconectando…", "Reconnecting…"],
  ["offline", "Sin conexión…", "Offline…"],
  ["systemStatus", "Estado", "Status"],
] as const;

const STATES = [
  ["queued", "En cola", "Queued"],
  ["sent", "Enviado", "Sent"],
  ["delivered", "Entregado", "Delivered"],
  ["read", "Leído", "Read"],
  ["failed", "No entregado", "Not delivered"],
  ["unconfirmed", "Sin confirmar", "Not confirmed"],
] as const;

describe("the words of the page", () => {
  it.each(NAMES)("call %s %s, and %s in English", (name, spanish, english) => {
    expect([es[name], en[name]]).toEqual([spanish, english]);
  });

  it.each(STATES)(
    "say of a message that is %s: %s, and %s in English",
    (state, spanish, english) => {
      expect([es.status[state], en.status[state]]).toEqual([spanish, english]);
    },
  );

  it("leave nothing of one language in the other", () => {
    const shared = new Set(["Video", "Audio", "Sticker", "marketing"]);
    const texts = (value: unknown): string[] =>
      typeof value === "string"
        ? [value]
        : typeof value === "object" && value !== null
          ? Object.values(value).flatMap(texts)
          : [];
    const spanish = new Set(texts(es));
    expect(texts(en).filter((text) => spanish.has(text) && !shared.has(text))).toEqual([]);
  });
});

/**
 * The service binding's types as source that names no other type: TypeScript writes an inferred type
 * out, so what it declares of this imports nothing but unions of words.
 */
import { problemCodes, problemStatus } from "../../src/lib/problem.ts";

/** The unions of words that a refusal names, which TypeScript does not write out. */
const UNIONS: Readonly<Record<string, readonly (string | number)[]>> = {
  ProblemCode: problemCodes,
  ProblemStatus: [...new Set(problemCodes.map(problemStatus))],
};

const IMPORTED_UNION = new RegExp(
  `import\\("[^"]+"\\)\\.(${Object.keys(UNIONS).join("|")})\\b`,
  "g",
);

/** What TypeScript declared of the source below, with its unions of words beside it. */
export function withUnions(declarations: string): string {
  const unions = Object.entries(UNIONS).map(
    ([name, words]) =>
      `export type ${name} = ${words.map((word) => JSON.stringify(word)).join(" | ")};\n`,
  );
  return `${declarations.replaceAll(IMPORTED_UNION, "$1")}${unions.join("")}`;
}

/** Where the project's sources lie, seen from the file that is made. */
export function spelledBinding(source: string): string {
  return `
import type { PalomaBinding as Binding } from "${source}/api/rpc/types.ts";
import type { JsonValue } from "${source}/lib/json.ts";

/** Any JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json | undefined };

type Spelled<Type> = unknown extends Type
  ? Type
  : [JsonValue] extends [Type]
    ? Json | Exclude<Type, JsonValue>
    : SpelledEach<Type>;

/** A conditional type is taken apart at unions, and leaves no name behind. */
type SpelledEach<Type> = Type extends (...given: infer Given) => Promise<infer Result>
  ? (...given: { [Place in keyof Given]: Spelled<Given[Place]> }) => Promise<Spelled<Result>>
  : Type extends Date
    ? Date
    : Type extends object
      ? { [Member in keyof Type]: Spelled<Type[Member]> }
      : Type;

declare function spelled<Type>(): Spelled<Type>;

const binding = spelled<Binding>();

/** The service binding as its caller sees it: all of it is plain data. */
export type PalomaBinding = typeof binding;

type Taken<Name extends keyof PalomaBinding> = Extract<Awaited<ReturnType<PalomaBinding[Name]>>, { ok: true }>;

/** As the body of \`POST /v1/messages\`, with the idempotency key inside. */
export type MessageToSend = Parameters<PalomaBinding["send"]>[0];

/** A message as it was just sent. */
export type Message = Taken<"send">["message"];

/** A message with every status that Meta reported. */
export type MessageWithStatuses = Taken<"getMessage">["message"];

export type Conversation = Taken<"getConversation">["conversation"];

/** A refusal: decide on its \`code\`. */
export type Problem = Extract<Awaited<ReturnType<PalomaBinding["send"]>>, { ok: false }>["problem"];
`;
}

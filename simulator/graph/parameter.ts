import { isJsonObject } from "../json.ts";
import type { GraphError } from "./graph-error.ts";
import { badParameter, graphError } from "./graph-error.ts";

export interface TextLimits {
  readonly most: number;
  /** Meta answers 131009 inside interactive objects, 100 in other places. */
  readonly code?: 100 | 131009;
}

/**
 * One value of a request's body with its path. Reading it as something it is not records a refusal;
 * the first refusal of a body is the one that Meta reports.
 */
export class Parameter {
  readonly value: unknown;
  readonly path: string;
  readonly #refusals: GraphError[];

  constructor(value: unknown, path = "", refusals: GraphError[] = []) {
    this.value = value;
    this.path = path;
    this.#refusals = refusals;
  }

  get given(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** A text or number as text, "" for anything else: for values that are looked up. */
  get word(): string {
    return typeof this.value === "string" || typeof this.value === "number"
      ? String(this.value)
      : "";
  }

  get refusal(): GraphError | null {
    return this.#refusals[0] ?? null;
  }

  refuse(error: GraphError): void {
    this.#refusals.push(error);
  }

  /** A member of this object; a missing or wrong object has only absent members. */
  field(name: string): Parameter {
    const value = isJsonObject(this.value) ? this.value[name] : undefined;
    return new Parameter(
      value,
      this.path === "" ? name : `${this.path}['${name}']`,
      this.#refusals,
    );
  }

  required(): boolean {
    if (!this.given) this.refuse(graphError(131008, `The parameter ${this.path} is required.`));
    return this.given;
  }

  /** This object, or null (refused) when it is missing or no object. */
  object(): Parameter | null {
    if (!this.required()) return null;
    if (isJsonObject(this.value)) return this;
    this.refuse(badParameter(`Param ${this.path} must be a JSON object.`));
    return null;
  }

  /** The members of a list, none (refused) when its length is outside the limits. */
  list(fewest: number, most: number): Parameter[] {
    if (!this.required()) return [];
    if (!Array.isArray(this.value)) {
      this.refuse(badParameter(`Param ${this.path} must be an array.`));
      return [];
    }
    const items: readonly unknown[] = this.value;
    if (items.length < fewest || items.length > most) {
      this.refuse(
        graphError(
          131009,
          `Invalid ${this.path} count. Min allowed: ${fewest}, Max allowed: ${most}`,
        ),
      );
      return [];
    }
    return items.map(
      (item, index) => new Parameter(item, `${this.path}[${index}]`, this.#refusals),
    );
  }

  /** A text of 1 to `most` characters; "" (refused) otherwise. */
  text(limits: TextLimits): string {
    if (!this.required()) return "";
    if (typeof this.value !== "string") {
      this.refuse(badParameter(`Param ${this.path} must be a string.`));
      return "";
    }
    const { length } = Array.from(this.value);
    if (length >= 1 && length <= limits.most) return this.value;
    this.refuse(
      limits.code === 131009
        ? graphError(
            131009,
            `${this.path} length invalid. Min length: 1, Max length: ${limits.most}`,
          )
        : badParameter(
            `Param ${this.path} must be at least 1 and at most ${limits.most} characters long.`,
          ),
    );
    return "";
  }

  optionalText(limits: TextLimits): void {
    if (this.given) this.text(limits);
  }

  /** One of a few words; undefined (refused) otherwise. */
  oneOf<Word extends string>(words: readonly Word[]): Word | undefined {
    return this.#oneOf(words, this.value);
  }

  /** One of a few lower-case words, which may come in capitals. */
  oneOfInAnyCase<Word extends string>(words: readonly Word[]): Word | undefined {
    return this.#oneOf(words, this.word.toLowerCase());
  }

  #oneOf<Word extends string>(words: readonly Word[], value: unknown): Word | undefined {
    if (!this.required()) return undefined;
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) {
      this.refuse(graphError(131009, `${this.path} must be one of: ${words.join(", ")}`));
    }
    return word;
  }

  numberBetween(least: number, most: number): void {
    if (!this.required()) return;
    const number = Number(this.value);
    if (this.value === "" || !(number >= least && number <= most)) {
      this.refuse(graphError(131009, `${this.path} must be a number from ${least} to ${most}`));
    }
  }

  absent(): void {
    if (this.given) this.refuse(badParameter(`Unexpected key "${this.path}".`));
  }

  unique(values: readonly string[]): void {
    if (new Set(values).size < values.length) {
      this.refuse(graphError(131009, `${this.path} must be unique`));
    }
  }
}

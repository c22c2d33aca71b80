import { describe, expect, test } from "vitest";
import { greatestRate, p99AnswerMs } from "../../bench/scale/simulate-database.ts";

describe("a database with one thread", () => {
  test("that is hardly asked answers in the time that it needs", () => {
    expect(p99AnswerMs(0.1, 2)).toBeCloseTo(2, 1);
  });

  test("that is asked more than it can do lets callers wait ever longer", () => {
    expect(p99AnswerMs(1200, 1)).toBeGreaterThan(1000);
  });

  test("waits as queueing theory says at half its load", () => {
    // M/D/1 at half load: 99 % are through within about four times the service.
    const answer = p99AnswerMs(500, 1);
    expect(answer).toBeGreaterThan(3);
    expect(answer).toBeLessThan(5);
  });

  test("carries less than one call after the other, and as much as the limit lets it", () => {
    const rate = greatestRate(1, 250);
    expect(rate).toBeLessThanOrEqual(1000);
    expect(rate).toBeGreaterThan(900);
    expect(p99AnswerMs(rate, 1)).toBeLessThanOrEqual(250);
    expect(greatestRate(1, 4)).toBeLessThan(rate);
  });
});

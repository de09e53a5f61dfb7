import { describe, expect, test } from "vitest";
import {
  durationHolds,
  formatDuration,
  formatTime,
  humanDuration,
  parseDate,
  parseTimestamp,
} from "../../../../guest/engine/time.ts";
import { createRandom, integer } from "../api/random.ts";

describe("times", () => {
  test("nanoseconds are kept, zeros at the end are left out", () => {
    expect(formatTime(1_700_000_000_123_456_789n)).toBe("2023-11-14T22:13:20.123456789Z");
    expect(formatTime(1_700_000_000_120_000_000n)).toBe("2023-11-14T22:13:20.12Z");
    expect(formatTime(1_700_000_000_000_000_000n)).toBe("2023-11-14T22:13:20Z");
    expect(formatTime(1_700_000_000_000_000_001n)).toBe("2023-11-14T22:13:20.000000001Z");
    expect(formatTime(1_700_000_001_000_000_010n)).toBe("2023-11-14T22:13:21.00000001Z");
    expect(formatTime(0n)).toBe("1970-01-01T00:00:00Z");
  });

  test("what is written is read", () => {
    const random = createRandom(6);
    for (let round = 0; round < 500; round++) {
      const at = BigInt(integer(random, 4e9)) * 1_000_000_000n + BigInt(integer(random, 1e9));
      expect(parseDate(formatTime(at))).toBe(at);
      expect(parseTimestamp(`${at / 1_000_000_000n}.${String(at % 1_000_000_000n).padStart(9, "0")}`)).toBe(at);
    }
  });

  test.each([
    ["2024-01-02", 1_704_153_600n],
    ["2024-01-02T03:04", 1_704_164_640n],
    ["2024-01-02T03:04:05+01:00", 1_704_161_045n],
  ])("%s is a date", (text, seconds) => {
    expect(parseDate(text)).toBe(seconds * 1_000_000_000n);
  });

  test("absent and zero are no limit, words are refused", () => {
    expect(parseTimestamp("")).toBeNull();
    expect(parseTimestamp("0")).toBeNull();
    expect(() => parseTimestamp("yesterday")).toThrow('parsing "yesterday": invalid syntax');
  });

  test.each([
    [0.4, "Less than a second"],
    [1.9, "1 second"],
    [59.9, "59 seconds"],
    [60, "About a minute"],
    [125, "2 minutes"],
    [3599, "59 minutes"],
    [3600, "About an hour"],
    [2 * 3600, "2 hours"],
    [48 * 3600, "2 days"],
    [14 * 86400, "2 weeks"],
    [60 * 86400, "2 months"],
    [800 * 86400, "2 years"],
  ])("%d s is %s", (seconds, text) => {
    expect(humanDuration(seconds)).toBe(text);
  });

  test("an age reads the same for as long as is promised, and what is promised comes to an end", () => {
    for (let age = 0; age < 100 * 86400; age = age * 1.013 + 0.31) {
      const end = durationHolds(age);
      expect(end).toBeGreaterThan(age);
      expect(end - age).toBeLessThanOrEqual(1800);
      for (const part of [0.001, 0.5, 0.999]) {
        const later = age + (end - age) * part;
        expect(`${later}: ${humanDuration(later)}`).toBe(`${later}: ${humanDuration(age)}`);
      }
    }
  });
});

test.each([
  [0, "0s"],
  [1_500, "1.5µs"],
  [500e6, "500ms"],
  [1e9, "1s"],
  [1.5e9, "1.5s"],
  [90e9, "1m30s"],
  [3600e9, "1h0m0s"],
  [3661.5e9, "1h1m1.5s"],
])("%d ns is %s, as Go writes it", (nanoseconds, text) => {
  expect(formatDuration(nanoseconds)).toBe(text);
});

import { expect, test } from "vitest";
import { backoff } from "../../src/backoff.js";
import { defaultStorage, memoryStorage, timeOf, uuidv7 } from "../../src/index.js";

test("backoff is full jitter between 0.5 and 20 s", () => {
  const most = [0, 1, 2, 3, 4, 5, 6, 50, 5_000].map((attempt) => Math.round(backoff(attempt, () => 1)));
  expect(most).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000, 20_000, 20_000]);
  expect([0, 5, 5_000].map((attempt) => backoff(attempt, () => 0))).toEqual([500, 500, 500]);
});

test("ids are UUIDv7, lower case, and bear the time given", () => {
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  for (const time of [0, 1, 1_760_000_000_000, 2 ** 48 - 1]) {
    const id = uuidv7(time + 0.9);
    expect(id).toMatch(form);
    expect(timeOf(id)).toBe(time);
  }
  expect(new Set(Array.from({ length: 1_000 }, () => uuidv7(5))).size).toBe(1_000);
});

test("where there is no localStorage, storage lasts as long as the process", async () => {
  for (const storage of [memoryStorage(), defaultStorage()]) {
    await storage.set("a", "1");
    await storage.set("b", "2");
    await storage.remove("a");
    expect([await storage.get("a"), await storage.get("b"), await storage.keys()]).toEqual([null, "2", ["b"]]);
  }
});

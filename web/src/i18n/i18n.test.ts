import { describe, expect, test } from "vitest";
import { dayName, dayOf } from "./clock";
import { en } from "./en";
import { josa } from "./josa";
import { ko } from "./ko";

/** Every text by its path, with what it needs: a function its number of arguments. */
function shape(table: object, path = ""): Record<string, string> {
  return Object.fromEntries(
    Object.entries(table).flatMap(([key, value]: [string, unknown]) =>
      typeof value === "object" && value !== null ? Object.entries(shape(value, `${path}${key}.`)) : [[path + key, typeof value === "function" ? `function ${value.length}` : typeof value]],
    ),
  );
}

test("both languages are complete and none has an empty text", () => {
  expect(shape(ko)).toEqual(shape(en));
  for (const table of [en, ko]) for (const group of Object.values(table)) if (typeof group === "object") for (const text of Object.values(group)) if (typeof text === "string") expect(text.trim()).not.toBe("");
});

test("Korean texts are Korean", () => {
  for (const [key, text] of Object.entries(ko.time)) if (typeof text === "string") expect(text, key).toMatch(/[가-힣]/);
});

describe("particles follow the last sound", () => {
  test.each([
    ["우분투", "이", "우분투가"], ["이민준", "이", "이민준이"], ["방", "을", "방을"], ["서울", "으로", "서울로"], ["부산", "으로", "부산으로"], ["3", "은", "3은"], ["2", "은", "2는"], ["1", "으로", "1로"],
    ["kernel", "으로", "kernel로"], ["room", "이", "room이"], ["TJ-", "이", "TJ-이(가)"], ["", "을", "을(를)"],
  ] as const)("%s + %s", (word, particle, expected) => expect(josa(word, particle)).toBe(expected));
});

test("who is writing: two by name, more by number, and by number who has no name yet", () => {
  const who = (names: readonly string[], n: number): readonly string[] => [en.live.writing(names, n), ko.live.writing(names, n)];
  expect(who(["Ann"], 1)).toEqual(["Ann is writing", "Ann 님이 쓰고 있습니다"]);
  expect(who(["Ann", "이민준"], 2)).toEqual(["Ann and 이민준 are writing", "Ann 님과 이민준 님이 쓰고 있습니다"]);
  expect(who(["Ann", "Bo"], 5)).toEqual(["5 people are writing", "5명이 쓰고 있습니다"]);
  expect(who([], 1)).toEqual(["1 person is writing", "1명이 쓰고 있습니다"]);
  expect(who(["Ann"], 2)).toEqual(["2 people are writing", "2명이 쓰고 있습니다"]);
});

test("days have names relative to now, and cross a year", () => {
  const now = new Date(2026, 0, 1, 0, 5).getTime();
  const before = new Date(2025, 11, 31, 23, 55).getTime();
  expect(dayName(now, now, en)).toBe("Today");
  expect(dayName(before, now, ko)).toBe("어제");
  expect(dayName(new Date(2025, 5, 1).getTime(), now, en)).toContain("2025");
  expect(dayOf(now)).not.toBe(dayOf(before));
});

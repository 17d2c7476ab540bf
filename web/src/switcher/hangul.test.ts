import { expect, test } from "vitest";
import { findName } from "./hangul";

test("rule 51: initials, half-composed syllables, and the other layout find 우분투", () => {
  for (const query of ["ㅇㅂㅌ", "우", "웁", "우부", "우분", "우분ㅌ", "우분투", "분투", "dnqnsxn", "DNQN", "#우분"]) expect(findName(query, "우분투-한국"), query).toBeDefined();
  expect(findName("ㅇㅂㅌ", "이번-토요일")).toEqual({ from: 0, to: 4, rank: 0 });
  expect(findName("ㅕㅠㅕㅜ셔", "ubuntu")?.rank).toBe(2);
});

test("literal matches come before those of the other layout", () => {
  expect(findName("ub", "Ubuntu")).toEqual({ from: 0, to: 2, rank: 0 });
  expect(findName("bun", "Ubuntu")?.rank).toBe(1);
  expect(findName("dnqnsxn", "우분투")?.rank).toBe(2);
});

test("what does not match is not found", () => {
  for (const [query, name] of [["ㅇㅂㅎ", "우분투"], ["웃", "우분투"], ["운", "우분투"], ["x", "ubuntu"], ["우보", "우분투"]] as const) expect(findName(query, name), query).toBeUndefined();
});

import { expect, test } from "vitest";
import { toTokens } from "./mentions";

const people = [{ id: "u1", name: "TJ-" }, { id: "u2", name: "한지우" }, { id: "u3", name: "한지" }, { id: "u4", name: "twin" }, { id: "u5", name: "twin" }];

test("names become tokens, the longest first", () => {
  expect(toTokens("@한지우 and @TJ-: hi", people)).toBe("<@u2> and <@u1>: hi");
  expect(toTokens("@한지 hello", people)).toBe("<@u3> hello");
});

test("an address or an unknown name stays text; a doubled name needs one that was meant", () => {
  expect(toTokens("mail@TJ-.example @nobody", people)).toBe("mail@TJ-.example @nobody");
  expect(toTokens("@twin", people)).toBe("@twin");
  expect(toTokens("@twin", people, new Set(["u5"]))).toBe("<@u5>");
});

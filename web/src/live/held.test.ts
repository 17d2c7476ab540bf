import { expect, test } from "vitest";
import { hold, moves } from "./held";

test("counts the fewest moves, what came and what went", () => {
  const order = (text: string): string[] => [...text];
  for (const [before, now, count] of [["abcd", "abcd", 0], ["abcd", "bacd", 1], ["abcde", "eabcd", 1], ["abcd", "dcba", 3], ["abcd", "abce", 2], ["", "abc", 3], ["abc", "", 3], ["abcd", "acbd", 1]] as const) expect(moves(order(before), order(now)), `${before} → ${now}`).toBe(count);
});

test("the places stay, the figures go on, and what has gone keeps its last ones", () => {
  const item = (name: string, n: number): { name: string; n: number } => ({ name, n });
  const before = [{ item: item("a", 3), rank: 1 }, { item: item("b", 2), rank: 3 }];
  const now = [{ item: item("b", 9), rank: 1 }, { item: item("c", 4), rank: 2 }];
  expect(hold(before, now, ({ name }) => name)).toEqual([{ item: item("a", 3), rank: 1 }, { item: item("b", 9), rank: 3 }]);
});

// @vitest-environment node
import type { Member, RoomPresence } from "@chatmesh/client";
import { expect, test } from "vitest";
import { en } from "../i18n/en";
import { ko } from "../i18n/ko";
import { gather, seenWhen } from "./people";

const member = (id: string, more: Partial<Member> = {}): Member => ({ id, name: id, role: "member", ...more });
const presence = (ids: readonly string[], count = ids.length): RoomPresence => ({ room: "r", people: new Map(ids.map((id) => [id, { id, name: id, state: "online" }])), count, live: true, at: 0 });
const names = (list: readonly { id: string; state?: string }[]): string => list.map(({ id, state }) => (state ? `${id}:${state}` : id)).join();

test("those who are there, those who are not, and those who read along", () => {
  const members = [member("a"), member("b", { state: "away", text: "lunch" }), member("c", { seen: 5 })];
  const { present, absent } = gather(members, presence(["a", "guest"]), new Map([["b", 9]]));
  expect(names(present)).toBe("a:online,guest:online");
  expect(absent).toEqual([{ id: "b", name: "b", role: "member", seen: 9 }, { id: "c", name: "c", role: "member", seen: 5 }]);
});

test("of a crowd the list tells what the sample does not", () => {
  const { present, absent } = gather([member("a"), member("b", { state: "dnd" }), member("c")], presence(["a"], 312), new Map());
  expect(names(present)).toBe("a:online,b:dnd");
  expect(names(absent)).toBe("c");
});

test("without presence nobody is said to be away", () => {
  expect(gather([member("a", { seen: 5 })], undefined, new Map())).toEqual({ present: [], absent: [member("a", { seen: 5 })] });
});

test("last seen in words", () => {
  const now = new Date(2026, 1, 27, 21, 30).getTime();
  const at = (day: number, hour: number, minute: number): number => new Date(2026, 1, day, hour, minute).getTime();
  expect([at(27, 21, 30), at(27, 21, 25), at(27, 9, 3), at(26, 9, 3), at(20, 9, 3)].map((ts) => seenWhen(ts, now, en))).toEqual(["just now", "5 min ago", "09:03", "yesterday", "20 Feb"]);
  expect([at(27, 21, 25), at(26, 9, 3), at(20, 9, 3)].map((ts) => seenWhen(ts, now, ko))).toEqual(["5분 전", "어제", "2월 20일"]);
  expect(seenWhen(now + 5_000, now, en)).toBe("just now");
});

// @vitest-environment node
import { expect, test } from "vitest";
import { hue, initials } from "./Avatar";
import { shownAs } from "../live/shown";
import { connectionLook } from "./connection-look";

test("initials", () => {
  expect(["이민준", "quiet-heron", "TJ-", "지", "leftyfb", "", "조용한 왜가리"].map(initials)).toEqual(["민준", "qh", "TJ", "지", "le", "?", "조용"]);
  expect(initials(`Z${"\u0489".repeat(50)}o`)).toBe("Zo");
});

test("a person keeps one of eight colours", () => {
  for (const id of ["a", "u_1", "한"]) {
    expect(hue(id)).toBe(hue(id));
    expect(hue(id)).toBeGreaterThanOrEqual(1);
    expect(hue(id)).toBeLessThanOrEqual(8);
  }
});

test("a break is silent for 2 s, a word until 8 s, then a strip; a planned one stays silent longer", () => {
  const away = { state: "reconnecting", since: 0 } as const;
  expect([1_000, 2_500, 8_500].map((now) => connectionLook(away, now, true))).toEqual(["fine", "word", "strip"]);
  expect(connectionLook({ ...away, silent: true }, 5_000, true)).toBe("fine");
  expect(connectionLook({ ...away, silent: true }, 8_500, true)).toBe("strip");
  expect(connectionLook(away, 100, false)).toBe("strip");
  expect(connectionLook({ state: "online", since: 0 }, 60_000, true)).toBe("fine");
  expect(connectionLook({ state: "online", since: 0 }, 60_000, false)).toBe("strip");
});

test("a state looks like one of four shapes; whoever is invisible looks like nobody", () => {
  expect(["online", "away", "dnd", "offline", "invisible", undefined, "in_a_call"].map(shownAs)).toEqual(["online", "away", "dnd", "offline", "offline", "offline", "online"]);
});

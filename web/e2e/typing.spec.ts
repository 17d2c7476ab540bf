/** Who is writing: told little, shown where nothing moves. */
import { expect } from "@playwright/test";
import { roomOf } from "./crowd";
import { composer, guest, makeRoom, named, say, stored, test, unique } from "./people";
import { firstVisible, watch } from "./place";
import { tapWire, type Wire } from "./wire";

test("rule 42: typing comes and goes without moving anything, and is told every 3 s at most, its end at once", async ({ browser }) => {
  let heard!: Wire;
  let told!: Wire;
  const one = await guest(browser, { prepare: async (page) => void (heard = await tapWire(page)) });
  const path = await makeRoom(one, unique("typing"));
  const two = await guest(browser, { path, prepare: async (page) => void (told = await tapWire(page)) });
  const name = unique("tj");
  await named(two, name);
  for (let i = 0; i < 30; i++) await say(one, `line ${i}`);
  await expect(stored(two, "line 29")).toBeVisible();

  const boxes = (): Promise<string> => one.evaluate(() => JSON.stringify([...document.querySelectorAll(".page-top, .tl, .dock, .cp, .slot, .side, .keys")].map((node) => node.getBoundingClientRect())));
  const before = await boxes();
  const strayed = await watch(one, await firstVisible(one));
  const line = one.locator(".slot .typing");
  const told0 = told.sent.length;
  const begun = Date.now();
  await composer(two).pressSequentially("some words for the others", { delay: 180 });
  const took = Date.now() - begun;
  await expect(line).toHaveText(`${name} is writing`);
  expect(await boxes()).toBe(before);
  expect(await strayed()).toBe(0);
  const words = (): boolean[] => told.sent.slice(told0).filter((frame) => frame.t === "typing").map((frame) => frame["on"] as boolean);
  expect(words().length).toBeGreaterThanOrEqual(1);
  expect(words().length).toBeLessThanOrEqual(1 + Math.floor(took / 3_000));
  await composer(two).press("Enter");
  await expect(line).toHaveCount(0, { timeout: 2_000 });
  expect(words().at(-1)).toBe(false);
  const frames = told.sent.slice(told0).map((frame) => (frame.t === "typing" ? `typing ${String(frame["on"])}` : frame.t));
  expect(frames.indexOf("typing false")).toBeLessThanOrEqual(frames.indexOf("send") + 1);

  // Emptied by hand: the same, and again nothing moves.
  await expect(stored(one, "some words for the others")).toBeVisible();
  const still = await watch(one, await firstVisible(one));
  await two.waitForTimeout(3_000);
  await composer(two).pressSequentially("x");
  await expect(line).toBeVisible();
  await composer(two).press("Backspace");
  await expect(line).toHaveCount(0, { timeout: 2_000 });

  const room = roomOf(path);
  const users = ["a", "b", "c", "d", "e"];
  heard.say({ t: "typing", room, users, count: 5 });
  await expect(line).toHaveText("5 people are writing");
  heard.say({ t: "typing", room, users: [], count: 0 });
  await expect(line).toHaveCount(0);
  // The end was lost: it goes by itself.
  heard.say({ t: "typing", room, users, count: 12 });
  await expect(line).toHaveText("12 people are writing");
  await expect(line).toHaveCount(0, { timeout: 7_000 });
  expect(await boxes()).toBe(before);
  expect(await still()).toBe(0);
});

test("two who write are named, in Korean with their particles; the own typing is not shown", async ({ browser }) => {
  const one = await guest(browser, { locale: "ko-KR" });
  await one.goto("/rooms");
  await one.locator(".page-top .btn").click();
  await one.locator("dialog input[name=name]").fill(unique("쓰기"));
  await one.locator("dialog button[type=submit]").click();
  await expect(composer(one)).toBeVisible();
  const path = new URL(one.url()).pathname;
  const names = [unique("민준"), unique("heron")] as const;
  const writers = await Promise.all(names.map(async (name) => {
    const page = await guest(browser, { path });
    await named(page, name);
    return page;
  }));
  await Promise.all(writers.map((page) => composer(page).pressSequentially("a few words", { delay: 300 })));
  const [first, second] = names;
  const both = (a: string, b: string): string => `${a} 님과 ${b} 님이 쓰고 있습니다`;
  await expect(one.locator(".slot .typing")).toHaveText(new RegExp(`^(${both(first, second)}|${both(second, first)})$`));
  await expect(writers[0]!.locator(".slot .typing")).toHaveText(`${second} is writing`);
  await expect(one.locator(".slot .typing")).toHaveCount(0, { timeout: 8_000 });
});

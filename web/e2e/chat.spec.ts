/** Two browsers chat; what one does the other sees, once. */
import { expect } from "@playwright/test";
import { composer, guest, makeRoom, message, say, stored, test, texts, unique } from "./people";

test("rule 64: a guest writes after one click", async ({ browser }) => {
  const page = await guest(browser);
  await expect(composer(page)).toBeFocused();
  const text = unique("first words");
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
  await expect(stored(page, text)).toHaveCount(1);
});

test("two browsers see each other's messages once, in one order", async ({ browser }) => {
  const one = await guest(browser);
  const path = await makeRoom(one, unique("pair"));
  const two = await guest(browser, { path });
  await expect(composer(two)).toBeVisible();
  for (let i = 0; i < 5; i++) {
    await say(i % 2 ? two : one, `line ${i}`);
    await expect(stored(one, `line ${i}`)).toHaveCount(1);
    await expect(stored(two, `line ${i}`)).toHaveCount(1);
  }
  const expected = [0, 1, 2, 3, 4].map((i) => `line ${i}`);
  expect(await texts(one)).toEqual(expected);
  expect(await texts(two)).toEqual(expected);
  await one.reload();
  await expect(stored(one, "line 4")).toBeVisible();
  expect(await texts(one)).toEqual(expected);
});

test("a room that is not joined can be read, and joined to write", async ({ browser }) => {
  const owner = await guest(browser);
  const name = unique("window");
  await makeRoom(owner, name);
  await say(owner, "come in");
  await expect(stored(owner, "come in")).toBeVisible();
  const reader = await guest(browser, { path: "/rooms" });
  await reader.getByRole("searchbox", { name: "Find a room" }).fill(name);
  await reader.getByRole("link", { name: `#${name}` }).or(reader.locator(".dr a", { hasText: name })).first().click();
  await expect(stored(reader, "come in")).toBeVisible();
  await expect(composer(reader)).toHaveCount(0);
  await reader.getByRole("button", { name: "Join room" }).click();
  await expect(composer(reader)).toBeVisible();
  await say(reader, "thank you");
  await expect(stored(owner, "thank you")).toHaveCount(1);
  await expect(owner.getByRole("log")).toContainText("joined");
});

test("rule 54: news of another room raises its badge and leaves it in its place", async ({ browser }) => {
  const one = await guest(browser);
  const busy = await makeRoom(one, unique("b-busy"));
  const two = await guest(browser, { path: busy });
  await expect(composer(two)).toBeVisible();
  await makeRoom(one, unique("a-quiet"));
  const names = (): Promise<string[]> => one.locator(".side .row[data-room] .n").allInnerTexts();
  const before = await names();
  await say(two, "psst");
  const row = one.locator(`.side .row[href="${busy}"]`);
  await expect(row.getByRole("img", { name: "1 unread" })).toBeVisible();
  expect(await names()).toEqual(before);
  await row.click();
  await expect(message(one, "psst")).toBeVisible();
  await expect(one.locator(".new")).toBeVisible();
});

test("rules 12, 13: the unread line stands at the read mark and goes when one writes", async ({ browser }) => {
  const one = await guest(browser);
  const path = await makeRoom(one, unique("mark"));
  const two = await guest(browser, { path });
  await say(one, "seen");
  await expect(stored(two, "seen")).toBeVisible();
  await makeRoom(one, unique("away"));
  await say(two, "not seen yet");
  await expect(stored(two, "not seen yet")).toBeVisible();
  await one.locator(`.side .row[href="${path}"]`).click();
  await expect(one.locator(".new")).toHaveCount(1);
  await expect(one.locator(".tl-row:has(.new) + .tl-row")).toContainText("not seen yet");
  await say(one, "now I have");
  await expect(one.locator(".new")).toHaveCount(0);
});

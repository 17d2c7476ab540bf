/** The keyboard reaches everything; focus is real and is never lost. */
import { expect } from "@playwright/test";
import { composer, guest, makeRoom, message, say, stored, test, unique } from "./people";

test("arrows move the focus by message, letters act on it, others go to the message field", async ({ browser }) => {
  const page = await guest(browser);
  await makeRoom(page, unique("keys"));
  for (const text of ["alpha", "beta", "gamma"]) await say(page, text);
  await expect(stored(page, "gamma")).toBeVisible();
  await page.keyboard.press("Shift+Tab");
  await expect(message(page, "gamma")).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("k");
  await expect(message(page, "alpha")).toBeFocused();
  await page.keyboard.press("End");
  await expect(message(page, "gamma")).toBeFocused();
  // A Hangul layout gives other letters for the same keys.
  await message(page, "gamma").evaluate((row) => row.dispatchEvent(new KeyboardEvent("keydown", { key: "ㄱ", code: "KeyR", bubbles: true, cancelable: true })));
  await expect(page.locator(".ctx")).toContainText("gamma");
  await expect(composer(page)).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.locator(".ctx")).toHaveCount(0);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.type("words");
  await expect(composer(page)).toHaveValue("words");
});

test("Alt+arrows change the room as drawn, F6 the region, Esc in the timeline goes back to writing", async ({ browser }) => {
  const page = await guest(browser);
  const first = await makeRoom(page, unique("aa"));
  const second = await makeRoom(page, unique("ab"));
  await page.keyboard.press("Alt+ArrowUp");
  await expect(page).toHaveURL(first);
  await page.keyboard.press("Alt+ArrowDown");
  await expect(page).toHaveURL(second);
  await say(page, "one");
  await expect(stored(page, "one")).toBeVisible();
  await page.keyboard.press("Shift+F6");
  await expect(message(page, "one")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(composer(page)).toBeFocused();
});

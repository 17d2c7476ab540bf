/** Every screen in both themes and both languages: no finding of axe, no word of the browser's console, no sideways scroll. */
import { expect } from "@playwright/test";
import { findings } from "./axe";
import { composer, guest, makeRoom, say, stored, test, unique, visitor } from "./people";

for (const theme of ["light", "dark"] as const) {
  for (const lang of ["en", "ko"] as const) {
    test(`screens in ${theme}, ${lang}`, async ({ browser }) => {
      const door = await visitor(browser, { colorScheme: theme, locale: lang === "ko" ? "ko-KR" : "en-US" });
      const words: string[] = [];
      door.on("console", (entry) => entry.type() === "error" && words.push(entry.text()));
      await door.goto("/");
      await expect(door.locator("#welcome")).toBeVisible();
      await expect(door.locator(".w-card .live, .w-card .none").first()).toBeVisible();
      expect(await findings(door)).toEqual([]);

      const page = await guest(browser, { colorScheme: theme });
      page.on("console", (entry) => entry.type() === "error" && words.push(entry.text()));
      await makeRoom(page, unique("screens"));
      for (const text of ["**bold** `code` https://example.org", "```sh\nls -l\n```", "> quote\n- list\n- of two"]) await say(page, text);
      await expect(stored(page, "quote")).toBeVisible();
      const row = stored(page, "bold");
      await row.hover();
      await row.locator(".tools").getByRole("button", { name: "👍" }).click();
      await expect(row.locator(".rx")).toBeVisible();
      if (lang === "ko") {
        await page.getByRole("button", { name: "Settings" }).click();
        await page.getByRole("button", { name: "한국어" }).click();
        await page.keyboard.press("Escape");
      }
      await expect(page.locator(".lively .live, .lively .none").first()).toBeVisible();
      const other = await guest(browser, { path: new URL(page.url()).pathname });
      // Whoever is not known as a member yet is not heard.
      await expect(other.locator(".who")).toContainText("2");
      await composer(other).pressSequentially("typing along", { delay: 350 });
      await expect(page.locator(".slot .typing")).toBeVisible();
      expect(await findings(page)).toEqual([]);
      await other.context().close();
      await page.locator(".who").click();
      await expect(page.locator(".panel .pr").first()).toBeVisible();
      expect(await findings(page)).toEqual([]);
      await row.focus();
      await page.keyboard.press("t");
      await expect(page.locator(".panel textarea")).toBeVisible();
      expect(await findings(page)).toEqual([]);
      for (const which of [1, 2]) {
        await page.locator(".page header button[aria-expanded]").nth(which).click();
        await expect(page.locator(".panel")).toBeVisible();
        expect(await findings(page)).toEqual([]);
      }
      await page.keyboard.press("Control+k");
      await expect(page.locator("[role=combobox]")).toBeFocused();
      expect(await findings(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.locator(".dock button[aria-label], .composer button[aria-label]").first().click();
      await expect(page.locator(".picker [role=gridcell], .picker button").first()).toBeVisible();
      expect(await findings(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.locator(".self .me").click();
      await expect(page.locator(".menu [data-act=dnd]")).toBeVisible();
      expect(await findings(page)).toEqual([]);
      await page.locator(".menu [data-act=words]").click();
      await expect(page.locator("dialog[open]")).toBeVisible();
      expect(await findings(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.locator(".self .ib").click();
      await expect(page.locator("dialog[open]")).toBeVisible();
      expect(await findings(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.goto("/rooms");
      await expect(page.locator(".dr").first()).toBeVisible();
      expect(await findings(page)).toEqual([]);
      expect(words).toEqual([]);
    });
  }
}

test("rule 66: hostile texts do not scroll the page sideways, and no markup comes alive", async ({ browser }) => {
  const page = await guest(browser, { viewport: { width: 320, height: 640 } });
  await page.goto("/rooms");
  await page.locator(".page-top .btn").click();
  await page.locator("dialog input[name=name]").fill("w".repeat(80));
  await page.locator("dialog button[type=submit]").click();
  await expect(composer(page)).toBeVisible();
  const hostile = ["x".repeat(400), `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`, "[click](javascript:document.title='owned')", `z${"\u0301\u0489".repeat(80)}algo`, "\u202Egnippilf", "`".repeat(300), "*".repeat(3000)];
  for (const text of hostile) await say(page, text);
  await expect(page.locator("article[data-seq]").last()).toContainText("***");
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  expect(await page.title()).not.toContain("owned");
  expect(await page.locator("article img, article script, article a[href^='javascript']").count()).toBe(0);
});

test("rule 66: at 400 % of a 1280 pixel window nothing scrolls sideways, on any screen", async ({ browser }) => {
  // What a zoom of 400 % leaves of the window, in CSS pixels.
  const page = await guest(browser, { viewport: { width: 320, height: 200 }, deviceScaleFactor: 4 });
  await say(page, "zoomed in");
  await expect(stored(page, "zoomed in")).toBeVisible();
  const path = new URL(page.url()).pathname;
  for (const screen of [path, "/rooms", "/"]) {
    await page.goto(screen);
    await expect(page.locator("#app")).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth), screen).toBeLessThanOrEqual(320);
  }
  await page.goto(path);
  await expect(composer(page)).toBeVisible();
  await composer(page).fill("still to be reached");
  await expect(composer(page)).toBeInViewport({ ratio: 0.9 });
});

test("rule 65: a chosen theme stands before the first paint", async ({ browser }) => {
  const page = await visitor(browser, { colorScheme: "light" });
  await page.goto("/");
  await page.getByRole("button", { name: "Use the dark theme" }).click();
  await page.reload({ waitUntil: "commit" });
  await page.waitForFunction(() => document.body !== null);
  expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toMatch(/dark|normal/);
});

test("rule 61: on a phone list and room are pages of their own", async ({ browser }) => {
  const page = await guest(browser, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await expect(composer(page)).toBeVisible();
  await expect(page.locator(".side")).toBeHidden();
  await page.locator(".back").click();
  await expect(page.locator(".side")).toBeVisible();
  await expect(page.locator(".page")).toBeHidden();
  await page.goBack();
  await expect(composer(page)).toBeVisible();
});

test("rule 38: a draft survives a reload and marks its room", async ({ browser }) => {
  const page = await guest(browser);
  const path = await makeRoom(page, unique("draft"));
  await composer(page).fill("not yet");
  await expect.poll(() => page.evaluate(() => JSON.stringify(localStorage))).toContain("not yet");
  await page.reload();
  await expect(composer(page)).toHaveValue("not yet");
  await makeRoom(page, unique("other"));
  await expect(page.locator(`.side .row[href="${path}"]`).getByRole("img", { name: "draft" })).toBeVisible();
});

/** Under a thumb: pages of their own, the keyboard, a long press. */
import { expect } from "@playwright/test";
import { findings } from "./axe";
import { composer, guest, say, stored, test, unique } from "./people";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;

test("rule 61: back from a room finds the list where it was", async ({ browser }) => {
  const page = await guest(browser, { ...PHONE, viewport: { width: 390, height: 500 } });
  await page.evaluate(async () => {
    const { access_token: token } = JSON.parse(localStorage.getItem("chatmesh.session")!) as { access_token: string };
    for (let i = 0; i < 14; i++) await fetch("/v1/rooms", { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify({ name: `room ${i}`, type: "private" }) });
  });
  await page.locator(".back").click();
  await expect(page.locator(".side .row[data-room]").nth(13)).toBeAttached();
  const list = page.locator(".side-scroll");
  await list.evaluate((node) => { node.scrollTop = 300; });
  await page.locator(".side .row[data-room]", { hasText: "room 8" }).click();
  await expect(composer(page)).toBeVisible();
  await expect(page.locator(".side")).toBeHidden();
  await page.goBack();
  await expect(page.locator(".side")).toBeVisible();
  expect(await list.evaluate((node) => node.scrollTop)).toBe(300);
});

test("rule 62: over the keyboard the composer ends where the visible part ends, and nothing zooms", async ({ browser }) => {
  const page = await guest(browser, PHONE);
  await composer(page).tap();
  // The keyboard takes the lower part of the viewport.
  await page.setViewportSize({ width: 390, height: 480 });
  const measure = (): Promise<{ dock: number; visible: number; page: number; inner: number }> => page.evaluate(() => ({
    dock: document.querySelector(".page .dock")!.getBoundingClientRect().bottom, visible: visualViewport!.height, page: document.documentElement.scrollHeight, inner: innerHeight,
  }));
  await expect.poll(async () => { const now = await measure(); return now.dock - now.visible; }).toBe(0);
  const now = await measure();
  expect(now.page).toBeLessThanOrEqual(now.inner);
  expect(await page.evaluate(() => scrollY)).toBe(0);
  const sizes = await page.evaluate(() => [...document.querySelectorAll("input, textarea")].map((field) => parseFloat(getComputedStyle(field).fontSize)));
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(16);
});

test("rule 63: a long press opens the sheet; targets are 44 px high, pills 30", async ({ browser }) => {
  const page = await guest(browser, PHONE);
  await page.goto("/rooms");
  await page.locator(".page-top .btn").tap();
  await page.locator("dialog input[name=name]").fill(unique("thumb"));
  await page.locator("dialog button[type=submit]").tap();
  await composer(page).fill("press me");
  await page.getByRole("button", { name: "Send" }).tap();
  await expect(stored(page, "press me")).toBeVisible();
  const box = (await stored(page, "press me").locator(".tx").boundingBox())!;
  const cdp = await page.context().newCDPSession(page);
  const sheet = page.locator("dialog[open]");
  await cdp.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: box.x + 20, y: box.y + 10 }] });
  await expect(sheet).toContainText("Reply in thread");
  await cdp.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await expect(sheet).toBeVisible();
  const small = (scope: string, least: number): Promise<string[]> => page.evaluate(([root, min]) =>
    [...document.querySelectorAll<HTMLElement>(`${root} :is(button, a.row, a.btn, a.back, input, textarea)`)]
      .filter((node) => node.getClientRects().length > 0 && !node.closest(".tx, .rx"))
      .filter((node) => node.getBoundingClientRect().height < min - 0.5)
      .map((node) => `${node.className} ${node.textContent?.slice(0, 20)} ${node.getBoundingClientRect().height}`), [scope, least] as const);
  expect(await small("dialog[open]", 44)).toEqual([]);
  await sheet.getByRole("button", { name: "🤯" }).tap();
  const pill = stored(page, "press me").locator(".rx button").first();
  await expect(pill).toBeVisible();
  expect((await pill.boundingBox())!.height).toBeGreaterThanOrEqual(30);
  expect(await small(".page", 44)).toEqual([]);
  await page.locator(".back").tap();
  await expect(page.locator(".side")).toBeVisible();
  expect(await small(".side", 44)).toEqual([]);
});

test("on a phone the way back tells what asks for the reader elsewhere", async ({ browser }) => {
  const one = await guest(browser);
  const name = unique("kim");
  const page = await guest(browser, PHONE);
  await page.evaluate(async (wanted) => {
    const { access_token: token } = JSON.parse(localStorage.getItem("chatmesh.session")!) as { access_token: string };
    await fetch("/v1/me", { method: "PATCH", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify({ name: wanted }) });
  }, name);
  await one.getByRole("button", { name: "Write to someone" }).click();
  await one.getByRole("dialog").getByRole("textbox").fill(name);
  await one.getByRole("dialog").getByRole("button", { name }).first().click();
  await expect(one.getByRole("heading", { level: 1 })).toContainText(name);
  await say(one, "are you there");
  await expect(page.locator(".back .badge")).toHaveText("1");
  await expect(page).toHaveTitle(/^\(1\) /);
});

for (const theme of ["light", "dark"] as const) {
  for (const locale of ["en-US", "ko-KR"] as const) {
    test(`axe finds nothing on a phone: list, room, sheet, panel, settings; ${theme}, ${locale}`, async ({ browser }) => {
      const page = await guest(browser, { ...PHONE, colorScheme: theme, locale });
      const text = unique("thumb");
      await composer(page).fill(`${text} \`code\` https://example.org`);
      await page.locator(".cp .go").tap();
      await expect(stored(page, text)).toBeVisible();
      expect(await findings(page)).toEqual([]);
      const box = (await stored(page, text).locator(".tx").boundingBox())!;
      const cdp = await page.context().newCDPSession(page);
      await cdp.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: box.x + 20, y: box.y + 10 }] });
      await expect(page.locator("dialog[open]")).toBeVisible();
      await cdp.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
      expect(await findings(page)).toEqual([]);
      await page.locator("dialog[open] header .ib").tap();
      await page.locator(".who").tap();
      await expect(page.locator(".plist .row").first()).toBeVisible();
      expect(await findings(page)).toEqual([]);
      await page.locator(".panel-top .ib").tap();
      await page.locator(".back").tap();
      await expect(page.locator(".side")).toBeVisible();
      expect(await findings(page)).toEqual([]);
      await page.locator(".self .ib").tap();
      await expect(page.locator("dialog[open]")).toBeVisible();
      expect(await findings(page)).toEqual([]);
    });
  }
}

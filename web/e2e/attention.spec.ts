/** What asks for the reader: on every tab and device, in the title and the icon, by a word of the system or a sound; and who has read. */
import { expect, type Page } from "@playwright/test";
import { composer, devices, guest, makeRoom, named, say, stored, test, unique } from "./people";

test("rule 16: read on one device, the badge is gone on a second tab and on a phone within 1 s", async ({ browser }) => {
  const [desk, phone] = await devices(browser, unique("three"), [{}, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }]) as [Page, Page];
  const path = await makeRoom(desk, unique("everywhere"));
  const other = await guest(browser, { path });
  const rest = await makeRoom(desk, unique("rest"));
  const tab = await desk.context().newPage();
  await tab.goto(rest);
  await phone.goto("/");
  const pages = [desk, tab, phone];
  await say(other, "for everyone of you");
  const badge = (page: Page) => page.locator(`.side .row[href="${path}"] .badge`);
  for (const page of pages) await expect(badge(page)).toHaveText("1");
  // When the badge goes, in each page by its own clock.
  for (const page of [tab, phone]) {
    await page.evaluate((href) => {
      const look = (): void => {
        if (document.querySelector(`.side .row[href="${href}"] .badge`)) requestAnimationFrame(look);
        else Object.assign(window, { goneAt: Date.now() });
      };
      // A tab behind another paints no frames.
      setInterval(look, 20);
    }, path);
  }
  await desk.locator(`.side .row[href="${path}"]`).click();
  await expect(stored(desk, "for everyone of you")).toBeVisible();
  await expect(desk.locator(".tl-row:has(.new) + .tl-row")).toContainText("for everyone of you");
  const read = await desk.waitForFunction((href) => (document.querySelector(`.side .row[href="${href}"] .badge`) ? 0 : Date.now()), path).then((found) => found.jsonValue());
  for (const page of [tab, phone]) {
    await expect(badge(page)).toHaveCount(0);
    const gone = await page.waitForFunction(() => (window as unknown as { goneAt?: number }).goneAt).then((found) => found.jsonValue());
    // The message counts as read half a second after it was seen.
    expect(gone! - read).toBeLessThan(1_500);
  }
  await expect(desk.locator(".new")).toHaveCount(1);
});

test("the title and the icon say how many ask for the reader", async ({ browser }) => {
  const one = await guest(browser);
  const name = unique("asked");
  await named(one, name);
  const path = await makeRoom(one, unique("asks"));
  const two = await guest(browser, { path });
  await makeRoom(one, unique("away"));
  const icon = one.locator("link[rel=icon]");
  await expect(icon).toHaveAttribute("href", "/icon.svg");
  await say(two, "only news");
  await expect(icon).toHaveAttribute("href", /^data:.*circle/);
  await expect(one).not.toHaveTitle(/^\(/);
  await composer(two).pressSequentially(`@${name.slice(0, 8)}`);
  await expect(two.getByRole("option").first()).toContainText(name);
  await two.keyboard.press("Tab");
  await two.keyboard.type("come");
  await two.keyboard.press("Enter");
  await expect(one).toHaveTitle(/^\(1\)/);
  await expect(icon).toHaveAttribute("href", /%3E1%3C%2Ftext%3E/);
  await one.locator(`.side .row[href="${path}"]`).click();
  await expect(stored(one, "come")).toHaveClass(/\bhit\b/);
  await expect(stored(one, "come").locator(".at.me")).toHaveText(`@${name}`);
  await expect(one).not.toHaveTitle(/^\(/);
  await expect(icon).toHaveAttribute("href", "/icon.svg");
});

test("notifications and sounds: off until chosen, off again, and none while one does not want to be disturbed", async ({ browser }) => {
  const one = await guest(browser, {
    prepare: async (page) => void (await page.addInitScript(() => {
      const heard = { words: [] as string[], tones: 0 };
      Object.assign(window, { heard });
      class Word { static permission = "granted"; static requestPermission = async (): Promise<string> => "granted"; close(): void {} constructor(title: string) { heard.words.push(title); } }
      class Tones { currentTime = 0; destination = {}; resume = async (): Promise<void> => undefined; createOscillator = () => ({ frequency: {}, connect: (to: object) => to, start: () => { heard.tones++; }, stop: () => undefined }); createGain = () => ({ gain: { setValueAtTime: () => undefined, exponentialRampToValueAtTime: () => undefined }, connect: (to: object) => to }); }
      Object.assign(window, { Notification: Word, AudioContext: Tones });
      document.hasFocus = () => false;
    })),
  });
  const name = unique("busy");
  await named(one, name);
  const two = await guest(browser);
  await two.getByRole("button", { name: "Write to someone" }).click();
  await two.getByRole("dialog").getByRole("textbox").fill(name);
  await two.getByRole("dialog").getByRole("button", { name }).click();
  await expect(two.getByRole("heading", { level: 1 })).toHaveText(name);
  const heard = (): Promise<{ words: string[]; tones: number }> => one.evaluate(() => (window as unknown as { heard: { words: string[]; tones: number } }).heard);
  let said = 0;
  const psst = async (): Promise<void> => {
    await say(two, `psst ${++said}`);
    await expect(one.locator(".side .row .badge")).toHaveText(String(said));
    // One page of several makes the sound, and holds it for a second.
    await one.waitForTimeout(1_200);
  };
  const set = async (what: string, on: "On" | "Off"): Promise<void> => {
    await one.getByRole("button", { name: "Settings" }).click();
    await one.getByRole("group", { name: what }).getByRole("button", { name: on, exact: true }).click();
    await one.keyboard.press("Escape");
  };
  await psst();
  expect(await heard()).toEqual({ words: [], tones: 0 });
  await set("Notify me of mentions", "On");
  await psst();
  await expect.poll(async () => (await heard()).words.length).toBe(1);
  expect((await heard()).tones).toBe(0);
  await set("Sound for mentions", "On");
  await psst();
  await expect.poll(async () => (await heard()).tones).toBe(2);
  expect((await heard()).words.length).toBe(2);
  await one.locator(".self .me").click();
  await one.locator(".menu [data-act=dnd]").click();
  await psst();
  expect(await heard()).toMatchObject({ tones: 2, words: { length: 2 } });
  await one.locator(".self .me").click();
  await one.locator(".menu [data-act=online]").click();
  await set("Sound for mentions", "Off");
  await set("Notify me of mentions", "Off");
  await psst();
  expect(await heard()).toMatchObject({ tones: 2, words: { length: 2 } });
});

test("who has read the newest own message stands beside it", async ({ browser }) => {
  const one = await guest(browser);
  const path = await makeRoom(one, unique("seen"));
  const two = await guest(browser, { path });
  const name = unique("reader");
  await named(two, name);
  await makeRoom(two, unique("elsewhere"));
  await say(one, "has anybody read this");
  const row = stored(one, "has anybody");
  await expect(row).toBeVisible();
  await expect(two.locator(`.side .row[href="${path}"] .badge`)).toHaveText("1");
  await expect(one.locator(".seen")).toHaveCount(0);
  const height = (await row.boundingBox())!.height;
  await two.locator(`.side .row[href="${path}"]`).click();
  await expect(one.locator(".seen")).toHaveAccessibleName(`Read by ${name}`);
  expect((await row.boundingBox())!.height).toBe(height);
  await say(one, "and this");
  await expect(row.locator(".seen")).toHaveCount(0);
  await expect(stored(one, "and this").locator(".seen")).toBeVisible();
  // Known again after a reload, although nothing is read in the meantime.
  await one.reload();
  await expect(stored(one, "and this").locator(".seen")).toHaveAccessibleName(new RegExp(name));
});

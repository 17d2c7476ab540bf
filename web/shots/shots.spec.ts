/** Every state of the table in section 3 of the design, and the four pictures of `docs/`. */
import { fileURLToPath } from "node:url";
import { expect, type Browser, type BrowserContextOptions, type Page } from "@playwright/test";
import config from "../playwright.config";
import { composer, guest, message, stored, test, tool, unique, visitor } from "../e2e/people";
import { tapWire, type Wire } from "../e2e/wire";
import { seed, type Seeded } from "./seed";

const DOCS = fileURLToPath(new URL("../../docs/pictures/", import.meta.url));
const OUT = fileURLToPath(new URL("out/", import.meta.url));
const WIDE = { viewport: { width: 1280, height: 800 }, timezoneId: "Asia/Seoul" } as const;
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, timezoneId: "Asia/Seoul" } as const;
const still = { animations: "disabled", caret: "hide" } as const;

let place: Seeded;
let people: Page;
test.describe.configure({ mode: "serial" });
test.beforeAll(async ({ browser }) => {
  test.setTimeout(300_000);
  // In a browser of their own: that of the tests is emptied after each.
  const own = await browser.browserType().launch(config.use!.launchOptions!);
  people = await visitor(own, { baseURL: config.use!.baseURL! });
  place = await seed(people, unique(""));
});
test.afterAll(() => people.context().browser()!.close());

async function shoot(page: Page, name: string, docs?: string): Promise<void> {
  await page.screenshot({ path: `${OUT}${name}.png`, ...still });
  if (docs) await page.screenshot({ path: `${DOCS}${docs}.png`, ...still });
}

/** The one who looks, logged in, in a room. */
async function enter(browser: Browser, options: BrowserContextOptions = {}, path = `/r/${place.room}`): Promise<{ page: Page; wire: Wire }> {
  const page = await visitor(browser, { ...WIDE, ...options });
  const wire = await tapWire(page);
  await page.goto(path);
  await page.locator(".alt .btn").first().click();
  await page.locator("input[name=name]").fill(place.me.name);
  await page.locator("input[name=password]").fill(place.me.password);
  await page.locator("form.gc button[type=submit]").click();
  await expect(page.locator("#app")).toBeVisible();
  return { page, wire };
}
const ready = (page: Page): Promise<void> => expect(message(page, "업데이트 직후라면")).toBeAttached({ timeout: 30_000 });

test("welcome", async ({ browser }) => {
  for (const [theme, locale] of [["light", "en-US"], ["dark", "ko-KR"]] as const) {
    const page = await visitor(browser, { ...WIDE, colorScheme: theme, locale });
    await page.goto("/");
    await expect(page.locator("#welcome")).toBeVisible();
    await shoot(page, `welcome-${theme}`);
    await page.route("**/v1/auth/guest", (route) => route.abort());
    await page.locator("#welcome form button[type=submit]").click();
    await expect(page.getByRole("alert")).toBeVisible();
    await shoot(page, `welcome-silent-${theme}`);
  }
});

test("room, light; sending, waiting and failed; offline, back", async ({ browser }) => {
  const { page, wire } = await enter(browser, { viewport: { width: 1280, height: 960 } });
  await expect(page.locator(".new")).toBeVisible();
  await ready(page);
  await stored(page, "if you like").hover();
  await shoot(page, "room-light", "room-light");
  wire.fromPage = (frame) => (frame.t === "send" ? undefined : frame);
  await composer(page).fill(place.pending);
  await composer(page).press("Enter");
  await expect(message(page, "was new to me")).toContainText("Sending");
  await shoot(page, "room-sending");
  await page.locator(".side .row", { hasText: "desktop" }).click();
  await expect(page.locator(".edge")).toContainText("This is where");
  await shoot(page, "room-empty");
  wire.fromPage = (frame) => {
    if (frame.t !== "send") return frame;
    wire.say({ t: "error", ref: frame.ref!, code: "too_large", message: "too large", retryable: false });
    return undefined;
  };
  await composer(page).fill("부팅 화면 사진은 여기 올려 주세요");
  await composer(page).press("Enter");
  await expect(page.locator(".fail")).toBeVisible();
  wire.fromPage = (frame) => (frame.t === "send" ? undefined : frame);
  await page.context().setOffline(true);
  await composer(page).fill("written in the tunnel");
  await composer(page).press("Enter");
  await expect(page.locator(".strip")).toBeVisible();
  await shoot(page, "room-failed-waiting-offline");
});

test("room, dark, with a thread; pins, details, emoji, settings, keys", async ({ browser }) => {
  const { page } = await enter(browser, { colorScheme: "dark", viewport: { width: 1440, height: 900 } });
  await ready(page);
  await tool(stored(page, "if you like"), "thread");
  await expect(page.locator(".panel article")).toHaveCount(5);
  await page.locator(".panel textarea").fill("저도 배웠습니다");
  await shoot(page, "room-dark-thread", "room-dark-thread");
  await page.getByRole("button", { name: "Pinned messages" }).click();
  await expect(page.locator(".panel")).toContainText("Nothing is pinned");
  await shoot(page, "pins-empty");
  await page.getByRole("button", { name: "About this room" }).click();
  await shoot(page, "details");
  await page.getByRole("button", { name: "Emoji" }).click();
  await expect(page.locator(".picker .emoji").nth(20)).toBeVisible();
  await shoot(page, "emoji");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Settings" }).click();
  await shoot(page, "settings");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+/");
  await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
  await shoot(page, "keys");
});

test("room, Korean: offline with people, the switcher, all rooms", async ({ browser }) => {
  const { page } = await enter(browser, { locale: "ko-KR" });
  await ready(page);
  await page.locator(".who").click();
  await expect(page.locator(".plist .row").nth(5)).toBeVisible();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("ㅇㅂㅌ");
  await expect(page.getByRole("option", { selected: true })).toContainText("우분투");
  await shoot(page, "switcher-ko");
  await page.keyboard.press("Escape");
  await page.context().setOffline(true);
  await expect(page.locator(".strip")).toBeVisible();
  await shoot(page, "room-ko-offline", "room-ko");
  await page.context().setOffline(false);
  await page.goto("/rooms");
  await expect(page.locator(".dr").nth(5)).toBeVisible();
  await shoot(page, "rooms-ko");
});

test("not joined, not found, loading, not loaded, logged out, replaced", async ({ browser }) => {
  const { page, wire } = await enter(browser, {}, "/rooms");
  await page.locator(".dr a", { hasText: "server" }).first().click();
  await expect(page.locator(".joinbar")).toBeVisible();
  await shoot(page, "room-not-joined");
  await page.goto("/r/no-such-room");
  await expect(page.locator(".still")).toBeVisible();
  await shoot(page, "room-not-found");
  wire.fromPage = (frame) => (frame.t === "history" ? undefined : frame);
  await page.goto(`/r/${place.room}`);
  await expect(page.locator(".bars").first()).toBeVisible();
  await shoot(page, "room-loading");
  wire.fromPage = (frame) => {
    if (frame.t !== "history") return frame;
    wire.say({ t: "error", ref: frame.ref!, code: "internal", message: "no", retryable: false });
    return undefined;
  };
  await page.reload();
  await expect(page.getByText("This room did not load")).toBeVisible();
  await shoot(page, "room-not-loaded");
  await wire.close(4409);
  await expect(page.getByText("Opened elsewhere too often")).toBeVisible();
  await shoot(page, "replaced");
});

test("phones", async ({ browser }) => {
  const door = await visitor(browser, { ...PHONE, locale: "ko-KR" });
  await door.goto("/");
  await expect(door.locator("#welcome")).toBeVisible();
  await shoot(door, "phone-welcome-ko");
  const { page } = await enter(browser, { ...PHONE, colorScheme: "dark" });
  await ready(page);
  await shoot(page, "phone-room-dark", "phone-dark");
  await page.locator(".back").click();
  await expect(page.locator(".side")).toBeVisible();
  await shoot(page, "phone-list-dark");
  await page.goBack();
  await ready(page);
  const box = (await message(page, "업데이트 직후라면").locator(".tx").boundingBox())!;
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: box.x + 20, y: box.y + 10 }] });
  await expect(page.locator("dialog[open]")).toBeVisible();
  await cdp.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await shoot(page, "phone-sheet-dark");
  const other = await guest(browser, { ...PHONE, path: `/r/${place.room}` });
  await expect(composer(other)).toBeVisible();
  await shoot(other, "phone-room-light");
});

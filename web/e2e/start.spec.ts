/** What stands before the script runs: the frame of what comes, in its language and theme, and nothing of it moves. */
import { expect, type Page } from "@playwright/test";
import { composer, guest, test, visitor } from "./people";

/** Keeps the client's code back; gives what lets it through. */
async function holdCode(page: Page): Promise<() => void> {
  let letIn: () => void = () => undefined;
  const open = new Promise<void>((done) => { letIn = done; });
  await page.route("**/assets/*.js", async (route) => {
    await open;
    await route.continue();
  });
  return letIn;
}
/** Where the first drawn element of each kind stands. */
const places = (page: Page, kinds: readonly string[]): Promise<(number[] | undefined)[]> =>
  page.evaluate((all) => all.map((kind) => {
    const box = [...document.querySelectorAll(kind)].find((node) => node.getClientRects().length > 0)?.getBoundingClientRect();
    return box && [box.left, box.top, box.width, box.height].map(Math.round);
  }), kinds);

const DOOR = [".logo", ".w-l :is(h1, .h1)", ".lead", ".gn", ".gc > .btn", ".hint", ".alt .btn", ".w-l"];
const ROOMS = [".side", ".side .logo", ".jump", ".self", ".page-top", ".cp", ".slot"];

for (const [locale, words, colour] of [["en-US", "Come in and talk.", "rgb(252, 253, 253)"], ["ko-KR", "들어와서 이야기해요.", "rgb(23, 27, 26)"]] as const) {
  for (const width of [1280, 390]) {
    test(`the door stands before its code, ${locale}, ${width} pixels wide`, async ({ browser }) => {
      const phone = width < 640;
      const page = await visitor(browser, { locale, viewport: { width, height: 844 }, hasTouch: phone, isMobile: phone, colorScheme: locale === "ko-KR" ? "dark" : "light" });
      const letIn = await holdCode(page);
      await page.goto("/", { waitUntil: "commit" });
      await expect(page.getByText(words)).toBeVisible();
      await expect(page.locator(".shell:visible")).toHaveCount(1);
      expect(await page.locator(".shell:visible").evaluate((node) => getComputedStyle(node).backgroundColor)).toBe(colour);
      const before = await places(page, DOOR);
      letIn();
      await expect(page.locator("#welcome form button[type=submit]")).toBeFocused();
      expect(await places(page, DOOR)).toEqual(before);
      await expect(page.locator(".shell")).toHaveCount(0);
    });
  }
}

test("the frame of the rooms stands before their code, wide and on a phone", async ({ browser }) => {
  const one = await guest(browser);
  await expect(composer(one)).toBeVisible();
  const path = new URL(one.url()).pathname;
  const storageState = await one.context().storageState();
  for (const [width, at] of [[1280, path], [390, path], [390, "/"]] as const) {
    const phone = width < 640;
    const page = await visitor(browser, { storageState, viewport: { width, height: 844 }, hasTouch: phone, isMobile: phone });
    const letIn = await holdCode(page);
    await page.goto(at, { waitUntil: "commit" });
    await expect(page.locator(".shell-rooms")).toBeVisible();
    await expect(page.locator(".shell-door:visible")).toHaveCount(0);
    const before = await places(page, ROOMS);
    letIn();
    await expect(at === "/" ? page.locator("#app .self") : composer(page)).toBeVisible();
    expect(await places(page, ROOMS)).toEqual(before);
  }
});

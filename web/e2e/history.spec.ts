/** Reading back: pages of history come without moving what is read. */
import { expect, type Page } from "@playwright/test";
import { composer, guest, makeRoom, say, stored, test, unique } from "./people";

const EACH = 160;

/** Fills a room from two people, below the limit of each. */
async function fill(one: Page, two: Page): Promise<void> {
  for (const [page, name] of [[one, "even"], [two, "odd"]] as const) {
    await composer(page).focus();
    for (let i = 0; i < EACH; i++) {
      await page.keyboard.insertText(`${name} ${i}${i % 7 === 0 ? " with a longer text that needs more than a single line of the column ".repeat(2) : ""}`);
      await page.keyboard.press("Enter");
    }
    await expect(stored(page, `${name} ${EACH - 1}`)).toBeVisible({ timeout: 30_000 });
    await expect(page.locator("article[data-pending]")).toHaveCount(0, { timeout: 30_000 });
  }
}

test("rules 1, 3, 4, 9, 10: scrolling back through 320 messages", async ({ browser }) => {
  test.setTimeout(180_000);
  const one = await guest(browser);
  const path = await makeRoom(one, unique("long"));
  const two = await guest(browser, { path });
  await expect(composer(two)).toBeVisible();
  await fill(one, two);

  const page = await guest(browser, { path });
  await expect(stored(page, `odd ${EACH - 1}`)).toBeInViewport({ ratio: 1 });
  const log = page.getByRole("log");

  // Every frame is asked where a message stands on the screen, while pages arrive above it.
  await log.hover();
  await page.evaluate(() => {
    const seen = new Set<string>();
    Object.assign(window, { seen });
    const look = (): void => {
      for (const article of document.querySelectorAll<HTMLElement>("[role=log] article[data-seq]")) seen.add(article.dataset["seq"]!);
      requestAnimationFrame(look);
    };
    look();
  });
  let worst = 0;
  for (let turn = 0; turn < 80; turn++) {
    await page.mouse.wheel(0, -500);
    const moved = await page.evaluate(async () => {
      const scroller = document.querySelector<HTMLElement>("[role=log]")!;
      const frames = (n: number): Promise<void> => new Promise((done) => { const step = (left: number): void => void (left === 0 ? done() : requestAnimationFrame(() => step(left - 1))); step(n); });
      await frames(12);
      const top = scroller.getBoundingClientRect().top;
      const first = [...scroller.querySelectorAll<HTMLElement>("article")].find((article) => article.getBoundingClientRect().top >= top);
      if (!first) return 0;
      const key = first.dataset["key"];
      let place = first.getBoundingClientRect().top;
      let jump = 0;
      for (let i = 0; i < 6; i++) {
        await frames(1);
        const now = [...scroller.querySelectorAll<HTMLElement>("article")].find((article) => article.dataset["key"] === key)?.getBoundingClientRect().top;
        if (now === undefined) return Infinity;
        jump = Math.max(jump, Math.abs(now - place));
        place = now;
      }
      return jump;
    });
    worst = Math.max(worst, moved);
    if (await page.locator(".edge", { hasText: "This is where" }).count()) {
      const atTop = await log.evaluate((element) => element.scrollTop === 0);
      if (atTop) break;
    }
  }
  await expect(page.locator(".edge")).toContainText("This is where");
  expect(await page.evaluate(() => (window as unknown as { seen: Set<string> }).seen.size)).toBe(2 * EACH);
  expect(worst).toBeLessThanOrEqual(1);
  await expect(stored(page, "even 0")).toBeVisible();

  // Somebody writes: the reader's place does not move, the pill tells of it and leads to the end.
  const place = await stored(page, "even 0").first().boundingBox();
  await say(one, "fresh news");
  await expect(page.locator(".pill")).toContainText("1 new");
  expect((await stored(page, "even 0").first().boundingBox())?.y).toBe(place?.y);
  await page.locator(".pill").click();
  await expect(stored(page, "fresh news")).toBeInViewport({ ratio: 1 });
  await expect(page.locator(".pill")).toHaveCount(0);

  // At the end one stays at the end.
  await say(one, "and more");
  await expect(stored(page, "and more")).toBeInViewport({ ratio: 1 });
});

test("rule 10: coming back to a room finds the same place", async ({ browser }) => {
  const page = await guest(browser);
  const path = await makeRoom(page, unique("place"));
  await composer(page).focus();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.insertText(`row ${i}`);
    await page.keyboard.press("Enter");
  }
  await expect(stored(page, "row 59")).toBeVisible({ timeout: 20_000 });
  await expect(page.locator("article[data-pending]")).toHaveCount(0, { timeout: 20_000 });
  await page.getByRole("log").hover();
  await page.mouse.wheel(0, -700);
  const top = (): Promise<[string | undefined, number]> => page.evaluate(() => {
    const scroller = document.querySelector("[role=log]")!;
    const edge = scroller.getBoundingClientRect().top;
    const first = [...scroller.querySelectorAll<HTMLElement>("article")].find((article) => article.getBoundingClientRect().top >= edge)!;
    return [first.dataset["key"], first.getBoundingClientRect().top - edge];
  });
  await expect(page.locator(".pill")).toBeVisible();
  const [key, offset] = await top();
  await makeRoom(page, unique("elsewhere"));
  await page.locator(`.side .row[href="${path}"]`).click();
  await expect.poll(async () => (await top())[0]).toBe(key);
  expect(Math.abs((await top())[1] - offset)).toBeLessThanOrEqual(1);
});

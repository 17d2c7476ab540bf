/** Text twice as large: the browser's own font size, not its zoom. Nothing is cut, nothing overlaps, nothing scrolls sideways. */
import { expect, type Page } from "@playwright/test";
import { composer, guest, makeRoom, say, stored, test, tool, unique, visitor } from "./people";

async function enlarge(page: Page): Promise<void> {
  await page.addInitScript(() => {
    addEventListener("DOMContentLoaded", () => document.documentElement.style.setProperty("font-size", "200%"));
  });
}

/** Lines of text that are cut from above or below, run over one another, or stand out of what holds them. */
const faults = (page: Page): Promise<string[]> => page.evaluate(() => {
  const found: string[] = [];
  const lines: { text: string; node: Node; box: DOMRect }[] = [];
  const dialog = document.querySelector("dialog[open]");
  const walker = document.createTreeWalker(dialog ?? document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const holder = node.parentElement!;
    if (!node.textContent?.trim() || !holder.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || holder.closest(".vh, .av, .skip, .tools, .emoji, .toast")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const size = parseFloat(getComputedStyle(holder).fontSize);
    for (const line of range.getClientRects()) {
      if (line.width < 1) continue;
      // What a font reserves for its tallest signs is more than any line is high: the em square counts.
      const box = new DOMRect(line.left, line.top + (line.height - size) / 2, line.width, size);
      const text = node.textContent.trim().slice(0, 24);
      let seen = true;
      for (let up: HTMLElement | null = holder; up && seen; up = up.parentElement) {
        const style = getComputedStyle(up);
        if (style.display === "inline" || style.display === "contents") continue;
        const around = up.getBoundingClientRect();
        // What scrolls shows the rest; what ends in dots has said that there is more.
        if (/auto|scroll/.test(style.overflowY + style.overflowX)) {
          seen = box.top >= around.top && box.bottom <= around.bottom && box.left < around.right;
          box.width = Math.min(box.width, around.right - box.left);
          continue;
        }
        if (up === holder || style.overflowY === "hidden") {
          if (box.top < around.top - 1 || box.bottom > around.bottom + 1) found.push(`cut or standing out: "${text}" of ${up.className || up.tagName}`);
        }
        if (style.overflowX === "hidden") {
          if (box.left >= around.right) seen = false;
          else if (box.right > around.right + 1 && style.textOverflow !== "ellipsis" && up.className !== "side-scroll") found.push(`cut at the side: "${text}" of ${up.className || up.tagName}`);
          if (style.textOverflow === "ellipsis") box.width = Math.min(box.width, around.right - box.left);
        }
        if (style.position === "fixed") break;
      }
      // On a phone a panel stands over the room.
      const over = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)?.closest(".panel");
      if (seen && (!over || over.contains(holder))) lines.push({ text, node, box });
    }
  }
  const inset = (box: DOMRect): { l: number; r: number; t: number; b: number } => ({ l: box.left + 1, r: box.right - 1, t: box.top + box.height * 0.1, b: box.bottom - box.height * 0.1 });
  lines.forEach((one, i) => lines.slice(i + 1).forEach((other) => {
    const [a, b] = [inset(one.box), inset(other.box)];
    // Of what ends in dots both the whole and the part that is left are told.
    if (one.node === other.node && Math.abs(one.box.top - other.box.top) < 2) return;
    if (a.l < b.r && b.l < a.r && a.t < b.b && b.t < a.b) found.push(`over one another: "${one.text}" and "${other.text}"`);
  }));
  if (document.documentElement.scrollWidth > innerWidth) found.push(`sideways: ${document.documentElement.scrollWidth} of ${innerWidth}`);
  return [...new Set(found)];
});

for (const width of [1280, 390]) {
  for (const locale of ["en-US", "ko-KR"] as const) {
    test(`text twice as large, ${width} pixels wide, ${locale}`, async ({ browser }) => {
      const options = { locale, viewport: { width, height: 800 }, ...(width < 640 ? { hasTouch: true, isMobile: true } : {}) };
      const door = await visitor(browser, options);
      await enlarge(door);
      await door.goto("/");
      await expect(door.locator("#welcome form button[type=submit]")).toBeVisible();
      expect(await faults(door), "door").toEqual([]);

      const owner = await guest(browser);
      const path = await makeRoom(owner, unique("large"));
      for (const text of ["first words, **bold**, `code` and https://example.org/with/a/long/path", "```sh\nls -l /usr/share/doc\n```", "> quoted\n- one\n- two", "어제 업데이트하고 나서부터 부팅이 안 돼요"]) await say(owner, text);
      await tool(stored(owner, "first words"), "reply");
      await say(owner, "an answer to it");
      await stored(owner, "an answer").hover();
      await stored(owner, "an answer").locator(".tools").getByRole("button", { name: "👍" }).click();
      await expect(stored(owner, "an answer").locator(".rx")).toBeVisible();

      const page = await guest(browser, { ...options, path, prepare: enlarge });
      await expect(stored(page, "an answer")).toBeVisible();
      await expect(composer(page)).toBeVisible();
      expect(await faults(page), "room").toEqual([]);
      await page.locator(".who").click();
      await expect(page.locator(".plist .row").first()).toBeVisible();
      expect(await faults(page), "people").toEqual([]);
      await page.locator(".panel-top .ib").click();
      await page.locator(".page-top button[aria-expanded]").last().click();
      await expect(page.locator(".panel")).toBeVisible();
      expect(await faults(page), "details").toEqual([]);
      await page.goto("/rooms");
      await expect(page.locator(".dr").first()).toBeVisible();
      expect(await faults(page), "all rooms").toEqual([]);
      await page.goto("/");
      await expect(page.locator(".side .row[data-room]").first()).toBeVisible();
      await page.locator(".jump").click();
      await expect(page.locator("[role=option]").first()).toBeVisible();
      expect(await faults(page), "switcher").toEqual([]);
      await page.keyboard.press("Escape");
      await page.locator(".self .ib").click();
      await expect(page.locator("dialog[open]")).toBeVisible();
      expect(await faults(page), "settings").toEqual([]);
    });
  }
}

/** How messages stand together: groups, days, and those who come and go. */
import { expect, type Page } from "@playwright/test";
import { lines, pour, roomOf } from "./crowd";
import { composer, guest, makeRoom, message, say, stored, test, tool, unique } from "./people";
import { frames } from "./place";
import { tapWire } from "./wire";

const isFirst = async (page: Page, text: string): Promise<boolean> =>
  (await page.getByRole("log").locator("article[data-seq]").filter({ has: page.locator(".tx", { hasText: new RegExp(`^${text}`) }) }).getAttribute("class"))!.split(" ").includes("first");
const MINUTE = 60_000;

test("rules 17, 19: groups end with the author, a reply, five minutes and the day; Today becomes Yesterday at midnight", async ({ browser }) => {
  const one = await guest(browser);
  const path = await makeRoom(one, unique("groups"));
  const two = await guest(browser, { path });
  for (const text of ["a1", "a2", "a3", "a4", "a5"]) await say(one, text);
  await expect(stored(two, "a5")).toBeVisible();
  await say(two, "b1");
  await expect(stored(one, "b1")).toBeVisible();
  await tool(stored(one, "a2"), "reply");
  await say(one, "a6");
  await expect(stored(two, "a6")).toBeVisible();

  // Seen by a third one whose wire tells other times: a3 six minutes after a2, a4 four after a3, a5 on the next day.
  const begun = new Date();
  begun.setHours(12, 0, 0, 0);
  const noon = begun.getTime() - 24 * 60 * MINUTE;
  const times: Record<string, number> = { a1: noon, a2: noon + 4 * MINUTE, a3: noon + 10 * MINUTE, a4: noon + 14 * MINUTE, a5: noon + 24 * 60 * MINUTE, b1: noon + 24 * 60 * MINUTE, a6: noon + 24 * 60 * MINUTE };
  const page = await guest(browser, {
    path,
    prepare: async (made) => {
      await made.clock.install({ time: noon + 24 * 60 * MINUTE + 5 * MINUTE });
      const wire = await tapWire(made);
      wire.fromMesh = (frame) => {
        if (frame.t === "welcome") return { ...frame, server_time: noon + 24 * 60 * MINUTE + 5 * MINUTE };
        if (!frame["entries"]) return frame;
        let last = noon - MINUTE;
        return { ...frame, entries: (frame["entries"] as { ts: number; body?: { text?: string } }[]).map((entry) => ({ ...entry, ts: (last = times[entry.body?.text ?? ""] ?? last) })) };
      };
    },
  });
  await expect(stored(page, "a6")).toBeVisible();
  const firsts = Object.fromEntries(await Promise.all(Object.keys(times).map(async (text) => [text, await isFirst(page, text)] as const)));
  expect(firsts).toEqual({ a1: true, a2: false, a3: true, a4: false, a5: true, b1: true, a6: true });
  await expect(page.locator(".day")).toHaveText(["Yesterday", "Today"]);
  await page.clock.fastForward(12 * 60 * MINUTE);
  await expect(page.locator(".day").last()).toHaveText("Yesterday");
  await expect(page.locator(".day", { hasText: "Today" })).toHaveCount(0);
});

test("rules 18, 44: time and toolbar appear on hover and on focus without moving text, and are gone while one scrolls", async ({ browser }) => {
  const page = await guest(browser);
  const path = await makeRoom(page, unique("hover"));
  await pour(browser, roomOf(path), lines("line", 60));
  const row = stored(page, "line 55");
  await expect(row).toBeInViewport({ ratio: 1 });
  await expect(row.locator(".gt")).toHaveCSS("opacity", "0");
  const boxes = (): Promise<(number | undefined)[]> => Promise.all(["line 54", "line 55", "line 56"].map(async (text) => (await stored(page, text).locator(".tx").boundingBox())?.y));
  const before = await boxes();
  await row.hover();
  await expect(row.locator(".gt")).toHaveCSS("opacity", "1");
  await expect(row.locator(".tools")).toHaveCSS("opacity", "1");
  expect(await boxes()).toEqual(before);
  const [bar, article] = [await row.locator(".tools").boundingBox(), await row.boundingBox()];
  // No dead gap: the bar and its row touch.
  expect(bar!.y + bar!.height).toBeGreaterThanOrEqual(article!.y);
  expect(bar!.y).toBeLessThanOrEqual(article!.y + article!.height);
  expect(await row.locator(".tools").evaluate((node) => getComputedStyle(node).backgroundColor)).toMatch(/^rgb\(/);
  await page.mouse.move(0, 0);
  await stored(page, "line 53").focus();
  await expect(stored(page, "line 53").locator(".tools")).toHaveCSS("opacity", "1");
  expect(await boxes()).toEqual(before);
  await row.hover();
  const during = await page.evaluate(() => new Promise<string | undefined>((done) => {
    const log = document.querySelector<HTMLElement>("[role=log]")!;
    log.addEventListener("scroll", () => requestAnimationFrame(() => requestAnimationFrame(() => {
      const tools = log.querySelector<HTMLElement>(".tools");
      done(tools ? getComputedStyle(tools).opacity : "0");
    })), { once: true });
    log.scrollBy(0, -120);
  }));
  expect(during).toBe("0");
  await frames(page, 2);
});

test("rule 20: a run of joins is one line with names and a count, breaks no group and is not unread", async ({ browser }) => {
  const one = await guest(browser);
  const path = await makeRoom(one, unique("crowd"));
  await say(one, "before");
  await expect(stored(one, "before")).toBeVisible();
  // Four people come, of whom nobody says anything.
  await one.evaluate(async (room) => {
    for (let i = 0; i < 4; i++) {
      const guest = await fetch("/v1/auth/guest", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name: `comer-${i}` }) }).then((answer) => answer.json());
      await fetch(`/v1/rooms/${room}/join`, { method: "POST", headers: { authorization: `Bearer ${guest.access_token}`, "content-type": "application/json" }, body: "{}" });
    }
  }, roomOf(path));
  await expect(one.locator(".sys").last()).toHaveText("comer-0, comer-1, comer-2 and 1 more joined");
  await say(one, "after");
  await expect(stored(one, "after")).toBeVisible();
  expect(await isFirst(one, "after")).toBe(false);
  await makeRoom(one, unique("aside"));
  await expect(one.locator(`.side .row[href="${path}"] .badge`)).toHaveCount(0);
  await expect(message(one, "before")).toHaveCount(0);
  await expect(composer(one)).toBeVisible();
});

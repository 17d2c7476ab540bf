/** Where a room opens, and what may move while it is read. */
import { expect } from "@playwright/test";
import { lines, pour, roomOf } from "./crowd";
import { openLine } from "./line";
import { composer, guest, makeRoom, message, say, stored, test, unique } from "./people";
import { firstVisible, frames, watch } from "./place";
import { tapWire, type Wire } from "./wire";

for (const [many, count] of [["a page and more", 70], ["far more than is loaded", 260]] as const) {
  test(`rule 2: a room with unread opens with the line in the upper third (${many})`, async ({ browser }) => {
    const page = await guest(browser);
    const path = await makeRoom(page, unique("unread"));
    await say(page, "read before");
    await expect(stored(page, "read before")).toBeVisible();
    await makeRoom(page, unique("elsewhere"));
    await pour(browser, roomOf(path), lines("news", count));
    const row = page.locator(`.side .row[href="${path}"]`);
    await expect(row.locator(".badge")).toHaveText(count > 99 ? "99+" : String(count));
    await page.reload();
    await row.click();
    await expect(page.locator(".new")).toBeInViewport();
    await expect(page.locator(".tl-row:has(.new) + .tl-row")).toContainText("news 0");
    const third = await page.evaluate(() => {
      const log = document.querySelector("[role=log]")!.getBoundingClientRect();
      return (document.querySelector(".new")!.getBoundingClientRect().top - log.top) / log.height;
    });
    expect(third).toBeGreaterThanOrEqual(0);
    expect(third).toBeLessThanOrEqual(1 / 3);
  });
}

test("rules 5, 6: from an old place towards now, pages come one by one and move nothing; the address marks nothing as read", async ({ browser }) => {
  const page = await guest(browser);
  const path = await makeRoom(page, unique("permalink"));
  const seqs = await pour(browser, roomOf(path), lines("line", 240));
  const visit = await page.context().newPage();
  const wire = await tapWire(visit);
  await visit.goto(`${path}/${seqs[40]}`);
  await expect(visit.locator("article.lit")).toContainText("line 40");
  await expect(stored(visit, "line 239")).toHaveCount(0);
  await visit.getByRole("log").hover();
  let open = 0;
  let most = 0;
  wire.fromPage = (frame) => {
    if (frame.t === "history") most = Math.max(most, ++open);
    return frame;
  };
  wire.fromMesh = (frame) => {
    if (frame.t === "ok" && frame["entries"]) open--;
    return frame;
  };
  // A page of the wheel at a time: the rows go by as much as the wheel says, whatever is appended below.
  for (let turn = 0; turn < 40; turn++) {
    const before = await firstVisible(visit);
    await visit.mouse.wheel(0, 300);
    await frames(visit, 12);
    const now = await visit.evaluate((key) => document.querySelector(`article[data-key="${CSS.escape(key)}"]`)?.getBoundingClientRect().top, before.key);
    if (now !== undefined) expect(before.top - now).toBeLessThanOrEqual(301);
    if (await stored(visit, "line 239").count()) break;
  }
  await expect(stored(visit, "line 239")).toBeVisible();
  expect(most).toBe(1);
  expect(wire.sent.filter((frame) => frame.t === "history").length).toBeGreaterThanOrEqual(4);
  expect(wire.sent.filter((frame) => frame.t === "read")).toEqual([]);
});

test("rule 6: older pages are asked for early, one at a time, and a room that is left keeps its place", async ({ browser }) => {
  const taps: Wire[] = [];
  const page = await guest(browser, { prepare: async (it) => void taps.push(await tapWire(it)) });
  await makeRoom(page, unique("elsewhere"));
  const path = await makeRoom(page, unique("paging"));
  const seqs = await pour(browser, roomOf(path), lines("line", 200));
  // Read to the end, or the next visit would begin at the unread line.
  await expect.poll(() => taps[0]!.sent.some((frame) => frame.t === "read" && frame["seq"] === seqs[199])).toBe(true);
  const visit = await page.context().newPage();
  const wire = await tapWire(visit);
  await visit.goto(path);
  // Not the last visit's messages, which stand at once: the mesh's own.
  await expect.poll(() => wire.heard.filter((frame) => frame["entries"]).length).toBeGreaterThan(0);
  await expect(stored(visit, "line 199")).toBeInViewport({ ratio: 1 });
  const held: (() => void)[] = [];
  wire.fromMesh = (frame) => {
    if (frame.t !== "ok" || !frame["entries"]) return frame;
    held.push(() => wire.say(frame));
    return undefined;
  };
  const asked = (): number => wire.sent.filter((frame) => frame["before"] !== undefined).length;
  const before = asked();
  await visit.getByRole("log").hover();
  for (let turn = 0; turn < 6; turn++) await visit.mouse.wheel(0, -400);
  await expect.poll(asked).toBe(before + 1);
  await expect(visit.locator(".edge .bars")).toBeVisible();
  await frames(visit, 10);
  expect(asked()).toBe(before + 1);
  const mark = await firstVisible(visit);
  await visit.locator(".side .row[data-room]", { hasText: "elsewhere" }).click();
  await expect(composer(visit)).toBeVisible();
  held.forEach((tell) => tell());
  wire.fromMesh = (frame) => frame;
  await frames(visit, 10);
  await expect(message(visit, "line 1")).toHaveCount(0);
  await visit.locator(`.side .row[href="${path}"]`).click();
  // Older messages may stand above it by now; it stands where it stood, also after their pages.
  const marked = visit.locator(`article[data-key="${mark.key}"]`);
  const strayed = async (): Promise<number> => Math.abs((await marked.boundingBox())!.y - mark.top);
  await expect(marked).toBeVisible();
  expect(await strayed()).toBeLessThanOrEqual(1);
  await expect.poll(asked).toBeGreaterThan(before + 1);
  await frames(visit, 30);
  expect(await strayed()).toBeLessThanOrEqual(1);
});

test("rules 8, 11: a grown composer keeps the end in view, moves nothing else, and sending shows the end", async ({ browser }) => {
  const page = await guest(browser);
  const path = await makeRoom(page, unique("grow"));
  await pour(browser, roomOf(path), lines("line", 80));
  await expect(stored(page, "line 79")).toBeInViewport({ ratio: 1 });
  await composer(page).fill("a\nb\nc\nd\ne\nf");
  await expect(stored(page, "line 79")).toBeInViewport({ ratio: 1 });
  await composer(page).fill("");
  await page.getByRole("log").hover();
  await page.mouse.wheel(0, -900);
  await expect(page.locator(".pill")).toBeVisible();
  await frames(page, 10);
  const stop = await watch(page, await firstVisible(page));
  await composer(page).fill("a\nb\nc\nd\ne\nf");
  await frames(page, 10);
  expect(await stop()).toBeLessThanOrEqual(1);
  await composer(page).press("Enter");
  await expect(stored(page, "f")).toBeInViewport({ ratio: 1 });
});

test("a long absence: the newest messages at once, and the hole comes while one scrolls", async ({ browser, baseURL }) => {
  const line = await openLine(baseURL!);
  const page = await guest(browser, { baseURL: line.url });
  const wire = await tapWire(page);
  await page.goto("/rooms");
  const path = await makeRoom(page, unique("absence"));
  await say(page, "before the absence");
  await expect(stored(page, "before the absence")).toBeVisible();
  line.cut();
  await pour(browser, roomOf(path), lines("missed", 620));
  line.mend();
  await expect(stored(page, "missed 619")).toBeInViewport({ timeout: 30_000 });
  expect(wire.heard.some((frame) => frame.t === "skipped")).toBe(true);
  await page.getByRole("log").hover();
  const seen = new Set<string>();
  for (let turn = 0; turn < 60 && !seen.has("missed 450"); turn++) {
    for (const text of await page.locator(".page article .tx").allInnerTexts()) seen.add(text.trim());
    await page.mouse.wheel(0, -500);
    await frames(page, 6);
  }
  for (let i = 450; i < 620; i++) expect(seen).toContain(`missed ${i}`);
  await line.close();
});

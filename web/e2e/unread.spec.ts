/** What counts as read, and where the line stands. */
import { expect, type Page } from "@playwright/test";
import { composer, devices, guest, makeRoom, say, stored, test, unique } from "./people";
import { tapWire, type Wire } from "./wire";

/** A page that believes to be focused or not as the test says: the browser under test always does. */
async function focusable(page: Page): Promise<(on: boolean) => Promise<void>> {
  await page.addInitScript(() => {
    Object.assign(window, { looking: true });
    document.hasFocus = () => (window as unknown as { looking: boolean }).looking;
  });
  return (on) => page.evaluate((looking) => {
    Object.assign(window, { looking });
    dispatchEvent(new Event(looking ? "focus" : "blur"));
  }, on);
}

test("rule 13: Esc in the timeline takes the line away, and so does leaving after the end was seen", async ({ browser }) => {
  let wire!: Wire;
  const one = await guest(browser, { prepare: async (page) => void (wire = await tapWire(page)) });
  const path = await makeRoom(one, unique("line"));
  const two = await guest(browser, { path });
  await expect(composer(two)).toBeVisible();
  const away = await makeRoom(one, unique("other"));
  for (const how of ["esc", "leave"] as const) {
    await say(two, `for ${how}`);
    await expect(one.locator(`.side .row[href="${path}"] .badge`)).toHaveText("1");
    await one.locator(`.side .row[href="${path}"]`).click();
    await expect(one.locator(".new")).toHaveCount(1);
    if (how === "esc") {
      await stored(one, "for esc").focus();
      await one.keyboard.press("Escape");
      await expect(one.locator(".new")).toHaveCount(0);
      await expect(composer(one)).toBeFocused();
    } else {
      await expect.poll(() => wire.sent.findLast((frame) => frame.t === "read")?.["seq"]).toBe(wire.heard.findLast((frame) => frame.t === "event" && frame["kind"] === "message")?.["seq"]);
    }
    await one.locator(`.side .row[href="${away}"]`).click();
    await expect(composer(one)).toBeVisible();
  }
  await one.locator(`.side .row[href="${path}"]`).click();
  await expect(stored(one, "for leave")).toBeVisible();
  await expect(one.locator(".new")).toHaveCount(0);
});

test("rules 14, 15: a message that comes while nobody looks gets a fresh line, and is read only when looked at for a while", async ({ browser }) => {
  let wire!: Wire;
  let look!: (on: boolean) => Promise<void>;
  const page = await guest(browser, {
    prepare: async (made) => {
      look = await focusable(made);
      wire = await tapWire(made);
    },
  });
  const path = await makeRoom(page, unique("away"));
  const two = await guest(browser, { path });
  await expect(composer(two)).toBeVisible();
  await say(page, "own words");
  await expect(stored(two, "own words")).toBeVisible();
  const reads = (): number => wire.sent.filter((frame) => frame.t === "read").length;
  await look(false);
  const before = reads();
  await say(two, "while you are away");
  await expect(page.locator(".tl-row:has(.new) + .tl-row")).toContainText("while you are away");
  await say(two, "and one more");
  await expect(stored(page, "and one more")).toBeVisible();
  // The unseen line stays above the first of them.
  await expect(page.locator(".tl-row:has(.new) + .tl-row")).toContainText("while you are away");
  expect(reads()).toBe(before);
  const begun = Date.now();
  await look(true);
  await expect.poll(reads).toBeGreaterThan(before);
  expect(Date.now() - begun).toBeGreaterThanOrEqual(500);
  const head = wire.heard.findLast((frame) => frame.t === "event" && frame["kind"] === "message")!["seq"];
  expect(wire.sent.findLast((frame) => frame.t === "read")!["seq"]).toBe(head);
  // Seen by now: the next absence gets a line of its own.
  await look(false);
  await say(two, "a second absence");
  await expect(page.locator(".tl-row:has(.new) + .tl-row")).toContainText("a second absence");
  await expect(page.locator(".new")).toHaveCount(1);
});

test("rule 16: what another device has read is read here, and no line moves; own words are never unread", async ({ browser }) => {
  const pages = await devices(browser, unique("choi"), [{}, {}]);
  const [desk, phone] = pages as [Page, Page];
  const path = await makeRoom(desk, unique("two-devices"));
  const other = await guest(browser, { path });
  const rest = await makeRoom(desk, unique("rest"));
  await expect(phone.locator(`.side .row[href="${rest}"]`)).toBeVisible();
  await phone.locator(`.side .row[href="${rest}"]`).click();
  await say(other, "for both");
  for (const device of pages) await expect(device.locator(`.side .row[href="${path}"] .badge`)).toHaveText("1");
  await desk.locator(`.side .row[href="${path}"]`).click();
  await expect(desk.locator(".tl-row:has(.new) + .tl-row")).toContainText("for both");
  await expect(desk.locator(`.side .row[href="${path}"] .badge`)).toHaveCount(0);
  await expect(phone.locator(`.side .row[href="${path}"] .badge`)).toHaveCount(0);
  await expect(desk.locator(".tl-row:has(.new) + .tl-row")).toContainText("for both");
  await say(desk, "own words");
  await expect(stored(other, "own words")).toBeVisible();
  await expect(phone.locator(`.side .row[href="${path}"] .badge`)).toHaveCount(0);
});

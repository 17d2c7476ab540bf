/** Names, texts and links that mean harm, under the policy that the gateway really sends. */
import { expect, type Page } from "@playwright/test";
import { composer, guest, makeRoom, message, say, stored, test, unique } from "./people";
import { tapWire } from "./wire";

/** Would be set if any of it came alive. */
const MARK = "window.owned=1";

async function harmless(page: Page): Promise<void> {
  expect(await page.evaluate(() => (window as unknown as { owned?: number }).owned)).toBeUndefined();
  expect(await page.locator(".page article :is(img, script, style, link, iframe, object, embed, form, input, details, base, meta, svg:not(.icon))").count()).toBe(0);
  const links = await page.locator(".page article a").evaluateAll((all) => all.map((a) => [(a as HTMLAnchorElement).protocol, a.getAttribute("rel"), a.className]));
  for (const [protocol, rel, kind] of links) {
    expect(["http:", "https:"]).toContain(protocol);
    if (kind !== "at") expect(rel).toContain("noopener");
  }
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
}

test("hostile names of people and rooms do no harm anywhere, at 320 pixels", async ({ browser }) => {
  const name = `<img src=x onerror=${MARK}>`;
  const page = await guest(browser, { viewport: { width: 320, height: 640 } });
  await page.evaluate(async (wanted) => {
    const { access_token: token } = JSON.parse(localStorage.getItem("chatmesh.session")!) as { access_token: string };
    const call = (method: string, path: string, body: object): Promise<Response> => fetch(`/v1/${path}`, { method, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify(body) });
    const answers = [await call("PATCH", "me", { name: wanted.slice(0, 32) })];
    for (const room of [`"><script>${wanted}`, "\u202Egnp.exe", "w".repeat(80), `z${"\u0301".repeat(70)}o`]) answers.push(await call("POST", "rooms", { name: room.slice(0, 80), type: "public", topic: wanted.repeat(6).slice(0, 250) }));
    const bad = answers.find((answer) => answer.status >= 500);
    if (bad) throw new Error(String(bad.status));
  }, name);
  await page.goto("/");
  await expect(page.locator(".side .row[data-room]").nth(2)).toBeVisible();
  await harmless(page);
  for (const row of await page.locator(".side .row[data-room]").all()) {
    await row.click();
    await expect(composer(page)).toBeVisible();
    await say(page, name);
    await harmless(page);
    await page.locator(".who").click();
    await expect(page.locator(".panel")).toBeVisible();
    await harmless(page);
    await page.keyboard.press("Escape");
    await page.goto("/");
  }
  await page.goto("/rooms");
  await expect(page.locator(".dr").first()).toBeVisible();
  await harmless(page);
});

test("fifty kinds of reactions of ten thousand people fold into a line", async ({ browser }) => {
  const one = await guest(browser);
  const path = await makeRoom(one, unique("reactions"));
  await say(one, "loved");
  await expect(stored(one, "loved")).toBeVisible();
  const page = await guest(browser, {
    path,
    prepare: async (made) => {
      const wire = await tapWire(made);
      const reactions = Array.from({ length: 50 }, (_, i) => ({ emoji: i === 0 ? "x".repeat(64) : String.fromCodePoint(0x1f600 + i), count: 10_000 - i, me: false, users: [] }));
      wire.fromMesh = (frame) => (frame["entries"] ? { ...frame, entries: (frame["entries"] as object[]).map((entry) => ({ ...entry, ...("body" in entry ? { reactions } : {}) })) } : frame);
    },
  });
  const pills = message(page, "loved").locator(".rx button:not(.add)");
  await expect(pills).toHaveCount(9);
  await expect(pills.last()).toHaveText("+42");
  await pills.last().click();
  await expect(pills).toHaveCount(50);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
});

/** What can be done with a message, seen by the other browser too. */
import { expect, type Page } from "@playwright/test";
import { lines, pour, roomOf } from "./crowd";
import { firstVisible, frames } from "./place";
import { tapWire, type Wire } from "./wire";
import { composer, guest, makeRoom, message, say, stored, test, tool, unique } from "./people";

async function pair(browser: Parameters<typeof guest>[0]): Promise<[Page, Page]> {
  const one = await guest(browser);
  const path = await makeRoom(one, unique("acts"));
  const two = await guest(browser, { path });
  // The field stands there before the room is known; from here on it stays.
  await expect(two.locator(".page header .who")).toContainText("2 online");
  await expect(composer(two)).toBeVisible();
  return [one, two];
}

test("rules 40, 46: an edit shows in place for both, from the toolbar and with ArrowUp", async ({ browser }) => {
  const [one, two] = await pair(browser);
  await say(one, "teh text");
  await tool(stored(one, "teh text"), "edit");
  await one.locator(".edit-box textarea").fill("the text");
  await one.keyboard.press("Enter");
  await expect(composer(one)).toBeFocused();
  for (const page of [one, two]) {
    await expect(stored(page, "the text")).toContainText("(edited)");
    await expect(stored(page, "the text").locator(".ed")).toHaveAttribute("title", /\d{1,2}:\d{2}/);
    await expect(message(page, "teh text")).toHaveCount(0);
  }
  await one.keyboard.press("ArrowUp");
  await one.locator(".edit-box textarea").fill("given up");
  await one.keyboard.press("Escape");
  await expect(composer(one)).toBeFocused();
  await expect(stored(one, "the text")).toBeVisible();
});

test("rule 47: delete can be undone for 5 s, then it is gone for both", async ({ browser }) => {
  const [one, two] = await pair(browser);
  await say(one, "keep me");
  await say(one, "drop me");
  await expect(stored(two, "drop me")).toBeVisible();
  // Pressed by the page itself as soon as it stands there: the five seconds are not for the test's own slowness.
  const undone = one.evaluate(() => new Promise<void>((done) => {
    const look = (): void => {
      const undo = [...document.querySelectorAll("button")].find((button) => button.textContent === "Undo");
      if (undo) done(undo.click());
      else requestAnimationFrame(look);
    };
    look();
  }));
  await tool(stored(one, "keep me"), "remove");
  await undone;
  await expect(stored(one, "keep me")).toBeVisible();
  await tool(stored(one, "drop me"), "remove");
  await expect(stored(two, "drop me")).toHaveCount(0);
  await expect(two.getByRole("log")).toContainText("Message deleted");
  await expect(stored(two, "keep me")).toBeVisible();
});

test("rule 45: a reaction toggles, counts and shows on both sides", async ({ browser }) => {
  const [one, two] = await pair(browser);
  await say(one, "react to this");
  const row = stored(two, "react to this");
  await row.hover();
  await row.locator(".tools").getByRole("button", { name: "👍" }).click();
  await expect(row.locator(".rx").getByRole("button", { name: "👍, 1, including you" })).toHaveAttribute("aria-pressed", "true");
  const first = stored(one, "react to this").locator(".rx");
  await first.getByRole("button", { name: "👍, 1", exact: true }).click();
  await expect(row.locator(".rx").getByRole("button", { name: "👍, 2, including you" })).toBeVisible();
  await row.locator(".rx").getByRole("button", { name: "👍, 2, including you" }).click();
  await expect(first.getByRole("button", { name: "👍, 1, including you" })).toBeVisible();
});

test("rule 48: a reply carries its quote, and the quote leads to the original", async ({ browser }) => {
  const [one, two] = await pair(browser);
  await say(one, "what is a mesh");
  await tool(stored(two, "what is a mesh"), "reply");
  await expect(two.locator(".ctx")).toContainText("what is a mesh");
  await say(two, "many nodes");
  const row = stored(one, "many nodes");
  await expect(row.locator(".rp")).toContainText("what is a mesh");
  await row.locator(".rp").click();
  await expect(one.locator("article.lit")).toContainText("what is a mesh");
  await expect(one.locator("article.lit")).toHaveCount(0);
});

test("rule 48: after a visit to the original the pill leads back", async ({ browser }) => {
  const page = await guest(browser);
  const path = await makeRoom(page, unique("quotes"));
  await say(page, "the original");
  await expect(stored(page, "the original")).toBeVisible();
  await pour(browser, roomOf(path), lines("line", 60));
  await expect(stored(page, "line 59")).toBeInViewport();
  // A reply from far below, by the interface's own way: up to the original, reply, and down again by sending.
  await page.getByRole("log").hover();
  await expect(async () => {
    await page.mouse.wheel(0, -2_000);
    await expect(stored(page, "the original")).toBeInViewport({ timeout: 500 });
  }).toPass();
  await tool(stored(page, "the original"), "reply");
  await say(page, "an answer to it");
  await expect(stored(page, "an answer to it")).toBeInViewport();
  await stored(page, "an answer to it").locator(".rp").click();
  await expect(page.locator("article.lit")).toContainText("the original");
  await expect(page.locator("article.lit")).toBeInViewport();
  await page.locator(".pill", { hasText: "Back to where you were" }).click();
  await expect(stored(page, "an answer to it")).toBeInViewport({ ratio: 1 });
});

test("pins show in the row and in the panel, and go again", async ({ browser }) => {
  const [one, two] = await pair(browser);
  await say(one, "the rules of the house");
  await tool(stored(one, "the rules of the house"), "pin");
  await expect(stored(two, "the rules of the house")).toContainText("Pinned");
  await two.getByRole("button", { name: "Pinned messages" }).click();
  await expect(two.locator(".panel article")).toContainText("the rules of the house");
  await tool(stored(one, "the rules of the house"), "pin");
  await expect(two.locator(".panel")).toContainText("Nothing is pinned here.");
});

test("rule 49: a thread leaves the room's place, and has a draft of its own", async ({ browser }) => {
  const page = await guest(browser);
  const path = await makeRoom(page, unique("threads"));
  await pour(browser, roomOf(path), lines("line", 80));
  await expect(stored(page, "line 79")).toBeInViewport();
  await page.getByRole("log").hover();
  await page.mouse.wheel(0, -900);
  await expect(page.locator(".pill")).toBeVisible();
  await frames(page, 30);
  await composer(page).fill("to the room");
  const mark = await firstVisible(page);
  const row = page.locator(`.page article[data-key="${mark.key}"]`);
  await row.focus();
  await page.keyboard.press("t");
  const field = page.locator(".panel").getByRole("textbox", { name: "Reply in the thread" });
  await field.fill("to the thread");
  expect(Math.abs((await row.boundingBox())!.y - mark.top)).toBeLessThanOrEqual(1);
  await page.locator(".panel-top button").last().click();
  await expect(page.locator(".panel")).toHaveCount(0);
  expect(Math.abs((await row.boundingBox())!.y - mark.top)).toBeLessThanOrEqual(1);
  await expect(composer(page)).toHaveValue("to the room");
  await row.focus();
  await page.keyboard.press("t");
  await expect(field).toHaveValue("to the thread");
});

test("rule 49: a thread opens beside the room, with its own composer and address", async ({ browser }) => {
  const [one, two] = await pair(browser);
  await say(one, "root of a thread");
  await tool(stored(two, "root of a thread"), "thread");
  const panel = two.locator(".panel");
  await panel.getByRole("textbox", { name: "Reply in the thread" }).fill("a branch");
  await panel.getByRole("textbox", { name: "Reply in the thread" }).press("Enter");
  await expect(panel.locator("article[data-seq]", { hasText: "a branch" })).toHaveCount(1);
  await expect(stored(one, "root of a thread").getByRole("button", { name: "1 reply" })).toBeVisible();
  await two.reload();
  await expect(panel.locator("article[data-seq]", { hasText: "a branch" })).toHaveCount(1);
  await expect(composer(two)).toHaveValue("");
});

test("only what the protocol allows is offered", async ({ browser }) => {
  const [one, two] = await pair(browser);
  await say(one, "not yours");
  const row = stored(two, "not yours");
  await row.hover();
  await expect(row.locator(".tools [data-act=reply]")).toBeVisible();
  await expect(row.locator(".tools [data-act=edit]")).toHaveCount(0);
  await row.locator(".tools [data-act=more]").click();
  await expect(two.getByRole("menuitem", { name: "Copy link" })).toBeVisible();
  await expect(two.getByRole("menuitem", { name: "Delete" })).toHaveCount(0);
});

test("rule 52: a mention is chosen from the list, shows a name, and marks the other's row", async ({ browser }) => {
  const [one, two] = await pair(browser);
  const name = (await two.locator(".self b").innerText()).trim();
  await say(two, "here I am");
  await expect(stored(one, "here I am")).toBeVisible();
  await composer(one).pressSequentially(`hello @${name.slice(0, 3)}`);
  await expect(one.getByRole("option", { name })).toBeVisible();
  await one.keyboard.press("Escape");
  await expect(composer(one)).toHaveValue(`hello @${name.slice(0, 3)}`);
  await one.keyboard.type(name.slice(3, 4));
  await expect(one.getByRole("option", { name })).toBeVisible();
  await one.keyboard.press("Tab");
  await expect(composer(one)).toHaveValue(`hello @${name} `);
  await one.keyboard.press("Enter");
  await expect(stored(one, "hello").locator(".at")).toHaveText(`@${name}`);
  await expect(stored(two, "hello")).toHaveClass(/hit/);
  await composer(one).press("ArrowUp");
  await expect(one.locator(".edit-box textarea")).toHaveValue(`hello @${name}`);
});

test("rule 45: a reaction that is refused goes back with a word, and its pill is as wide at 9 as at 1", async ({ browser }) => {
  let wire!: Wire;
  const page = await guest(browser, { prepare: async (made) => void (wire = await tapWire(made)) });
  const path = await makeRoom(page, unique("refused"));
  await say(page, "react");
  const row = stored(page, "react");
  await row.hover();
  wire.fromPage = (frame) => {
    if (frame.t !== "react") return frame;
    wire.say({ t: "error", ref: frame.ref!, code: "forbidden", message: "no", retryable: false });
    return undefined;
  };
  await row.locator(".tools").getByRole("button", { name: "👍" }).click();
  await expect(page.locator(".toast")).toContainText("That did not work: you may not do that here");
  await expect(row.locator(".rx")).toHaveCount(0);
  wire.fromPage = (frame) => frame;
  await row.hover();
  await row.locator(".tools").getByRole("button", { name: "👍" }).click();
  const pill = row.locator(".rx button").first();
  await expect(pill).toHaveText("👍1");
  const one = (await pill.boundingBox())!.width;
  const seq = Number(await row.getAttribute("data-seq"));
  const wide = await guest(browser, {
    path,
    prepare: async (made) => {
      const tap = await tapWire(made);
      tap.fromMesh = (frame) => (frame["entries"] ? { ...frame, entries: (frame["entries"] as { seq: number }[]).map((entry) => (entry.seq === seq ? { ...entry, reactions: [{ emoji: "👍", count: 9, me: true, users: [] }] } : entry)) } : frame);
    },
  });
  await expect(stored(wide, "react").locator(".rx button").first()).toHaveText("👍9");
  expect((await stored(wide, "react").locator(".rx button").first().boundingBox())!.width).toBe(one);
});

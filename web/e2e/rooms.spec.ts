/** Rooms and who belongs to them: name, topic, invitations, roles, leaving, and rooms of two. */
import { expect } from "@playwright/test";
import { composer, guest, makeRoom, message, named, say, stored, test, unique } from "./people";

test("a private room: invited, made moderator, renamed, given a topic, left and removed", async ({ browser }) => {
  const owner = await guest(browser);
  const other = await guest(browser);
  const name = unique("lee");
  await named(other, name);
  const room = unique("secret");
  const path = await makeRoom(owner, room, "Private");
  await say(owner, "between us");
  await expect(stored(owner, "between us")).toBeVisible();
  await other.goto(path);
  await expect(other.getByRole("heading", { name: "No such room, or not for you" })).toBeVisible();

  await owner.locator(".who").click();
  const panel = owner.locator(".panel");
  await panel.getByLabel("Add someone").fill(name);
  await panel.locator(".finder").getByRole("button", { name }).click();
  await expect(panel.locator(".plist .row", { hasText: name })).toBeVisible();
  await expect(other.locator(".side .row", { hasText: room })).toBeVisible();
  await other.locator(".side .row", { hasText: room }).click();
  await other.reload();
  await expect(message(other, "between us")).toBeVisible();
  await panel.getByRole("combobox", { name: `Role: ${name}` }).selectOption("moderator");
  await expect(owner.getByRole("log")).toContainText(`${name} is now moderator`);

  await other.getByRole("button", { name: "About this room" }).click();
  const about = other.locator(".panel");
  const renamed = unique("known");
  await about.getByLabel("Name").fill(renamed);
  await about.getByLabel("Topic").fill("what we agreed on");
  await about.getByRole("button", { name: "Save" }).click();
  await expect(owner.getByRole("heading", { level: 1 })).toContainText(renamed);
  await expect(owner.locator(".topic")).toHaveText("what we agreed on");
  await expect(owner.locator(".side .row", { hasText: renamed })).toBeVisible();
  await expect(owner.getByRole("log")).toContainText("set the topic");

  await about.getByRole("button", { name: "Leave room" }).click();
  await expect(other.locator(".side .row", { hasText: renamed })).toHaveCount(0);
  await expect(owner.getByRole("log")).toContainText(`${name} left`);
  // Alone as the owner with nobody else, one may leave; with others one may not.
  await panel.getByLabel("Add someone").fill(name);
  await panel.locator(".finder").getByRole("button", { name }).click();
  await expect(panel.locator(".plist .row", { hasText: name })).toBeVisible();
  await owner.getByRole("button", { name: "About this room" }).click();
  await panel.getByRole("button", { name: "Leave room" }).click();
  await expect(owner.locator(".toast")).toContainText("only owner");
  await owner.locator(".who").click();
  await panel.getByRole("button", { name: `Remove: ${name}` }).click();
  await expect(panel.locator(".plist .row", { hasText: name })).toHaveCount(0);
});

test("a room of two: found by name, the same from both sides, reached by the switcher", async ({ browser }) => {
  const one = await guest(browser);
  const two = await guest(browser);
  const name = unique("정민");
  await named(two, name);
  await one.keyboard.press("Control+k");
  await one.getByRole("combobox").fill(`@${name}`);
  await expect(one.getByRole("option", { selected: true })).toContainText(name);
  await one.keyboard.press("Enter");
  await expect(one.getByRole("heading", { level: 1 })).toHaveText(name);
  const path = new URL(one.url()).pathname;
  await say(one, "only for you");
  await expect(two.locator(`.side .row[href="${path}"] .badge.me`)).toHaveText("1");
  await expect(two).toHaveTitle(/^\(1\)/);
  await two.locator(`.side .row[href="${path}"]`).click();
  await expect(stored(two, "only for you")).toBeVisible();
  await say(two, "and back");
  await expect(stored(one, "and back")).toBeVisible();
  await one.getByRole("button", { name: "Write to someone" }).click();
  await one.getByRole("dialog").getByRole("textbox").fill(name);
  await one.getByRole("dialog").getByRole("button", { name }).click();
  await expect(one).toHaveURL(path);
  await expect(composer(one)).toBeVisible();
});

test("settings stay: density and language after a reload, single letters off, the map of the keys", async ({ browser }) => {
  const page = await guest(browser);
  await makeRoom(page, unique("settings"));
  await say(page, "a message");
  await expect(stored(page, "a message")).toBeVisible();
  await page.getByRole("button", { name: "Settings" }).click();
  const dialog = page.getByRole("dialog", { name: "Settings" });
  await dialog.getByRole("button", { name: "Compact" }).click();
  await dialog.getByRole("group", { name: "Single letters" }).getByRole("button", { name: "Off" }).click();
  await page.keyboard.press("Escape");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-density", "compact");
  await stored(page, "a message").focus();
  await page.keyboard.press("r");
  await expect(page.locator(".ctx")).toHaveCount(0);
  await expect(composer(page)).toHaveValue("r");
  await page.keyboard.press("Control+/");
  await expect(page.getByRole("dialog", { name: "Keys" })).toContainText("Jump to a room or person");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Settings" }).click();
  await dialog.getByRole("button", { name: "한국어" }).click();
  // Chosen once its texts are there, not before.
  await expect(page.locator("html")).toHaveAttribute("lang", "ko");
  await page.keyboard.press("Escape");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "ko");
  await expect(page.getByRole("button", { name: "설정" })).toBeVisible();
});

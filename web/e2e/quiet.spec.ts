/** Rooms that are to be quiet, and code in colours. */
import { expect } from "@playwright/test";
import { composer, guest, makeRoom, named, say, stored, test, unique } from "./people";

test("a muted room is neither bold nor counted, on this device, until it is not any more; a mention still is", async ({ browser }) => {
  const one = await guest(browser);
  const name = unique("calm");
  await named(one, name);
  const path = await makeRoom(one, unique("noisy"));
  await one.getByRole("button", { name: "About this room" }).click();
  const choice = one.getByRole("checkbox", { name: "Mute this room" });
  await choice.check();
  const row = one.locator(`.side .row[href="${path}"]`);
  await expect(row.getByRole("img", { name: "muted" })).toBeVisible();
  const two = await guest(browser, { path });
  await makeRoom(one, unique("elsewhere"));
  await one.reload();
  await say(two, "one of many");
  await say(two, "and one more");
  // What comes behind them has come.
  await composer(two).pressSequentially(`@${name.slice(0, 6)}`);
  await expect(two.getByRole("option").first()).toContainText(name);
  await two.keyboard.press("Tab");
  await two.keyboard.type("you?");
  await two.keyboard.press("Enter");
  await expect(row.locator(".badge")).toHaveText("@1");
  await expect(row).not.toHaveClass(/\bun\b/);
  await row.click();
  await expect(stored(one, "you?")).toBeVisible();
  await expect(row.locator(".badge")).toHaveCount(0);
  await one.getByRole("button", { name: "About this room" }).click();
  await expect(choice).toBeChecked();
  await choice.uncheck();
  await expect(row.getByRole("img", { name: "muted" })).toHaveCount(0);
  await makeRoom(one, unique("again"));
  await say(two, "loud again");
  await expect(row).toHaveClass(/\bun\b/);
});

test("code whose language is named has colours, its text is the same, and nothing moves when they come", async ({ browser }) => {
  const page = await guest(browser);
  await makeRoom(page, unique("code"));
  const source = "# <b>not bold</b> & safe\nsudo dmesg -H | grep \"err\"";
  await composer(page).fill(`\`\`\`sh\n${source}\n\`\`\``);
  await composer(page).press("Enter");
  const block = page.locator(".cb code").last();
  await expect(block.locator(".hljs-comment")).toHaveText("# <b>not bold</b> & safe");
  await expect(block).toHaveText(source);
  const height = (await block.boundingBox())!.height;
  await composer(page).fill(`\`\`\`unknown-tongue\n${source}\n\`\`\``);
  await composer(page).press("Enter");
  await expect(page.locator(".cb")).toHaveCount(2);
  const plain = page.locator(".cb code").last();
  await expect(plain).toHaveText(source);
  await expect(plain.locator("span")).toHaveCount(0);
  expect((await plain.boundingBox())!.height).toBe(height);
});

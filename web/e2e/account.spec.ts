/** Sign up, log out, log in; a guest becomes an account and keeps what is his. */
import { expect, type Page } from "@playwright/test";
import { composer, guest, makeRoom, say, stored, test, unique, visitor } from "./people";

async function logOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Log out", exact: true }).click();
  await expect(page.locator("#welcome")).toBeVisible();
}

async function fillIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
}

test("an account is made, left and entered again", async ({ browser }) => {
  const page = await visitor(browser);
  const name = unique("kim");
  await page.goto("/");
  await page.getByRole("button", { name: "Create account" }).click();
  await fillIn(page, name, "correct horse");
  await page.locator("form button[type=submit]").click();
  await expect(page.locator(".self")).toContainText(name);
  await logOut(page);
  await page.reload();
  await expect(page.locator("#welcome")).toBeVisible();

  await page.getByRole("button", { name: "Log in" }).click();
  await fillIn(page, name, "wrong horse!");
  await page.locator("form button[type=submit]").click();
  await expect(page.getByRole("alert")).toHaveText("Wrong name or password.");
  await fillIn(page, name, "correct horse");
  await page.locator("form button[type=submit]").click();
  await expect(page.locator(".self")).toContainText(name);
  await page.reload();
  await expect(page.locator(".self")).toContainText(name);
});

test("a taken name is refused in words", async ({ browser }) => {
  const name = unique("park");
  for (const [i, page] of [await visitor(browser), await visitor(browser)].entries()) {
    await page.goto("/");
    await page.getByRole("button", { name: "Create account" }).click();
    await fillIn(page, name, "correct horse");
    await page.locator("form button[type=submit]").click();
    if (i === 0) await expect(page.locator(".self")).toContainText(name);
    else await expect(page.getByRole("alert")).toHaveText("This name is taken.");
  }
});

test("a guest becomes an account and keeps rooms and messages", async ({ browser }) => {
  const page = await guest(browser);
  const room = unique("mine");
  await makeRoom(page, room);
  await say(page, "written as a guest");
  await expect(stored(page, "written as a guest")).toBeVisible();
  await page.getByRole("button", { name: "Settings" }).click();
  const dialog = page.getByRole("dialog", { name: "Settings" });
  await dialog.getByRole("button", { name: "Create account" }).click();
  const name = unique("lee");
  await dialog.locator("form.gc").getByLabel("Name").fill(name);
  await dialog.getByLabel("Password").fill("correct horse");
  await dialog.locator("form.gc button[type=submit]").click();
  await expect(dialog).toHaveCount(0);
  await expect(page.locator(".self")).toContainText(name);
  await expect(page.locator(".self")).not.toContainText("Guest");
  await logOut(page);
  await page.getByRole("button", { name: "Log in" }).click();
  await fillIn(page, name, "correct horse");
  await page.locator("form button[type=submit]").click();
  await page.locator(".side .row", { hasText: room }).click();
  await expect(stored(page, "written as a guest")).toBeVisible();
  await expect(composer(page)).toBeVisible();
  await page.locator(`article[data-seq]`, { hasText: "written as a guest" }).hover();
  await expect(page.locator(".tools [data-act=edit]")).toBeVisible();
});

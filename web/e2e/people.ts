/** People in browsers: everybody has a context of his own, like a device. */
import { expect, test as base, type Browser, type BrowserContextOptions, type Locator, type Page } from "@playwright/test";

/** Closes the browsers of a test after it: pages left open would slow all that follow. */
export const test = base.extend<{ tidy: void }>({
  tidy: [async ({ browser }, use) => {
    await use();
    await Promise.all(browser.contexts().map((context) => context.close()));
  }, { auto: true }],
});

let count = 0;
/** A name nobody else in this run or an earlier one has. */
export const unique = (word: string): string => `${word}-${Date.now().toString(36)}-${count++}`;

/** Without a service worker unless the options want it: it would fetch the whole client anew for every device of every test. */
export async function visitor(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ serviceWorkers: "block", ...options });
  return context.newPage();
}

/** Through the door in one click, into the room of the address or the liveliest one. `prepare`: before the page loads. */
export async function guest(browser: Browser, options: BrowserContextOptions & { path?: string; prepare?: (page: Page) => Promise<void> } = {}): Promise<Page> {
  const { path = "/", prepare, ...rest } = options;
  const page = await visitor(browser, rest);
  await prepare?.(page);
  await page.goto(path);
  await page.locator("#welcome form button[type=submit]").click();
  await expect(page.locator("#app")).toBeVisible();
  return page;
}

/** Gives a guest a name that can be searched for. */
export async function named(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Settings" }).click();
  const dialog = page.getByRole("dialog", { name: "Settings" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.locator(".self")).toContainText(name);
  await page.keyboard.press("Escape");
}

/** The same account on several devices, each past the door. */
export async function devices(browser: Browser, name: string, kinds: readonly BrowserContextOptions[]): Promise<Page[]> {
  const pages: Page[] = [];
  for (const [i, kind] of kinds.entries()) {
    const page = await visitor(browser, kind);
    await page.goto("/");
    await page.getByRole("button", { name: i === 0 ? "Create account" : "Log in" }).click();
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password").fill("correct horse");
    await page.locator("form button[type=submit]").click();
    await expect(page.locator("#app")).toBeVisible();
    pages.push(page);
  }
  return pages;
}

/** Makes a room and stands in it; gives its address. */
export async function makeRoom(page: Page, name: string, type: "Public" | "Private" = "Public"): Promise<string> {
  await page.getByRole("button", { name: "New room" }).first().click();
  const dialog = page.getByRole("dialog", { name: "New room" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: type, exact: true }).click();
  await dialog.getByRole("button", { name: "Create room" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(name);
  await expect(composer(page)).toBeVisible();
  return new URL(page.url()).pathname;
}

export const composer = (page: Page): Locator => page.locator("#composer");
export const message = (page: Page, text: string): Locator => page.getByRole("log").locator("article", { hasText: text });
export const stored = (page: Page, text: string): Locator => page.getByRole("log").locator("article[data-seq]", { hasText: text });

export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

/** The texts of all messages that are drawn, in order. */
export const texts = (page: Page): Promise<string[]> => page.getByRole("log").locator("article .tx").allInnerTexts();

/** Uses the toolbar of a row, or its menu for what is not in the bar itself. */
export async function tool(row: Locator, act: string): Promise<void> {
  await row.hover();
  const direct = row.locator(`.tools [data-act=${act}]`);
  await expect(row.locator(".tools")).toBeVisible();
  if (await direct.count()) return direct.click();
  await row.locator(".tools [data-act=more]").click();
  await row.page().locator(`.menu [data-act=${act}]`).click();
}

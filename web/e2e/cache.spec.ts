/** What this device keeps: the last state before the network answers, the page without a network, and nothing after a log-out. */
import { expect, type Page } from "@playwright/test";
import { composer, guest, makeRoom, message, say, stored, test, unique } from "./people";

/** Everything that stands in the page's own database. */
const kept = (page: Page): Promise<string> => page.evaluate(() => new Promise<string>((done, failed) => {
  const request = indexedDB.open("chatmesh");
  request.onerror = () => failed(request.error);
  request.onsuccess = () => {
    const transaction = request.result.transaction(["rooms", "entries"]);
    const all = ["rooms", "entries"].map((store) => transaction.objectStore(store).getAll());
    transaction.oncomplete = () => {
      request.result.close();
      done(JSON.stringify(all.map((one) => one.result as unknown)));
    };
  };
}));

test("the last state is painted before the network answers, and what is newer follows", async ({ browser }) => {
  const page = await guest(browser);
  const name = unique("cached");
  const path = await makeRoom(page, name);
  await say(page, "from the last visit");
  await expect(stored(page, "from the last visit")).toBeVisible();
  await expect.poll(() => kept(page)).toContain("from the last visit");
  // The files come, the mesh says nothing.
  const again = await page.context().newPage();
  const held: (() => void)[] = [];
  await again.routeWebSocket(/\/v1\/connect/, (socket) => {
    held.push(() => void socket.close({ code: 4000 }));
  });
  await again.goto(path);
  await expect(message(again, "from the last visit")).toBeVisible();
  await expect(again.locator(".side .row", { hasText: name })).toBeVisible();
  await expect(again.getByRole("heading", { level: 1 })).toContainText(name);
  await say(page, "since then");
  await expect(stored(page, "since then")).toBeVisible();
  await again.unrouteAll({ behavior: "ignoreErrors" });
  await expect(message(again, "since then")).toHaveCount(0);
  await again.close();
  const third = await page.context().newPage();
  await third.goto(path);
  await expect(message(third, "since then")).toBeVisible();
  await expect(message(third, "from the last visit")).toHaveCount(1);
});

test("installed, it opens without a network at any address, reads what it has, and a log-out wipes it all", async ({ browser }) => {
  const page = await guest(browser, { serviceWorkers: "allow" });
  const path = await makeRoom(page, unique("offline"));
  await say(page, "kept on the device");
  await expect(stored(page, "kept on the device")).toBeVisible();
  await expect.poll(() => kept(page)).toContain("kept on the device");
  await composer(page).fill("a draft");
  const manifest = await page.evaluate(async () => {
    const link = document.querySelector<HTMLLinkElement>("link[rel=manifest]")!;
    const found = (await (await fetch(link.href)).json()) as { name: string; display: string; icons: { src: string; sizes: string }[] };
    const icons = await Promise.all(found.icons.map(async (icon) => (await fetch(icon.src)).headers.get("content-type")));
    return { name: found.name, display: found.display, icons };
  });
  expect(manifest).toEqual({ name: "chatmesh", display: "standalone", icons: ["image/png", "image/png", "image/svg+xml"] });
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await page.context().setOffline(true);
  await page.goto(path);
  await expect(message(page, "kept on the device")).toBeVisible();
  await expect(composer(page)).toHaveValue("a draft");
  await expect(page.locator(".strip")).toContainText("You are offline.");
  await composer(page).press("Enter");
  await expect(message(page, "a draft")).toContainText("Waiting for connection");
  await page.goto("/rooms");
  await expect(page.locator("#app")).toBeVisible();
  await page.context().setOffline(false);
  await page.goto(path);
  await expect(stored(page, "a draft")).toHaveCount(1);
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Log out", exact: true }).click();
  await expect(page.locator("#welcome")).toBeVisible();
  await expect.poll(() => kept(page)).toBe("[[],[]]");
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => /draft|outbox|session/.test(key)))).toEqual([]);
});

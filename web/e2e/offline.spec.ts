/** A cut wire: nothing is lost, nothing comes twice, and the page says the truth about it. */
import { expect, type Page } from "@playwright/test";
import { openLine, type Line } from "./line";
import { composer, guest, makeRoom, message, say, stored, test, texts, unique } from "./people";

let line: Line;
test.beforeEach(async ({ baseURL }) => {
  line = await openLine(baseURL!);
});
test.afterEach(() => line.close());

async function behindLine(browser: Parameters<typeof guest>[0]): Promise<{ near: Page; far: Page; path: string }> {
  const near = await guest(browser, { baseURL: line.url });
  const path = await makeRoom(near, unique("wire"));
  const far = await guest(browser, { path });
  await expect(composer(far)).toBeVisible();
  return { near, far, path };
}

test("rules 27, 29, 30: written offline, it waits, says so, and leaves once, in order", async ({ browser }) => {
  const { near, far } = await behindLine(browser);
  await say(near, "before the cut");
  await expect(stored(far, "before the cut")).toHaveCount(1);
  line.cut();
  for (const text of ["offline one", "offline two", "offline three"]) await say(near, text);
  await expect(near.locator("article[data-pending]")).toHaveCount(3);
  await expect(message(near, "offline one")).toContainText("Waiting for connection");
  await say(far, "while you were away");
  await expect(near.locator(".strip")).toContainText("You are offline.", { timeout: 15_000 });
  line.mend();
  await near.locator(".strip").getByRole("button", { name: "Try now" }).click();
  const expected = ["before the cut", "while you were away", "offline one", "offline two", "offline three"];
  await expect.poll(() => texts(far), { timeout: 20_000 }).toEqual(expected);
  await expect.poll(() => texts(near)).toEqual(expected);
  await expect(near.locator("article[data-pending]")).toHaveCount(0);
  await expect(near.locator(".strip", { hasText: "offline" })).toHaveCount(0);
});

test("rule 31: back again, the strip says how many messages were caught up, and goes by itself", async ({ browser }) => {
  const { near, far } = await behindLine(browser);
  await makeRoom(near, unique("elsewhere"));
  line.cut();
  await expect(near.locator(".strip")).toContainText("You are offline.", { timeout: 15_000 });
  for (const text of ["missed one", "missed two", "missed three"]) await say(far, text);
  await expect(stored(far, "missed three")).toHaveCount(1);
  line.mend();
  await near.locator(".strip").getByRole("button", { name: "Try now" }).click();
  await expect(near.locator(".strip")).toHaveText("Back, 3 messages caught up");
  await expect(near.locator(".strip")).toHaveCount(0, { timeout: 4_000 });
});

test("rule 25: what waits survives a reload, in order, and arrives once", async ({ browser }) => {
  const { near, far, path } = await behindLine(browser);
  await say(near, "stored");
  await expect(stored(near, "stored")).toHaveCount(1);
  line.cut();
  await say(near, "waits one");
  await say(near, "waits two");
  await expect(near.locator("article[data-pending]")).toHaveCount(2);
  // The page itself comes over the mended wire; its socket must not, so that the outbox is seen waiting.
  await near.route("**/v1/**", (route) => route.abort());
  await near.routeWebSocket(/\/v1\/connect/, (socket) => void socket.close({ code: 4000 }));
  line.mend();
  await near.goto(line.url + path);
  await expect(message(near, "waits one")).toBeVisible();
  await expect(near.locator("article[data-pending] .tx")).toHaveText([/waits one/, /waits two/]);
  await near.unrouteAll({ behavior: "ignoreErrors" });
  await near.goto("about:blank");
  const again = await near.context().newPage();
  await again.goto(line.url + path);
  await expect.poll(() => texts(far), { timeout: 20_000 }).toEqual(["stored", "waits one", "waits two"]);
  await expect.poll(() => texts(again)).toEqual(["stored", "waits one", "waits two"]);
});

test("rule 29: when the browser knows that it is offline, the page says so at once", async ({ browser }) => {
  const { near, far } = await behindLine(browser);
  await near.context().setOffline(true);
  await expect(near.locator(".strip")).toContainText("You are offline.", { timeout: 1_000 });
  await say(near, "from the tunnel");
  await expect(message(near, "from the tunnel")).toContainText("Waiting for connection");
  await near.context().setOffline(false);
  await expect(near.locator(".strip", { hasText: "offline" })).toHaveCount(0, { timeout: 20_000 });
  await expect(stored(far, "from the tunnel")).toHaveCount(1, { timeout: 20_000 });
  await expect(stored(near, "from the tunnel")).toHaveCount(1);
});

test("rule 28: a short break changes nothing on the screen and leaves no gap", async ({ browser }) => {
  const { near, far } = await behindLine(browser);
  await say(near, "first");
  await expect(stored(far, "first")).toHaveCount(1);
  line.cut();
  line.mend();
  await say(far, "in the gap");
  await expect(stored(near, "in the gap")).toHaveCount(1, { timeout: 15_000 });
  await expect(near.locator(".strip")).toHaveCount(0);
  expect(await texts(near)).toEqual(["first", "in the gap"]);
});

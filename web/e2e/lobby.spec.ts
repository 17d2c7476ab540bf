/** The ranked rooms: at the door, in the sidebar and in the list of all; and figures that are not live any more. */
import { expect, type Browser, type Page } from "@playwright/test";
import { roomOf } from "./crowd";
import { openLine } from "./line";
import { composer, guest, makeRoom, say, stored, test, unique, visitor } from "./people";
import { tapWire, type Frame, type Wire } from "./wire";

async function tapped(browser: Browser, path: string): Promise<{ page: Page; wire: Wire }> {
  let wire!: Wire;
  const page = await guest(browser, { path, prepare: async (made) => void (wire = await tapWire(made)) });
  return { page, wire };
}

const ranked = (room: string, active_30m: number, more: object = {}): object => ({ room, name: room, active_30m, online: 1, ...more });
/** The list as the mesh gives it, and nothing of it afterwards: three rooms of the test stand above all others. */
const A = "aaa-held";
const B = "bbb-held";
const C = "ccc-held";
function threeRooms(wire: Wire): void {
  wire.fromMesh = (frame) => (frame.t === "lobby" ? undefined : frame);
  wire.say({ t: "lobby", put: [ranked(A, 9_000), ranked(B, 8_000), ranked(C, 7_000)], drop: [] } as unknown as Frame);
}
const names = (page: Page, list: string): Promise<string[]> => page.locator(`${list} [data-room$=held]`).evaluateAll((rows) => rows.map((row) => row.getAttribute("data-room")!));

for (const [where, list, path] of [["all rooms", ".dir ul", "/rooms"], ["lively now", ".lively ul", ""]] as const) {
  test(`rule 55: ${where}: nothing moves under the pointer or the focus, how many moves wait is said, and they come 1 s after`, async ({ browser }) => {
    const maker = await guest(browser);
    const own = await makeRoom(maker, unique("held"));
    const { page, wire } = await tapped(browser, path || own);
    await expect.poll(() => wire.heard.some((frame) => frame.t === "ok" && Array.isArray(frame["rooms"]))).toBe(true);
    threeRooms(wire);
    await expect.poll(() => names(page, list)).toEqual([A, B, C]);
    const waits = page.locator(where === "all rooms" ? ".held" : ".lively .sec small");
    const away = page.locator(".side-top");

    await page.locator(`${list} [data-room=${B}]`).hover();
    wire.say({ t: "lobby", put: [ranked(C, 9_500)], drop: [] } as unknown as Frame);
    await expect(page.locator(`${list} [data-room=${C}]`)).toContainText("9,500");
    expect(await names(page, list)).toEqual([A, B, C]);
    await expect(waits).toContainText("1 move waits");
    await away.hover();
    await page.waitForTimeout(500);
    expect(await names(page, list)).toEqual([A, B, C]);
    await expect.poll(() => names(page, list), { timeout: 5_000, intervals: [100] }).toEqual([C, A, B]);
    await expect.poll(async () => (await waits.allTextContents()).join("")).toBe("");

    await page.locator(`${list} [data-room=${A}] a, ${list} a[data-room=${A}]`).first().focus();
    wire.say({ t: "lobby", put: [], drop: [B] } as unknown as Frame);
    wire.say({ t: "lobby", put: [ranked(A, 9_900)], drop: [] } as unknown as Frame);
    await expect(waits).toContainText(where === "all rooms" ? "2 moves wait" : /moves wait/);
    expect(await names(page, list)).toEqual([C, A, B]);
    await page.locator(".jump").focus();
    await expect.poll(() => names(page, list), { timeout: 5_000, intervals: [100] }).toEqual([A, C]);
  });
}

test("the liveliest rooms by the people in them, with the last words; joined ones only in the list of all", async ({ browser }) => {
  test.setTimeout(120_000);
  const people = await Promise.all([0, 1, 2].map(() => guest(browser)));
  const paths: string[] = [];
  // A room of one may fall out of the hundred that are ranked, on a mesh that is not fresh.
  for (const [i, name] of ["three", "two"].entries()) {
    const made = unique(name);
    paths.push(await makeRoom(people[0]!, made));
    for (const person of people.slice(0, 3 - i)) {
      if (person !== people[0]) {
        await person.goto(paths[i]!);
        await person.getByRole("button", { name: "Join room" }).click();
      }
      await expect(composer(person)).toHaveAttribute("placeholder", `Message #${made}`);
      await say(person, `words of ${name}`);
      await expect(stored(person, `words of ${name}`).last()).toBeVisible();
    }
  }
  const mine = paths.map(roomOf);
  const order = (page: Page, list: string): Promise<string[]> => page.locator(`${list} [data-room]`).evaluateAll((rows, wanted) => rows.map((row) => row.getAttribute("data-room")!).filter((room) => wanted.includes(room)), mine);
  const reader = await guest(browser, { path: "/rooms" });
  await expect.poll(() => order(reader, ".dir ul"), { timeout: 30_000 }).toEqual(mine);
  const row = reader.locator(`.dir ul [data-room="${mine[0]}"]`);
  await expect(row.getByRole("img", { name: "3 in the last 30 minutes" })).toBeVisible();
  await expect(row.locator(".pv")).toContainText("words of three");
  await expect(row.getByRole("img", { name: /[1-3] online/ })).toBeVisible();
  const first = await reader.locator(".dir ul .dr").first().locator(".act i i").evaluate((bar) => bar.getBoundingClientRect().width / bar.parentElement!.getBoundingClientRect().width);
  expect(first).toBeCloseTo(1, 1);
  await row.getByRole("button", { name: "Join" }).click();
  await expect(composer(reader)).toBeVisible();
  await expect(reader.locator(`.lively [data-room="${mine[0]}"]`)).toHaveCount(0);
  await reader.goto("/rooms");
  await expect(row.getByRole("link", { name: "Open" })).toBeVisible();
});

test("behind the door the liveliest rooms can be seen; one of them is entered by a click", async ({ browser }) => {
  const maker = await guest(browser);
  await makeRoom(maker, unique("window"));
  await say(maker, "seen through the window");
  await expect(stored(maker, "seen through the window")).toBeVisible();
  const door = await visitor(browser);
  await door.goto("/");
  const room = door.locator(".w-card .live").first();
  await expect(room).toBeVisible({ timeout: 30_000 });
  await expect(room.locator(".rk")).toHaveText("1");
  const id = await room.getAttribute("data-room");
  await room.click();
  await expect(door).toHaveURL(`/r/${id}`);
  await expect(composer(door)).toBeVisible();
});

test("the door without a ranking: quiet, not available, or closed; the way in stays", async ({ browser }) => {
  const door = await visitor(browser);
  for (const [status, body, says] of [[200, { rooms: [] }, "Quiet at the moment"], [503, { code: "unavailable" }, "Ranking is not available"]] as const) {
    await door.route("**/v1/lobby*", (route) => route.fulfill({ status, json: body }));
    await door.goto("/");
    await expect(door.locator(".w-card")).toContainText(says);
    await door.unrouteAll();
  }
  await door.route("**/v1/lobby*", (route) => route.fulfill({ status: 401, json: { code: "unauthenticated" } }));
  await door.goto("/");
  await expect(door.locator(".w-card")).toHaveCount(0);
  await expect(door.getByRole("button", { name: "Continue as guest" })).toBeFocused();
});

test("while the ranking is not available, rooms can be read and joined", async ({ browser }) => {
  const maker = await guest(browser);
  await makeRoom(maker, unique("unranked"));
  let lobby = 0;
  const page = await guest(browser, {
    path: "/rooms",
    prepare: async (made) => {
      const wire = await tapWire(made);
      wire.fromPage = (frame) => {
        if (frame.t !== "lobby") return frame;
        lobby++;
        wire.say({ t: "error", ref: frame.ref!, code: "unavailable", message: "not now", retryable: true });
        return undefined;
      };
    },
  });
  await expect(page.locator(".lead")).toHaveText("Ranking is not available");
  await expect(page.locator(".lively .none")).toHaveText("Ranking is not available");
  await expect(page.locator(".dr").first()).toBeVisible();
  await expect(page.locator(".dr .rk").first()).toHaveText("");
  // Asked for again by itself.
  await expect.poll(() => lobby).toBeGreaterThan(2);
  await page.locator(".dr").getByRole("button", { name: "Join" }).first().click();
  await expect(composer(page)).toBeVisible();
});

test("rule 32: without a connection live figures are hollow and carry their time", async ({ browser, baseURL }) => {
  const line = await openLine(baseURL!);
  try {
    const page = await guest(browser, { baseURL: line.url });
    const path = await makeRoom(page, unique("hollow"));
    const other = await guest(browser, { path });
    await expect(composer(other)).toBeVisible();
    const figure = page.locator(".who");
    await expect(figure).toHaveText("2 online");
    await expect(figure.locator(".pr")).not.toHaveAttribute("data-hollow");
    await expect(page.locator(".lively .live, .lively .none").first()).toBeVisible();
    line.cut();
    // As rule 28 says, not at once.
    await expect(figure).toHaveText("2 online");
    await expect(figure).toHaveText(/^2 at \d\d:\d\d$/, { timeout: 5_000 });
    await expect(figure.locator(".pr")).toHaveAttribute("data-hollow");
    await expect(page.locator(".lively .sec small")).toHaveText(/^at \d\d:\d\d$/);
    await page.goto("about:blank").catch(() => undefined);
  } finally {
    await line.close();
  }
});

test("rule 32: when the browser knows that it is offline, the figures are hollow at once, and live again with the connection", async ({ browser }) => {
  const page = await guest(browser);
  await makeRoom(page, unique("tunnel"));
  const figure = page.locator(".who");
  await expect(figure).toHaveText("1 online");
  await page.context().setOffline(true);
  await expect(figure).toHaveText(/^1 at \d\d:\d\d$/, { timeout: 1_000 });
  await expect(figure.locator(".pr")).toHaveAttribute("data-hollow");
  await page.context().setOffline(false);
  await expect(figure).toHaveText("1 online");
});

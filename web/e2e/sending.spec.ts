/** From Enter to stored: what the row says at each moment, and that there is always exactly one. */
import { expect, type Page } from "@playwright/test";
import { composer, guest, makeRoom, message, say, stored, test, texts, unique } from "./people";
import { frames } from "./place";
import { tapWire, type Wire } from "./wire";

async function tapped(browser: Parameters<typeof guest>[0], path?: string): Promise<{ page: Page; wire: Wire }> {
  let wire!: Wire;
  const page = await guest(browser, { ...(path === undefined ? {} : { path }), prepare: async (made) => void (wire = await tapWire(made)) });
  return { page, wire };
}

test("rules 21, 22: pending within a frame, a word after 600 ms, then a check in a row of the same height; only the newest keeps it", async ({ browser }) => {
  const { page, wire } = await tapped(browser);
  await makeRoom(page, unique("moments"));
  await say(page, "first of all");
  await expect(stored(page, "first of all").locator(".st.ok")).toBeVisible();
  const held: (() => void)[] = [];
  wire.fromMesh = (frame) => {
    if (frame.t !== "event" && !(frame.t === "ok" && frame["level"])) return frame;
    held.push(() => wire.say(frame));
    return undefined;
  };
  await composer(page).fill("watched");
  const seen = await page.evaluate(() => new Promise<{ row: boolean; empty: boolean; focused: boolean; word: boolean }>((done) => {
    const field = document.querySelector<HTMLTextAreaElement>("#composer")!;
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 13, bubbles: true, cancelable: true }));
    requestAnimationFrame(() => {
      const last = [...document.querySelectorAll("[role=log] article")].at(-1);
      done({ row: last?.matches("[data-pending]") === true && last.textContent!.includes("watched"), empty: field.value === "", focused: document.activeElement === field, word: last?.textContent?.includes("Sending") === true });
    });
  }));
  expect(seen).toEqual({ row: true, empty: true, focused: true, word: false });
  const row = message(page, "watched");
  const height = (await row.boundingBox())!.height;
  await expect(row).toContainText("Sending");
  expect((await row.boundingBox())!.height).toBe(height);
  await expect(stored(page, "first of all").locator(".st.ok")).toBeVisible();
  wire.fromMesh = (frame) => frame;
  held.forEach((tell) => tell());
  await expect(stored(page, "watched").locator(".st.ok")).toBeVisible();
  expect((await stored(page, "watched").boundingBox())!.height).toBe(height);
  await expect(page.locator(".st.ok")).toHaveCount(1);
});

for (const [name, late] of [["the event before the ok", "ok"], ["the ok before the event", "event"]] as const) {
  test(`rule 23: one row with ${name}`, async ({ browser }) => {
    const { page, wire } = await tapped(browser);
    await makeRoom(page, unique("order"));
    const held: (() => void)[] = [];
    wire.fromMesh = (frame) => {
      const is = late === "ok" ? frame.t === "ok" && frame["level"] : frame.t === "event" && frame["kind"] === "message";
      if (!is) return frame;
      held.push(() => wire.say(frame));
      return undefined;
    };
    await say(page, "only once");
    await expect(stored(page, "only once")).toHaveCount(1);
    await expect(message(page, "only once")).toHaveCount(1);
    await expect.poll(() => held.length).toBe(1);
    held.forEach((tell) => tell());
    wire.fromMesh = (frame) => frame;
    await say(page, "then another");
    await expect(stored(page, "then another")).toHaveCount(1);
    expect(await texts(page)).toEqual(["only once", "then another"]);
  });
}

test("rule 23: an answer that is lost is asked again under the same id, and stands once for everybody", async ({ browser }) => {
  const { page, wire } = await tapped(browser);
  const path = await makeRoom(page, unique("retry"));
  const far = await guest(browser, { path });
  await expect(composer(far)).toBeVisible();
  wire.fromMesh = (frame) => (frame.t === "event" || (frame.t === "ok" && frame["level"]) ? undefined : frame);
  await say(page, "stored, but who knows");
  await expect(stored(far, "stored, but who knows")).toHaveCount(1);
  await expect(page.locator("article[data-pending]")).toHaveCount(1);
  wire.fromMesh = (frame) => frame;
  await wire.close(4000);
  await expect(stored(page, "stored, but who knows")).toHaveCount(1);
  await expect(page.locator("article[data-pending]")).toHaveCount(0);
  await say(page, "afterwards");
  await expect(stored(far, "afterwards")).toHaveCount(1);
  for (const who of [page, far]) expect(await texts(who)).toEqual(["stored, but who knows", "afterwards"]);
  const ids = wire.sent.filter((frame) => frame.t === "send" && (frame["body"] as { text: string }).text.startsWith("stored")).map((frame) => frame["id"]);
  expect(new Set(ids).size).toBe(1);
});

test("rule 24: a retryable refusal counts down and goes on by itself, a final one says why and offers what to do", async ({ browser }) => {
  const { page, wire } = await tapped(browser);
  await makeRoom(page, unique("refusals"));
  const refuse = (code: string, retryable: boolean, more: object = {}): void => {
    wire.fromPage = (frame) => {
      if (frame.t !== "send") return frame;
      wire.say({ t: "error", ref: frame.ref!, code, message: "refused by the test", retryable, ...more });
      return undefined;
    };
  };
  refuse("rate_limited", true, { retry_after_ms: 2_500 });
  await say(page, "patience");
  await expect(message(page, "patience")).toContainText(/Trying again in [123] s/);
  wire.fromPage = (frame) => frame;
  await expect(stored(page, "patience")).toHaveCount(1);

  refuse("too_large", false);
  await say(page, "too much of it");
  const row = message(page, "too much of it");
  await expect(row.locator(".fail")).toContainText("Not sent: it is larger than allowed here");
  await say(page, "drop this one");
  await message(page, "drop this one").getByRole("button", { name: "Delete" }).click();
  await expect(message(page, "drop this one")).toHaveCount(0);
  wire.fromPage = (frame) => frame;
  await row.getByRole("button", { name: "Edit" }).click();
  await page.locator(".edit-box textarea").fill("less of it");
  await page.keyboard.press("Enter");
  await expect(stored(page, "less of it")).toHaveCount(1);
  expect(await texts(page)).toEqual(["patience", "less of it"]);
});

test("rule 26: Enter and another room in one frame: the message goes where it was written", async ({ browser }) => {
  const page = await guest(browser);
  const there = await makeRoom(page, unique("there"));
  const here = await makeRoom(page, unique("here"));
  await composer(page).fill("belongs here");
  await page.evaluate((other) => {
    document.querySelector("#composer")!.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 13, bubbles: true, cancelable: true }));
    document.querySelector<HTMLElement>(`.side .row[href="${other}"]`)!.click();
  }, there);
  await expect(page).toHaveURL(there);
  await expect(composer(page)).toHaveValue("");
  await frames(page, 10);
  expect(await texts(page)).toEqual([]);
  await page.locator(`.side .row[href="${here}"]`).click();
  await expect(stored(page, "belongs here")).toHaveCount(1);
});

test("rule 27: what is older than seven days waits for the writer's word", async ({ browser }) => {
  const page = await guest(browser);
  const path = await makeRoom(page, unique("old"));
  await page.evaluate((room) => {
    const { user } = JSON.parse(localStorage.getItem("chatmesh.session")!) as { user: { id: string } };
    const then = Date.now() - 8 * 24 * 3_600_000;
    const time = then.toString(16).padStart(12, "0");
    const event = `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-0123456789ab`;
    localStorage.setItem(`chatmesh.outbox.${user.id}.gone`, JSON.stringify([{ id: "left-over", room, kind: "send", body: { text: "from last week" }, created: then, state: "waiting", event }]));
  }, path.split("/")[2]!);
  await page.reload();
  await expect(message(page, "from last week")).toContainText("Written over 7 days ago");
  await expect(stored(page, "from last week")).toHaveCount(0);
  await page.getByRole("button", { name: "Send now" }).click();
  await expect(stored(page, "from last week")).toHaveCount(1);
});

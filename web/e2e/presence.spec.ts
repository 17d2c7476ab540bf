/** Who is here: shapes and words of presence, one's own status on every device, and who cannot be seen. */
import { expect, type Page } from "@playwright/test";
import { composer, devices, guest, makeRoom, named, test, unique } from "./people";

type State = "online" | "away" | "dnd" | "invisible";
const LEAVES_MS = 15_000;

async function choose(page: Page, state: State): Promise<void> {
  await page.locator(".self .me").click();
  await page.locator(`.menu [data-act=${state}]`).click();
}

/** Opens the room with somebody; gives its address. */
async function writeTo(page: Page, name: string): Promise<string> {
  await page.getByRole("button", { name: "Write to someone" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill(name);
  await page.getByRole("dialog").getByRole("button", { name }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  return new URL(page.url()).pathname;
}

test("presence has a shape, a colour and a word, in the list and in the room; who is invisible looks like nobody", async ({ browser }) => {
  const one = await guest(browser);
  const two = await guest(browser);
  const name = unique("shape");
  await named(two, name);
  const path = await writeTo(one, name);
  const mark = one.locator(`.side .row[href="${path}"] .pr`);
  const shapes = new Set<string>();
  for (const [state, shown, word] of [["online", "online", "Online"], ["away", "away", "Away"], ["dnd", "dnd", "Do not disturb"], ["invisible", "offline", "Offline"], ["online", "online", "Online"]] as const) {
    await choose(two, state);
    await expect(two.locator(".self")).toContainText(state === "invisible" ? "Invisible" : word);
    await expect(mark).toHaveAttribute("data-state", shown);
    await expect(mark).toHaveAccessibleName(word);
    shapes.add(await mark.innerHTML());
  }
  expect(shapes.size).toBe(4);
  await two.context().close();
  await expect(mark).toHaveAttribute("data-state", "offline", { timeout: LEAVES_MS });
});

test("people of the room: those who are here with their words, those who are not with when they were", async ({ browser }) => {
  const one = await guest(browser);
  const path = await makeRoom(one, unique("people"));
  await expect(one.locator(".who")).toHaveText("1 online");
  const two = await guest(browser, { path });
  const name = unique("noon");
  await named(two, name);
  await expect(one.locator(".who")).toHaveText("2 online");
  await two.locator(".self .me").click();
  await two.locator(".menu [data-act=words]").click();
  await two.getByRole("dialog").getByLabel("Status text").fill("점심 먹는 중 <b>");
  await two.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(two.locator(".self")).toContainText("점심 먹는 중 <b>");
  await one.locator(".who").click();
  const here = one.getByRole("region", { name: "Here", exact: true });
  await expect(here.locator("li")).toHaveCount(2);
  await expect(here.locator("li", { hasText: name })).toContainText("점심 먹는 중 <b>");
  await choose(two, "invisible");
  const absent = one.getByRole("region", { name: "Not here" });
  await expect(absent.locator("li", { hasText: name })).toContainText("last here just now");
  await expect(one.locator(".who")).toHaveText("1 online");
  await expect(absent.locator(".pr")).toHaveAttribute("data-state", "offline");
  await choose(two, "dnd");
  await expect(here.locator("li", { hasText: name }).locator(".pr")).toHaveAttribute("data-state", "dnd");
  await composer(one).pressSequentially(`@${name}`);
  await expect(one.locator("[role=option]", { hasText: name }).getByRole("img", { name: "Do not disturb" })).toBeVisible();
  await composer(one).fill("");
  await one.keyboard.press("Control+k");
  await one.getByRole("combobox", { name: "Jump to a room or person" }).fill(name);
  await expect(one.locator("[role=option]", { hasText: name }).getByRole("img", { name: "Do not disturb" })).toBeVisible();
  await one.keyboard.press("Escape");
  // As a person of the room, not only as one who was there when it was opened.
  await one.reload();
  await one.locator(".who").click();
  await expect(here.locator("li", { hasText: name })).toContainText("점심 먹는 중 <b>");
});

test("the own status is the same on two devices and after a reload", async ({ browser }) => {
  const [desk, phone] = await devices(browser, unique("own"), [{}, {}]) as [Page, Page];
  await choose(desk, "dnd");
  await expect(desk.locator(".self")).toContainText("Do not disturb");
  await expect(phone.locator(".self")).toContainText("Do not disturb");
  await phone.locator(".self .me").click();
  await expect(phone.getByRole("menuitemradio", { name: "Do not disturb" })).toHaveAttribute("aria-checked", "true");
  await phone.getByRole("menuitemradio", { name: "Away" }).click();
  await expect(desk.locator(".self")).toContainText("Away");
  await desk.reload();
  await expect(desk.locator(".self")).toContainText("Away");
  await expect(desk.locator(".self .pr")).toHaveAttribute("data-state", "away");
});

test("invisible: seen by nobody in the room, nor in its list of people, and able to write", async ({ browser }) => {
  const hidden = await guest(browser);
  const path = await makeRoom(hidden, unique("hidden"));
  const name = unique("ghost");
  await named(hidden, name);
  await choose(hidden, "invisible");
  const other = await guest(browser, { path });
  await expect(composer(other)).toBeVisible();
  await expect(other.locator(".who")).toHaveText("1 online");
  await other.locator(".who").click();
  await expect(other.getByRole("region", { name: "Not here" }).locator("li", { hasText: name })).toBeVisible();
  await expect(other.getByRole("region", { name: "Here", exact: true }).locator("li")).toHaveCount(1);
  await composer(hidden).fill("writing unseen");
  await composer(hidden).press("Enter");
  await expect(other.getByRole("log")).toContainText("writing unseen");
  await expect(other.locator(".who")).toHaveText("1 online");
});

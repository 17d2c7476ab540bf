/** The message field: an ordinary one, that grows, counts and keeps what was begun. */
import { expect } from "@playwright/test";
import { composer, guest, makeRoom, say, stored, test, texts, tool, unique } from "./people";

const commit = { type: "rawKeyDown", key: "Process", code: "Enter", windowsVirtualKeyCode: 229, nativeVirtualKeyCode: 229 } as const;
const enter = { type: "keyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, nativeVirtualKeyCode: 13, text: "\r", unmodifiedText: "\r" } as const;

test("rule 36: a plain textarea, whose DOM nothing touches while an input method composes", async ({ browser }) => {
  const one = await guest(browser);
  const path = await makeRoom(one, unique("compose"));
  const two = await guest(browser, { path });
  await expect(composer(two)).toBeVisible();
  const cdp = await one.context().newCDPSession(one);
  await composer(one).focus();
  await one.evaluate(() => {
    const field = document.querySelector<HTMLTextAreaElement>("#composer")!;
    const touched: string[] = [];
    Object.assign(window, { touched });
    new MutationObserver((changes) => changes.forEach((change) => touched.push(`${change.type} ${change.attributeName ?? ""}`))).observe(field, { attributes: true, childList: true, characterData: true, subtree: true });
    const value = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value")!;
    Object.defineProperty(field, "value", { get: () => value.get!.call(field) as string, set: (next: string) => { touched.push("value"); value.set!.call(field, next); } });
    for (const name of ["setRangeText", "setSelectionRange"] as const) field[name] = () => { touched.push(name); };
  });
  for (const text of ["ㅎ", "하", "한", "한ㄱ", "한그", "한글"]) await cdp.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
  // Whatever happens around it, here a message that arrives.
  await say(two, "in the meantime");
  await expect(stored(one, "in the meantime")).toBeVisible();
  await expect(composer(one)).toHaveValue("한글");
  expect(await one.evaluate(() => (window as unknown as { touched: string[] }).touched)).toEqual([]);
  expect(await composer(one).evaluate((field) => field.tagName)).toBe("TEXTAREA");
});

test("rule 37: it grows to eight lines, then scrolls inside, and shrinks after sending", async ({ browser }) => {
  const page = await guest(browser);
  await makeRoom(page, unique("lines"));
  const height = async (): Promise<number> => (await composer(page).boundingBox())!.height;
  const one = await height();
  const heights: number[] = [];
  for (const lines of [2, 8, 12]) {
    await composer(page).fill(Array.from({ length: lines }, (_, i) => `line ${i}`).join("\n"));
    heights.push(await height());
  }
  expect(heights[0]).toBe(one + 22);
  expect(heights[1]).toBe(one + 7 * 22);
  expect(heights[2]).toBe(heights[1]);
  expect(await composer(page).evaluate((field) => field.scrollHeight > field.clientHeight)).toBe(true);
  await page.setViewportSize({ width: 1280, height: 400 });
  expect(await height()).toBeLessThanOrEqual(160);
  await page.setViewportSize({ width: 1280, height: 800 });
  await composer(page).press("Enter");
  await expect(composer(page)).toHaveValue("");
  expect(await height()).toBe(one);
});

test("rule 38: a thread has a draft of its own, kept soon after the last key", async ({ browser }) => {
  const page = await guest(browser);
  await makeRoom(page, unique("drafts"));
  await say(page, "root");
  await expect(stored(page, "root")).toBeVisible();
  await tool(stored(page, "root"), "thread");
  const field = page.locator(".panel").getByRole("textbox");
  await expect(field).toBeVisible();
  // The page's own clock: the store is written 300 ms after the key at the latest.
  const waited = await field.evaluate(async (area: HTMLTextAreaElement) => {
    area.value = "for the thread";
    const begun = performance.now();
    const kept = new Promise<number>((done) => {
      const set = Storage.prototype.setItem;
      Storage.prototype.setItem = function (key, value) {
        set.call(this, key, value);
        if (value.includes("for the thread")) done(performance.now() - begun);
      };
    });
    // What keeps the page busy here is not its own delay.
    const delays: number[] = [];
    const timer = window.setTimeout;
    window.setTimeout = ((run: () => void, ms?: number) => { delays.push(ms ?? 0); return timer(run, ms); }) as typeof window.setTimeout;
    area.dispatchEvent(new InputEvent("input", { bubbles: true }));
    window.setTimeout = timer;
    await kept;
    return Math.max(...delays);
  });
  expect(waited).toBeLessThanOrEqual(300);
  await composer(page).fill("for the room");
  await expect.poll(() => page.evaluate(() => JSON.stringify(localStorage))).toContain("for the room");
  await page.reload();
  await expect(field).toHaveValue("for the thread");
  await expect(composer(page)).toHaveValue("for the room");
});

test("rule 39: from 80 % of the limit bytes are counted, beyond it nothing is sent and the text stays", async ({ browser }) => {
  const page = await guest(browser);
  await makeRoom(page, unique("limit"));
  const slot = page.locator(".slot").first();
  await composer(page).fill("가".repeat(2_100));
  await expect(slot).not.toContainText("bytes");
  await composer(page).fill("가".repeat(2_200));
  await expect(slot).toContainText(`${(8192 - 6_600).toLocaleString("en")} bytes left`);
  const over = "가".repeat(2_731);
  await composer(page).fill(over);
  await expect(slot).toContainText("1 bytes too long");
  await expect(page.getByRole("button", { name: "Send" })).toBeDisabled();
  await composer(page).press("Enter");
  await expect(composer(page)).toHaveValue(over);
  expect(await texts(page)).toEqual([]);
});

test("rule 41: under a finger Enter breaks the line and the button sends", async ({ browser }) => {
  const page = await guest(browser, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await composer(page).tap();
  const text = unique("thumb");
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
  await page.keyboard.type("two");
  await expect(composer(page)).toHaveValue(`${text}\ntwo`);
  await page.getByRole("button", { name: "Send" }).tap();
  await expect(stored(page, text)).toContainText("two");
  await expect(composer(page)).toHaveValue("");
});

test("rule 35: switcher, thread and dialog field leave Enter to the input method", async ({ browser }) => {
  const page = await guest(browser);
  const name = unique("조합");
  const path = await makeRoom(page, name);
  await makeRoom(page, unique("other"));
  const cdp = await page.context().newCDPSession(page);
  const compose = (text: string): Promise<unknown> => cdp.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
  const finish = async (text: string): Promise<void> => {
    await cdp.send("Input.insertText", { text });
    await cdp.send("Input.dispatchKeyEvent", enter);
  };
  // The switcher: the composing Enter goes nowhere, the next one to the room.
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox")).toBeFocused();
  await page.keyboard.insertText(name.slice(0, -1));
  await compose(name.slice(-1));
  await expect(page.getByRole("option", { selected: true })).toContainText(name);
  await cdp.send("Input.dispatchKeyEvent", commit);
  await expect(page.getByRole("combobox")).toBeVisible();
  await finish(name.slice(-1));
  await expect(page).toHaveURL(path);
  // A thread.
  await say(page, "뿌리");
  await expect(stored(page, "뿌리")).toBeVisible();
  await tool(stored(page, "뿌리"), "thread");
  const field = page.locator(".panel").getByRole("textbox");
  await field.focus();
  await compose("가지");
  await cdp.send("Input.dispatchKeyEvent", commit);
  await expect(field).toHaveValue("가지");
  await finish("가지");
  await expect(page.locator(".panel article[data-seq]", { hasText: "가지" })).toHaveCount(1);
  await expect(field).toHaveValue("");
  // A field of a dialog.
  await page.getByRole("button", { name: "Write to someone" }).click();
  const person = page.getByRole("dialog").getByRole("textbox");
  await person.focus();
  await compose("김");
  await cdp.send("Input.dispatchKeyEvent", commit);
  await expect(page.getByRole("dialog")).toBeVisible();
  await expect(person).toHaveValue("김");
});

test("rules 52, 53: composing keys choose nothing from the list; a colon and two letters offer emoji, the picker is a grid", async ({ browser }) => {
  const one = await guest(browser);
  const path = await makeRoom(one, unique("emoji"));
  const two = await guest(browser, { path });
  await expect(composer(two)).toBeVisible();
  await say(two, "here");
  await expect(stored(one, "here")).toBeVisible();
  const cdp = await one.context().newCDPSession(one);
  await composer(one).focus();
  await one.keyboard.insertText("@");
  await expect(one.getByRole("option")).toHaveCount(1);
  await cdp.send("Input.imeSetComposition", { text: "ㄱ", selectionStart: 1, selectionEnd: 1 });
  for (const code of ["Tab", "Enter", "Escape"]) await cdp.send("Input.dispatchKeyEvent", { ...commit, code });
  await expect(composer(one)).toHaveValue("@ㄱ");
  await cdp.send("Input.insertText", { text: "ㄱ" });
  await composer(one).fill("");

  await one.keyboard.type(":t");
  await expect(one.getByRole("listbox")).toHaveCount(0);
  await one.keyboard.type("ada");
  await expect(one.getByRole("option", { name: "tada" })).toBeVisible();
  await one.keyboard.press("Enter");
  await expect(composer(one)).toHaveValue("🎉");
  await composer(one).fill("");

  await one.getByRole("button", { name: "Emoji" }).click();
  const picker = one.getByRole("dialog", { name: "Emoji" });
  await expect(picker.getByRole("searchbox")).toBeFocused();
  await expect(picker.getByRole("button", { name: "+1", exact: true }).first()).toBeVisible();
  await one.keyboard.press("ArrowDown");
  const focused = (): Promise<number> => picker.evaluate((node) => [...node.querySelectorAll("button")].indexOf(document.activeElement as HTMLButtonElement));
  expect(await focused()).toBe(0);
  await one.keyboard.press("ArrowRight");
  expect(await focused()).toBe(1);
  await one.keyboard.press("ArrowUp");
  await expect(picker.getByRole("searchbox")).toBeFocused();
  await picker.getByRole("searchbox").fill("zzzz");
  await expect(picker.locator("button")).toHaveCount(0);
  await picker.getByRole("searchbox").fill("rocket");
  await expect(picker.locator("button").first()).toHaveText("🚀");
  await one.keyboard.press("Enter");
  await expect(composer(one)).toHaveValue("🚀");
  await expect(composer(one)).toBeFocused();
});

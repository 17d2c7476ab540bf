/** Korean at the keyboard: the order of events of macOS Chrome, made over the DevTools protocol. */
import { expect, type CDPSession, type Page } from "@playwright/test";
import { composer, guest, makeRoom, stored, test, texts, unique } from "./people";

/** `text` stands composed, then one press of Enter commits and goes on. */
async function composeAndEnter(page: Page, cdp: CDPSession, text: string): Promise<void> {
  await cdp.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
  await cdp.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Process", code: "Enter", windowsVirtualKeyCode: 229, nativeVirtualKeyCode: 229 });
  await cdp.send("Input.insertText", { text });
  await cdp.send("Input.dispatchKeyEvent", { type: "keyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, nativeVirtualKeyCode: 13, text: "\r", unmodifiedText: "\r" });
  await cdp.send("Input.dispatchKeyEvent", { type: "keyUp", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, nativeVirtualKeyCode: 13 });
  await expect(page.locator("#composer")).toHaveValue("");
}

test("rules 33, 34: one Enter after a composing syllable sends the whole text once", async ({ browser }) => {
  const page = await guest(browser);
  await makeRoom(page, unique("한글방"));
  const cdp = await page.context().newCDPSession(page);
  await composer(page).focus();
  await page.keyboard.insertText("안녕하세");
  await composeAndEnter(page, cdp, "요");
  await expect(stored(page, "안녕하세요")).toHaveCount(1);
  await composeAndEnter(page, cdp, "네");
  await expect(stored(page, "네")).toHaveCount(1);
  expect(await texts(page)).toEqual(["안녕하세요", "네"]);
});

test("rule 33: Enter while composing neither sends nor is prevented", async ({ browser }) => {
  const page = await guest(browser);
  await makeRoom(page, unique("조합"));
  const cdp = await page.context().newCDPSession(page);
  await composer(page).focus();
  await page.evaluate(() => {
    const seen: boolean[] = [];
    Object.assign(window, { seen });
    document.addEventListener("keydown", (event) => seen.push(event.defaultPrevented));
  });
  await cdp.send("Input.imeSetComposition", { text: "가", selectionStart: 1, selectionEnd: 1 });
  await cdp.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Process", code: "Enter", windowsVirtualKeyCode: 229, nativeVirtualKeyCode: 229 });
  expect(await page.evaluate(() => (window as unknown as { seen: boolean[] }).seen)).toEqual([false]);
  await expect(composer(page)).toHaveValue("가");
  await expect(page.locator("article")).toHaveCount(0);
});

test("rule 34: a line break without its Enter keydown sends too, once", async ({ browser }) => {
  const page = await guest(browser);
  await makeRoom(page, unique("줄바꿈"));
  await composer(page).fill("줄바꿈만 옵니다");
  await composer(page).evaluate((field) => {
    field.dispatchEvent(new InputEvent("beforeinput", { inputType: "insertLineBreak", bubbles: true, cancelable: true }));
    field.dispatchEvent(new InputEvent("beforeinput", { inputType: "insertLineBreak", bubbles: true, cancelable: true }));
  });
  await expect(stored(page, "줄바꿈만 옵니다")).toHaveCount(1);
  expect(await texts(page)).toEqual(["줄바꿈만 옵니다"]);
});

test("rule 35: the edit field follows the same rule", async ({ browser }) => {
  const page = await guest(browser);
  await makeRoom(page, unique("수정"));
  const cdp = await page.context().newCDPSession(page);
  await composer(page).fill("고치기 전");
  await composer(page).press("Enter");
  await expect(stored(page, "고치기 전")).toHaveCount(1);
  await composer(page).press("ArrowUp");
  await page.locator(".edit-box textarea").fill("고친 ");
  await composeAndEnter(page, cdp, "뒤");
  await expect(stored(page, "고친 뒤")).toContainText("(edited)");
});

test("rule 41: Shift+Enter breaks the line", async ({ browser }) => {
  const page = await guest(browser);
  await makeRoom(page, unique("lines"));
  await composer(page).fill("one");
  await composer(page).press("Shift+Enter");
  await page.keyboard.type("two");
  await expect(composer(page)).toHaveValue("one\ntwo");
  await page.keyboard.press("Enter");
  await expect(stored(page, "one")).toContainText("two");
});

test("the whole interface speaks Korean", async ({ browser }) => {
  const page = await guest(browser, { locale: "ko-KR" });
  await expect(page.locator("html")).toHaveAttribute("lang", "ko");
  await expect(page.getByRole("link", { name: "모든 방 보기" })).toBeVisible();
  await expect(composer(page)).toHaveAttribute("placeholder", /에 쓰기$/);
});

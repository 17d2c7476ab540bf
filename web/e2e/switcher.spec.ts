/** Finding a room by a few keys. */
import { expect } from "@playwright/test";
import { composer, guest, makeRoom, test, unique } from "./people";

test("rules 50, 51: Ctrl+K finds a room by initials, by layout, and gives the focus back on Esc", async ({ browser }) => {
  const page = await guest(browser);
  const name = unique("우분투");
  const path = await makeRoom(page, name);
  await makeRoom(page, unique("kernel"));
  await composer(page).focus();
  await page.keyboard.press("Control+k");
  const dialog = page.getByRole("dialog", { name: "Jump to a room or person" });
  await expect(dialog.getByRole("combobox")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(composer(page)).toBeFocused();

  const number = name.slice("우분투".length);
  for (const query of [`ㅇㅂㅌ${number}`, `우분ㅌ${number}`, `dnqnsxn${number}`]) {
    await page.keyboard.press("Control+k");
    await dialog.getByRole("combobox").fill(query);
    await expect(dialog.getByRole("option", { selected: true })).toContainText(name);
    await page.keyboard.press("Escape");
  }
  await page.keyboard.press("Control+k");
  await dialog.getByRole("combobox").fill(`ㅇㅂㅌ${number}`);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(path);
  await expect(composer(page)).toBeFocused();
});

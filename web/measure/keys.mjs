/** Key to paint: the browser's own latency of every key, from its arrival until the frame that shows it was handed to the screen. */

/** Between two keys, in ms: the pace of a fast writer. Keys of a machine would wait for one another. */
const PACE_MS = 70;
const KEYS = 120;

/** Event timing tells the same in steps of 8 ms and, in headless Chromium, not for every frame: the trace does. */
export async function keyLatencies(browser, page) {
  await page.locator("#composer").focus();
  await browser.startTracing(page, { categories: ["latencyInfo"] });
  for (let i = 0; i < KEYS; i++) {
    await page.keyboard.press("abcdefghij"[i % 10]);
    await page.waitForTimeout(PACE_MS);
  }
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const begun = new Map();
  const found = [];
  for (const { name, ph, id, ts } of traceEvents) {
    if (name !== "InputLatency::KeyDown") continue;
    if (ph === "b") begun.set(id, ts);
    else if (ph === "e" && begun.has(id)) found.push((ts - begun.get(id)) / 1000);
  }
  return found.sort((a, b) => a - b);
}

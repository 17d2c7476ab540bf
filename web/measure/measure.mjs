/**
 * The figures of section 10 of the design, of a running mesh at CHATMESH_URL whose CHATMESH__LIMITS__PER_MINUTE is 0.
 * `npm run measure -- [--messages 50000] [--minutes 10]`; prints one line a figure, fails on none: the machine decides.
 */
import { chromium } from "@playwright/test";
import { write } from "./crowd.mjs";
import { keyLatencies } from "./keys.mjs";

const option = (name, otherwise) => Number(process.argv[process.argv.indexOf(`--${name}`) + 1] || otherwise) || otherwise;
const MESSAGES = option("messages", 50_000);
const MINUTES = option("minutes", 10);
const PEOPLE = 25;
const VISITS = 7;
const SWITCHES = 9;
const url = process.env["CHATMESH_URL"];
if (!url) throw new Error("CHATMESH_URL names no running mesh");

const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--enable-precise-memory-info"] });
const tell = (what, figure, budget) => console.log(`${what.padEnd(62)} ${String(figure).padEnd(26)} ${budget}`);
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
const ms = (value) => `${value.toFixed(1)} ms`;

async function guest(path = "/") {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(path);
  await page.locator("#welcome form button[type=submit]").click();
  await page.locator("#composer").waitFor();
  return page;
}
const makeRooms = (page, count) => page.evaluate(async (n) => {
  const { access_token: token } = JSON.parse(localStorage.getItem("chatmesh.session"));
  const made = [];
  for (let i = 0; i < n; i++) made.push((await (await fetch("/v1/rooms", { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify({ name: `measured ${i}`, type: "public" }) })).json()).room);
  return made;
}, count);
async function crowd(job) {
  const page = await (await browser.newContext({ baseURL: url })).newPage();
  await page.goto("/theme.js");
  const done = page.evaluate(write, job).finally(() => page.context().close());
  return done;
}
async function heap(page) {
  const cdp = await page.context().newCDPSession(page);
  for (let i = 0; i < 3; i++) await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  await cdp.detach();
  return usedSize / 2 ** 20;
}
/** Writes down when each frame came, and whether the rows covered the timeline in it. */
const beginFrames = (page) => page.evaluate(() => {
  const log = { times: [], blank: 0, on: true };
  Object.assign(window, { frameLog: log });
  const look = (now) => {
    log.times.push(now);
    const box = document.querySelector("[role=log]")?.getBoundingClientRect();
    if (box && !document.elementFromPoint(box.left + 300, box.top + box.height / 2)?.closest(".tl-row")) log.blank++;
    if (log.on) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
const endFrames = async (page) => {
  const { times, blank } = await page.evaluate(() => {
    window.frameLog.on = false;
    return window.frameLog;
  });
  const gaps = times.slice(1).map((time, i) => time - times[i]).sort((a, b) => a - b);
  return { p95: at(gaps, 0.95), worst: gaps.at(-1) ?? 0, fps: (1000 * gaps.length) / (times.at(-1) - times[0]), blank };
};

/** One visit of a stranger on a slow machine behind a slow line. */
async function visit() {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await cdp.send("Network.enable");
  await cdp.send("Network.emulateNetworkConditions", { offline: false, latency: 60, downloadThroughput: 10e6 / 8, uploadThroughput: 10e6 / 8 });
  await page.addInitScript(() => {
    const watch = new MutationObserver(() => {
      if (!document.querySelector("#welcome form button[type=submit]")) return;
      window.doorAt = performance.now();
      watch.disconnect();
    });
    watch.observe(document, { childList: true, subtree: true });
  });
  await page.goto("/");
  await page.locator("#welcome form button[type=submit]").waitFor();
  const [paint, door] = await page.evaluate(() => [performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN, window.doorAt]);
  const usable = await page.evaluate(() => new Promise((done) => {
    const begun = performance.now();
    document.querySelector("#welcome form button[type=submit]").click();
    const look = () => (document.activeElement?.id === "composer" ? done(performance.now() - begun) : requestAnimationFrame(look));
    look();
  }));
  await context.close();
  return { paint, door, usable };
}

async function firstVisits() {
  const visits = [];
  for (let i = 0; i < VISITS; i++) visits.push(await visit());
  const median = (part) => ms(at(visits.map((one) => one[part]).sort((a, b) => a - b), 0.5));
  console.log(`# medians of ${VISITS} first visits, 4x slower CPU, 10 Mbit/s, 60 ms`);
  tell("first paint", median("paint"), "<= 800 ms");
  tell("guest's button usable", median("door"), "");
  tell("room usable after the guest's click", median("usable"), "<= 1200 ms");
}

async function bigRoom() {
  const page = await guest();
  const [room] = await makeRooms(page, 1);
  await page.goto(`/r/${room}`);
  await page.locator("#composer").waitFor();
  const begun = Date.now();
  await crowd({ room, people: PEOPLE, each: Math.ceil(MESSAGES / PEOPLE) });
  await page.waitForFunction((n) => Number([...document.querySelectorAll("[role=log] article[data-seq]")].at(-1)?.dataset.seq) >= n, MESSAGES, { timeout: 600_000 });
  console.log(`# ${MESSAGES} messages came live in ${((Date.now() - begun) / 1000).toFixed(0)} s`);
  tell(`heap with ${MESSAGES} messages loaded`, `${(await heap(page)).toFixed(1)} MB`, "<= 120 MB");

  // What the crowd left to be written, drawn and collected is not the writer's.
  await page.waitForTimeout(3_000);
  const keys = await keyLatencies(browser, page);
  tell(`key to paint in the composer, ${keys.length} keys, p50 / p95`, `${ms(at(keys, 0.5))} / ${ms(at(keys, 0.95))}`, "p95 <= 16 ms");
  // What this browser takes on this machine for a page that does nothing at all.
  const bare = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await bare.setContent('<textarea id="composer" rows="3" cols="80"></textarea>');
  const floor = await keyLatencies(browser, bare);
  tell(`the same in an empty page with a text box, ${floor.length} keys, p50 / p95`, `${ms(at(floor, 0.5))} / ${ms(at(floor, 0.95))}`, "the machine's limit");
  await bare.close();

  const cdp = await page.context().newCDPSession(page);
  await beginFrames(page);
  for (const way of [1, -1, 1, -1]) await cdp.send("Input.synthesizeScrollGesture", { x: 700, y: 400, yDistance: way * 24_000, speed: 9_600, gestureSourceType: "mouse" });
  const frames = await endFrames(page);
  tell("wheel through them for 10 s: frame p95 / worst", `${ms(frames.p95)} / ${ms(frames.worst)}`, "16.7 ms / 50 ms");
  tell("frames without a row in the middle", frames.blank, "0");
  const [rows, nodes] = await page.evaluate(() => [document.querySelectorAll(".tl-row").length, document.querySelectorAll(".tl *").length]);
  tell("rows / nodes of the timeline", `${rows} / ${nodes}`, "60 / 2500");

  const rooms = await makeRooms(page, 1);
  await page.locator(`.side .row[href="/r/${rooms[0]}"]`).click();
  await page.locator("#composer").waitFor();
  const there = `.side .row[href="/r/${room}"]`;
  const away = `.side .row[href="/r/${rooms[0]}"]`;
  const took = [];
  for (let i = 0; i < SWITCHES; i++) {
    await page.waitForTimeout(1_000);
    took.push(await page.evaluate((link) => new Promise((done) => {
      const from = performance.now();
      document.querySelector(link).click();
      const look = () => (document.querySelectorAll(".tl article").length > 5 ? done(performance.now() - from) : requestAnimationFrame(look));
      look();
    }), there));
    await page.waitForTimeout(1_000);
    await page.locator(away).click();
  }
  took.sort((a, b) => a - b);
  tell(`switch to a room that was open, median / worst of ${SWITCHES}`, `${ms(at(took, 0.5))} / ${ms(took.at(-1))}`, "<= 50 ms");
  await page.context().close();
}

async function busy() {
  const page = await guest();
  const rooms = await makeRooms(page, 20);
  for (const room of rooms) {
    await page.goto(`/r/${room}`);
    await page.locator("#composer").waitFor();
  }
  const before = await heap(page);
  await beginFrames(page);
  await crowd({ room: rooms, people: 20, each: MINUTES * 600, perSecond: 10 });
  const frames = await endFrames(page);
  const after = await heap(page);
  tell(`20 rooms, 200 messages a second, ${MINUTES} min: frames a second`, frames.fps.toFixed(1), ">= 55");
  tell("frame p95 / worst meanwhile", `${ms(frames.p95)} / ${ms(frames.worst)}`, "");
  tell(`heap growth over ${MINUTES * 12_000} live events`, `${(after - before).toFixed(1)} MB`, "<= 15 MB (100,000)");
  await page.context().close();
}

await firstVisits();
await bigRoom();
await busy();
await browser.close();

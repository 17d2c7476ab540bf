/** Names, texts and links that mean harm, under the policy that the gateway really sends. */
import { expect, type Page } from "@playwright/test";
import { pour, roomOf } from "./crowd";
import { PAYLOADS } from "./payloads";
import { composer, guest, makeRoom, message, say, stored, test, unique } from "./people";
import { tapWire } from "./wire";

/** Would be set if any of it came alive. */
const MARK = "window.owned=1";

async function harmless(page: Page): Promise<void> {
  expect(await page.evaluate(() => (window as unknown as { owned?: number }).owned)).toBeUndefined();
  expect(await page.locator(".page article :is(img, script, style, link, iframe, object, embed, form, input, details, base, meta, svg:not(.icon))").count()).toBe(0);
  const links = await page.locator(".page article a").evaluateAll((all) => all.map((a) => [(a as HTMLAnchorElement).protocol, a.getAttribute("rel"), a.className]));
  for (const [protocol, rel, kind] of links) {
    expect(["http:", "https:"]).toContain(protocol);
    if (kind !== "at") expect(rel).toContain("noopener");
  }
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
}

test("hostile names of people and rooms do no harm anywhere, at 320 pixels", async ({ browser }) => {
  const name = `<img src=x onerror=${MARK}>`;
  const page = await guest(browser, { viewport: { width: 320, height: 640 } });
  await page.evaluate(async (wanted) => {
    const { access_token: token } = JSON.parse(localStorage.getItem("chatmesh.session")!) as { access_token: string };
    const call = (method: string, path: string, body: object): Promise<Response> => fetch(`/v1/${path}`, { method, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify(body) });
    const answers = [await call("PATCH", "me", { name: wanted.slice(0, 32) })];
    for (const room of [`"><script>${wanted}`, "\u202Egnp.exe", "w".repeat(80), `z${"\u0301".repeat(70)}o`]) answers.push(await call("POST", "rooms", { name: room.slice(0, 80), type: "public", topic: wanted.repeat(6).slice(0, 250) }));
    const bad = answers.find((answer) => answer.status >= 500);
    if (bad) throw new Error(String(bad.status));
  }, name);
  await page.goto("/");
  await expect(page.locator(".side .row[data-room]").nth(2)).toBeVisible();
  await harmless(page);
  for (const row of await page.locator(".side .row[data-room]").all()) {
    await row.click();
    await expect(composer(page)).toBeVisible();
    await say(page, name);
    await harmless(page);
    await page.locator(".who").click();
    await expect(page.locator(".panel")).toBeVisible();
    await harmless(page);
    await page.keyboard.press("Escape");
    await page.goto("/");
  }
  await page.goto("/rooms");
  await expect(page.locator(".dr").first()).toBeVisible();
  await harmless(page);
});

test("fifty kinds of reactions of ten thousand people fold into a line", async ({ browser }) => {
  const one = await guest(browser);
  const path = await makeRoom(one, unique("reactions"));
  await say(one, "loved");
  await expect(stored(one, "loved")).toBeVisible();
  const page = await guest(browser, {
    path,
    prepare: async (made) => {
      const wire = await tapWire(made);
      const reactions = Array.from({ length: 50 }, (_, i) => ({ emoji: i === 0 ? "x".repeat(64) : String.fromCodePoint(0x1f600 + i), count: 10_000 - i, me: false, users: [] }));
      wire.fromMesh = (frame) => (frame["entries"] ? { ...frame, entries: (frame["entries"] as object[]).map((entry) => ({ ...entry, ...("body" in entry ? { reactions } : {}) })) } : frame);
    },
  });
  const pills = message(page, "loved").locator(".rx button:not(.add)");
  await expect(pills).toHaveCount(9);
  await expect(pills.last()).toHaveText("+42");
  await pills.last().click();
  await expect(pills).toHaveCount(50);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
});

const TAGS = "div span a button svg path circle g article p b i strong em s code pre blockquote ul ol li time bdi small h1 h2 h3 header footer nav main aside section form label input textarea select option dialog kbd mark dl dt dd".split(" ");
const ATTRIBUTES = "class id role tabindex title type href target rel lang dir style name value rows maxlength minlength placeholder autocomplete enterkeyhint disabled required open popover for datetime selected viewbox d r cx cy x y fill stroke stroke-width stroke-dasharray preserveaspectratio inputmode spellcheck autofocus".split(" ");

/** Notes every element and attribute that ever comes into the document and is none of ours, and what the policy had to stop. */
async function guard(page: Page): Promise<{ foreign: string[] }> {
  const foreign: string[] = [];
  page.on("dialog", (dialog) => {
    foreign.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("popup", (popup) => foreign.push(`window ${popup.url()}`));
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (host !== new URL(process.env["CHATMESH_URL"]!).host && protocol !== "data:") foreign.push(`request ${request.url()}`);
  });
  await page.addInitScript(([tags, attributes]) => {
    const odd = new Set<string>();
    Object.assign(window, { odd });
    document.addEventListener("securitypolicyviolation", (event) => odd.add(`policy ${event.violatedDirective} ${event.blockedURI}`));
    const check = (node: Element): void => {
      const tag = node.localName;
      if (!tags!.includes(tag)) odd.add(`<${tag}>`);
      for (const { name, value } of node.attributes) {
        const low = name.toLowerCase();
        if (!attributes!.includes(low) && !/^(aria|data)-[a-z]+$/.test(low)) odd.add(`<${tag} ${low}>`);
        if (low === "href" && !/^(https?:\/\/|\/|#composer$)/.test(value)) odd.add(`<${tag} href=${value}>`);
        if (low === "style" && !/^(?:(?:transform: translate3d\([\d., px-]+\)|(?:height|top|left|width|max-height|bottom|right): [\w.%() -]+);? ?)*$/.test(value)) odd.add(`<${tag} style=${value}>`);
      }
    };
    new MutationObserver((changes) => {
      for (const { target, addedNodes } of changes) {
        if (!document.body?.contains(target)) continue;
        if (target !== document.body && target instanceof Element) check(target);
        for (const node of addedNodes) if (node instanceof Element && !node.matches(".shell, .shell *, #root")) [node, ...node.querySelectorAll("*")].forEach(check);
      }
    }).observe(document, { childList: true, subtree: true, attributes: true });
  }, [TAGS, ATTRIBUTES]);
  return { foreign };
}
const unharmed = async (page: Page, { foreign }: { foreign: string[] }): Promise<void> => {
  expect(await page.evaluate(() => [...(window as unknown as { odd: Set<string> }).odd])).toEqual([]);
  expect(await page.evaluate(() => [(window as unknown as { owned?: number }).owned, ({} as { owned?: number }).owned])).toEqual([undefined, undefined]);
  expect(foreign).toEqual([]);
};

test(`${PAYLOADS.length} hostile texts, as messages, quotes, rooms, topics and people, stay text everywhere`, async ({ browser }) => {
  test.setTimeout(240_000);
  expect(new Set(PAYLOADS).size).toBeGreaterThanOrEqual(120);
  const owner = await guest(browser);
  const path = await makeRoom(owner, unique("corpus"));
  const seqs = await pour(browser, roomOf(path), PAYLOADS);
  // The same again as the names of rooms, their topics, and people who come in.
  const made = await owner.evaluate(async ({ room, payloads }) => {
    const post = (way: string, body: object, token?: string): Promise<Response> => fetch(`/v1/${way}`, { method: "POST", headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) }, body: JSON.stringify(body) });
    const { access_token: token } = JSON.parse(localStorage.getItem("chatmesh.session")!) as { access_token: string };
    const all: number[] = [];
    const rooms: string[] = [];
    for (const [i, payload] of payloads.entries()) {
      const name = [...payload].slice(0, 80).join("");
      const answer = await post("rooms", { name, topic: [...payload].slice(0, 250).join("").replace(/\s/g, " "), type: i % 2 ? "public" : "private" }, token);
      all.push(answer.status);
      if (answer.ok && rooms.length < 60) rooms.push(((await answer.json()) as { room: string }).room);
      // Few people: a mesh lets sixty in a minute from one address.
      if (i % 16 > 0) continue;
      const entered = await post("auth/guest", { name: [...payload].slice(0, 32).join("") });
      all.push(entered.status);
      if (entered.ok) await post(`rooms/${room}/join`, {}, ((await entered.json()) as { access_token: string }).access_token);
    }
    return { worst: Math.max(...all), taken: all.filter((status) => status < 300).length, rooms };
  }, { room: roomOf(path), payloads: PAYLOADS });
  expect(made.worst).toBeLessThan(500);
  expect(made.taken).toBeGreaterThan(100);

  const storageState = await owner.context().storageState();
  const page = await (await browser.newContext({ storageState, serviceWorkers: "block" })).newPage();
  const watch = await guard(page);
  await page.goto(path);
  await expect(composer(page)).toBeVisible();
  await expect(page.locator("article[data-seq]").first()).toBeVisible();
  // Every message is drawn once on the way up.
  const drawn = new Set<number>();
  const log = page.getByRole("log");
  await expect.poll(async () => {
    for (const seq of await log.locator("article[data-seq]").evaluateAll((all) => all.map((one) => Number((one as HTMLElement).dataset["seq"])))) drawn.add(seq);
    await log.evaluate((box) => { box.scrollTop -= box.clientHeight * 0.6; });
    return seqs.filter((seq) => !drawn.has(seq)).length;
  }, { timeout: 90_000, intervals: [60] }).toBe(0);
  await unharmed(page, watch);
  for (const kind of [".who", ".page header button[aria-expanded]:last-child"]) {
    await page.locator(kind).click();
    await expect(page.locator(".panel")).toBeVisible();
    await expect(page.locator(".panel .bars")).toHaveCount(0);
    await unharmed(page, watch);
  }
  for (const query of ["s", "<", "win", "\"", "{{", "j"]) {
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill(query);
    await expect(page.getByRole("option").first()).toBeVisible();
    await unharmed(page, watch);
    await page.keyboard.press("Escape");
  }
  // Quoted by an answer.
  for (let i = 0; i < 5; i++) {
    await log.locator("article[data-seq]").nth(i).focus();
    await page.keyboard.press("r");
    await expect(page.locator(".ctx")).toBeVisible();
    await say(page, `answer ${i}`);
    await expect(stored(page, `answer ${i}`).locator(".rp")).toBeVisible();
  }
  await unharmed(page, watch);
  await composer(page).fill("@i");
  await expect(page.locator(".mn")).toBeVisible();
  await page.keyboard.press("Tab");
  await unharmed(page, watch);
  await page.goto("/rooms");
  await expect(page.locator(".dr").nth(5)).toBeVisible();
  await unharmed(page, watch);
  for (const room of made.rooms.slice(0, 12)) {
    await page.goto(`/r/${room}`);
    await expect(page.getByRole("heading", { level: 1 })).not.toBeEmpty();
    await expect(composer(page)).toBeVisible();
    await unharmed(page, watch);
  }
  expect(await page.locator(".side .row[data-room]").count()).toBeGreaterThan(60);
  // The guard itself is awake.
  await page.evaluate(() => document.querySelector(".side")!.append(document.createElement("img")));
  expect(await page.evaluate(() => [...(window as unknown as { odd: Set<string> }).odd])).toEqual(["<img>"]);
});

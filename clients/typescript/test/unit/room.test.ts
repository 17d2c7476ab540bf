import { encode } from "@msgpack/msgpack";
import { describe, expect, test, vi } from "vitest";
import type { HistoryPage } from "../../src/index.js";
import { until } from "../until.js";
import { type Json, entry, message, view } from "./gateway.js";
import { scene, texts } from "./people.js";

const at = scene();
const page = (entries: Json[], as_of: number, more: Partial<HistoryPage> = {}): Json => ({ entries, as_of, older: false, newer: false, ...more });

/** In the room `r`, whose first page is what is given. */
const inRoom = async (first: Json, head = 9) => {
  const begun = await at.online({ rooms: [view("r", { head })] });
  const room = begun.client.open("r");
  await begun.peer.answer("history", first);
  await room.ready;
  return { ...begun, room };
};

describe("the first page", () => {
  test("holds what happened while it was on its way, each once", async () => {
    const { client, peer } = await at.online({ rooms: [view("r", { head: 7 })] });
    const room = client.open("r");
    const asked = await peer.next("history");
    peer.say(message("r", 8, 7), message("r", 9, 8, { kind: "edited", target: 7, body: { text: "new" } }), message("r", 10, 9));
    // Made after 8, before 9.
    peer.say({ t: "ok", ref: asked.ref, room: "r", ...page([entry(7), entry(8)], 8) });
    await room.ready;
    expect(texts(room)).toEqual(["new", "m8", "m10"]);
    expect(room.loading.initial).toBe(false);
  });

  test("is asked for once, and again after an error", async () => {
    const { client, peer } = await at.online({ rooms: [] });
    const room = client.open("r");
    await peer.answer("attach", { head: 9 });
    peer.say({ t: "resumed", room: "r", after: 9, head: 9, count: 0 });
    await peer.refuse("history", "unavailable");
    await until("the error", () => room.loadError?.code === "unavailable" && !room.loading.initial);
    expect(peer.all("history")).toHaveLength(1);
    peer.say(message("r", 10, 9));
    const again = room.load();
    await peer.answer("history", page([entry(10)], 10));
    await again;
    expect([texts(room), room.loadError]).toEqual([["m10"], undefined]);
  });

  test("of a room that is none says so", async () => {
    const { client, peer } = await at.online();
    const room = client.open("nowhere");
    await peer.refuse("attach", "not_found");
    await until("not found", () => room.notFound);
    expect(room.loadError?.code).toBe("not_found");
  });
});

describe("paging", () => {
  test("older pages come before, newer ones behind, each in its own time", async () => {
    const { peer, room } = await inRoom(page([entry(5)], 9, { older: true, newer: true }));
    const older = room.loadOlder();
    await room.loadOlder();
    expect(room.loading).toMatchObject({ older: true, newer: false });
    expect(await peer.answer("history", page([entry(3), entry(4)], 9))).toMatchObject({ before: 5, limit: 50 });
    await older;
    const newer = room.loadNewer();
    expect(await peer.answer("history", page([entry(6)], 9))).toMatchObject({ after: 5, limit: 50 });
    await newer;
    expect([room.entries.map(({ seq }) => seq), room.hasOlder, room.hasNewer]).toEqual([[3, 4, 5, 6], false, false]);
    await Promise.all([room.loadOlder(), room.loadNewer()]);
    await peer.settled();
    expect(peer.all("history")).toHaveLength(3);
  });

  test("a change that came while its target was on its way is not lost", async () => {
    const { peer, room } = await inRoom(page([entry(9)], 9, { older: true }));
    const older = room.loadOlder();
    const asked = await peer.next("history");
    peer.say(message("r", 10, 9, { kind: "deleted", target: 4, body: undefined }), message("r", 11, 10, { body: { text: "reply", thread: 5 } }));
    await until("the reply", () => room.entries.at(-1)?.seq === 11);
    peer.say({ t: "ok", ref: asked.ref, room: "r", ...page([entry(4), entry(5)], 9) });
    await older;
    expect(texts(room)).toEqual(["-", "m5", "m9", "reply"]);
    expect(room.entries[1]?.thread).toMatchObject({ count: 1, last: 11 });
  });

  test("what came while the last newer page was on its way is not lost", async () => {
    const { peer, room } = await inRoom(page([entry(5)], 9, { newer: true }));
    const newer = room.loadNewer();
    const asked = await peer.next("history");
    peer.say(message("r", 10, 9));
    await peer.settled();
    expect(texts(room)).toEqual(["m5"]);
    peer.say({ t: "ok", ref: asked.ref, room: "r", ...page([entry(6), entry(9)], 9) });
    await newer;
    expect(texts(room)).toEqual(["m5", "m6", "m9", "m10"]);
  });

  test("a jump replaces what is shown, and a page asked for before it is dropped", async () => {
    const { peer, room } = await inRoom(page([entry(9)], 9, { older: true }));
    const older = room.loadOlder();
    const asked = await peer.next("history");
    const around = room.loadAround(3);
    expect(await peer.answer("history", page([entry(2), entry(3)], 9, { older: true, newer: true }))).toMatchObject({ around: 3 });
    await around;
    peer.say({ t: "ok", ref: asked.ref, room: "r", ...page([entry(8)], 9) });
    await older;
    expect(texts(room)).toEqual(["m2", "m3"]);
    // The dropped one does not stand in the way of the next.
    const next = room.loadOlder();
    await peer.answer("history", page([entry(1)], 9));
    await next;
    expect(texts(room)).toEqual(["m1", "m2", "m3"]);
    const latest = room.toLatest();
    await peer.answer("history", page([entry(9)], 9));
    await latest;
    expect(texts(room)).toEqual(["m9"]);
  });

  test("a failure is told, and the next try clears it", async () => {
    const { peer, room } = await inRoom(page([entry(9)], 9, { older: true }));
    const older = room.loadOlder();
    await peer.refuse("history", "unavailable");
    await older;
    expect([room.loadError?.code, room.loading.older]).toEqual(["unavailable", false]);
    const again = room.loadOlder();
    expect(room.loadError).toBeUndefined();
    await peer.answer("history", page([entry(8)], 9));
    await again;
    expect(texts(room)).toEqual(["m8", "m9"]);
  });

  test("threads and pins are pages of their own", async () => {
    const { peer, room } = await inRoom(page([], 9));
    const thread = room.thread(3);
    expect(await peer.answer("history", page([entry(3), entry(7)], 9, { older: true }))).toMatchObject({ thread: 3, limit: 200 });
    expect(await thread).toMatchObject({ entries: [{ seq: 3 }, { seq: 7 }], older: true });
    const pins = room.pins();
    expect(await peer.answer("history", page([entry(3, { pinned: true })], 9))).toMatchObject({ pinned: true });
    expect((await pins).map(({ seq }) => seq)).toEqual([3]);
  });
});

describe("own messages", () => {
  test("stand with their ok; the event brings the server's part, and a thread counts once", async () => {
    const { peer, room } = await inRoom(page([entry(5)], 9));
    room.send({ text: "hi <@bo>", thread: 5 });
    const { id, ref } = await peer.next("send");
    peer.say({ t: "ok", ref, room: "r", id, seq: 10, ts: 10, level: "stored" });
    await until("stored", () => room.entries.at(-1)?.seq === 10 && room.pending.length === 0);
    expect(room.entries.at(-1)).toMatchObject({ from: { id: "me" }, body: { text: "hi <@bo>", thread: 5 } });
    peer.say(message("r", 10, 9, { id, from: { id: "me", name: "Ann" }, body: { text: "hi <@bo>", thread: 5, mentions: ["bo"] } }));
    await until("the event", () => room.entries.at(-1)?.body?.mentions?.join() === "bo");
    expect(room.entries[0]?.thread).toEqual({ count: 1, last: 10, from: [{ id: "me", name: "Ann" }] });
  });
});

test("a kind of a later version moves the cursor and shows nothing", async () => {
  const { client, peer, room } = await inRoom(page([], 9));
  peer.say(message("r", 10, 9, { kind: "voted" }), { t: "later", room: "r" }, message("r", 11, 10));
  await until("the one behind it", () => texts(room).join() === "m11");
  await peer.settled();
  expect(peer.all("detach")).toHaveLength(0);
  expect(client.rooms.get("r")?.head).toBe(11);
});

describe("listeners", () => {
  test("are told once for all changes of a turn, with another array", async () => {
    const { peer, room } = await inRoom(page([], 9));
    const told = vi.fn();
    const stop = room.subscribe(told);
    const before = [room.getSnapshot(), room.entries] as const;
    peer.socket.send(encode([message("r", 10, 9), message("r", 11, 10)]));
    await until("both", () => room.entries.length === 2);
    expect(told).toHaveBeenCalledTimes(1);
    expect(room.getSnapshot()).not.toBe(before[0]);
    expect(room.entries).not.toBe(before[1]);
    expect(room.entries).toBe(room.entries);
    stop();
    peer.say(message("r", 12, 11));
    await until("the third", () => room.entries.length === 3);
    expect(told).toHaveBeenCalledTimes(1);
  });

  test("one that throws does not keep the others from hearing", async () => {
    const { client, peer } = await inRoom(page([], 9));
    const complained = vi.spyOn(console, "error").mockImplementation(() => {});
    const heard: number[] = [];
    client.on("event", () => {
      throw new Error("mine");
    });
    client.on("event", ({ seq }) => heard.push(seq));
    peer.say(message("r", 10, 9));
    await until("the event", () => heard.join() === "10");
    expect(complained).toHaveBeenCalledOnce();
    complained.mockRestore();
  });

  test("a room is let go when nobody shows it any more, and detached when it is not the user's", async () => {
    const { client, peer, room } = await inRoom(page([], 9));
    const visited = client.open("v");
    expect(client.open("v")).toBe(visited);
    await peer.answer("attach", { head: 0 });
    await until("loading", () => peer.all("history").length === 2);
    visited.release();
    room.release();
    await peer.settled();
    expect(peer.all("detach")).toHaveLength(0);
    visited.release();
    expect(await peer.next("detach")).toMatchObject({ room: "v" });
    expect(client.open("r")).not.toBe(room);
  });

  test("old entries are let go, and loaded again like any older page", async () => {
    const { peer, room } = await inRoom(page([entry(1), entry(2), entry(3)], 9));
    room.trim(2);
    expect([texts(room), room.hasOlder]).toEqual([["m2", "m3"], true]);
    const older = room.loadOlder();
    expect(await peer.answer("history", page([entry(1)], 9))).toMatchObject({ before: 2 });
    await older;
    expect(texts(room)).toEqual(["m1", "m2", "m3"]);
  });
});

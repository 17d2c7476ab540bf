import { describe, expect, test, vi } from "vitest";
import type { Client, Event } from "../../src/index.js";
import { until } from "../until.js";
import { type Gateway, type Json, type Peer, entry, message, view, welcome } from "./gateway.js";
import { scene, session, state, stored, texts } from "./people.js";

const at = scene();
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const JITTER_MS = 750;

const page = (entries: Json[], as_of: number, more: Json = {}): Json => ({ entries, as_of, older: false, newer: false, ...more });

/** In the room `r` at its head 3, with three messages. */
const inRoom = async (welcome: Json = {}) => {
  const begun = await at.online({ rooms: [view("r", { head: 3 })], ...welcome });
  const room = begun.client.open("r");
  await begun.peer.answer("history", page([entry(1), entry(2), entry(3)], 3));
  await room.ready;
  const events: Event[] = [];
  begun.client.on("event", (event) => events.push(event));
  return { ...begun, room, events };
};

/** The socket breaks, and another one comes up to `welcome`. */
const cut = async (begun: { client: Client; gateway: Gateway; peer: Peer }, welcome: Json) => {
  begun.peer.socket.terminate();
  await state(begun.client, "reconnecting");
  await pass((begun.client.status.retryAt ?? 0) - Date.now());
  const { peer, hello } = await begun.gateway.welcome(welcome);
  await state(begun.client, "online");
  return { peer, hello };
};

describe("after a cut", () => {
  test("each room goes on behind the last event seen, and nothing is shown twice", async () => {
    const begun = await inRoom();
    begun.peer.say(message("r", 5, 3), message("r", 6, 5));
    await until("two more", () => begun.room.entries.length === 5);
    const { peer, hello } = await cut(begun, { rooms: [view("r", { head: 9 }), view("quiet", { head: 4 })] });
    expect(hello["resume"]).toEqual({ r: 6 });
    peer.say(message("r", 6, 5), message("r", 8, 6), message("r", 9, 8), { t: "resumed", room: "r", after: 6, head: 9, count: 2 }, message("r", 12, 9));
    await until("all of it", () => begun.room.entries.at(-1)?.seq === 12);
    expect(begun.room.entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 5, 6, 8, 9, 12]);
    expect(begun.events.map(({ seq }) => seq)).toEqual([5, 6, 8, 9, 12]);
    await peer.settled();
    // Nothing has to be loaded again.
    expect(peer.all("history")).toHaveLength(0);
  });

  test("rooms that are attached without being shown are resumed too", async () => {
    const begun = await inRoom({ rooms: [view("r", { head: 3 }), view("s", { head: 40 })] });
    begun.peer.say(message("s", 41, 40));
    await until("news", () => begun.client.rooms.get("s")?.head === 41);
    const { hello } = await cut(begun, {});
    expect(hello["resume"]).toEqual({ r: 3, s: 41 });
  });

  test("`skipped` brings the newest entries; what lies between is loaded by paging", async () => {
    const begun = await inRoom();
    const { peer } = await cut(begun, { rooms: [view("r", { head: 900 })] });
    peer.say({ t: "skipped", room: "r", after: 3, until: 900, entries: [entry(899), entry(900)] });
    peer.say(message("r", 901, 900), { t: "resumed", room: "r", after: 3, head: 901, count: 1 });
    await until("the newest", () => begun.room.entries.at(-1)?.seq === 901);
    expect(begun.room.entries.map(({ seq }) => seq)).toEqual([899, 900, 901]);
    expect(begun.room.hasOlder).toBe(true);
    void begun.room.loadOlder();
    expect(await peer.answer("history", page([entry(898)], 901, { older: true }))).toMatchObject({ before: 899 });
    await until("a page", () => begun.room.entries[0]?.seq === 898);
  });

  test("a page that was asked for before `skipped` came is not put in", async () => {
    const begun = await inRoom();
    begun.room.hasOlder = true;
    const { peer } = await cut(begun, { rooms: [view("r", { head: 900 })] });
    const older = begun.room.loadOlder();
    const asked = await peer.next("history");
    peer.say({ t: "skipped", room: "r", after: 3, until: 900, entries: [entry(900)] });
    peer.say({ t: "ok", ref: asked.ref, room: "r", ...page([entry(0)], 900) });
    await older;
    expect(begun.room.entries.map(({ seq }) => seq)).toEqual([900]);
    void begun.room.loadOlder();
    expect(await peer.next("history")).toMatchObject({ before: 900 });
  });

  test("`skipped` fills a room that was never loaded", async () => {
    const begun = await at.online({ rooms: [view("r", { head: 3 })] });
    const { peer } = await cut(begun, { rooms: [view("r", { head: 900 })] });
    peer.say({ t: "skipped", room: "r", after: 3, until: 900, entries: [entry(900)] });
    const room = begun.client.open("r");
    await room.ready;
    expect(texts(room)).toEqual(["m900"]);
  });

  test("a cursor above the head: the room is loaded anew, and nothing of before stays", async () => {
    const begun = await inRoom();
    const { peer } = await cut(begun, { rooms: [view("r", { head: 2 })] });
    peer.say({ t: "error", room: "r", code: "conflict", message: "above the head", retryable: false, head: 2 });
    expect(await peer.answer("attach", { head: 2 })).not.toHaveProperty("after");
    peer.say({ t: "resumed", room: "r", after: 2, head: 2, count: 0 });
    await peer.answer("history", page([entry(1, { body: { text: "another" } })], 2));
    await until("the other log", () => texts(begun.room).join() === "another");
    peer.say(message("r", 3, 2));
    await until("live", () => texts(begun.room).join() === "another,m3");
  });

  test("a room that cannot be resumed now is tried again, with backoff, while the others go on", async () => {
    const begun = await inRoom({ rooms: [view("r", { head: 3 }), view("s", { head: 40 })] });
    const { peer } = await cut(begun, { rooms: [view("r", { head: 3 }), view("s", { head: 40 })] });
    peer.say({ t: "error", room: "r", code: "unavailable", message: "later", retryable: true });
    peer.say({ t: "resumed", room: "s", after: 40, head: 40, count: 0 });
    await peer.settled();
    for (const wait of [750, 1_250]) {
      await pass(wait - 1);
      await peer.settled();
      expect(peer.all("attach").length).toBe(wait === 750 ? 0 : 1);
      await pass(1);
      expect(await peer.refuse("attach", "unavailable")).toMatchObject({ room: "r", after: 3 });
      await peer.settled();
    }
    await pass(2_250);
    await peer.answer("attach", { head: 3 });
    peer.say({ t: "resumed", room: "r", after: 3, head: 3, count: 0 }, message("r", 4, 3));
    await until("live again", () => begun.room.entries.at(-1)?.seq === 4);
  });

  test("a room that is no longer one's own says so", async () => {
    const begun = await inRoom();
    const { peer } = await cut(begun, { rooms: [] });
    peer.say({ t: "error", room: "r", code: "not_found", message: "no such room", retryable: false });
    await until("not found", () => begun.room.notFound);
    const again = await cut({ ...begun, peer }, { rooms: [] });
    expect(again.hello).not.toHaveProperty("resume");
  });

  test("a room opened between hello and welcome is attached by itself, and its sends do not wait for ever", async () => {
    const begun = await inRoom();
    begun.room.release();
    begun.peer.socket.terminate();
    await state(begun.client, "reconnecting");
    await pass(JITTER_MS);
    const peer = await begun.gateway.peer();
    await peer.next("hello");
    const room = begun.client.open("new");
    peer.say(welcome({ rooms: [view("r", { head: 3 })] }));
    await peer.answer("attach", { head: 0 });
    peer.say({ t: "resumed", room: "new", after: 0, head: 0, count: 0 });
    room.send({ text: "a" });
    await peer.next("send");
  });
});

describe("a gap", () => {
  const mend = async (peer: Peer, after: number): Promise<void> => {
    await peer.answer("detach");
    expect(await peer.answer("attach", { head: 9 })).toMatchObject({ after });
  };

  test("shown by `prev` makes the room be attached again after the last event seen, once", async () => {
    const { peer, room, events } = await inRoom();
    peer.say(message("r", 4, 3), message("r", 7, 6), message("r", 8, 7), message("r", 9, undefined));
    await mend(peer, 4);
    peer.say(message("r", 6, 4), message("r", 7, 6), message("r", 8, 7), message("r", 9, 8));
    peer.say({ t: "resumed", room: "r", after: 4, head: 9, count: 4 }, message("r", 10, 9));
    await until("no gap", () => room.entries.at(-1)?.seq === 10);
    expect(events.map(({ seq }) => seq)).toEqual([4, 6, 7, 8, 9, 10]);
    await peer.settled();
    expect([peer.all("detach").length, peer.all("attach").length]).toEqual([1, 1]);
  });

  test("in a replay is not passed over either", async () => {
    const begun = await inRoom();
    const { peer } = await cut(begun, { rooms: [view("r", { head: 9 })] });
    peer.say(message("r", 4, 3), message("r", 9, 6), { t: "resumed", room: "r", after: 3, head: 9, count: 2 }, message("r", 10, 9));
    await peer.settled();
    expect(peer.all("detach")).toHaveLength(0);
    await pass(JITTER_MS);
    await mend(peer, 4);
    peer.say(message("r", 6, 4), message("r", 9, 6), message("r", 10, 9), { t: "resumed", room: "r", after: 4, head: 10, count: 3 });
    await until("no gap", () => begun.room.entries.at(-1)?.seq === 10);
    expect(begun.events.map(({ seq }) => seq)).toEqual([4, 6, 9, 10]);
  });
});

describe("the user's rooms", () => {
  test("a room that is joined anywhere is attached, and one that ends is let go", async () => {
    const { client, peer, events } = await inRoom();
    const gone: string[] = [];
    client.on("room_gone", ({ room }) => gone.push(room));
    peer.say({ t: "room", ...view("new", { head: 8 }) }, message("new", 9, 8, { kind: "joined", body: undefined }));
    await until("the room", () => client.rooms.get("new")?.attached && events.length === 1);
    peer.say({ t: "room_gone", room: "new", reason: "left" });
    await until("the end", () => gone.join() === "new");
    expect([...client.rooms.keys()]).toEqual(["r"]);
  });

  test("those beyond the newest are listed page by page", async () => {
    const { client, peer } = await at.online({ rooms: [view("a"), view("b")], more_rooms: true });
    expect(await peer.answer("rooms", { rooms: [view("b"), view("c")], more: true })).toMatchObject({ after: "b" });
    expect(await peer.answer("rooms", { rooms: [view("d")], more: false })).toMatchObject({ after: "c" });
    await until("all", () => [...client.rooms.keys()].join() === "a,b,c,d");
    expect([...client.rooms.values()].map(({ attached }) => attached)).toEqual([true, true, false, false]);
  });

  test("after a cut those of before stay in the list until it is known that they have ended", async () => {
    const begun = await at.online({ rooms: [view("r", { head: 3 })], more_rooms: true });
    await begun.peer.answer("rooms", { rooms: [view("s"), view("t")], more: false });
    await until("all", () => begun.client.rooms.size === 3);
    const { peer } = await cut(begun, { rooms: [view("r", { head: 3 })], more_rooms: true });
    expect([...begun.client.rooms.keys()]).toEqual(["r", "s", "t"]);
    await peer.answer("rooms", { rooms: [view("t", { name: "new name" })], more: false });
    await until("the end of one", () => begun.client.rooms.size === 2);
    expect([...begun.client.rooms.values()].map(({ name }) => name)).toEqual(["r", "new name"]);
  });

  test("the last entry of a room goes along with its events", async () => {
    const { client, peer } = await inRoom({ rooms: [view("r", { head: 3 })] });
    const last = (): unknown => client.rooms.get("r")?.last;
    peer.say(message("r", 4, 3, { body: { text: "한".repeat(200), reply_to: 2, reply: { seq: 2, from: { id: "bo", name: "Bo" }, text: "m2" } } }));
    await until("a message", () => client.rooms.get("r")?.head === 4);
    expect(last()).toMatchObject({ seq: 4, ts: 4, body: { text: "한".repeat(120), reply_to: 2 } });
    expect(last()).not.toHaveProperty("body.reply");
    peer.say(message("r", 5, 4, { kind: "edited", target: 4, body: { text: "short" } }), message("r", 6, 5, { kind: "reacted", target: 4, emoji: "👍", body: undefined }));
    await until("an edit", () => client.rooms.get("r")?.head === 6);
    expect(last()).toMatchObject({ seq: 4, edited: true, body: { text: "short" } });
    expect(last()).not.toHaveProperty("reactions");
    peer.say(message("r", 7, 6, { kind: "deleted", target: 4, body: undefined }));
    await until("a deletion", () => client.rooms.get("r")?.head === 7);
    expect(last()).toMatchObject({ seq: 4, deleted: true });
  });

  test("counts go on from the server's head: what is replayed up to it is counted already", async () => {
    const begun = await inRoom({ rooms: [view("r", { head: 3, read: 3 })] });
    const { peer } = await cut(begun, { rooms: [view("r", { head: 5, read: 3, unread: 2, mentions: 1 })] });
    peer.say(message("r", 4, 3), message("r", 5, 4, { body: { text: "<@me>", mentions: ["me"] } }), message("r", 6, 5, { body: { text: "<@me>", mentions: ["me"] } }));
    peer.say(message("r", 7, 6, { from: { id: "me", name: "Ann" } }), { t: "resumed", room: "r", after: 3, head: 7, count: 4 });
    const counts = (): unknown => {
      const { head, unread, mentions } = begun.client.rooms.get("r") ?? {};
      return [head, unread, mentions];
    };
    await until("the head", () => begun.client.rooms.get("r")?.head === 7);
    expect(counts()).toEqual([7, 3, 2]);
    peer.say(message("r", 8, 7, { kind: "deleted", target: 6, body: undefined }));
    await until("the deletion", () => begun.client.rooms.get("r")?.head === 8);
    expect(counts()).toEqual([8, 2, 1]);
    peer.say({ t: "activity", room: "r", head: 9, unread: 7, mentions: 0 });
    await until("news", () => begun.client.rooms.get("r")?.head === 9);
    expect(counts()).toEqual([9, 7, 0]);
  });

  test("a read mark holds at once, is told when there is a connection, and counts what is left", async () => {
    const begun = await inRoom({ rooms: [view("r", { head: 3, read: 1, unread: 2 })] });
    begun.room.markRead(2);
    expect(begun.client.rooms.get("r")).toMatchObject({ read: 2, unread: 1 });
    expect(await begun.peer.answer("read")).toMatchObject({ seq: 2 });
    await begun.peer.settled();
    begun.peer.socket.terminate();
    await state(begun.client, "reconnecting");
    begun.room.markRead(3);
    begun.room.markRead(2);
    expect(begun.client.rooms.get("r")).toMatchObject({ read: 3, unread: 0 });
    await pass(JITTER_MS);
    const { peer } = await begun.gateway.welcome({ rooms: [view("r", { head: 3, read: 2, unread: 1 })] });
    expect(await peer.answer("read")).toMatchObject({ seq: 3 });
    expect(begun.client.rooms.get("r")).toMatchObject({ read: 3, unread: 0 });
    await peer.settled();
    const { peer: third } = await cut({ ...begun, peer }, { rooms: [view("r", { head: 3, read: 3 })] });
    await third.settled();
    expect(third.all("read")).toHaveLength(0);
  });

  test("a mark of another device is taken", async () => {
    const { client, peer } = await inRoom({ rooms: [view("r", { head: 3, read: 1, unread: 2 })] });
    peer.say({ t: "read", room: "r", user: "bo", seq: 3 }, { t: "read", room: "r", user: "me", seq: 3 });
    await until("the mark", () => client.rooms.get("r")?.read === 3);
    expect(client.rooms.get("r")?.unread).toBe(0);
  });
});

describe("another login", () => {
  test("of the same user after the first one ended goes on without a hole", async () => {
    const begun = await inRoom();
    begun.gateway.http = () => ({ status: 401, body: { code: "unauthenticated" } });
    begun.peer.socket.close(4401);
    await state(begun.client, "closed");
    expect(texts(begun.room)).toEqual(["m1", "m2", "m3"]);
    begun.gateway.http = () => ({ status: 200, body: { ...session({ access_token: "b1" }) } });
    await begun.client.login({ name: "Ann", password: "password" });
    begun.client.connect();
    const { hello } = await begun.gateway.welcome({ rooms: [view("r", { head: 5 })] });
    expect(hello).toMatchObject({ token: "b1", resume: { r: 3 } });
  });

  test("of somebody else begins with nothing", async () => {
    const begun = await inRoom();
    const bo = { id: "bo", name: "Bo", role: "member" as const, guest: false };
    begun.gateway.http = () => ({ status: 200, body: { ...session({ user: bo, access_token: "b1" }) } });
    await begun.client.login({ name: "Bo", password: "password" });
    expect([begun.room.entries.length, begun.client.rooms.size]).toEqual([0, 0]);
    const { hello } = await begun.gateway.welcome({ user: bo });
    expect(hello["token"]).toBe("b1");
    expect(hello).not.toHaveProperty("resume");
  });

  test("after a log-out nothing is left, here and in storage", async () => {
    const storage = await stored();
    const { client, gateway, peer } = await at.online({ rooms: [view("r", { head: 3 })] }, { storage });
    gateway.http = () => ({ status: 204, body: "" });
    await client.logout({ all: true });
    expect(gateway.asked.at(-1)).toEqual({ path: "/auth/logout", body: { all: true }, token: "a1" });
    await until("the close", () => peer.closed === 1000);
    expect([client.me, client.rooms.size, await storage.get("chatmesh.session")]).toEqual([undefined, 0, null]);
  });
});

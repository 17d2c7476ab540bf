import { describe, expect, test, vi } from "vitest";
import { until } from "../until.js";
import { type Peer, entry, message, view, welcome } from "./gateway.js";
import { scene, session, state, stored, texts } from "./people.js";
import { cut, page, reader } from "./reading.js";

const at = scene();
const inRoom = reader(at);
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const JITTER_MS = 750;

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

import { describe, expect, test, vi } from "vitest";
import { until } from "../until.js";
import { message, view } from "./gateway.js";
import { scene, state } from "./people.js";
import { cut, reader } from "./reading.js";

const at = scene();
const inRoom = reader(at);
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const JITTER_MS = 750;

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

import { describe, expect, test, vi } from "vitest";
import { ChatmeshError } from "../../src/index.js";
import { until } from "../until.js";
import { message, view } from "./gateway.js";
import { refreshes, scene, state, stored } from "./people.js";
import { kept, pending, said, store, writer } from "./writing.js";

const at = scene();
const inRoom = writer(at);
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe("order", () => {
  test("one at a time for each room, in the order of writing; other rooms do not wait", async () => {
    const { client, peer, room } = await inRoom();
    const other = client.open("r2");
    await peer.answer("attach", { head: 0 });
    peer.say({ t: "resumed", room: "r2", after: 0, head: 0, count: 0 });
    for (const text of ["a", "b", "c"]) room.send({ text });
    other.send({ text: "x" });
    await until("both rooms", () => peer.all("send").length === 2);
    await peer.settled();
    expect(peer.all("send").map(said)).toEqual(["a", "x"]);
    for (const text of ["a", "x", "b", "c"]) expect(said(await store(peer))).toBe(text);
    await until("nothing pending", () => room.pending.length === 0 && other.pending.length === 0);
  });

  test("changes of every kind go the same way", async () => {
    const { peer, room } = await inRoom();
    room.send({ text: "reply", reply_to: 3, thread: undefined });
    room.edit(5, { text: "better" });
    room.react(5, "👍");
    room.react(5, "👍", true);
    room.pin(5);
    room.delete(5);
    const frames = [];
    for (const t of ["send", "edit", "react", "react", "pin", "delete"]) frames.push(await store(peer, t));
    expect(frames.map(({ ref: _ref, id: _id, room: _room, ...frame }) => frame)).toEqual([
      { t: "send", body: { text: "reply", reply_to: 3 } },
      { t: "edit", target: 5, body: { text: "better" } },
      { t: "react", target: 5, emoji: "👍" },
      { t: "react", target: 5, emoji: "👍", remove: true },
      { t: "pin", target: 5 },
      { t: "delete", target: 5 },
    ]);
    expect(new Set(frames.map((frame) => frame["id"])).size).toBe(6);
  });
});

describe("refusals", () => {
  test("a retryable one is sent again from the first, under the same id; those behind it wait", async () => {
    const { peer, room } = await inRoom();
    for (const text of ["a", "b"]) room.send({ text });
    const first = await peer.refuse("send", "unavailable");
    await until("waiting", () => room.pending[0]?.state === "waiting");
    room.send({ text: "c" });
    await pass(749);
    await peer.settled();
    expect(peer.all("send")).toHaveLength(1);
    await pass(1);
    const again = await store(peer);
    expect([said(again), again["id"]]).toEqual(["a", first["id"]]);
    expect(said(await store(peer))).toBe("b");
    expect(said(await store(peer))).toBe("c");
  });

  test("a rate limit is waited for as told, and tries back off", async () => {
    const { peer, room } = await inRoom();
    room.send({ text: "a" });
    await peer.refuse("send", "rate_limited", { retry_after_ms: 5_000 });
    const item = await until("a wait", () => room.pending[0]?.retryAt !== undefined && room.pending[0]);
    expect(item.retryAt).toBe(Date.now() + 5_000);
    await pass(4_999);
    await peer.settled();
    expect(peer.all("send")).toHaveLength(1);
    await pass(1);
    await peer.refuse("send", "unavailable");
    await until("the next wait", () => room.pending[0]?.retryAt !== item.retryAt && room.pending[0]?.state === "waiting");
    expect(room.pending[0]?.retryAt).toBe(Date.now() + 1_250);
  });

  test("one that is not retryable fails alone, and stays until the user decides", async () => {
    const storage = await stored();
    const { peer, room } = await inRoom(storage);
    for (const text of ["a", "b", "c"]) room.send({ text });
    const first = await peer.refuse("send", "conflict");
    await store(peer);
    await store(peer);
    await until("one left", () => room.pending.length === 1);
    expect(room.pending[0]).toMatchObject({ state: "failed", error: { code: "conflict" }, body: { text: "a" } });
    expect(await kept(storage)).toHaveLength(1);
    const item = room.pending[0]?.id ?? "";
    room.editPending(item, "a2");
    const again = await peer.refuse("send", "not_found");
    // What was refused for good was never stored: the second try is another event.
    expect(again["id"]).not.toBe(first["id"]);
    expect(said(again)).toBe("a2");
    await until("failed", () => room.pending[0]?.state === "failed");
    room.discard(item);
    expect(room.pending).toEqual([]);
    await until("nothing stored", async () => (await kept(storage)).length === 0);
  });

  test("what was tried keeps its words: it may be stored as it is", async () => {
    const { peer, room } = await inRoom();
    room.send({ text: "a" });
    const first = await peer.refuse("send", "unavailable");
    await until("waiting", () => room.pending[0]?.state === "waiting");
    room.editPending(room.pending[0]?.id ?? "", "b");
    const again = await store(peer);
    expect([said(again), again["id"]]).toEqual(["a", first["id"]]);
  });

  test("a text that is too long never leaves, and one that is cut in half a character is made whole", async () => {
    const { peer, room } = await inRoom();
    room.send({ text: "한".repeat(2_730) + "xxx" });
    room.send({ text: "한".repeat(2_730) + "xx" });
    room.send({ text: "👋".slice(0, 1) + "a" });
    room.react(5, "👍".slice(1));
    expect(String(said(await store(peer))).length).toBe(2_732);
    expect(said(await store(peer))).toBe("\ufffda");
    expect(await store(peer, "react")).toMatchObject({ emoji: "\ufffd" });
    await until("one left", () => room.pending.length === 1);
    expect([room.pending[0]?.state, room.pending[0]?.error?.code]).toEqual(["failed", "too_large"]);
  });

  test("no answer within 15 s is as good as a cut", async () => {
    const { peer, room } = await inRoom();
    room.send({ text: "a" });
    const first = await peer.next("send");
    await pass(15_000);
    expect(room.pending[0]?.state).toBe("waiting");
    await pass(750);
    expect((await store(peer))["id"]).toBe(first["id"]);
  });
});

describe("a cut", () => {
  test("what was on its way goes again after `resumed`, under its id, before what was written meanwhile", async () => {
    const { client, gateway, peer, room } = await inRoom();
    peer.say(message("r", 7, 0));
    await until("an entry", () => room.entries.length === 1);
    room.send({ text: "a" });
    const first = await peer.next("send");
    peer.socket.terminate();
    await state(client, "reconnecting");
    room.send({ text: "b" });
    await pass(750);
    const { peer: next, hello } = await gateway.welcome({ rooms: [view("r", { head: 7 })] });
    expect(hello["resume"]).toEqual({ r: 7 });
    await state(client, "online");
    await next.settled();
    expect(next.all("send")).toHaveLength(0);
    next.say({ t: "resumed", room: "r", after: 7, head: 7, count: 0 });
    const again = await store(next);
    expect([said(again), again["id"]]).toEqual(["a", first["id"]]);
    expect(said(await store(next))).toBe("b");
  });

  test("what the replay shows as stored is not sent again", async () => {
    const { client, gateway, peer, room } = await inRoom();
    room.send({ text: "a" });
    const { id } = await peer.next("send");
    peer.socket.terminate();
    await state(client, "reconnecting");
    await pass(750);
    const { peer: next } = await gateway.welcome({ rooms: [view("r", { head: 0 })] });
    next.say(message("r", 8, 0, { id, from: { id: "me", name: "Ann" } }), { t: "resumed", room: "r", after: 0, head: 8, count: 1 });
    await until("nothing pending", () => room.pending.length === 0);
    await next.settled();
    expect(next.all("send")).toHaveLength(0);
    expect(room.entries.map((entry) => entry.seq)).toEqual([8]);
  });

  test("an event may come before its ok", async () => {
    const { peer, room } = await inRoom();
    room.send({ text: "a" });
    const { id, ref } = await peer.next("send");
    peer.say(message("r", 8, 0, { id, from: { id: "me", name: "Ann" }, body: { text: "a" } }));
    await until("stored", () => room.pending.length === 0 && room.entries.length === 1);
    peer.say({ t: "ok", ref, room: "r", id, seq: 8, ts: 8, level: "stored" });
    await peer.settled();
    expect(room.entries).toHaveLength(1);
  });
});

test("without a login nothing can be written; with one of an earlier run, also before there is a connection", async () => {
  const gateway = await at.gateway();
  gateway.http = refreshes();
  const client = await at.client(gateway, { storage: await stored() });
  const room = client.open("r");
  expect(room.send({ text: "early" }).state).toBe("waiting");
  expect(pending(room)).toEqual([["early", "waiting"]]);
  gateway.http = () => ({ status: 204, body: "" });
  await client.logout();
  expect(() => room.send({ text: "late" })).toThrow(ChatmeshError);
});

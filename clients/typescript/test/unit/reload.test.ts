import { describe, expect, test, vi } from "vitest";
import { type ChatmeshError, memoryStorage, timeOf } from "../../src/index.js";
import { until } from "../until.js";
import { view } from "./gateway.js";
import { scene, session, state, stored } from "./people.js";
import { kept, pending, said, store, writer } from "./writing.js";

const at = scene();
const inRoom = writer(at);
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const DAY_MS = 24 * 3_600_000;

describe("a reload", () => {
  test("what was written and not stored is there again, in order, under its id", async () => {
    const storage = await stored();
    const { client, peer, room } = await inRoom(storage);
    for (const text of ["a", "b"]) room.send({ text });
    const first = await peer.next("send");
    await until("both in storage", async () => (await kept(storage)).length === 2);
    client.close();

    const next = await at.online({ rooms: [view("r")] }, { storage });
    const again = next.client.open("r");
    again.send({ text: "c" });
    expect(said(await store(next.peer))).toBe("a");
    expect(next.peer.all("send")[0]?.["id"]).toBe(first["id"]);
    expect(said(await store(next.peer))).toBe("b");
    expect(said(await store(next.peer))).toBe("c");
    await until("nothing stored", async () => (await kept(storage)).length === 0);
  });

  test("what is read from a slow storage still goes before what was written since", async () => {
    const storage = await stored();
    const { client, peer, room } = await inRoom(storage);
    room.send({ text: "a" });
    await peer.next("send");
    client.close();

    let read: () => void = () => {};
    const slow = { ...storage, keys: () => new Promise<void>((resolve) => (read = resolve)).then(() => storage.keys()) };
    const gateway = await at.gateway();
    const again = await at.client(gateway, { storage: slow });
    const there = again.open("r");
    there.send({ text: "b" });
    read();
    await until("both", () => pending(there).length === 2);
    expect(pending(there)).toEqual([["a", "waiting"], ["b", "waiting"]]);
    const { peer: next } = await gateway.welcome({ rooms: [view("r")] });
    expect([said(await store(next)), said(await store(next))]).toEqual(["a", "b"]);
  });

  test("what is older than 7 days is shown instead of sent, whether it was tried or not", async () => {
    const storage = await stored(session({ expires_at: Date.now() + 30 * DAY_MS }));
    const { client, peer, room } = await inRoom(storage);
    for (const text of ["tried", "never tried"]) room.send({ text });
    const first = await peer.next("send");
    await until("both in storage", async () => (await kept(storage)).length === 2);
    client.close();

    vi.setSystemTime(Date.now() + 7 * DAY_MS + 1);
    const next = await at.online({ rooms: [view("r")] }, { storage });
    const again = next.client.open("r");
    await until("both shown", () => again.pending.length === 2 && again.pending.every((item) => item.expired && item.state === "failed"));
    again.send({ text: "new" });
    expect(said(await store(next.peer))).toBe("new");
    again.retry(again.pending[0]?.id ?? "");
    const sent = await store(next.peer);
    expect([said(sent), sent["id"] === first["id"]]).toEqual(["tried", false]);
  });

  test("at 7 days less a minute it is sent", async () => {
    const storage = await stored(session({ expires_at: Date.now() + 30 * DAY_MS }));
    const { client, peer, room } = await inRoom(storage);
    room.send({ text: "a" });
    const first = await peer.next("send");
    client.close();
    vi.setSystemTime(Date.now() + 7 * DAY_MS - 60_000);
    const next = await at.online({ rooms: [view("r")] }, { storage });
    expect((await store(next.peer))["id"]).toBe(first["id"]);
  });

  test("two copies that a crash has left are one item", async () => {
    const storage = await stored();
    const item = { id: "i1", room: "r", kind: "send", body: { text: "a" }, created: 5, state: "waiting" };
    await storage.set("chatmesh.outbox.me.t1", JSON.stringify([{ ...item, event: "019a0000-0000-7000-8000-000000000001" }]));
    await storage.set("chatmesh.outbox.me.t2", JSON.stringify([item, { ...item, id: "i2", created: 4, body: { text: "first" } }]));
    await storage.set("chatmesh.outbox.me.t3", "no JSON");
    await storage.set("chatmesh.outbox.other.t1", JSON.stringify([item]));
    vi.setSystemTime(timeOf("019a0000-0000-7000-8000-000000000001") + 5);
    await storage.set("chatmesh.session", JSON.stringify(session()));
    const { peer } = await at.online({ rooms: [view("r")] }, { storage });
    // It lies a long time back, but it is the time of its id that counts.
    const sent = await store(peer);
    expect([said(sent), sent["id"]]).toEqual(["a", "019a0000-0000-7000-8000-000000000001"]);
    await until("the other user's and the old one", async () => (await kept(storage)).map((left) => left.id).sort().join() === "i1,i2");
  });

  test("a storage that is full is told, and the message leaves all the same", async () => {
    const storage = { ...(await stored()) };
    const { client, peer, room } = await inRoom(storage);
    const errors: ChatmeshError[] = [];
    client.on("error", (error) => errors.push(error));
    storage.set = () => Promise.reject(new Error("quota"));
    room.send({ text: "a" });
    expect(said(await store(peer))).toBe("a");
    expect(errors[0]).toMatchObject({ code: "storage", message: expect.stringContaining("quota") });
  });
});

describe("ids", () => {
  test("bear the server's time, however wrong the own clock is", async () => {
    const server = Date.now() + 365 * DAY_MS;
    const { peer, room } = await (async () => {
      const begun = await at.online({ rooms: [view("r")], server_time: server, expires_at: server + 900_000 }, { storage: await stored(session({ expires_at: server + 900_000 })) });
      const room = begun.client.open("r");
      return { ...begun, room };
    })();
    room.send({ text: "a" });
    const sent = await store(peer);
    expect(timeOf(String(sent["id"])) - server).toBe(0);
  });

  test("are made at the first try, not when the words are written", async () => {
    const { client, gateway, peer, room } = await inRoom();
    peer.socket.close(4000);
    await state(client, "reconnecting");
    room.send({ text: "a" });
    await pass(750);
    const { peer: next } = await gateway.welcome({ rooms: [view("r")], server_time: Date.now() + 60_000 });
    next.say({ t: "resumed", room: "r", after: 0, head: 0, count: 0 });
    expect(timeOf(String((await store(next))["id"]))).toBe(Date.now() + 60_000);
  });
});

test("after a log-out and a log-in of the same user the outbox is there again", async () => {
  const storage = memoryStorage();
  await storage.set("chatmesh.session", JSON.stringify(session()));
  const { client, gateway, peer, room } = await inRoom(storage);
  room.send({ text: "a" });
  const first = await peer.next("send");
  gateway.http = (path) => (path === "/auth/login" ? { status: 200, body: { ...session() } } : { status: 204, body: "" });
  await client.logout();
  await client.login({ name: "Ann", password: "password" });
  client.connect();
  const { peer: next } = await gateway.welcome({ rooms: [view("r")] });
  expect((await store(next))["id"]).toBe(first["id"]);
});

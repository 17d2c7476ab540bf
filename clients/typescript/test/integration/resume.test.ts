import { describe, expect, test } from "vitest";
import { type Client, type RoomHandle, type Storage, memoryStorage } from "../../src/index.js";
import { until } from "../until.js";
import { Wire, flushed, guest, messages, online, opened, stranger, together } from "./mesh.js";

const away = (client: Client): Promise<boolean> => until("a break", () => client.status.state === "reconnecting");
const back = (client: Client): Promise<boolean> => until("the connection", () => client.status.state === "online", 30_000);

/** Ann by a wire that can be cut, Bo, Cy and Di without. */
const four = async (name: string, storage: Storage = memoryStorage()) => {
  const wire = await Wire.lay();
  const ann = await guest("Ann", { url: wire.url, storage });
  const others = await Promise.all(["Bo", "Cy", "Di"].map((who) => guest(who)));
  const [here, ...there] = await together(name, ann, ...others);
  return { wire, ann, others, here: here as RoomHandle, there };
};

describe("after a cut", () => {
  test("what was missed is replayed, and nothing is loaded again", async () => {
    const { wire, ann, here, there } = await four("cut");
    there[0]?.send({ text: "before" });
    await until("it", () => messages(here).includes("before"));
    wire.cut();
    await away(ann);
    for (let number = 0; number < 60; number++) there[number % 3]?.send({ text: `${number}` });
    await Promise.all(there.map(flushed));
    wire.mend();
    await until("all of it", () => messages(here).length === 61, 30_000);
    const reference = await opened(await guest("Ed"), here.id);
    while (reference.hasOlder) await reference.loadOlder();
    expect(here.entries).toEqual(reference.entries);
  });

  test("after more than 500 missed events the newest are there at once, the rest by paging", async () => {
    const { wire, ann, here, there } = await four("long cut");
    there[0]?.send({ text: "before" });
    await until("it", () => messages(here).includes("before"));
    wire.cut();
    await away(ann);
    for (let number = 0; number < 540; number++) there[number % 3]?.send({ text: `${number}` });
    await Promise.all(there.map(flushed));
    wire.mend();
    await back(ann);
    const reference = await opened(await guest("Ed"), here.id);
    await until("the newest", () => here.entries.at(-1)?.seq === reference.entries.at(-1)?.seq, 30_000);
    expect(here.hasOlder).toBe(true);
    expect(here.entries).toHaveLength(50);
    there[0]?.send({ text: "after" });
    await until("live", () => messages(here).at(-1) === "after");
    for (const room of [here, reference]) while (room.hasOlder) await room.loadOlder();
    expect(messages(here)).toHaveLength(542);
    expect(here.entries).toEqual(reference.entries);
  });
});

describe("what is written", () => {
  test("in a break goes out in order when it is over, once, also what was on its way", async () => {
    const { wire, ann, here, there } = await four("outbox");
    const texts = Array.from({ length: 40 }, (_, number) => `${number}`);
    for (const text of texts.slice(0, 20)) here.send({ text });
    // In the midst of it, so that an answer is lost.
    await until("some", () => messages(there[0] as RoomHandle).length >= 5);
    wire.cut();
    await away(ann);
    for (const text of texts.slice(20)) here.send({ text });
    wire.mend();
    await flushed(here);
    await until("all of it", () => messages(there[0] as RoomHandle).length >= 40);
    expect(messages(there[0] as RoomHandle)).toEqual(texts);
    await until("own events", () => messages(here).length === 40);
    expect(messages(here)).toEqual(texts);
  });

  test("survives a reload, under its id", async () => {
    const storage = memoryStorage();
    const { wire, ann, here, there } = await four("reload", storage);
    here.send({ text: "a" });
    await until("the first", () => messages(there[0] as RoomHandle).includes("a"));
    wire.cut();
    await away(ann);
    for (const text of ["b", "c"]) here.send({ text });
    ann.close();
    wire.mend();

    const again = stranger({ url: wire.url, storage });
    expect(await again.restore()).toBe(true);
    expect(again.me).toEqual(ann.me);
    again.connect();
    await online(again);
    const room = await opened(again, here.id);
    room.send({ text: "d" });
    await flushed(room);
    await until("all of it", () => messages(there[0] as RoomHandle).length >= 4);
    expect(messages(there[0] as RoomHandle)).toEqual(["a", "b", "c", "d"]);
  });
});

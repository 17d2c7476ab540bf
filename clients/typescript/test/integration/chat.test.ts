import { describe, expect, test } from "vitest";
import type { Event, RoomHandle } from "../../src/index.js";
import { until } from "../until.js";
import { flushed, guest, messages, opened, together } from "./mesh.js";

describe.each(["msgpack", "json"] as const)("in %s", (encoding) => {
  test("two people chat, and see the same", async () => {
    const ann = await guest("Ann", { encoding });
    const bo = await guest("Bo", { encoding });
    const [here, there] = (await together("talk", ann, bo)) as [RoomHandle, RoomHandle];
    const heard: Event[] = [];
    bo.on("event", (event) => heard.push(event));

    here.send({ text: `hello <@${bo.me?.id}> 안녕 👋🏽` });
    const first = await until("the message", () => there.entries.find((entry) => entry.kind === "message"));
    expect(first).toMatchObject({ from: { id: ann.me?.id, name: "Ann", type: "guest" }, body: { mentions: [bo.me?.id] } });
    await until("the mention", () => bo.rooms.get(here.id)?.mentions === 1);

    there.send({ text: "quote", reply_to: first.seq });
    there.send({ text: "thread", thread: first.seq });
    there.react(first.seq, "👍");
    here.pin(first.seq);
    here.edit(first.seq, { text: "hello all" });
    await until("all changes", () => [here, there].every(({ entries }) => {
      const entry = entries.find(({ seq }) => seq === first.seq);
      return entry?.edited && entry.pinned && entry.reactions && entry.thread?.count === 1;
    }));
    const entry = there.entries.find(({ seq }) => seq === first.seq);
    expect(entry).toMatchObject({
      body: { text: "hello all" },
      reactions: [{ emoji: "👍", count: 1, me: true, users: [bo.me?.id] }],
      thread: { count: 1, from: [{ id: bo.me?.id }] },
    });
    expect(here.entries.find(({ body }) => body?.text === "quote")?.body?.reply).toMatchObject({ seq: first.seq, from: { id: ann.me?.id } });

    here.delete(first.seq);
    await until("the deletion", () => [here, there].every(({ entries }) => entries.find(({ seq }) => seq === first.seq)?.deleted));
    await Promise.all([flushed(here), flushed(there)]);
    // What was folded from live events is what the server folds.
    const read = await opened(await guest("Cy", { encoding }), here.id);
    const strip = (entries: readonly object[]): object[] => entries.map((entry) => ({ ...entry, reactions: undefined }));
    expect(strip(there.entries)).toEqual(strip(read.entries));
    expect(strip(here.entries)).toEqual(strip(read.entries));
    expect(heard.map(({ seq }) => seq)).toEqual([...heard.map(({ seq }) => seq)].sort((a, b) => a - b));
    expect(heard.map(({ kind }) => kind).sort()).toEqual(["deleted", "edited", "message", "message", "message", "pinned", "reacted"]);
  });

  test("a long history is paged in both directions, each message once", async () => {
    const ann = await guest("Ann", { encoding });
    const [room] = (await together("long", ann)) as [RoomHandle];
    const texts = Array.from({ length: 120 }, (_, number) => `line ${number}`);
    for (const text of texts) room.send({ text });
    await flushed(room);
    await until("all events", () => messages(room).length === 120);
    const seqs = room.entries.map(({ seq }) => seq);

    const bo = await guest("Bo", { encoding });
    const read = await opened(bo, room.id);
    expect(messages(read)).toEqual(texts.slice(-50));
    while (read.hasOlder) await read.loadOlder();
    expect(messages(read)).toEqual(texts);

    await read.loadAround(seqs[60] ?? 0);
    expect(read.hasNewer).toBe(true);
    room.send({ text: "meanwhile" });
    while (read.hasOlder) await read.loadOlder();
    while (read.hasNewer) await read.loadNewer();
    await until("the last one", () => messages(read).at(-1) === "meanwhile");
    expect(messages(read)).toEqual([...texts, "meanwhile"]);
    expect(read.entries.map(({ seq }) => seq).slice(0, -1)).toEqual(seqs);
  });
});

test("threads, pins and read marks", async () => {
  const ann = await guest("Ann");
  const bo = await guest("Bo");
  const [here, there] = (await together("marks", ann, bo)) as [RoomHandle, RoomHandle];
  here.send({ text: "root" });
  const root = await until("the root", () => there.entries.find(({ body }) => body?.text === "root"));
  for (const text of ["one", "two"]) there.send({ text, thread: root.seq });
  here.pin(root.seq);
  await Promise.all([flushed(here), flushed(there)]);
  expect((await here.thread(root.seq)).entries.map(({ body }) => body?.text)).toEqual(["root", "one", "two"]);
  expect((await here.pins()).map(({ seq }) => seq)).toEqual([root.seq]);
  const last = await until("both replies", () => here.entries.filter(({ body }) => body?.thread).at(1));
  expect(ann.rooms.get(here.id)?.unread).toBe(2);
  const marks: number[] = [];
  bo.on("read", ({ user, seq }) => user === ann.me?.id && marks.push(seq));
  here.markRead(last.seq);
  expect(ann.rooms.get(here.id)).toMatchObject({ read: last.seq, unread: 0 });
  await until("the mark at the other's", () => marks.includes(last.seq));
});

test("what may not be is refused with its code, and fails alone", async () => {
  const ann = await guest("Ann");
  const bo = await guest("Bo");
  const [here, there] = (await together("rules", ann, bo)) as [RoomHandle, RoomHandle];
  here.send({ text: "mine" });
  const mine = await until("the message", () => there.entries.find(({ body }) => body?.text === "mine"));
  there.edit(mine.seq, { text: "yours" });
  there.send({ text: "x".repeat(8_193) });
  there.send({ text: "fine" });
  await until("the good one", () => messages(here).includes("fine"));
  await until("two failures", () => there.pending.length === 2 && there.pending.every(({ state }) => state === "failed"));
  expect(there.pending.map(({ error }) => error?.code)).toEqual(["forbidden", "too_large"]);
  const secret = await ann.api.createRoom({ name: "secret", type: "private" });
  const closed = bo.open(secret.room);
  await until("not found", () => closed.notFound);
  await expect(bo.api.getRoom(secret.room)).rejects.toMatchObject({ code: "not_found", status: 404, retryable: false });
});

import { expect, test } from "vitest";
import { type RoomHandle, type Client } from "../../src/index.js";
import { until } from "../until.js";
import { flushed, guest, together, Wire } from "./mesh.js";

const names = (client: Client, room: string): string[] => [...(client.live.people(room)?.people.values() ?? [])].map(({ name, state, text }) => `${name} ${state}${text ? ` ${text}` : ""}`).sort();

test("people of a room come, change, hide, fall out of the line and leave", async () => {
  const wire = await Wire.lay();
  const ann = await guest("Ann");
  const bo = await guest("Bo", { url: wire.url });
  const [here, there] = (await together("who", ann, bo)) as [RoomHandle, RoomHandle];
  await until("both", () => names(ann, here.id).join() === "Ann online,Bo online");
  expect(ann.live.people(here.id)).toMatchObject({ count: 2, live: true });
  bo.live.setStatus("dnd", "집중");
  await until("dnd", () => names(ann, here.id).join() === "Ann online,Bo dnd 집중");
  const { members } = await ann.api.members(here.id);
  expect(members.find(({ id }) => id === bo.me?.id)).toMatchObject({ state: "dnd", text: "집중" });
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  bo.live.setStatus("invisible");
  await until("nobody", () => names(ann, here.id).join() === "Ann online");
  await until("not seen by himself", () => !bo.live.people(there.id)?.people.has(bo.me?.id ?? ""));
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  bo.live.setStatus("online");
  await until("back", () => [ann, bo].every((client) => names(client, here.id).length === 2));
  wire.cut();
  await until("the cut", () => bo.live.people(there.id)?.live === false);
  expect(bo.live.people(there.id)?.count).toBe(2);
  expect(names(ann, here.id)).toHaveLength(2);
  wire.mend();
  await until("resumed", () => bo.live.people(there.id)?.live);
  bo.close();
  await until("the end", () => names(ann, here.id).join() === "Ann online", 15_000);
  expect((await ann.api.members(here.id)).members.find(({ id }) => id === bo.me?.id)?.seen).toBeGreaterThan(ann.serverNow() - 30_000);
});

test("typing comes, is not heard by oneself, and ends", async () => {
  const ann = await guest("Ann");
  const bo = await guest("Bo");
  const [here, there] = (await together("writes", ann, bo)) as [RoomHandle, RoomHandle];
  there.typing(true);
  await until("typing", () => ann.live.typing(here.id)?.users.join() === bo.me?.id);
  expect(bo.live.typing(there.id)).toBeUndefined();
  there.typing(false);
  await until("its end", () => ann.live.typing(here.id) === undefined, 2_000);
});

test("the status of one device is that of all, and stays", async () => {
  const ann = await guest("Ann");
  ann.live.setStatus("away", "lunch");
  // It has no answer: what is asked behind it has one.
  await ann.api.createRoom({ name: "behind it", type: "private" });
  ann.close();
  ann.connect();
  await until("the next welcome", () => ann.status.state === "online");
  expect(ann.live.status).toEqual({ state: "away", text: "lunch" });
});

test("how far others have read", async () => {
  const ann = await guest("Ann");
  const bo = await guest("Bo");
  const [here, there] = (await together("reads", ann, bo)) as [RoomHandle, RoomHandle];
  here.send({ text: "read me" });
  const { seq } = await until("the message", () => there.entries.find(({ kind }) => kind === "message"));
  there.markRead(seq);
  await until("the mark", () => ann.live.marks(here.id).get(bo.me?.id ?? "") === seq);
  const cy = await guest("Cy");
  await cy.live.loadMarks(here.id);
  expect(cy.live.marks(here.id).get(bo.me?.id ?? "")).toBe(seq);
});

test("the lobby ranks by people, with the last words, live and over HTTP", async () => {
  const ann = await guest("Ann");
  const bo = await guest("Bo");
  ann.live.lobby.watch(100);
  const [busy] = (await together("busy lobby", ann, bo)) as [RoomHandle, RoomHandle];
  const [quiet] = (await together("quiet lobby", ann)) as [RoomHandle];
  const place = (room: string): number => ann.live.lobby.ranking.rooms.findIndex((one) => one.room === room);
  busy.send({ text: "many people" });
  await flushed(busy);
  bo.open(busy.id).send({ text: "last words" });
  quiet.send({ text: "one person" });
  await until("both rooms", () => place(busy.id) >= 0 && place(quiet.id) > place(busy.id) && ann.live.lobby.ranking.rooms[place(busy.id)]?.last?.body?.text === "last words", 15_000);
  expect(ann.live.lobby.ranking.rooms[place(busy.id)]).toMatchObject({ name: "busy lobby", active_30m: 2, online: 2 });
  const { rooms } = await ann.api.lobby(100);
  expect(rooms.map(({ room }) => room)).toEqual(ann.live.lobby.ranking.rooms.map(({ room }) => room));
});

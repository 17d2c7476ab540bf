import { expect, test } from "vitest";
import { memoryStorage } from "../../src/index.js";
import { until } from "../until.js";
import { guest, messages, online, opened, stranger, together } from "./mesh.js";

const fresh = (name: string): string => `${name}-${Math.random().toString(36).slice(2, 10)}`;
const PASSWORD = "correct horse";

test("a guest becomes an account, keeps id, rooms and connection, and logs in elsewhere", async () => {
  const ann = await guest("Ann");
  const [room] = await together("mine", ann);
  const id = ann.me?.id;
  const name = fresh("ann");
  const told = until("the news", () => ann.me?.guest === false);
  const statuses: string[] = [];
  ann.on("status", ({ state }) => statuses.push(state));
  expect(await ann.signup({ name, password: PASSWORD })).toMatchObject({ id, name, guest: false });
  await told;
  room?.send({ text: "as an account" });
  await until("it", () => room?.entries.at(-1)?.from.name === name && room.pending.length === 0);
  expect(statuses).toEqual([]);

  const phone = stranger();
  await expect(phone.login({ name, password: "wrong horse" })).rejects.toMatchObject({ code: "unauthenticated", status: 401 });
  expect(await phone.login({ name: name.toUpperCase(), password: PASSWORD })).toMatchObject({ id });
  phone.connect();
  await online(phone);
  expect([...phone.rooms.keys()]).toEqual([room?.id]);
  expect(messages(await opened(phone, room?.id ?? ""))).toEqual(["as an account"]);
  await expect(stranger().signup({ name, password: PASSWORD })).rejects.toMatchObject({ code: "conflict", status: 409 });
});

test("a log-out ends its own login within a second, `all` every one, and nothing reconnects", async () => {
  const name = fresh("bo");
  const laptop = stranger();
  await laptop.signup({ name, password: PASSWORD });
  const [phone, tablet] = [stranger(), stranger()];
  for (const client of [phone, tablet]) await client.login({ name, password: PASSWORD });
  for (const client of [laptop, phone, tablet]) client.connect();
  await Promise.all([laptop, phone, tablet].map(online));

  const statuses: string[] = [];
  tablet.on("status", ({ state }) => statuses.push(state));
  await phone.logout();
  expect([phone.me, phone.status.state]).toEqual([undefined, "closed"]);
  const before = performance.now();
  await laptop.logout({ all: true });
  await until("the end at the other device", () => tablet.status.state === "closed");
  expect(performance.now() - before).toBeLessThan(2_000);
  expect(tablet.status).toMatchObject({ reason: "unauthenticated" });
  expect(tablet.me).toBeUndefined();
  expect(statuses).not.toContain("online");
  await expect(tablet.api.listRooms()).rejects.toMatchObject({ code: "unauthenticated" });
});

test("tokens are exchanged when one is refused, by HTTP and by the socket", async () => {
  const storage = memoryStorage();
  const ann = await guest("Ann", { storage });
  const session = JSON.parse((await storage.get("chatmesh.session")) ?? "null");
  ann.close();
  await storage.set("chatmesh.session", JSON.stringify({ ...session, access_token: "forged" }));
  const again = stranger({ storage });
  await again.restore();
  const { room } = await again.api.createRoom({ name: "after", type: "public" });
  await storage.set("chatmesh.session", JSON.stringify({ ...JSON.parse((await storage.get("chatmesh.session")) ?? "null"), access_token: "forged" }));
  const third = stranger({ storage });
  await third.restore();
  third.connect();
  await online(third);
  expect([...third.rooms.keys()]).toEqual([room]);
});

test("the account and the rooms by HTTP", async () => {
  const ann = await guest("Ann");
  const bo = await guest("Bo");
  const { room } = await ann.api.createRoom({ name: "team", type: "private", topic: "work" });
  await ann.api.addMember(room, { user: bo.me?.id ?? "" });
  await until("the room at the other's", () => bo.rooms.get(room)?.attached);
  await ann.api.setRole(room, bo.me?.id ?? "", { role: "moderator" });
  await until("the role", () => bo.rooms.get(room)?.role === "moderator");
  expect((await bo.api.members(room)).members.map(({ id, role }) => [id, role])).toEqual(
    expect.arrayContaining([[ann.me?.id, "owner"], [bo.me?.id, "moderator"]]),
  );
  await bo.api.patchRoom(room, { name: "crew" });
  await until("the name", () => ann.rooms.get(room)?.name === "crew");
  const shown = await opened(bo, room);
  const gone = until("the end", () => !bo.rooms.has(room));
  await ann.api.removeMember(room, bo.me?.id ?? "");
  await gone;
  await until("not found", () => shown.notFound);
  const direct = await ann.api.createRoom({ type: "direct", user: bo.me?.id ?? "" });
  expect((await bo.api.createRoom({ type: "direct", user: ann.me?.id ?? "" })).room).toBe(direct.room);
  await ann.api.patchMe({ name: fresh("anna") }).then(({ name }) => expect(ann.me?.name).toBe(name));
});

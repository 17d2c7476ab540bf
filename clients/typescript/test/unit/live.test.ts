import { describe, expect, test, vi } from "vitest";
import { until } from "../until.js";
import { type Json, view } from "./gateway.js";
import { scene, state } from "./people.js";
import { cut } from "./reading.js";

const at = scene();
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const ALL = { features: ["presence", "typing", "status", "lobby"], rooms: [view("r")] };
const online = (fields: Json = {}) => at.online({ ...ALL, ...fields });
const BO = { id: "bo", name: "Bo", state: "online" };
const presence = (fields: Json): Json => ({ t: "presence", room: "r", joins: [], leaves: [], set: [], count: 0, ...fields });
const ranked = (room: string, active_30m: number, onlineNow = 0): Json => ({ room, name: room, active_30m, online: onlineNow });

describe("who is there", () => {
  test("a snapshot, then what changes of it", async () => {
    const { client, peer } = await online();
    peer.say(presence({ joins: [BO], count: 9 }));
    await peer.settled();
    expect(client.live.people("r")).toBeUndefined();
    peer.say(presence({ full: true, joins: [BO, { id: "cy", name: "Cy", state: "away", text: "lunch" }], count: 3 }));
    peer.say(presence({ joins: [{ ...BO, name: "Bob" }, { id: "di", name: "Di", state: "dnd" }], leaves: ["me"], set: [{ user: "cy", state: "online" }, { user: "gone", state: "away" }], count: 4 }));
    await until("the change", () => client.live.people("r")?.count === 4);
    expect([...client.live.people("r")!.people.values()]).toEqual([{ ...BO, name: "Bob" }, { id: "cy", name: "Cy", state: "online" }, { id: "di", name: "Di", state: "dnd" }]);
    peer.say(presence({ leaves: ["di"], count: 3 }));
    await until("the end", () => client.live.people("r")?.count === 3);
    expect([...client.live.people("r")!.people.keys()]).toEqual(["bo", "cy"]);
  });

  test("a crowd is a count and a sample", async () => {
    const { client, peer } = await online();
    peer.say(presence({ full: true, joins: [BO], count: 312 }));
    await until("the crowd", () => client.live.people("r")?.count === 312);
    expect(client.live.people("r")!.people.size).toBe(1);
  });

  test("while the connection is away the last figures stand with their time, until the next snapshot", async () => {
    const begun = await online();
    begun.peer.say(presence({ full: true, joins: [BO], count: 2 }));
    await until("a snapshot", () => begun.client.live.people("r"));
    await pass(5_000);
    const { peer } = await cut(begun, ALL);
    const away = begun.client.live.people("r");
    expect(away).toMatchObject({ live: false, count: 2 });
    expect(Date.now() - away!.at).toBeLessThan(3_000);
    peer.say(presence({ joins: [{ ...BO, id: "cy" }], count: 7 }));
    await peer.settled();
    expect(begun.client.live.people("r")).toBe(away);
    peer.say(presence({ full: true, joins: [BO], count: 1 }));
    await until("the next snapshot", () => begun.client.live.people("r")?.live);
    expect(begun.client.live.people("r")).toMatchObject({ count: 1 });
  });

  test("nothing is known of a room that is let go", async () => {
    const { client, peer } = await online({ rooms: [] });
    const room = client.open("r");
    await peer.answer("attach", { head: 0 });
    peer.say(presence({ full: true, joins: [BO], count: 1 }));
    await until("a snapshot", () => client.live.people("r"));
    room.release();
    expect(client.live.people("r")).toBeUndefined();
  });
});

describe("typing", () => {
  test("a list replaces the one before and ends by itself 6 s after the last", async () => {
    const { client, peer } = await online();
    const heard: string[] = [];
    client.on("typing", ({ users, count }) => heard.push(`${users.join()} ${count}`));
    peer.say({ t: "typing", room: "r", users: ["bo"], count: 1 });
    await until("one", () => client.live.typing("r")?.count === 1);
    await pass(4_000);
    peer.say({ t: "typing", room: "r", users: ["bo", "cy"], count: 9 });
    await until("more", () => client.live.typing("r")?.count === 9);
    await pass(5_900);
    expect(client.live.typing("r")?.count).toBe(9);
    await pass(200);
    expect(client.live.typing("r")).toBeUndefined();
    peer.say({ t: "typing", room: "r", users: ["bo"], count: 1 }, { t: "typing", room: "r", users: [], count: 0 });
    await until("the end", () => heard.length === 5);
    expect(client.live.typing("r")).toBeUndefined();
    expect(heard).toEqual(["bo 1", "bo,cy 9", " 0", "bo 1", " 0"]);
  });

  test("a break ends it", async () => {
    const { client, peer } = await online();
    peer.say({ t: "typing", room: "r", users: ["bo"], count: 1 });
    await until("one", () => client.live.typing("r"));
    peer.socket.terminate();
    await state(client, "reconnecting");
    expect(client.live.typing("r")).toBeUndefined();
  });

  test("the user's own is told every 3 s at most, and its end at once", async () => {
    const { client, peer } = await online();
    const told = async (): Promise<unknown[]> => {
      await peer.settled();
      return peer.all("typing").map((frame) => frame["on"]);
    };
    client.live.setTyping("r", false);
    for (let ms = 0; ms <= 3_500; ms += 500) {
      client.live.setTyping("r", true);
      await pass(500);
    }
    expect(await told()).toEqual([true, true]);
    client.live.setTyping("r", false);
    client.live.setTyping("r", false);
    client.live.setTyping("r", true);
    expect(await told()).toEqual([true, true, false]);
  });

  test("a server that does not offer it is told nothing", async () => {
    const { client, peer } = await online({ features: [] });
    client.live.setTyping("r", true);
    client.live.noteActivity();
    await peer.settled();
    expect(peer.heard.map((frame) => frame.t)).toEqual(["hello"]);
  });
});

describe("the user's own status", () => {
  test("is what any device chose", async () => {
    const { client, peer } = await online({ status: { state: "dnd", text: "focus" } });
    await until("welcome", () => client.live.status.state === "dnd");
    const user = { id: "me", name: "Ann", role: "member", guest: true };
    peer.say({ t: "me", user, status: { state: "invisible" } }, { t: "me", user });
    await until("the other device", () => client.live.status.state === "invisible");
    expect(client.live.status).toEqual({ state: "invisible" });
    client.live.setStatus("away", "lunch");
    expect(client.live.status).toEqual({ state: "away", text: "lunch" });
    expect(await peer.next("status")).toEqual({ t: "status", state: "away", text: "lunch" });
  });

  test("chosen without a connection, it is told with the next", async () => {
    const begun = await online();
    begun.peer.socket.terminate();
    await state(begun.client, "reconnecting");
    begun.client.live.setStatus("dnd");
    await pass((begun.client.status.retryAt ?? 0) - Date.now());
    const { peer } = await begun.gateway.welcome({ ...ALL, status: { state: "online" } });
    expect(await peer.next("status")).toEqual({ t: "status", state: "dnd" });
    expect(begun.client.live.status).toEqual({ state: "dnd" });
  });

  test("activity repeats it once in 5 minutes", async () => {
    const { client, peer } = await online({ status: { state: "online", text: "here" } });
    for (let minute = 0; minute < 12; minute++) {
      client.live.noteActivity();
      await pass(30_000);
      client.live.noteActivity();
      peer.say({ t: "pong" });
      await peer.settled();
      await pass(30_000);
    }
    expect(peer.all("status")).toEqual([{ t: "status", state: "online", text: "here" }, { t: "status", state: "online", text: "here" }]);
  });
});

describe("how far others have read", () => {
  test("is asked for once on a connection, and only rises", async () => {
    const begun = await online();
    const { client, peer, gateway } = begun;
    gateway.http = (path) => (path.startsWith("/rooms/r/members") ? { status: 200, body: { members: [{ id: "bo", name: "Bo", role: "member", read: 5 }, { id: "cy", name: "Cy", role: "member" }] } } : undefined);
    await client.live.loadMarks("r");
    await client.live.loadMarks("r");
    peer.say({ t: "read", room: "r", user: "bo", seq: 4 }, { t: "read", room: "r", user: "cy", seq: 6 });
    await until("a mark", () => client.live.marks("r").size === 2);
    expect([...client.live.marks("r")]).toEqual([["bo", 5], ["cy", 6]]);
    expect(gateway.asked.filter(({ path }) => path.includes("members"))).toHaveLength(1);
    await cut(begun, ALL);
    await client.live.loadMarks("r");
    expect(gateway.asked.filter(({ path }) => path.includes("members"))).toHaveLength(2);
  });
});

describe("the lobby", () => {
  const names = (rooms: readonly { room: string }[]): string => rooms.map(({ room }) => room).join();

  test("is sorted as the server ranks it, and goes along", async () => {
    const { client, peer } = await online();
    client.live.lobby.watch(3);
    expect(await peer.answer("lobby", { rooms: [ranked("b", 5, 1), ranked("a", 5, 1), ranked("c", 9)] })).toMatchObject({ on: true, limit: 3 });
    await until("a list", () => client.live.lobby.ranking.state === "live");
    expect(names(client.live.lobby.ranking.rooms)).toBe("c,a,b");
    peer.say({ t: "lobby", put: [ranked("b", 5, 7), ranked("d", 100_001)], drop: ["c"] });
    await until("a change", () => client.live.lobby.ranking.rooms.length === 3 && client.live.lobby.ranking.rooms[0]?.room === "d");
    expect(names(client.live.lobby.ranking.rooms)).toBe("d,b,a");
  });

  test("is asked for once for all who look, with the longest list; and ended with the last", async () => {
    const { client, peer } = await online();
    const ends = [client.live.lobby.watch(20)];
    await peer.answer("lobby", { rooms: [ranked("a", 1)] });
    ends.push(client.live.lobby.watch(100));
    expect(await peer.answer("lobby", { rooms: [ranked("a", 1)] })).toMatchObject({ limit: 100 });
    client.live.lobby.watch(50)();
    ends[1]!();
    expect(await peer.answer("lobby", { rooms: [ranked("a", 1)] })).toMatchObject({ limit: 20 });
    await until("a list", () => client.live.lobby.ranking.state === "live");
    ends[0]!();
    expect(await peer.answer("lobby", { rooms: [] })).toMatchObject({ on: false });
    await until("the end", () => client.live.lobby.ranking.state === "stale");
    expect(names(client.live.lobby.ranking.rooms)).toBe("a");
  });

  test("survives a break: the old list stands with its time until the new one comes", async () => {
    const begun = await online();
    begun.client.live.lobby.watch();
    await begun.peer.answer("lobby", { rooms: [ranked("a", 1), ranked("b", 2)] });
    await until("a list", () => begun.client.live.lobby.ranking.state === "live");
    const { peer } = await cut(begun, ALL);
    expect(begun.client.live.lobby.ranking).toMatchObject({ state: "stale", rooms: [{ room: "b" }, { room: "a" }] });
    expect(await peer.answer("lobby", { rooms: [ranked("c", 1)] })).toMatchObject({ on: true, limit: 50 });
    await until("the new list", () => names(begun.client.live.lobby.ranking.rooms) === "c");
  });

  test("what may pass is asked for again", async () => {
    const { client, peer } = await online();
    client.live.lobby.watch();
    await peer.refuse("lobby", "unavailable");
    await until("the refusal", () => client.live.lobby.ranking.state === "failed");
    await pass(1_000);
    await peer.answer("lobby", { rooms: [ranked("a", 1)] });
    await until("a list", () => client.live.lobby.ranking.state === "live");
  });

  test("before the login it is read over HTTP, without a token", async () => {
    const { client, gateway } = await online();
    gateway.http = (path) => (path === "/lobby?limit=6" ? { status: 200, body: { rooms: [ranked("a", 1)] } } : undefined);
    expect(names((await client.api.lobby(6)).rooms)).toBe("a");
    expect(gateway.asked.at(-1)?.token).toBeUndefined();
  });
});

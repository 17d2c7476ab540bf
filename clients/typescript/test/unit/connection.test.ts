import { describe, expect, test, vi } from "vitest";
import { Client, type Status, memoryStorage } from "../../src/index.js";
import { until } from "../until.js";
import { scene, state, stored } from "./people.js";

const at = scene();
/** Timers up to here have run, and no further. */
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe("hello", () => {
  test.each(["msgpack", "json"] as const)("says who it is, in %s", async (encoding) => {
    const { peer, hello } = await at.online({}, { encoding, name: "app", version: "2" });
    expect(peer.socket.protocol).toBe(`chatmesh.v1.${encoding}`);
    expect(hello).toMatchObject({ token: "a1", client: { name: "app", version: "2", device: expect.stringMatching(/^[0-9a-f]{20}$/) } });
    expect(hello).not.toHaveProperty("resume");
  });

  test("names the same device in every run", async () => {
    const storage = await stored();
    const first = await at.online({}, { storage });
    const second = await at.online({}, { storage });
    expect(second.hello["client"]).toEqual(first.hello["client"]);
    const other = await at.online();
    expect(other.hello["client"]).not.toEqual(first.hello["client"]);
  });

  test("a platform without WebSocket is told so at once", () => {
    const client = new Client({ url: "http://127.0.0.1:1", storage: memoryStorage() });
    expect(() => client.connect()).toThrow("WebSocket");
  });
});

describe("silence", () => {
  test("a ping leaves after ping_s of own silence, and an answer keeps the connection", async () => {
    const { client, peer } = await at.online();
    await pass(29_000);
    await peer.settled();
    expect(peer.all("ping")).toHaveLength(0);
    for (let pings = 1; pings <= 3; pings++) {
      await pass(30_000);
      await until("a ping", () => peer.all("ping").length === pings);
      peer.say({ t: "pong" });
      await peer.settled();
    }
    expect(client.status.state).toBe("online");
  });

  test("after twice ping_s without a word it connects anew", async () => {
    const { client, gateway } = await at.online({ ping_s: 2 });
    await pass(4_000);
    expect(client.status.state).toBe("online");
    await pass(1_000);
    expect(client.status).toMatchObject({ state: "reconnecting", reason: "silence" });
    await pass(1_000);
    await gateway.welcome();
    await state(client, "online");
  });

  test("a clock that is set back does not make it deaf", async () => {
    const { client } = await at.online({ ping_s: 2 });
    vi.setSystemTime(Date.now() - 3_600_000);
    await pass(6_000);
    expect(client.status.state).toBe("reconnecting");
  });

  test("no welcome within 15 s is a failure like any other", async () => {
    const gateway = await at.gateway();
    const client = await at.client(gateway);
    await (await gateway.peer()).next("hello");
    await pass(15_000);
    expect(client.status).toMatchObject({ state: "reconnecting", reason: "no welcome" });
  });
});

describe("close codes", () => {
  test.each([1006, 1012, 4000, 4001, 4002, 4008])("after %i it comes again within the jitter", async (code) => {
    const { client, gateway, peer } = await at.online();
    if (code === 1006) peer.socket.terminate();
    else peer.socket.close(code);
    await state(client, "reconnecting");
    expect(client.status.silent ?? false).toBe(code === 1012);
    expect(gateway.peers).toHaveLength(1);
    // Half of the way from 0.5 s to 1 s.
    expect((client.status.retryAt ?? 0) - Date.now()).toBe(750);
    await pass(750);
    await gateway.welcome();
    await state(client, "online");
  });

  test.each([1000, 4400, 4403, 4409, 4499])("after %i it stays away until it is told to come", async (code) => {
    const { client, gateway, peer } = await at.online();
    peer.socket.close(code);
    await state(client, "closed");
    expect(client.status).toMatchObject({ code, reason: String(code) });
    await pass(60_000);
    expect(gateway.peers).toHaveLength(1);
    client.connect();
    await gateway.welcome();
    await state(client, "online");
  });

  test("after 4003 it waits for retry_after_ms of the goaway, and some more", async () => {
    const gateway = await at.gateway();
    const client = await at.client(gateway);
    const peer = await gateway.peer();
    await peer.next("hello");
    peer.say({ t: "goaway", retry_after_ms: 8_000, spread_ms: 2_000, reason: "overloaded" });
    peer.socket.close(4003);
    await state(client, "reconnecting");
    expect(client.status).toMatchObject({ reason: "overloaded", retryAt: Date.now() + 1_000 + 8_000 + 750 });
    await pass(9_749);
    expect(gateway.peers).toHaveLength(1);
    await pass(1);
    await gateway.welcome();
  });

  test("failures in a row wait longer each time, up to 20 s; a connection that lasted ends the row", async () => {
    const { client, gateway, peer } = await at.online();
    await pass(5_000);
    peer.socket.close(4000);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      await until("a wait", () => client.status.state === "reconnecting" && client.status.retryAt && client.status.retryAt > Date.now());
      waits.push((client.status.retryAt ?? 0) - Date.now());
      await pass(waits.at(-1) ?? 0);
      if (attempt < 7) (await gateway.peer()).socket.close(4000);
    }
    expect(waits).toEqual([750, 1_250, 2_250, 4_250, 8_250, 10_250, 10_250, 10_250]);
    const { peer: good } = await gateway.welcome();
    await state(client, "online");
    await pass(5_000);
    good.socket.close(4000);
    await state(client, "reconnecting");
    expect((client.status.retryAt ?? 0) - Date.now()).toBe(750);
  });

  test("bytes that do not decode end the connection", async () => {
    const { client, peer } = await at.online();
    peer.socket.send(Uint8Array.of(0xc1));
    await state(client, "reconnecting");
    expect(client.status.reason).toBe("a frame did not decode");
  });

  test("close() ends it for good, also while an attempt is under way", async () => {
    const { client, gateway, peer } = await at.online();
    client.close();
    await until("the close", () => peer.closed === 1000);
    expect(client.status.state).toBe("closed");
    client.connect();
    client.close();
    await pass(60_000);
    await until("silence", () => gateway.peers.every(({ closed }, at) => at === 0 || closed !== undefined));
    expect(client.status.state).toBe("closed");
  });
});

describe("goaway", () => {
  test("leaves within the spread, stays away as told, and says nothing of it to the user", async () => {
    const { client, gateway, peer } = await at.online();
    await pass(5_000);
    const seen: Status[] = [];
    client.on("status", (status) => seen.push(status));
    peer.say({ t: "goaway", retry_after_ms: 1_000, spread_ms: 10_000, reason: "restart" });
    await peer.settled();
    await pass(4_999);
    expect(client.status.state).toBe("online");
    await pass(1);
    expect(client.status).toMatchObject({ state: "reconnecting", silent: true, retryAt: Date.now() + 1_000 });
    await until("the close", () => peer.closed === 1000);
    await pass(1_000);
    await gateway.welcome();
    await state(client, "online");
    expect(seen.filter((status) => status.state === "reconnecting").every((status) => status.silent)).toBe(true);
  });

  test("when the server closes before that, the rest of the spread is waited for", async () => {
    const { client, peer } = await at.online();
    peer.say({ t: "goaway", retry_after_ms: 0, spread_ms: 10_000, reason: "restart" });
    await peer.settled();
    await pass(2_000);
    peer.socket.close(1012);
    await state(client, "reconnecting");
    expect(client.status).toMatchObject({ silent: true, retryAt: Date.now() + 3_000 });
  });

  test("who is sent away again and again waits longer", async () => {
    const { client, gateway, peer } = await at.online();
    peer.socket.close(1012);
    await state(client, "reconnecting");
    await pass(750);
    const again = await gateway.welcome();
    await state(client, "online");
    again.peer.socket.close(1012);
    await state(client, "reconnecting");
    expect((client.status.retryAt ?? 0) - Date.now()).toBe(1_250);
  });
});

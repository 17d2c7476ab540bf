import { describe, expect, test, vi } from "vitest";
import { Client, memoryStorage } from "../../src/index.js";
import { until } from "../until.js";
import { refreshes, scene, session, state, stored } from "./people.js";

const at = scene();
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe("the token", () => {
  test("is exchanged at two thirds of what it has left, and the new one shown to the socket", async () => {
    const gateway = await at.gateway();
    gateway.http = refreshes(90_000);
    const storage = await stored(session({ expires_at: Date.now() + 90_000 }));
    const client = await at.client(gateway, { storage });
    const { peer } = await gateway.welcome({ ping_s: 1_000 });
    await state(client, "online");
    await pass(59_000);
    expect(gateway.asked).toHaveLength(0);
    for (const token of ["a2", "a3"]) {
      await pass(1_000);
      expect(await peer.answer("refresh")).toMatchObject({ token });
      await peer.settled();
      await pass(59_000);
    }
    expect(gateway.asked.map(({ body }) => body)).toEqual([{ refresh_token: "r1" }, { refresh_token: "r2" }]);
    expect(gateway.peers).toHaveLength(1);
  });

  test("an outage during the exchange is no end: it is tried again, and the user stays", async () => {
    const gateway = await at.gateway();
    const answers = [{ status: 503, body: { code: "unavailable" } }, { status: 200, body: "<html>Log in to the hotel's network</html>" }, { status: 403, body: "<html>proxy</html>" }, { status: 404, body: { code: "not_found" } }];
    const good = refreshes();
    gateway.http = (path) => answers.shift() ?? good(path);
    const client = await at.client(gateway, { storage: await stored(session({ expires_at: Date.now() - 1 })) });
    for (let asked = 1; asked <= 4; asked++) {
      await until("an attempt", () => gateway.asked.length === asked);
      await until("a wait", () => client.status.state === "reconnecting" && (client.status.retryAt ?? 0) > Date.now());
      expect(client.me?.id).toBe("me");
      await pass((client.status.retryAt ?? 0) - Date.now());
    }
    const { hello } = await gateway.welcome();
    expect(hello["token"]).toBe("a2");
  });

  test.each([[403, "<html>proxy</html>"], [502, ""], [200, "<html>hotel</html>"]])("HTTP %i of something in between is an outage: %s", async (status, body) => {
    const { client, gateway } = await at.online();
    gateway.http = () => ({ status, body });
    await expect(client.api.listRooms()).rejects.toMatchObject({ code: "unavailable", retryable: true });
    gateway.http = () => ({ status: 403, body: { code: "forbidden", detail: "members only" } });
    await expect(client.api.listRooms()).rejects.toMatchObject({ code: "forbidden", retryable: false, status: 403, message: "members only" });
  });

  test("after 4401 another token is tried once; when that is refused too, the login has ended", async () => {
    const { client, gateway, peer } = await at.online();
    gateway.http = refreshes();
    peer.socket.close(4401);
    const again = await gateway.peer();
    expect((await again.next("hello"))["token"]).toBe("a2");
    again.socket.close(4401);
    await state(client, "closed");
    expect(client.status).toMatchObject({ code: 4401, reason: "unauthenticated" });
    await pass(60_000);
    expect(gateway.peers).toHaveLength(2);
  });

  test("a login that the server ended is gone here too, and no one else's is", async () => {
    const storage = await stored();
    const { client, gateway, peer } = await at.online({}, { storage });
    gateway.http = () => ({ status: 401, body: { code: "unauthenticated", detail: "ended" } });
    peer.socket.close(4401);
    await state(client, "closed");
    expect(client.status.reason).toBe("unauthenticated");
    expect(client.me).toBeUndefined();
    expect(await storage.get("chatmesh.session")).toBeNull();

    const shared = await stored();
    const tab = await at.online({}, { storage: shared });
    tab.gateway.http = () => ({ status: 401, body: { code: "unauthenticated", detail: "ended" } });
    const other = JSON.stringify(session({ refresh_token: "another", expires_at: 0 }));
    await shared.set("chatmesh.session", other);
    tab.peer.socket.close(4401);
    await state(tab.client, "closed");
    expect(await shared.get("chatmesh.session")).toBe(other);
  });

  test.each(["no JSON", "{}", '{"user":{"id":"me"}}', "null", "5"])("%s in storage is no login", async (text) => {
    const storage = memoryStorage();
    await storage.set("chatmesh.session", text);
    const client = new Client({ url: "http://127.0.0.1:1", storage });
    expect([await client.restore(), client.me]).toEqual([false, undefined]);
  });

  test("a storage that is full does not keep anybody out", async () => {
    const gateway = await at.gateway();
    gateway.http = () => ({ status: 201, body: { ...session() } });
    const client = new Client({ url: gateway.url, storage: { ...memoryStorage(), set: () => Promise.reject(new Error("quota")) } });
    expect(await client.guest()).toMatchObject({ id: "me" });
    expect(client.me?.id).toBe("me");
  });

  test("what another tab has exchanged is taken, not exchanged again and not written over", async () => {
    const storage = await stored();
    const { client, gateway, peer } = await at.online({}, { storage });
    const newer = session({ access_token: "a9", refresh_token: "r9", expires_at: Date.now() + 1_800_000 });
    await storage.set("chatmesh.session", JSON.stringify(newer));
    peer.say({ t: "me", user: { id: "me", name: "Anna", role: "member", guest: false } });
    await until("the name", () => client.me?.name === "Anna");
    const kept = async (): Promise<unknown> => JSON.parse((await storage.get("chatmesh.session")) ?? "null");
    expect(await kept()).toMatchObject({ refresh_token: "r9", user: { name: "Anna" } });
    peer.socket.close(4401);
    const again = await gateway.peer();
    expect((await again.next("hello"))["token"]).toBe("a9");
    expect(gateway.asked).toHaveLength(0);
  });
});

test("somebody else logs in: the socket is another, and nothing of the first user is left", async () => {
  const { client, gateway, peer } = await at.online({ rooms: [] });
  gateway.http = () => ({ status: 200, body: { ...session({ access_token: "b1", user: { id: "bo", name: "Bo", role: "member", guest: false } }) } });
  await client.login({ name: "Bo", password: "password" });
  await until("the close", () => peer.closed === 1000);
  const { hello } = await gateway.welcome({ user: { id: "bo", name: "Bo", role: "member", guest: false } });
  expect(hello["token"]).toBe("b1");
});

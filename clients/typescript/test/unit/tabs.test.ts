import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { until } from "../until.js";
import { view } from "./gateway.js";
import { refreshes, scene, session, stored } from "./people.js";

/** The locks of a browser, as its tabs share them: one holder a name, the others in a row. */
class Locks {
  private readonly rows = new Map<string, (() => void)[]>();

  async request<T>(name: string, run: () => Promise<T>): Promise<T> {
    const row = this.rows.get(name) ?? [];
    this.rows.set(name, row);
    await new Promise<void>((resolve) => {
      row.push(resolve);
      if (row.length === 1) resolve();
    });
    try {
      return await run();
    } finally {
      this.end(name);
    }
  }

  /** The holder is gone. */
  end(name: string): void {
    const row = this.rows.get(name) ?? [];
    row.shift();
    if (row.length === 0) this.rows.delete(name);
    row[0]?.();
  }

  async query(): Promise<{ held: { name: string }[]; pending: { name: string }[] }> {
    return { held: [...this.rows.keys()].map((name) => ({ name })), pending: [] };
  }
}

const at = scene();
let locks = new Locks();
beforeEach(() => {
  locks = new Locks();
  vi.stubGlobal("navigator", { locks });
});
afterEach(() => void vi.unstubAllGlobals());

test("a tab leaves the outbox of another one alone while that lives, and takes it over when it is gone", async () => {
  const storage = await stored();
  const first = await at.online({ rooms: [view("r")] }, { storage });
  first.client.open("r").send({ text: "of the first tab" });
  const { id } = await first.peer.next("send");
  const second = await at.online({ rooms: [view("r")] }, { storage });
  const [key] = (await storage.keys()).filter((key) => key.startsWith("chatmesh.outbox."));
  second.client.open("r").send({ text: "of the second" });
  expect((await second.peer.answer("send", { seq: 9, ts: 9 }))["body"]).toEqual({ text: "of the second" });
  await until("stored", () => second.client.open("r").pending.length === 0);

  first.client.close();
  locks.end(key ?? "");
  const third = await at.online({ rooms: [view("r")] }, { storage });
  expect((await third.peer.next("send"))["id"]).toBe(id);
});

test("tabs that find their token expired at the same time exchange it once", async () => {
  const gateway = await at.gateway();
  gateway.http = refreshes();
  const storage = await stored(session({ expires_at: Date.now() - 1 }));
  await Promise.all([at.client(gateway, { storage }), at.client(gateway, { storage })]);
  const hellos = [await gateway.peer(), await gateway.peer()].map((peer) => peer.next("hello"));
  expect((await Promise.all(hellos)).map((hello) => hello["token"])).toEqual(["a2", "a2"]);
  expect(gateway.asked.map(({ path }) => path)).toEqual(["/auth/refresh"]);
});
